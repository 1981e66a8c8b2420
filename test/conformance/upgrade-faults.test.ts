/**
 * With every fault, an upgrade ends with a true report and at most one start per hop; so does its resume.
 *
 * Every fault runs with every method that it can affect, for one persona that has them all. With two hops and
 * with the output off, the faults of the start, the update and the output run. UPSFW_TEST_FULL=1 runs every
 * fault with each of these; `.ci/run` does.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sim/index.ts';
import {
  type ConformanceSite,
  type Methods,
  type Model,
  openConformance,
} from '../support/sites/conformance-site.ts';
import {
  ALL_METHODS,
  byMethods,
  type UpgradeCase,
  upgradeAndResume,
} from '../support/sites/upgrade-cases.ts';
import { EVERY_FAULT, faultsOf } from '../support/values/faults.ts';
import { LONG } from '../support/values/timeouts.ts';

let site: ConformanceSite;
afterEach(() => site?.close());

const OVER_TWO_HOPS: Model = { persona: 'smt1500-nmc2', installed: '09.3' };
const WITH_ALL: readonly (Fault | null)[] = [null, ...EVERY_FAULT];

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

const WITH_FAULTS: readonly UpgradeCase[] = [
  ...(await byMethods(ALL_METHODS, WITH_ALL)).flatMap((one) =>
    one.method === undefined ? [] : [{ ...one, faults: faultsWith(one.method) }],
  ),
  { title: 'smt1500-nmc2, over two hops', model: OVER_TWO_HOPS, faults: FULL ? WITH_ALL : FROM_THE_START },
  ...(await byMethods({ persona: 'smx1500-nmc3' }, FULL ? WITH_ALL : FROM_THE_START, 'off')),
];

describe('an upgrade, with every fault', { timeout: LONG }, () => {
  it.each(WITH_FAULTS)('$title', async ({ model, method, faults, output }) => {
    site = await openConformance(model, faults, method === undefined ? {} : { method });
    const { broken } = await upgradeAndResume(site, { output });
    expect(broken).toEqual([]);
    // Otherwise the test would pass if nothing was ever upgraded.
    const unfaulted = site.units.find(({ name }) => name === 'no-fault');
    expect(unfaulted?.device.counters.startsAccepted).toBeGreaterThan(0);
    // Some seventy units fail, some only after their timeouts.
  });
});
