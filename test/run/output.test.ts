import { afterEach, describe, expect, it } from 'vitest';
import type { StepResult } from '../../src/core/index.ts';
import type { Fault } from '../../src/sim/index.ts';
import type { Journal } from '../../src/state/index.ts';
import { blockedBecause, only, openRouteSite, type RouteSite } from '../support/sites/route-site.ts';
import { NMC3 } from '../support/sites/site.ts';
import { outputLines, startLines } from '../support/sites/steps.ts';

let site: RouteSite;
afterEach(() => site.close());

const B = 'oslo/b';

async function beginWithOutput(faults: readonly Fault[] = []): Promise<Journal> {
  site = await openRouteSite([{ ...NMC3, faults }]);
  const plan = await site.plan({ b: ['SMT20UPS_15-0.enc'] });
  const units = plan.units.map((unit) => ({ ...unit, switchOutput: 'off' as const }));
  return site.begin('r', { ...plan, units });
}

describe('an output that was switched off', () => {
  it('and is on again after a resume, without a start, leaves the unit failed', async () => {
    const journal = await beginWithOutput(['output-stays-off']);
    const device = site.fleet.device('b');
    const ended = only(
      await site.executeRun(journal, {
        reasonsFor: ({ condition }) => (condition.outputOn === false ? [blockedBecause('low battery')] : []),
      }),
    );
    expect(ended).toMatchObject({
      outcome: 'unknown',
      output: 'unknown',
      exit: 5,
      problem: {
        code: 'device/output',
        message: expect.stringMatching(/not known to be on again: .* ended as "refused": .*low battery\.$/),
      },
    });
    expect(startLines(journal.events, B)).toEqual([]);
    expect(device.outputOn).toBe(false);

    device.clearFault('output-stays-off');
    const resumed = only(await site.resume('r'));
    expect(resumed).toMatchObject({
      outcome: 'failed',
      output: 'on',
      exit: 4,
      problem: {
        code: 'device/output',
        message: 'The output is on again. The update was not complete when it was switched on.',
        hint: `To retry: upsfw resume --retry ${B}`,
      },
    });
    expect(device).toMatchObject({ outputOn: true, counters: { starts: 0 } });
  });

  it('is not known to be on where the driver fails', async () => {
    const journal = await beginWithOutput();
    const record = await site.executeRun(journal, {
      drive: ({ nmc }) => ({
        nmc: {
          ...nmc,
          async switchOutput(to, context) {
            if (to === 'on') throw new Error('a fault of upsfw');
            return nmc.switchOutput(to, context);
          },
        },
      }),
    });
    expect(only(record)).toMatchObject({
      outcome: 'unknown',
      output: 'unknown',
      problem: { code: 'device/output', message: expect.stringContaining('The update ended as "upgraded".') },
    });
    expect(outputLines(journal.events, B)).toEqual(['switching-off', 'off', 'switching-on', 'unknown']);
    expect(site.fleet.device('b')).toMatchObject({ outputOn: false, counters: { starts: 1 } });
  });

  it('stays off where the result is unknown, also without a cause', async () => {
    const journal = await beginWithOutput();
    const nothing: StepResult = { state: 'unknown', method: null, problem: null };
    const record = await site.executeRun(journal, {
      drive: ({ nmc }) => ({
        nmc: {
          ...nmc,
          execute: async (step, context) => (step === 'settle' ? nothing : nmc.execute(step, context)),
        },
      }),
    });
    expect(only(record)).toMatchObject({
      outcome: 'unknown',
      output: 'off',
      problem: {
        code: 'device/update-unknown',
        message: 'The output was switched off for the update, and stays off until the result is known.',
      },
    });
    expect(outputLines(journal.events, B)).toEqual(['switching-off', 'off']);
    const device = site.fleet.device('b');
    await device.until(({ phase, version }) => phase === 'idle' && version === '15.0');
    expect(device).toMatchObject({ outputOn: false, counters: { starts: 1 } });
  });
});
