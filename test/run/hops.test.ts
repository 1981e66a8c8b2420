import { afterEach, describe, expect, it } from 'vitest';
import { isUpsHop } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { createLocks } from '../../src/state/index.ts';
import {
  AT_09_3,
  AT_09_6,
  afterFirstHop,
  blockedBecause,
  KEY,
  OLD_LOADER,
  OVER_1013,
  only,
  openRouteSite,
  ROUTE,
  type RouteSite,
  type RunOptions,
  startsOf,
  TRANSIT,
} from '../support/sites/route-site.ts';
import { SPEED } from '../support/sites/site.ts';

let site: RouteSite;
afterEach(() => site.close());

describe('a route of two hops', () => {
  it('within one firmware line: one start for each hop, and no image stays on the card', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const ended = only(await site.executeRun(await site.begin('r', await site.plan(ROUTE))));
    expect(ended).toMatchObject({
      outcome: 'upgraded',
      attempt: 1,
      problem: null,
      exit: 0,
      before: { firmware: { version: '09.3' } },
      after: { firmware: { version: '15.1' } },
    });
    expect(
      ended.hops.map((hop) => [hop.verified, hop.before?.firmware.version, hop.after?.firmware.version]),
    ).toEqual([
      [true, '09.3', '09.6'],
      [true, '09.6', '15.1'],
    ]);
    const [first, second] = ended.hops;
    expect(second?.begunAt?.getTime()).toBeGreaterThanOrEqual(first?.endedAt?.getTime() ?? Number.NaN);
    expect(starts).toEqual([AT_09_3, AT_09_6]);
    expect(device.counters).toMatchObject({ starts: 2, uploads: 2 });
    expect([...device.files.keys()]).toEqual([]);
  });

  it.each(['snmp', 'cli'] as const)(
    'across firmware lines, started by %s: the unit keeps its serial number',
    async (method) => {
      site = await openRouteSite([{ ...TRANSIT, start: [method] }]);
      const device = site.fleet.device('t');
      const starts = startsOf(device);
      const plan = await site.plan({ t: OVER_1013 });
      expect(
        plan.units[0]?.hops.map((hop) => (isUpsHop(hop) ? [hop.from.microLinkId, hop.to.microLinkId] : [])),
      ).toEqual([
        [1001, 1013],
        [1013, 1013],
      ]);
      const ended = only(await site.executeRun(await site.begin('r', plan)));
      expect(ended).toMatchObject({
        outcome: 'upgraded',
        before: { firmware: { version: '02.5', microLinkId: 1001 } },
        after: { firmware: { version: '15.3', microLinkId: 1013 } },
        hops: [{ startedBy: method }, { startedBy: method }],
      });
      expect(starts).toEqual(['UPS 02.5 (ID1001)', 'UPS 02.9 (ID1013)']);
      expect(device.counters.starts).toBe(2);
      // A start over SNMP names no file, so the card must not have the images of two hops.
      expect([...device.files.keys()]).toEqual(method === 'snmp' ? [] : OVER_1013);
    },
  );

  it('is refused if an image is not for the firmware line that the unit has at that hop', async () => {
    site = await openRouteSite([TRANSIT]);
    const plan = await site.plan({ t: OVER_1013.slice(1) });
    expect(plan.units[0]?.hops).toEqual([]);
    expect(only(await site.executeRun(await site.begin('r', plan))).outcome).toBe('refused');
    expect(site.fleet.device('t').counters).toMatchObject({ starts: 0, uploads: 0 });
  });

  it('avoids an image without the boot loader that it needs: sent directly, it bricks the unit', async () => {
    site = await openRouteSite([OLD_LOADER], 3000);
    const plan = await site.plan({ a: ['SMT18UPS_15-1.enc'] });
    const ended = only(await site.executeRun(await site.begin('r', plan)));
    expect(ended).toMatchObject({ outcome: 'unknown', exit: 5 });
    expect(site.fleet.device('a').phase).toBe('lost');
  });
});

describe('a unit that somebody else updated', () => {
  it('continues with the hop for its present firmware', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const starts = startsOf(device);
    const journal = await site.begin('r', await site.plan(ROUTE));
    device.version = '09.6';
    device.loader = '08.5';
    expect(only(await site.executeRun(journal))).toMatchObject({
      outcome: 'upgraded',
      before: { firmware: { version: '09.6' } },
      after: { firmware: { version: '15.1' } },
    });
    expect(starts).toEqual([AT_09_6]);
  });

  it('is current if it runs the target already', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const journal = await site.begin('r', await site.plan(ROUTE));
    device.version = '15.1';
    expect(only(await site.executeRun(journal))).toMatchObject({
      outcome: 'current',
      after: { firmware: { version: '15.1' } },
    });
    expect(device.counters).toMatchObject({ starts: 0, uploads: 0 });
  });

  it('to firmware off the route between two hops is refused, with its present firmware', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const onLine = afterFirstHop(KEY, () => {
      device.version = '09.8';
    });
    const ended = only(await site.executeRun(await site.begin('r', await site.plan(ROUTE)), { onLine }));
    expect(ended).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/stale-plan' },
      after: { firmware: { version: '09.8' } },
    });
    expect(device.counters.starts).toBe(1);
  });

  it('to the target between two hops is not started again', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    const onLine = afterFirstHop(KEY, () => {
      device.version = '15.1';
    });
    const ended = only(await site.executeRun(await site.begin('r', await site.plan(ROUTE)), { onLine }));
    expect(ended).toMatchObject({ outcome: 'upgraded', after: { firmware: { version: '15.1' } } });
    expect(device.counters.starts).toBe(1);
  });
});

