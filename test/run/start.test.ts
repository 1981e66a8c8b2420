import { afterEach, describe, expect, it } from 'vitest';
import { isUpsHop } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { PartnerGate } from '../../src/run/partner-gate.ts';
import { momentOf, StartGate } from '../../src/run/start-gate.ts';
import { createJournal, type JournalEvent } from '../../src/state/index.ts';
import { jumpingClock } from '../support/machine/jumping-clock.ts';
import {
  blockedBecause,
  KEY,
  OLD_LOADER,
  only,
  openRouteSite,
  ROUTE,
  type RouteSite,
} from '../support/sites/route-site.ts';

const isCommitting = (event: JournalEvent): boolean => event.event === 'step' && event.state === 'committing';

describe('a process that sleeps between the line on disk and the request', () => {
  let site: RouteSite;
  afterEach(() => site.close());

  it.each(['sleepThrough', 'stopFor'] as const)(
    'does not start a unit that changed meanwhile (%s)',
    async (sleep) => {
      site = await openRouteSite([OLD_LOADER]);
      const device = site.fleet.device('a');
      const clock = jumpingClock();
      let slept = false;
      const journal = await site.begin('sleep', await site.plan(ROUTE));
      const record = await site.executeRun(journal, {
        clock,
        reasonsFor: () => (slept ? [blockedBecause('mains failed')] : []),
        onLine(event) {
          if (!isCommitting(event) || slept) return;
          slept = true;
          clock[sleep](3_600_000);
        },
      });
      expect(only(record)).toMatchObject({ outcome: 'refused', problem: { code: 'refused/rule' } });
      expect(device.counters.starts).toBe(0);
      // No start followed the line, and the journal says so: other runs may start the unit.
      expect(only(record).hops[0]?.startedAt).toBeNull();
    },
  );

  it('looks again, and starts an unchanged unit once', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const clock = jumpingClock();
    let naps = 0;
    const journal = await site.begin('nap', await site.plan({ a: ['SMT18UPS_09-6.enc'] }));
    const record = await site.executeRun(journal, {
      clock,
      onLine(event) {
        if (isCommitting(event) && naps++ === 0) clock.sleepThrough(5_000);
      },
    });
    expect(only(record)).toMatchObject({ outcome: 'upgraded' });
    expect(device.counters.starts).toBe(1);
    expect(journal.events.filter(isCommitting)).toHaveLength(2);
  });

  it('gives up after three times, with nothing sent', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const clock = jumpingClock();
    const journal = await site.begin('deep', await site.plan(ROUTE));
    const record = await site.executeRun(journal, {
      clock,
      onLine(event) {
        if (isCommitting(event)) clock.stopFor(2_001);
      },
    });
    expect(only(record)).toMatchObject({ outcome: 'refused', problem: { code: 'refused/stopped' } });
    expect(site.fleet.device('a').counters.starts).toBe(0);
  });

  it('checks again what it checked before it slept, also if it wakes before the line is written', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const clock = jumpingClock();
    let uploaded = false;
    let checked = 0;
    const journal = await site.begin('early', await site.plan(ROUTE));
    const record = await site.executeRun(journal, {
      clock,
      reasonsFor() {
        if (!uploaded) return [];
        checked += 1;
        if (checked > 1) return [blockedBecause('mains failed')];
        // The last check before the start step: the process stops after it.
        clock.stopFor(60_000);
        return [];
      },
      onLine(event) {
        if (event.event === 'step' && event.step === 'transfer' && event.state === 'done') uploaded = true;
      },
    });
    expect(only(record)).toMatchObject({ outcome: 'refused', problem: { code: 'refused/rule' } });
    expect(journal.events.some(isCommitting)).toBe(false);
    expect(site.fleet.device('a').counters.starts).toBe(0);
  });
});

describe('a start of a unit that installs its image later', () => {
  let site: RouteSite;
  afterEach(() => site.close());

  it('is not reported as failed if the card forgot it and its event log cannot be read', async () => {
    site = await openRouteSite([{ ...OLD_LOADER, faults: ['set-lost'] }], 3000);
    const device = site.fleet.device('a');
    const plan = await site.plan({ a: ['SMT18UPS_09-6.enc'] });
    const units = plan.units.map((unit) => ({
      ...unit,
      hops: unit.hops.map((hop) => (isUpsHop(hop) ? { ...hop, twoStep: true } : hop)),
    }));
    const record = await site.executeRun(await site.begin('forgot', { ...plan, units }), {
      onLine(event) {
        if (isCommitting(event)) device.inject('event-log-unreadable');
      },
    });
    expect(only(record)).toMatchObject({ outcome: 'unknown' });
  });
});

