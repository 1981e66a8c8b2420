/**
 * Every upgrade ends with a true report and at most one start per hop; so does the resume after it.
 *
 * Every persona runs with every method without a fault, also with its output off. Every fault runs with every
 * method that it can affect, for one persona that has them all. With two hops and with the output off, the
 * faults of the start, the update and the output run. UPSFW_TEST_FULL=1 runs every fault with each of these;
 * `.ci/run` does.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Fault, PERSONAS } from '../../src/sim/index.ts';
import {
  type ConformanceSite,
  type Methods,
  type Model,
  methodsOf,
  openConformance,
} from '../support/sites/conformance-site.ts';
import {
  checkNoFurtherStart,
  checkRun,
  checkTexts,
  countStarts,
  type RunReport,
  reportOf,
} from '../support/sites/invariants.ts';
import { EVERY_FAULT, faultsOf } from '../support/values/faults.ts';

let site: ConformanceSite;
afterEach(() => site?.close());

const ALL_METHODS: Model = { persona: 'smx1500-current', installed: '09.8' };
const OVER_TWO_HOPS: Model = { persona: 'smt1500-nmc2', installed: '09.3' };
const WITH_ALL: readonly (Fault | null)[] = [null, ...EVERY_FAULT];

interface Case {
  readonly title: string;
  readonly model: Model;
  readonly method?: Methods;
  readonly output?: 'off' | undefined;
  readonly faults: readonly (Fault | null)[];
}

async function byMethods(model: Model, faults: Case['faults'], output?: 'off'): Promise<readonly Case[]> {
  const methods = await methodsOf(model);
  return methods.map((method) => ({
    title: `${model.persona}, ${method.transfer} and ${method.start}${output === 'off' ? ', output off' : ''}`,
    model,
    method,
    faults,
    ...(output === undefined ? {} : { output }),
  }));
}

const FULL = process.env.UPSFW_TEST_FULL === '1';

/** What runs at every unit while an image is started and installed. */
const FROM_THE_START: readonly (Fault | null)[] = [null, ...faultsOf('start', 'update', 'output')];

/** First words of the faults that one method alone can meet. */
const METHOD_OF: Readonly<Record<string, Methods['transfer'] | Methods['start']>> = {
  scp: 'scp',
  ftp: 'ftp',
  set: 'snmp',
  cli: 'cli',
};

/**
 * The faults of a pair of methods. Each pair has the faults that only its methods can meet. The faults that
 * any pair can meet run with FTP and SNMP, and with SCP and the command line: the same code handles them.
 */
function faultsWith({ transfer, start }: Methods): readonly (Fault | null)[] {
  const isShared = (transfer === 'ftp') === (start === 'snmp');
  return WITH_ALL.filter((fault) => {
    if (FULL || fault === null) return true;
    const method = METHOD_OF[fault.slice(0, fault.indexOf('-'))];
    return method === undefined ? isShared : method === transfer || method === start;
  });
}

const WITH_FAULTS: readonly Case[] = [
  ...(await byMethods(ALL_METHODS, WITH_ALL)).flatMap((one) =>
    one.method === undefined ? [] : [{ ...one, faults: faultsWith(one.method) }],
  ),
  { title: 'smt1500-nmc2, over two hops', model: OVER_TWO_HOPS, faults: FULL ? WITH_ALL : FROM_THE_START },
  ...(await byMethods({ persona: 'smx1500-nmc3' }, FULL ? WITH_ALL : FROM_THE_START, 'off')),
];

const MODELS = PERSONAS.map((persona) => (persona === ALL_METHODS.persona ? ALL_METHODS : { persona }));
const WITHOUT_FAULTS: readonly Case[] = (
  await Promise.all(MODELS.flatMap((model) => [byMethods(model, [null]), byMethods(model, [null], 'off')]))
).flat();

/** Upgrades every unit of the site, resumes the run, and returns the first report and all violations. */
async function upgradeAndResume({
  output,
}: Pick<Case, 'output'>): Promise<{ readonly report: RunReport; readonly broken: readonly string[] }> {
  const chosen =
    output === undefined
      ? []
      : ['--switch-output', output, ...site.units.flatMap(({ name }) => ['--unit', name])];
  const ran = await site.runLogged([
    'upgrade',
    '-i',
    site.inventory,
    '--apply',
    '--yes',
    '--json',
    ...chosen,
  ]);
  const report = reportOf(ran);
  const broken = [...(await checkRun(site, ran))];
  const starts = countStarts(site);
  if (report.units.some(({ outcome }) => outcome !== 'upgraded' && outcome !== 'current')) {
    const resumed = await site.runLogged(['resume', '--yes', '--json']);
    for (const text of await checkRun(site, resumed)) broken.push(`resume: ${text}`);
    broken.push(...(await checkNoFurtherStart(site, report, starts)));
  }
  broken.push(...(await checkTexts(site, await site.runLogged(['report']))));
  return { report, broken };
}

describe('an upgrade, with every fault', () => {
  it.each(WITH_FAULTS)(
    '$title',
    async ({ model, method, faults, output }) => {
      site = await openConformance(model, faults, method === undefined ? {} : { method });
      const { broken } = await upgradeAndResume({ output });
      expect(broken).toEqual([]);
      // Otherwise the test would pass if nothing was ever upgraded.
      const unfaulted = site.units.find(({ name }) => name === 'no-fault');
      expect(unfaulted?.device.counters.startsAccepted).toBeGreaterThan(0);
      // Some seventy units fail, some only after their timeouts.
    },
    300_000,
  );
});

describe('an upgrade of every persona, by every method', () => {
  it.each(WITHOUT_FAULTS)('$title', async ({ model, method, faults, output }) => {
    site = await openConformance(model, faults, method === undefined ? {} : { method });
    expect((await upgradeAndResume({ output })).broken).toEqual([]);
  });
});
