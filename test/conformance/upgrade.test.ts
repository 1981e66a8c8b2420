/**
 * Every upgrade ends in a true statement, with at most one start a hop; and so does the resume after it.
 *
 * Not the full product, which would take a quarter of an hour: every fault on every way to send and to start with one persona
 * that offers them all, every fault over two hops, and with an output that is switched; every persona by every way that it offers without a fault, also with its output off.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Fault, PERSONAS } from '../../src/sim/index.ts';
import { EVERY_FAULT } from './faults.ts';
import {
  checkNoFurtherStart,
  checkRun,
  checkWords,
  countStarts,
  type RunTold,
  toldBy,
} from './invariants.ts';
import { type ConformanceSite, type Model, openConformance, type Way, waysOf } from './site.ts';

let site: ConformanceSite;
afterEach(() => site?.close());

const ALL_WAYS: Model = { persona: 'smx1500-current', installed: '09.8' };
const OVER_TWO_HOPS: Model = { persona: 'smt1500-nmc2', installed: '09.3' };
const WITH_ALL: readonly (Fault | null)[] = [null, ...EVERY_FAULT];

interface Case {
  readonly title: string;
  readonly model: Model;
  readonly method?: Way;
  readonly output?: 'off' | undefined;
  readonly faults: readonly (Fault | null)[];
}

async function byWay(model: Model, faults: Case['faults'], output?: 'off'): Promise<readonly Case[]> {
  const methods = await waysOf(model);
  return methods.map((method) => ({
    title: `${model.persona}, ${method.transfer} and ${method.start}${output === 'off' ? ', output off' : ''}`,
    model,
    method,
    faults,
    ...(output === undefined ? {} : { output }),
  }));
}

const WITH_FAULTS: readonly Case[] = [
  ...(await byWay(ALL_WAYS, WITH_ALL)),
  { title: 'smt1500-nmc2, over two hops', model: OVER_TWO_HOPS, faults: WITH_ALL },
  ...(await byWay({ persona: 'smx1500-nmc3' }, WITH_ALL, 'off')),
];

const MODELS = PERSONAS.map((persona) => (persona === ALL_WAYS.persona ? ALL_WAYS : { persona }));
const SOUND: readonly Case[] = (
  await Promise.all(MODELS.flatMap((model) => [byWay(model, [null]), byWay(model, [null], 'off')]))
).flat();

/** Upgrades every unit of the site, takes the run up again, and gives what was told first and whatever was broken. */
async function upgradeAndResume({
  output,
}: Pick<Case, 'output'>): Promise<{ readonly text: RunTold; readonly broken: readonly string[] }> {
  const chosen =
    output === undefined
      ? []
      : ['--switch-output', output, ...site.units.flatMap(({ name }) => ['--unit', name])];
  const heard = await site.hear(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', ...chosen]);
  const text = toldBy(heard);
  const broken = [...(await checkRun(site, heard))];
  const starts = countStarts(site);
  if (text.units.some(({ outcome }) => outcome !== 'upgraded' && outcome !== 'current')) {
    const resumed = await site.hear(['resume', '--yes', '--json']);
    for (const text of await checkRun(site, resumed)) broken.push(`resume: ${text}`);
    broken.push(...(await checkNoFurtherStart(site, text, starts)));
  }
  broken.push(...(await checkWords(site, await site.hear(['report']))));
  return { text, broken };
}

describe('an upgrade, with every fault', () => {
  it.each(WITH_FAULTS)(
    '$title',
    async ({ model, method, faults, output }) => {
      site = await openConformance(model, faults, method === undefined ? {} : { method });
      const { broken } = await upgradeAndResume({ output });
      expect(broken).toEqual([]);
      // All could be true where nothing is ever done.
      const sound = site.units.find(({ name }) => name === 'sound');
      expect(sound?.device.counters.startsAccepted).toBeGreaterThan(0);
      // Some seventy units that fail in as many ways, and some only by their limits.
    },
    300_000,
  );
});

describe('an upgrade of every persona, by every way', () => {
  it.each(SOUND)('$title', async ({ model, method, faults, output }) => {
    site = await openConformance(model, faults, method === undefined ? {} : { method });
    expect((await upgradeAndResume({ output })).broken).toEqual([]);
  });
});
