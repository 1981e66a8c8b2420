import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { beginHop } from '../../src/run/hop.ts';
import { FLEET_POLICY } from '../../src/run/index.ts';
import type { UnitWork } from '../../src/run/unit-work.ts';
import type { Journal } from '../../src/state/index.ts';
import { localTarget } from '../support/devices/local-unit.ts';
import { beginJournal } from '../support/sites/journal.ts';
import { only } from '../support/sites/route-site.ts';
import { driverWith } from '../support/values/drivers.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

let state: string;
let journal: Journal;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'upsfw-hop-'));
  journal = await beginJournal(state, 'r', planOf([plannedUnit('s/closet')]));
});
afterEach(async () => {
  await journal.close();
  await rm(state, { recursive: true, force: true });
});

/** Work whose driver, rules and images must not be asked. */
function workOnNothing(): UnitWork {
  const never = (): never => {
    throw new Error('not asked for here');
  };
  return {
    policy: FLEET_POLICY,
    target: localTarget({ usb: 'any' }),
    driver: driverWith({}),
    journal,
    clock: systemClock,
    simulationSpeed: 1,
    abort: new AbortController().signal,
    stopping: () => false,
    evaluateRules: never,
    image: never,
    assertNoEarlierStart: never,
    assertPartnersHealthy: never,
    progress: () => undefined,
    keep: never,
    transcript: never,
  };
}

describe('a hop', () => {
  const begin = (index: number): Promise<unknown> => {
    const record = only(journal.state.record());
    return beginHop(record, index, workOnNothing(), () => undefined);
  };

  it('that has a start on record is never begun', async () => {
    const start = { event: 'step', unit: 's/closet', hop: 0, step: 'start', method: 'snmp' } as const;
    await journal.append({ ...start, state: 'committing', problem: null });
    const lines = journal.events.length;
    await expect(begin(0)).rejects.toMatchObject({
      code: 'internal/unexpected',
      message: 'The journal already has a start of hop 1.',
      hint: expect.stringContaining('Look at the unit'),
    });
    expect(journal.events).toHaveLength(lines);
  });

  it('that the plan does not have is never begun', async () => {
    await expect(begin(1)).rejects.toMatchObject({
      code: 'internal/unexpected',
      message: 's/closet has no hop 2.',
    });
  });
});
