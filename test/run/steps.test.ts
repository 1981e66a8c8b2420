import { describe, expect, it } from 'vitest';
import type {
  Clock,
  Step,
  StepContext,
  StepResult,
  UnitTarget,
  UpgradeDriver,
} from '../../src/core/index.ts';
import { contextFor, imageMetadata, withTimeout } from '../../src/run/step.ts';
import { driverWith } from '../support/values/drivers.ts';
import { plannedUnit } from '../support/values/units.ts';

/** A clock whose sleeps end when `pass` is called. */
function manualClock(): { readonly clock: Clock; readonly pass: () => void } {
  const waiting: (() => void)[] = [];
  return {
    clock: {
      now: () => new Date(0),
      monotonic: () => 0,
      sleep: (_milliseconds, signal) =>
        new Promise((resolve) => {
          waiting.push(resolve);
          signal?.addEventListener('abort', () => resolve(), { once: true });
        }),
    },
    pass: () => {
      for (const wake of waiting.splice(0)) wake();
    },
  };
}

const executing = (execute: UpgradeDriver['execute']) => driverWith({ execute });

const STEPS: readonly Step[] = [{ step: 'start', limitSeconds: 300 }];

const target: UnitTarget = {
  site: 'berlin',
  name: 'a',
  serial: null,
  network: null,
  local: null,
  window: null,
  switchOutput: null,
  feeds: [],
  redundantWith: [],
};

function contextWith(clock: Clock): StepContext {
  const planned = plannedUnit('berlin/a');
  const [hop] = planned.hops;
  if (hop === undefined) throw new Error('the planned unit has no hop');
  const abort = new AbortController().signal;
  const unitWork = {
    target,
    clock,
    simulationSpeed: 1,
    abort,
    progress: () => undefined,
    keep: async () => undefined,
    transcript: () => undefined,
  };
  return contextFor(planned.unit, hop, imageMetadata(hop), null, unitWork);
}

describe('a step', () => {
  it('that hangs is given up, and its signal is aborted', async () => {
    const { clock, pass } = manualClock();
    let sent = 0;
    let seen: AbortSignal | null = null;
    const driver = executing(async (_step, { signal }): Promise<StepResult> => {
      seen = signal;
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      signal.throwIfAborted();
      sent += 1;
      return { state: 'done', method: 'snmp', problem: null };
    });
    const result = withTimeout('start', contextWith(clock), STEPS, { driver: driver, clock });
    await Promise.resolve();
    pass();
    expect(await result).toMatchObject({ state: 'unknown', problem: { code: 'device/update-unknown' } });
    expect(seen).toMatchObject({ aborted: true });
    expect(sent).toBe(0);
  });

  it('that throws has an unknown result', async () => {
    const { clock } = manualClock();
    const driver = executing(async () => {
      throw new Error('odd');
    });
    expect(await withTimeout('start', contextWith(clock), STEPS, { driver: driver, clock })).toMatchObject({
      state: 'unknown',
      problem: { code: 'internal/unexpected' },
    });
  });

  it('that the driver does not have is never executed', async () => {
    const { clock } = manualClock();
    const driver = executing(async () => {
      throw new Error('executed');
    });
    await expect(withTimeout('verify', contextWith(clock), STEPS, { driver, clock })).rejects.toMatchObject({
      code: 'internal/unexpected',
      message: 'The driver has no step "verify".',
    });
  });

  it('other than the start cannot start an update', async () => {
    const { clock } = manualClock();
    const driver = executing(async (_step, { commit }) => {
      await commit('snmp');
      return { state: 'done', method: 'snmp', problem: null };
    });
    expect(await withTimeout('start', contextWith(clock), STEPS, { driver, clock })).toMatchObject({
      state: 'unknown',
      problem: {
        code: 'internal/unexpected',
        message: 'A step that may not start an update requested a start.',
      },
    });
  });
});