describe('another run', () => {
  let site: RouteSite;
  afterEach(() => site.close());

  it('that writes a start of the unit during the upload prevents a start', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const plan = await site.plan(ROUTE);
    const journal = await site.begin('mine', plan);
    const record = await site.executeRun(journal, {
      async onLine(event) {
        if (event.event !== 'step' || event.step !== 'transfer' || event.state !== 'done') return;
        const other = await createJournal(site.state, 'theirs', systemClock);
        const { inventory } = site;
        await other.append({ event: 'run', run: 'theirs', inventory, images: '', rules: [], plan });
        const [unit] = plan.units;
        if (unit === undefined) throw new Error('the plan has no unit');
        await other.append({ event: 'unit', unit: KEY, attempt: 1, hop: 0, before: unit.unit });
        const start = {
          event: 'step',
          unit: KEY,
          hop: 0,
          step: 'start',
          method: 'snmp',
          problem: null,
        } as const;
        await other.append({ ...start, state: 'committing' });
        await other.close();
      },
    });
    expect(only(record)).toMatchObject({ outcome: 'refused', problem: { code: 'refused/second-attempt' } });
    expect(site.fleet.device('a').counters.starts).toBe(0);
  });
});

describe('the start gate', () => {
  const openGate = (check: (again: boolean) => Promise<void> = async () => undefined) => {
    const lines: string[] = [];
    const clock = jumpingClock();
    const gate = new StartGate({
      clock,
      checkedAt: momentOf(clock),
      check,
      write: async (method) => void lines.push(`committing ${method}`),
      retract: async () => void lines.push('not-started'),
    });
    return { gate, lines, clock };
  };

  it('records the result of a first method before it writes the line of a second', async () => {
    const { gate, lines } = openGate();
    const first = await gate.commit('snmp');
    await gate.commit('cli');
    expect(lines).toEqual(['committing snmp', 'not-started', 'committing cli']);
    expect(first.isFresh()).toBe(true);
    expect(gate.method).toBe('cli');
  });

  it('writes nothing after it was closed or refused', async () => {
    const closed = openGate();
    closed.gate.close();
    await expect(closed.gate.commit('snmp')).rejects.toMatchObject({ code: 'refused/stopped' });
    const refused = openGate(async () => {
      throw new Error('no');
    });
    await expect(refused.gate.commit('snmp')).rejects.toThrow('no');
    await expect(refused.gate.commit('cli')).rejects.toMatchObject({ code: 'refused/stopped' });
    expect([...closed.lines, ...refused.lines]).toEqual([]);
    expect(refused.gate.refused).toMatchObject({ why: expect.objectContaining({ message: 'no' }) });
  });

  it('that is closed while it records an earlier method sends and writes nothing more', async () => {
    const { gate, lines } = openGate();
    const first = await gate.commit('cli');
    const second = gate.commit('snmp');
    gate.close();
    await expect(second).rejects.toMatchObject({ code: 'refused/stopped' });
    expect(lines).toEqual(['committing cli', 'not-started']);
    expect(first.isFresh()).toBe(false);
  });

  it('that is closed while a line is written records that nothing was started', async () => {
    const lines: string[] = [];
    const clock = jumpingClock();
    const gate: StartGate = new StartGate({
      clock,
      checkedAt: momentOf(clock),
      check: async () => undefined,
      write: async (method) => {
        gate.close();
        lines.push(`committing ${method}`);
      },
      retract: async () => void lines.push('not-started'),
    });
    await expect(gate.commit('snmp')).rejects.toMatchObject({ code: 'refused/stopped' });
    expect(lines).toEqual(['committing snmp', 'not-started']);
    expect(gate.committed).toBe(false);
  });

  it('gives a permit for two seconds, also if the wall clock is set back', async () => {
    const { gate, clock } = openGate();
    const permit = await gate.commit('snmp');
    expect(permit.isFresh()).toBe(true);
    clock.sleepThrough(-5_000);
    expect(permit.isFresh()).toBe(false);
  });
});

describe('active units', () => {
  const newGate = () =>
    new PartnerGate(
      new Map([
        ['x/b', ['x/a2']],
        ['x/a2', ['x/b']],
        ['x/a', []],
      ]),
    );

  it('are identified by serial number: an entry with the serial number of a partner must wait', async () => {
    const units = newGate();
    await units.enter('x/b');
    expect(units.claim('x/b', 'SERIAL-B')).toBeNull();
    expect(units.guard('x/b', 'SERIAL-A')).toBeNull();
    await units.enter('x/a');
    expect(units.claim('x/a', 'SERIAL-A')).toBe('x/b');
    units.leave('x/b');
    expect(units.claim('x/a', 'SERIAL-A')).toBeNull();
  });

  it('are recognized by a partner under another name', async () => {
    const units = newGate();
    await units.enter('x/a');
    units.claim('x/a', 'SERIAL-A');
    await units.enter('x/b');
    units.claim('x/b', 'SERIAL-B');
    expect(units.guard('x/b', 'SERIAL-A')).toBe('x/a');
  });
});