describe('the checks before a start are made before each hop', () => {
  const INSIDE = new Date('2026-03-14T02:30:00Z');
  const OUTSIDE = new Date('2026-03-14T12:30:00Z');
  const WINDOW = '  window: { days: [sat], from: "02:00", to: "05:00", timezone: Europe/Berlin }\nsites:';

  it.each([
    ['battery', 'refused'],
    ['window', 'refused'],
    ['partner', 'refused'],
    ['link', 'failed'],
  ] as const)('%s', async (what, outcome) => {
    const pair = [
      { ...OLD_LOADER, feeds: ['rack-1'] },
      { ...OLD_LOADER, name: 'partner', feeds: ['rack-1'] },
    ];
    site = await openRouteSite(pair, SPEED, (text) => text.replace('sites:', WINDOW));
    const [device, partner] = [site.fleet.device('a'), site.fleet.device('partner')];
    const starts = startsOf(device);
    const journal = await site.begin('r', await site.plan(ROUTE));
    let isHealthy = true;
    const options: RunOptions = {
      reasonsFor: ({ condition }) =>
        (condition.batteryPercent ?? 0) >= 50 ? [] : [blockedBecause('the battery is low')],
      clock: { ...systemClock, now: () => (what === 'window' && !isHealthy ? OUTSIDE : INSIDE) },
      onLine: afterFirstHop(KEY, () => {
        isHealthy = false;
        if (what === 'partner') partner.onBattery = true;
        if (what === 'battery') device.batteryPercent = 30;
        if (what === 'link') device.phase = 'lost';
      }),
    };
    const ended = only(await site.executeRun(journal, options));
    expect(ended.outcome).toBe(outcome);
    if (what !== 'link')
      expect(ended.problem?.code).toBe(what === 'battery' ? 'refused/rule' : `refused/${what}`);
    expect(ended.problem?.message).toContain('Hop 1 of 2 is done and was verified at UPS 09.6 (ID18).');
    expect(ended.after?.firmware.version).toBe('09.6');
    expect(ended.exit).toBe(4);
    expect(starts).toEqual([AT_09_3]);

    isHealthy = true;
    partner.onBattery = false;
    device.batteryPercent = 100;
    device.phase = 'idle';
    const again = outcome === 'failed' ? [KEY] : [];
    const resumed = only(await site.resume('r', { ...options, onLine: () => undefined }, again));
    expect(resumed).toMatchObject({
      outcome: 'upgraded',
      exit: 0,
      problem: null,
      before: { firmware: { version: '09.3' } },
      after: { firmware: { version: '15.1' } },
    });
    expect(starts).toEqual([AT_09_3, AT_09_6]);
  });
});

describe('the lock of a unit', () => {
  it('is held from the first hop to the last', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    let between: Promise<unknown> = Promise.resolve();
    const onLine = afterFirstHop(KEY, () => {
      between = createLocks(site.state).take(device.serial, 'another process');
      between.catch(() => undefined);
    });
    const ended = only(await site.executeRun(await site.begin('r', await site.plan(ROUTE)), { onLine }));
    expect(ended.outcome).toBe('upgraded');
    await expect(between).rejects.toMatchObject({ code: 'refused/locked' });
  });
});

describe('an image of the first hop that cannot be deleted from the card', () => {
  it('stops the second hop before its start, which could not name the image', async () => {
    site = await openRouteSite([OLD_LOADER]);
    const device = site.fleet.device('a');
    device.remove = () => false;
    const ended = only(await site.executeRun(await site.begin('r', await site.plan(ROUTE))));
    expect(ended).toMatchObject({
      outcome: 'failed',
      problem: { code: 'device/other-images', message: expect.stringContaining('Hop 1 of 2 is done') },
      after: { firmware: { version: '09.6' } },
    });
    expect(device.counters.starts).toBe(1);
    device.files.delete('SMT18UPS_09-6.enc');
    expect(only(await site.resume('r', {}, [KEY])).outcome).toBe('upgraded');
    expect(device.counters.starts).toBe(2);
  });
});
