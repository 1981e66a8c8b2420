import { afterEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/core/index.ts';
import type { Journal } from '../../src/state/index.ts';
import { OLD_LOADER, OVER_09_6, only, openRouteSite, type RouteSite } from '../support/sites/route-site.ts';
import { startLines, stepsOf } from '../support/sites/steps.ts';

let site: RouteSite;
afterEach(() => site.close());

const ONE_HOP = ['SMT18UPS_09-6.enc'];

describe('a fault of upsfw itself', () => {
  it('at the end of one unit begins no other unit of that site, and is reported', async () => {
    site = await openRouteSite(['a', 'b', 'c'].map((name) => ({ ...OLD_LOADER, name })));
    const journal = await site.begin('r', await site.plan({ a: ONE_HOP, b: ONE_HOP, c: ONE_HOP }));
    const running = site.executeRun(journal, {
      onLine(event) {
        if (event.event === 'end') throw new Error('a fault of upsfw');
      },
    });
    await expect(running).rejects.toThrow('a fault of upsfw');
    expect(startLines(journal.events, 'berlin/a')).toEqual(['committing snmp', 'done snmp']);
    for (const name of ['b', 'c']) {
      expect(stepsOf(journal.events, `berlin/${name}`)).toEqual([]);
      expect(site.fleet.device(name).counters).toMatchObject({ logins: 0, uploads: 0, starts: 0 });
    }
    expect(journal.events.some(({ event }) => event === 'closed')).toBe(false);
  });

  it('at the line of a retry starts nothing, and is reported', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const journal = await site.begin('r', await site.plan({ a: OVER_09_6 }));
    await leaveBetweenHops(journal, 'a');
    const running = site.resume('r', {
      onLine(event) {
        if (event.event === 'retry') throw new Error('a fault of upsfw');
      },
    });
    await expect(running).rejects.toThrow('a fault of upsfw');
    expect(site.fleet.device('a').counters).toMatchObject({ logins: 0, uploads: 0, starts: 0 });
  });
});

/** Leaves a unit that was refused between its two hops. */
async function leaveBetweenHops(journal: Journal, name: string): Promise<void> {
  const key = `berlin/${name}`;
  const verified = { event: 'step', unit: key, hop: 0, step: 'verify', state: 'done' } as const;
  await journal.append({ ...verified, method: null, problem: null });
  const end = { event: 'end', unit: key, outcome: 'refused' } as const;
  await journal.append({ ...end, after: null, problem: null, reasons: [] });
}

describe('a unit that was unreachable when the plan was made', () => {
  it('fails with a cause, also where the plan names none', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const plan = await site.plan({ a: ONE_HOP });
    const units: Plan['units'] = plan.units.map((unit) => ({
      ...unit,
      unit: { ...unit.unit, reachable: false },
      verdict: { ...unit.verdict, status: 'unreachable' },
      hops: [],
      problem: null,
    }));
    const journal = await site.begin('r', { ...plan, units });
    expect(only(await site.executeRun(journal))).toMatchObject({
      outcome: 'failed',
      after: null,
      problem: {
        code: 'link/silent',
        message: 'The unit was unreachable when the plan was made. It did not answer.',
        hint: expect.stringContaining('upsfw plan'),
      },
    });
    expect(site.fleet.device('a').counters).toMatchObject({ snmpWrites: 0, logins: 0, starts: 0 });
  });
});
