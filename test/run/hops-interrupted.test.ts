import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../src/core/index.ts';
import { type Journal, type JournalEvent, journalFile } from '../../src/state/index.ts';
import {
  AT_09_3,
  AT_09_6,
  afterFirstHop,
  KEY,
  OLD_LOADER,
  OVER_09_6,
  only,
  openRouteSite,
  ROUTE,
  type RouteSite,
  startsOf,
} from '../support/sites/route-site.ts';
import { SPEED } from '../support/sites/site.ts';

let site: RouteSite;
afterEach(() => site.close());

describe('a second hop that fails', () => {
  it('needs --retry, which does not repeat the first hop', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const journal = await site.begin('r', await site.plan(ROUTE));
    const onLine = afterFirstHop(KEY, () => device.inject('update-cancelled'));
    const failed = only(await site.executeRun(journal, { onLine }));
    expect(failed).toMatchObject({
      outcome: 'failed',
      exit: 4,
      problem: { code: 'device/update-failed', message: expect.stringContaining('Hop 1 of 2 is done') },
      after: { firmware: { version: '09.6' } },
    });
    expect(only(await site.resume('r')).outcome).toBe('failed');
    expect(starts).toEqual([AT_09_3, AT_09_6]);

    device.clearFault('update-cancelled');
    const again = only(await site.resume('r', {}, [KEY]));
    expect(again).toMatchObject({
      outcome: 'upgraded',
      attempt: 2,
      exit: 0,
      before: { firmware: { version: '09.3' } },
      after: { firmware: { version: '15.1' } },
    });
    expect(starts).toEqual([AT_09_3, AT_09_6, AT_09_6]);
  });

  it('with an unknown result is asked again, and never started again', async () => {
    site = await openRouteSite([OLD_LOADER], 3000);
    const device = site.fleet.device('a');
    const journal = await site.begin('r', await site.plan(ROUTE));
    const onLine = afterFirstHop(KEY, () => device.inject('never-returns'));
    const ended = only(await site.executeRun(journal, { onLine }));
    expect(ended).toMatchObject({
      outcome: 'unknown',
      exit: 5,
      problem: { message: expect.stringContaining('Hop 1 of 2 is done') },
      after: null,
    });
    device.version = '15.1';
    device.phase = 'idle';
    expect(only(await site.resume('r'))).toMatchObject({ outcome: 'upgraded', exit: 0 });
    expect(device.counters.starts).toBe(2);
  });
});

describe('a run that ended after the last hop, before it recorded the end of the unit', () => {
  it.each([
    ['15.1', { outcome: 'upgraded', problem: null }],
    ['09.6', { outcome: 'unknown', problem: { code: 'device/changed' } }],
  ] as const)('starts nothing again if the unit reports %s', async (version, expected) => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    await site.executeRun(await site.begin('r', await site.plan(ROUTE)));
    const file = journalFile(site.state, 'r');
    const lines = (await readFile(file, 'utf8')).split(/(?<=\n)/);
    await writeFile(file, lines.filter((line) => !/"event":"(?:end|closed)"/.test(line)).join(''));
    device.version = version;
    expect(only(await site.resume('r'))).toMatchObject({ ...expected, after: { firmware: { version } } });
    expect(device.counters.starts).toBe(2);
  });
});

describe('a stop during the first hop', () => {
  it('lets it end and begins no other; resume continues with the second', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const journal = await site.begin('r', await site.plan(ROUTE));
    const control = { stopNew: false, abort: new AbortController().signal };
    const running = site.executeRun(journal, { control });
    await device.until(({ phase }) => phase === 'transferring');
    control.stopNew = true;
    const record = await running;
    expect(record.state).toBe('stopped');
    expect(only(record)).toMatchObject({
      outcome: 'stopped',
      problem: { code: 'refused/stopped' },
      after: { firmware: { version: '09.6' } },
      hops: [{ verified: true }, { step: null }],
    });
    expect(device.counters).toMatchObject({ starts: 1, uploads: 1 });
    expect(only(await site.resume('r'))).toMatchObject({ outcome: 'upgraded' });
    expect(starts).toEqual([AT_09_3, AT_09_6]);
  });
});

describe('an abort during the upload of the second hop', () => {
  it('ends the unit as stopped, with the first hop done; resume continues', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const abort = new AbortController();
    const onLine = (event: JournalEvent): void => {
      if (event.event === 'step' && event.hop === 1 && event.step === 'transfer') abort.abort();
    };
    const control = { stopNew: false, abort: abort.signal };
    const journal = await site.begin('r', await site.plan(ROUTE));
    const ended = only(await site.executeRun(journal, { onLine, control }));
    expect(ended).toMatchObject({
      outcome: 'stopped',
      problem: { message: expect.stringContaining('before the start of the next hop. Hop 1 of 2 is done') },
      after: { firmware: { version: '09.6' } },
    });
    expect(device.counters.starts).toBe(1);
    expect(only(await site.resume('r')).outcome).toBe('upgraded');
    expect(device.counters.starts).toBe(2);
  });
});

describe('first hops without a known result', () => {
  /** Leaves the journal of a process that was killed after each start, or after its unknown end. */
  async function leave(journal: Journal, plan: Plan, ended: boolean): Promise<void> {
    for (const { key, unit } of plan.units) {
      await journal.append({ event: 'unit', unit: key, attempt: 1, hop: 0, before: unit });
      const line = { event: 'step', unit: key, hop: 0, step: 'start', method: null, problem: null } as const;
      await journal.append({ ...line, state: 'committing', methods: ['snmp'] });
      if (!ended) continue;
      await journal.append({
        event: 'end',
        unit: key,
        outcome: 'unknown',
        after: null,
        problem: null,
        reasons: [],
      });
    }
  }

  it.each([false, true])(
    'are watched together, and the next hops are begun one after the other (%s)',
    async (ended) => {
      site = await openRouteSite(
        [
          { ...OLD_LOADER, name: 'left', feeds: ['rack-1'] },
          { ...OLD_LOADER, name: 'right', feeds: ['rack-1'] },
        ],
        SPEED,
        (text) => text.replace('- name: berlin', '- name: berlin\n    concurrency: 4'),
      );
      const plan = await site.plan({ left: OVER_09_6, right: OVER_09_6 });
      await leave(await site.begin('r', plan), plan, ended);
      const devices = site.fleet.units.map(({ device }) => device);
      let together = 0;
      for (const device of devices) {
        device.version = '09.6';
        device.loader = '08.5';
        device.on('change', () => {
          if (devices.every(({ phase }) => phase !== 'idle')) together += 1;
        });
      }
      const record = await site.resume('r');
      expect(record.units.map((unit) => unit.outcome)).toEqual(['upgraded', 'upgraded']);
      expect(devices.map(({ counters }) => counters.starts)).toEqual([1, 1]);
      expect(together).toBe(0);
    },
  );

  it('that are watched during a stop: the next hop is not begun', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const plan = await site.plan(ROUTE);
    await leave(await site.begin('r', plan), plan, false);
    const device = site.fleet.device('a');
    device.version = '09.6';
    const control = { stopNew: true, abort: new AbortController().signal };
    expect(only(await site.resume('r', { control }))).toMatchObject({
      outcome: 'stopped',
      after: { firmware: { version: '09.6' } },
    });
    expect(device.counters.starts).toBe(0);
  });
});
