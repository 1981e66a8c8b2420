import { afterEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/core/index.ts';
import { jumpingClock } from '../support/machine/jumping-clock.ts';
import {
  KEY,
  OLD_LOADER,
  only,
  openRouteSite,
  type RouteSite,
  type RunOptions,
} from '../support/sites/route-site.ts';
import { BOTH_METHODS, NMC3 } from '../support/sites/site.ts';
import { isUploaded, outputLines, startLines } from '../support/sites/steps.ts';

let site: RouteSite;
afterEach(() => site.close());

const ONE_HOP = { a: ['SMT18UPS_09-6.enc'] };

function switchingOutput(plan: Plan): Plan {
  return { ...plan, units: plan.units.map((unit) => ({ ...unit, switchOutput: 'off' as const })) };
}

describe('a unit that somebody else updates', () => {
  it('during the upload is not started', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const journal = await site.begin('r', await site.plan(ONE_HOP));
    const record = await site.executeRun(journal, {
      onLine(event) {
        if (isUploaded(event)) device.version = '09.6';
      },
    });
    expect(only(record)).toMatchObject({
      outcome: 'current',
      exit: 0,
      problem: null,
      after: { firmware: { version: '09.6' } },
      hops: [{ startedAt: null, verified: false }],
    });
    expect(startLines(journal.events, KEY)).toEqual([]);
    expect(device.counters).toMatchObject({ uploads: 1, starts: 0 });
  });

  it('while its output is switched off is not started, and its output is on again', async () => {
    site = await openRouteSite([NMC3]);
    const device = site.fleet.device('b');
    const journal = await site.begin('r', switchingOutput(await site.plan({ b: ['SMT20UPS_15-0.enc'] })));
    const record = await site.executeRun(journal, {
      onLine(event) {
        if (event.event === 'output' && event.state === 'off') device.version = '15.0';
      },
    });
    expect(only(record)).toMatchObject({ outcome: 'current', problem: null, output: 'on' });
    expect(outputLines(journal.events, 'oslo/b')).toEqual(['switching-off', 'off', 'switching-on', 'on']);
    expect(startLines(journal.events, 'oslo/b')).toEqual([]);
    expect(device).toMatchObject({ outputOn: true, counters: { starts: 0 } });
  });

  it('while the start is prepared is not started', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const clock = jumpingClock();
    const journal = await site.begin('r', await site.plan(ONE_HOP));
    const record = await site.executeRun(journal, {
      clock,
      // The process stops at the beginning of the start step, so the unit is checked again.
      drive: ({ nmc }) => ({
        nmc: {
          ...nmc,
          async execute(step, context) {
            if (step === 'start') {
              clock.stopFor(60_000);
              device.version = '09.6';
            }
            return nmc.execute(step, context);
          },
        },
      }),
    });
    expect(only(record)).toMatchObject({
      outcome: 'refused',
      problem: {
        code: 'refused/stale-plan',
        message: `The firmware of ${KEY} changed while its start was prepared. Nothing was started.`,
      },
    });
    expect(startLines(journal.events, KEY)).toEqual([]);
    expect(device.counters.starts).toBe(0);
  });

  it('between two questions of a check is not started', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const journal = await site.begin('r', await site.plan(ONE_HOP));
    const record = await site.executeRun(journal, {
      reasonsFor() {
        device.version = '09.6';
        return [];
      },
    });
    expect(only(record)).toMatchObject({
      outcome: 'refused',
      problem: {
        code: 'refused/stale-plan',
        message: `The firmware of ${KEY} changed while its start was prepared. Nothing was started.`,
      },
    });
    expect(startLines(journal.events, KEY)).toEqual([]);
    expect(device.counters).toMatchObject({ uploads: 0, starts: 0 });
  });
});

