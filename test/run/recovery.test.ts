import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  HOP_STEPS,
  isUpsHop,
  type Plan,
  type StepCheck,
  type StoredFile,
  unknownUnit,
} from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { imageMetadata, recover, watchRecovery } from '../../src/run/index.ts';
import { createJournal, createLocks, type Journal, type RunRecord } from '../../src/state/index.ts';
import { localTarget } from '../support/devices/local-unit.ts';
import { only } from '../support/sites/route-site.ts';
import { stepsOf } from '../support/sites/steps.ts';
import { driverWith } from '../support/values/drivers.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

let state: string;
let journal: Journal;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'upsfw-recovery-'));
  journal = await createJournal(state, 'r', systemClock);
});
afterEach(async () => {
  await journal.close();
  await rm(state, { recursive: true, force: true });
});

const KEY = 's/closet';
const PORT = '/dev/ttyUSB9';

/** The plan of a unit that waits in its boot loader. */
function loaderPlan(): Plan {
  const planned = plannedUnit(KEY, {
    unit: unknownUnit({ site: 's', name: 'closet', host: null, port: PORT }),
  });
  const hops = planned.hops.flatMap((hop) =>
    isUpsHop(hop) ? [{ ...hop, from: { ...hop.from, version: null }, steps: HOP_STEPS.loader }] : [],
  );
  return planOf([{ ...planned, hops }]);
}

async function begin(plan: Plan): Promise<StoredFile> {
  const recovery = { port: PORT };
  await journal.append({ event: 'run', run: 'r', inventory: '', images: '', rules: [], recovery, plan });
  const [hop] = loaderPlan().units[0]?.hops ?? [];
  if (hop === undefined) throw new Error('the plan has no hop');
  return imageMetadata(hop);
}

/** A recovery at a port that answers with this state of the start; its driver can send nothing. */
function recoveryOf(answer: StepCheck, stop = new AbortController().signal): Parameters<typeof recover>[0] {
  return {
    journal,
    target: localTarget({ serialPort: PORT }),
    driver: driverWith({
      steps: () => ({ possible: true, steps: [{ step: 'start', limitSeconds: 60 }] }),
      query: async () => answer,
    }),
    locks: createLocks(state),
    clock: systemClock,
    simulationSpeed: 1,
    artifacts: { keep: async () => undefined, transcript: () => undefined },
    stop,
    progress: () => undefined,
  };
}

const TODO: StepCheck = { state: 'todo', problem: null };

function expectNothingSent(record: RunRecord, problem: Record<string, unknown>): void {
  expect(only(record)).toMatchObject({ problem, after: null, hops: [{ startedAt: null, verified: false }] });
  expect(stepsOf(journal.events, KEY)).toEqual([]);
}

describe('a recovery', () => {
  it('of a journal without a unit sends nothing', async () => {
    const image = await begin(planOf([]));
    await expect(async () => recover(recoveryOf(TODO), image)).rejects.toMatchObject({
      code: 'config/run',
      message: 'The journal of the recovery names no unit.',
    });
  });

  it('that the operator stops before the first block sends nothing', async () => {
    const image = await begin(loaderPlan());
    const record = await recover(recoveryOf(TODO, AbortSignal.abort()), image);
    expect(record.units[0]?.outcome).toBe('stopped');
    expectNothingSent(record, {
      code: 'refused/stopped',
      message: 'Stopped by the operator before the first block was sent.',
      hint: expect.stringContaining('upsfw local recover'),
    });
  });

  it('of a unit that already runs the version sends nothing', async () => {
    const image = await begin(loaderPlan());
    const record = await recover(recoveryOf({ state: 'done', problem: null }), image);
    expect(record.units[0]?.outcome).toBe('refused');
    expectNothingSent(record, {
      code: 'refused/stale-plan',
      message: 'The unit already runs the version of the image. Nothing was sent.',
    });
  });

  it('that is resumed before its first block sends nothing, and ends as stopped', async () => {
    await begin(loaderPlan());
    const record = await watchRecovery(recoveryOf(TODO));
    expect(record).toMatchObject({ state: 'stopped', units: [{ outcome: 'stopped' }] });
    expectNothingSent(record, { code: 'refused/stopped', message: 'Nothing was sent in this run.' });
  });
});
