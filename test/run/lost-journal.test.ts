import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { type Journal, journalFile, reopenJournal } from '../../src/state/index.ts';
import { OLD_LOADER, OVER_09_6, only, openRouteSite, type RouteSite } from '../support/sites/route-site.ts';
import { NMC3 } from '../support/sites/site.ts';
import { isUploaded, outputLines, startLines } from '../support/sites/steps.ts';

let site: RouteSite;
afterEach(() => site.close());

function removeJournal(): Promise<void> {
  return rm(journalFile(site.state, 'r'));
}

const LOST = {
  code: 'config/state',
  message: expect.stringContaining('no longer the file that this run writes to'),
};

describe('a journal that is removed', () => {
  it('before a retry keeps a unit between its hops, and a unit in doubt is watched', async () => {
    site = await openRouteSite([OLD_LOADER, { ...OLD_LOADER, name: 'z' }]);
    const plan = await site.plan({ a: OVER_09_6, z: ['SMT18UPS_09-6.enc'] });
    await leave(await site.begin('r', plan));
    for (const { device } of site.fleet.units) device.version = '09.6';

    const journal = await reopenJournal(site.state, 'r', systemClock);
    await removeJournal();
    const { units, problem } = await site.executeRun(journal);
    await journal.close();
    expect(units).toMatchObject([
      { outcome: 'refused', hops: [{ verified: true }, { step: null, startedAt: null }] },
      { outcome: 'upgraded', hops: [{ verified: true }] },
    ]);
    expect(journal.events.some(({ event }) => event === 'retry')).toBe(false);
    expect(problem).toMatchObject(LOST);
    for (const { device } of site.fleet.units)
      expect(device.counters).toMatchObject({ uploads: 0, starts: 0 });
  });

  it('before its output would be switched off keeps it on, and starts nothing', async () => {
    site = await openRouteSite([NMC3]);
    const plan = await site.plan({ b: ['SMT20UPS_15-0.enc'] });
    const units = plan.units.map((unit) => ({ ...unit, switchOutput: 'off' as const }));
    const journal = await site.begin('r', { ...plan, units });
    const record = await site.executeRun(journal, {
      async onLine(event) {
        if (isUploaded(event)) await removeJournal();
      },
    });
    expect(only(record)).toMatchObject({
      outcome: 'stopped',
      output: null,
      problem: {
        ...LOST,
        message: expect.stringMatching(/^Stopped before the start; the unit is unchanged: /),
      },
    });
    expect(outputLines(journal.events, 'oslo/b')).toEqual([]);
    expect(startLines(journal.events, 'oslo/b')).toEqual([]);
    const device = site.fleet.device('b');
    expect(device).toMatchObject({ outputOn: true, counters: { outputSwitches: 0, starts: 0 } });
  });
});

/** Leaves `a` refused between its hops, and `z` with a start that has no result. */
async function leave(journal: Journal): Promise<void> {
  const line = { event: 'step', hop: 0, problem: null } as const;
  await journal.append({ ...line, unit: 'berlin/a', step: 'verify', state: 'done', method: null });
  const end = { event: 'end', unit: 'berlin/a', outcome: 'refused' } as const;
  await journal.append({ ...end, after: null, problem: null, reasons: [] });
  await journal.append({ ...line, unit: 'berlin/z', step: 'start', state: 'committing', method: 'snmp' });
}
