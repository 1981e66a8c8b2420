import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { systemClock } from '../../src/files/index.ts';
import { NMC2, NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';

let site: Site;
afterEach(() => site.close());

const APPLY = ['upgrade', '--apply', '--yes', '--json'];

async function edit(change: (text: string) => string): Promise<void> {
  await writeFile(site.inventory, change(await readFile(site.inventory, 'utf8')));
}

describe('a look never writes', () => {
  it('audit, plan, status and upgrade without --apply change no device', async () => {
    site = await openSite([NMC2, NMC3]);
    for (const words of [['audit'], ['plan'], ['upgrade']]) await site.run([...words, '-i', site.inventory]);
    for (const { device } of site.fleet.units) {
      expect(device.counters).toMatchObject({ starts: 0, snmpWrites: 0, uploads: 0, logins: 0 });
      expect(device.counters.snmpReads).toBeGreaterThan(0);
    }
  });
});

describe('windows', () => {
  it('nothing is sent outside the window, and resume continues inside it', async () => {
    site = await openSite([NMC2]);
    await edit((text) =>
      text.replace(
        'sites:',
        '  window: { days: [sat], from: "02:00", to: "05:00", timezone: Europe/Berlin }\nsites:',
      ),
    );
    const at = (time: string): Partial<Io> => ({ clock: { ...systemClock, now: () => new Date(time) } });
    const friday = at('2026-03-13T02:30:00Z');
    const saturday = at('2026-03-14T02:30:00Z');

    const closed = await site.run([...APPLY, '-i', site.inventory], friday);
    expect(closed.exit).toBe(3);
    expect(runOf(closed).units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'refused/window' } });
    expect(site.fleet.device('a').counters).toMatchObject({ uploads: 0, starts: 0 });
    const open = await site.run(['resume', '--yes', '--json'], saturday);
    expect(runOf(open).units[0]).toMatchObject({ outcome: 'upgraded' });
  });
});

describe('units with the same load', () => {
  const pair = [
    { ...NMC2, name: 'left', feeds: ['rack-1'] },
    { ...NMC2, name: 'right', feeds: ['rack-1'] },
  ];

  it('are never updated together, for any concurrency of the site', async () => {
    site = await openSite(pair);
    await edit((text) => text.replace('- name: berlin', '- name: berlin\n    concurrency: 4'));
    const [left, right] = site.fleet.units.map(({ device }) => device);
    let together = 0;
    for (const device of [left, right]) {
      device?.on('change', () => {
        if (left?.phase !== 'idle' && right?.phase !== 'idle') together += 1;
      });
    }
    const ran = await site.run([...APPLY, '-i', site.inventory]);
    expect(runOf(ran).units.map((unit) => unit.outcome)).toEqual(['upgraded', 'upgraded']);
    expect(together).toBe(0);
  });

  it('the second is refused if the first did not return', async () => {
    site = await openSite(
      [
        { ...NMC2, name: 'left', feeds: ['rack-1'], faults: ['never-returns'] },
        { ...NMC2, name: 'right', feeds: ['rack-1'] },
      ],
      3000,
    );
    const ran = await site.run([...APPLY, '-i', site.inventory]);
    expect(ran.exit).toBe(5);
    expect(runOf(ran).units.map((unit) => [unit.outcome, unit.problem?.code])).toEqual([
      ['unknown', 'device/update-unknown'],
      ['refused', 'refused/partner'],
    ]);
    expect(site.fleet.device('right').counters.starts).toBe(0);
  });

  it('a partner that was not chosen is read too', async () => {
    site = await openSite(pair);
    site.fleet.device('right').onBattery = true;
    const ran = await site.run([...APPLY, '-i', site.inventory, '--unit', 'left']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'refused/partner' } });
    expect(site.fleet.device('left').counters.starts).toBe(0);
  });
});

describe('many units', () => {
  it('a failed unit hides no other', async () => {
    site = await openSite([
      { ...NMC2, name: 'bad', faults: ['ftp-hang-up-half-way'] },
      { ...NMC2, name: 'good' },
    ]);
    const ran = await site.run([...APPLY, '-i', site.inventory]);
    expect(ran.exit).toBe(4);
    expect(runOf(ran).units.map((unit) => unit.outcome)).toEqual(['failed', 'upgraded']);
  });

  it('a site updates one unit at a time by default', async () => {
    site = await openSite([
      { ...NMC2, name: 'a1' },
      { ...NMC2, name: 'a2' },
      { ...NMC2, name: 'a3' },
    ]);
    let most = 0;
    for (const { device } of site.fleet.units) {
      device.on('change', () => {
        const busy = site.fleet.units.filter((unit) => unit.device.phase !== 'idle').length;
        most = Math.max(most, busy);
      });
    }
    const ran = await site.run([...APPLY, '-i', site.inventory]);
    expect(runOf(ran).units.every((unit) => unit.outcome === 'upgraded')).toBe(true);
    expect(most).toBe(1);
  });
});