describe('a process that stops after the last check before a start', () => {
  /** Stops the process for a minute after each of the first checks that follow the upload. */
  async function runWithStops(stops: number, options: RunOptions = {}) {
    site = await openRouteSite([OLD_LOADER]);
    const clock = jumpingClock();
    const journal = await site.begin('r', await site.plan(ONE_HOP));
    let isUp = false;
    let stopped = 0;
    const record = await site.executeRun(journal, {
      ...options,
      clock,
      reasonsFor(unit) {
        if (!isUp) return [];
        if (stopped === stops) return options.reasonsFor?.(unit) ?? [];
        stopped += 1;
        clock.stopFor(60_000);
        return [];
      },
      onLine(event) {
        if (isUploaded(event)) isUp = true;
      },
    });
    return { unit: only(record), journal, device: site.fleet.device('a') };
  }

  it('starts the unit once, after another check', async () => {
    const { unit, journal, device } = await runWithStops(1);
    expect(unit).toMatchObject({ outcome: 'upgraded', problem: null });
    expect(startLines(journal.events, KEY)).toEqual(['committing snmp', 'done snmp']);
    expect(device.counters.starts).toBe(1);
  });

  it('starts the unit after three more checks', async () => {
    const { unit, device } = await runWithStops(3);
    expect(unit).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.starts).toBe(1);
  });

  it('does not start the unit where each of those checks takes too long', async () => {
    const { unit, journal, device } = await runWithStops(4);
    expect(unit).toMatchObject({
      outcome: 'refused',
      problem: {
        code: 'refused/stopped',
        message: 'The checks before the start took longer than 10 seconds, 3 times. Nothing was started.',
        hint: expect.stringContaining('upsfw resume'),
      },
    });
    expect(startLines(journal.events, KEY)).toEqual([]);
    expect(device.counters.starts).toBe(0);
  });

  it('does not start the unit where the operator aborts the run meanwhile', async () => {
    const abort = new AbortController();
    const control = { stopNew: false, abort: abort.signal };
    const { unit, journal, device } = await runWithStops(1, {
      control,
      reasonsFor() {
        abort.abort();
        return [];
      },
    });
    expect(unit).toMatchObject({ outcome: 'stopped', problem: { code: 'refused/stopped' } });
    expect(startLines(journal.events, KEY)).toEqual([]);
    expect(device.counters.starts).toBe(0);
  });
});

describe('a start whose first method the card refuses', () => {
  const FIRST_SNMP = { ...BOTH_METHODS, start: ['snmp', 'cli'] as const, faults: ['set-refused'] as const };
  const C = 'porto/c';

  it('is made once, by the second method, and the journal has both', async () => {
    site = await openRouteSite([FIRST_SNMP]);
    const journal = await site.begin('r', await site.plan({ c: ['SMT20UPS_15-0.enc'] }));
    expect(only(await site.executeRun(journal))).toMatchObject({
      outcome: 'upgraded',
      hops: [{ startedBy: 'cli', startMethods: ['snmp', 'cli'] }],
    });
    expect(startLines(journal.events, C)).toEqual([
      'committing snmp',
      'not-started',
      'committing cli',
      'done cli',
    ]);
    expect(site.fleet.device('c').counters).toMatchObject({ startsAccepted: 1 });
  });

  it('is not made by the second method where the window closed in between', async () => {
    const clock = jumpingClock();
    const untilTen = (34 - new Date().getUTCHours()) * 3_600_000;
    clock.stopFor(untilTen);
    const window =
      'window: { days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "12:00", timezone: UTC }';
    site = await openRouteSite([FIRST_SNMP], undefined, (text) =>
      text.replace('- name: porto', `- name: porto\n    ${window}`),
    );
    const journal = await site.begin('r', await site.plan({ c: ['SMT20UPS_15-0.enc'] }));
    const record = await site.executeRun(journal, {
      clock,
      onLine(event) {
        if (event.event === 'step' && event.state === 'not-started') clock.stopFor(3 * 3_600_000);
      },
    });
    expect(only(record)).toMatchObject({
      outcome: 'refused',
      hops: [{ startedAt: null }],
      problem: {
        code: 'refused/window',
        message: expect.stringContaining('The maintenance window is closed'),
      },
    });
    expect(startLines(journal.events, C)).toEqual(['committing snmp', 'not-started']);
    expect(site.fleet.device('c').counters).toMatchObject({ startsAccepted: 0 });
  });
});