describe('the operator', () => {
  /** An Io whose interrupts the test triggers. */
  function interruptible(): { io: Partial<Io>; interrupt: () => void } {
    let handler: (kind: 'interrupt') => void = () => undefined;
    return {
      io: {
        onInterrupt: (given) => {
          handler = given;
          return () => undefined;
        },
      },
      interrupt: () => handler('interrupt'),
    };
  }

  it('stops at the first Ctrl-C: running updates end, others stay pending, and resume continues', async () => {
    site = await openSite([
      { ...NMC2, name: 'a1' },
      { ...NMC2, name: 'a2' },
    ]);
    const { io, interrupt } = interruptible();
    const running = site.run([...APPLY, '-i', site.inventory], io);
    await site.fleet.device('a1').until(({ phase }) => phase === 'transferring');
    interrupt();
    const ran = await running;
    expect(ran.exit).toBe(130);
    const run = runOf(ran);
    expect(run.state).toBe('stopped');
    expect(run.units.map((unit) => unit.outcome)).toEqual(['upgraded', 'pending']);
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units.map((unit) => unit.outcome)).toEqual(['upgraded', 'upgraded']);
    expect(site.fleet.units.map(({ device }) => device.counters.starts)).toEqual([1, 1]);
  });

  it('aborts before the start: the unit is unchanged and ends as stopped', async () => {
    site = await openSite([{ ...NMC3 }]);
    const { io, interrupt } = interruptible();
    const running = site.run([...APPLY, '-i', site.inventory], io);
    await site.fleet.device('b').until(({ counters }) => counters.logins === 1);
    interrupt();
    interrupt();
    const ran = await running;
    expect(ran.exit).toBe(130);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'stopped' });
    expect(site.fleet.device('b').counters.starts).toBe(0);
    expect(runOf(await site.run(['resume', '--yes', '--json'])).units[0]?.outcome).toBe('upgraded');
  });

  it('cannot abort a started update: the tool watches it to its end', async () => {
    site = await openSite([NMC2]);
    const { io, interrupt } = interruptible();
    const running = site.run([...APPLY, '-i', site.inventory], io);
    await site.fleet.device('a').until(({ phase }) => phase === 'transferring');
    interrupt();
    interrupt();
    const ran = await running;
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded' });
  });
});

describe('reports', () => {
  it('agree with the run, and status --live queries the units', async () => {
    site = await openSite([NMC2]);
    await site.run(['audit', '-i', site.inventory]);
    await site.run([...APPLY, '-i', site.inventory]);
    const status = await site.run(['status', '--json', '--live']);
    expect(runOf(status)).toMatchObject({
      state: 'done',
      units: [{ after: { version: '15.1' }, now: { answers: 'same', firmware: { version: '15.1' } } }],
    });
    expect(runOf(await site.run(['status', '--json'])).units[0]).toMatchObject({ now: null });
    const device = site.fleet.device('a');
    const live = await site.run(['status', '--live']);
    expect(live.out).toMatch(/^ {2}upgraded +berlin\/a \[simulated\] {2}UPS 09\.4.* -> UPS 15\.1/m);
    expect(live.out).toMatch(/^ +now: UPS 15\.1 \(ID18\), idle$/m);
    expect(live.out.trimEnd().split('\n').at(-1)).toMatch(/^Next: upsfw report /);
    // The outcome in the journal stays, beside the present state of the unit.
    device.version = '09.4';
    const moved = await site.run(['status', '--live', '--json']);
    expect(runOf(moved).units[0]).toMatchObject({
      after: { version: '15.1' },
      now: { firmware: { version: '09.4' } },
    });
    const markdown = await site.run(['report', '--format', 'md']);
    expect(markdown.out).toContain('**upgraded**');
    expect(markdown.out).toContain('SIMULATION');
    const audit = await site.run(['report', '--audit']);
    expect(audit.out).toContain('outdated');
    expect(audit.out).toContain('[simulated]');
    expect(runOf(await site.run(['report', '--format', 'json'])).units[0]?.outcome).toBe('upgraded');
  });

  it('a second upgrade finds the unit current', async () => {
    site = await openSite([NMC3]);
    await site.run([...APPLY, '-i', site.inventory]);
    const ran = await site.run([...APPLY, '-i', site.inventory]);
    expect(ran.exit).toBe(0);
    expect(runOf(ran).units[0]?.outcome).toBe('current');
    expect(site.fleet.device('b').counters.starts).toBe(1);
  });
});
