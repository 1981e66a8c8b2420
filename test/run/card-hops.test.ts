import { afterEach, describe, expect, it } from 'vitest';
import { firmware } from '../support/devices/fake-card.ts';
import { type CardSite, NMC2_SET, openCardSite } from '../support/sites/card-site.ts';
import { only } from '../support/sites/route-site.ts';

let site: CardSite;
afterEach(() => site.close());

const IN_ORDER = ['apc_hw05_bootmon_109.bin', 'apc_hw05_aos_696.bin', 'apc_hw05_sumx_696.bin'];

describe('the firmware of a second-generation card', () => {
  it.each([
    ['without its application between two files, seen by SNMP', 'without', true],
    ['without its application between two files, seen by the command line alone', 'without', false],
    ['with an application that does not match, seen by SNMP', 'mismatch', true],
    ['with an application that does not match, seen by the command line alone', 'mismatch', false],
  ] as const)(
    'is installed file by file in order, with a restart after each: %s',
    async (_name, between, snmp) => {
      site = await openCardSite({ card: { between }, snmp });
      const plan = await site.plan();
      expect(plan.units[0]?.hops.map((hop) => [hop.component, hop.from.version, hop.to.version])).toEqual([
        ['card-boot', 'v1.0.8', '1.0.9'],
        ['card-os', 'v6.8.0', '6.9.6'],
        ['card-app', 'v6.8.0', '6.9.6'],
      ]);
      const ended = only(await site.executeRun(await site.begin(plan)));
      expect(ended).toMatchObject({
        outcome: 'upgraded',
        exit: 0,
        problem: null,
        after: { serial: 'AS1234567890', card: { boot: 'v1.0.9', os: 'v6.9.6', app: { version: 'v6.9.6' } } },
      });
      expect(ended.hops.map(({ startedBy, transferred }) => [startedBy, transferred])).toEqual([
        ['scp', null],
        ['scp', null],
        ['scp', null],
      ]);
      expect(site.card.taken).toEqual(IN_ORDER);
      expect(site.card.touched).toBe(3);
    },
  );

  it('is sent over FTP where the inventory says so, without the boot monitor that the card has', async () => {
    site = await openCardSite({ card: { boot: '1.0.9' }, transfer: ['ftp'] });
    const ended = only(await site.executeRun(await site.begin(await site.plan())));
    expect(ended).toMatchObject({ outcome: 'upgraded', hops: [{ startedBy: 'ftp' }, { startedBy: 'ftp' }] });
    expect(site.card.taken).toEqual(IN_ORDER.slice(1));
  });

  it('waits while the application is still starting', async () => {
    site = await openCardSite({ card: { starting: 250 }, snmp: false });
    expect(only(await site.executeRun(await site.begin(await site.plan())))).toMatchObject({
      outcome: 'upgraded',
    });
    expect(site.card.taken).toEqual(IN_ORDER);
  });

  it('uses the next method only if no byte can have been sent by the first', async () => {
    site = await openCardSite({ card: { faults: ['no-scp'] } });
    const ended = only(await site.executeRun(await site.begin(await site.plan())));
    expect(ended).toMatchObject({ outcome: 'upgraded', hops: [{ startedBy: 'ftp' }, {}, {}] });
    expect(site.card.touched).toBe(3);
  });

  it('is not sent if nothing would show the card between two files', async () => {
    site = await openCardSite({ card: { boot: '1.0.9', faults: ['no-shell'] }, transfer: ['ftp'] });
    const ended = only(await site.executeRun(await site.begin(await site.plan())));
    expect(ended).toMatchObject({ outcome: 'refused', exit: 3, problem: { code: 'refused/no-path' } });
    expect(ended.problem?.message).toContain('only its command line shows');
    expect(site.card.touched).toBe(0);
    site.card.faults.clear();
    expect(only(await site.resume({}, true))).toMatchObject({ outcome: 'upgraded' });
    expect(site.card.taken).toEqual(IN_ORDER.slice(1));
  });

  it('is not sent if the settings cannot be saved', async () => {
    site = await openCardSite();
    const ended = only(await site.executeRun(await site.begin(await site.plan()), { backup: false }));
    expect(ended).toMatchObject({ outcome: 'failed', hops: [{ startedAt: null }, {}, {}] });
    expect(site.card.touched).toBe(0);
  });
});

describe('the firmware of a third-generation card', () => {
  it.each([[true], [false]])('is one file (by SNMP: %s)', async (snmp) => {
    site = await openCardSite({ card: { platform: 'hw21', boot: '1.3.6.1', version: '1.4.2.1' }, snmp });
    const plan = await site.plan();
    expect(plan.units[0]?.hops).toMatchObject([
      { component: 'card', from: { version: 'v1.4.2.1', platform: 'hw21' }, to: { version: '2.5.0.8' } },
    ]);
    expect(only(await site.executeRun(await site.begin(plan)))).toMatchObject({
      outcome: 'upgraded',
      exit: 0,
    });
    expect(site.card.taken).toEqual(['apc_hw21_su_2.5.0.8.nmc3']);
  });
});

describe('a route over several major versions', () => {
  it('of a second-generation card installs each set as a whole', async () => {
    const files = {
      ...NMC2_SET,
      'apc_hw05_aos_722.bin': firmware('os', '7.2.2'),
      'apc_hw05_sumx_722.bin': firmware('app', '7.2.2'),
      'apc_hw05_aos_801.bin': firmware('os', '8.0.1'),
      'apc_hw05_sumx_801.bin': firmware('app', '8.0.1'),
    };
    site = await openCardSite({ card: { boot: '1.0.9' }, files });
    const ended = only(await site.executeRun(await site.begin(await site.plan())));
    expect(ended).toMatchObject({ outcome: 'upgraded', exit: 0, after: { card: { os: 'v8.0.1' } } });
    expect(site.card.taken).toEqual([
      'apc_hw05_aos_722.bin',
      'apc_hw05_sumx_722.bin',
      'apc_hw05_aos_801.bin',
      'apc_hw05_sumx_801.bin',
    ]);
    expect(site.card.touched).toBe(4);
  });

  it('of a third-generation card installs file after file', async () => {
    const files = {
      'apc_hw21_su_2-5-5-1.nmc3': firmware('all', '2.5.5.1'),
      'apc_hw21_su_3-0-0-12.nmc3': firmware('all', '3.0.0.12'),
    };
    site = await openCardSite({ card: { platform: 'hw21', boot: '1.3.6.1', version: '1.4.2.1' }, files });
    const ended = only(await site.executeRun(await site.begin(await site.plan())));
    expect(ended).toMatchObject({ outcome: 'upgraded', after: { card: { app: { version: 'v3.0.0.12' } } } });
    expect(site.card.taken).toEqual(Object.keys(files));
  });

  it('continues after the program was killed between two sets, and sends no file twice', async () => {
    const files = {
      'apc_hw21_su_2-5-5-1.nmc3': firmware('all', '2.5.5.1'),
      'apc_hw21_su_3-0-0-12.nmc3': firmware('all', '3.0.0.12'),
    };
    site = await openCardSite({ card: { platform: 'hw21', boot: '1.3.6.1', version: '1.4.2.1' }, files });
    let starts = 0;
    const journal = await site.begin(await site.plan());
    await site
      .executeRun(journal, {
        killedBefore: (event) => {
          if (event.event === 'step' && event.step === 'start' && event.state === 'committing') starts += 1;
          return starts === 2;
        },
      })
      .catch(() => undefined);
    await site.card.settled();
    expect(site.card.taken).toEqual(['apc_hw21_su_2-5-5-1.nmc3']);
    expect(only(await site.resume())).toMatchObject({ outcome: 'upgraded' });
    expect(site.card.taken).toEqual(Object.keys(files));
  });
});

describe('an upload to a card', () => {
  it.each([
    ['that is answered before the restart succeeds', ['answers-before-it-restarts'], 'upgraded', null, 3],
    [
      'that breaks off in the middle fails, and no other method is used',
      ['hangs-up-half-way'],
      'failed',
      'device/update-failed',
      1,
    ],
    ['that the card rejects fails', ['refuses-the-file'], 'failed', 'device/update-failed', 1],
    [
      'after which the old firmware comes back fails',
      ['comes-back-with-the-old'],
      'failed',
      'device/update-failed',
      1,
    ],
    [
      'after which the card stays silent has an unknown result',
      ['stays-away'],
      'unknown',
      'device/update-unknown',
      1,
    ],
  ] as const)('%s', async (_name, faults, outcome, code, touched) => {
    site = await openCardSite({ card: { faults } });
    const ended = only(await site.executeRun(await site.begin(await site.plan())));
    expect(ended).toMatchObject({ outcome, problem: code === null ? null : { code } });
    expect(ended.exit).toBe({ upgraded: 0, failed: 4, unknown: 5 }[outcome]);
    expect(site.card.touched).toBe(touched);
  });

  it('reports the message of the card about the file', async () => {
    site = await openCardSite({ card: { faults: ['refuses-the-file'] } });
    const ended = only(await site.executeRun(await site.begin(await site.plan())));
    expect(ended.problem?.message).toContain('File corrupt');
    // The uptime of this card is not known.
    expect(ended.problem?.message).toContain('was not seen to restart');
  });

  it('that failed is repeated only with --retry', async () => {
    site = await openCardSite({ card: { faults: ['hangs-up-half-way'] } });
    await site.executeRun(await site.begin(await site.plan()));
    expect(only(await site.resume())).toMatchObject({ outcome: 'failed' });
    expect(site.card.touched).toBe(1);
    site.card.faults.delete('hangs-up-half-way');
    expect(only(await site.resume({}, true))).toMatchObject({ outcome: 'upgraded' });
    expect(site.card.touched).toBe(4);
  });
});

describe('a card between two files', () => {
  it('continues where the run was stopped', async () => {
    site = await openCardSite();
    const control = { stopNew: false, abort: new AbortController().signal };
    const stopped = only(
      await site.executeRun(await site.begin(await site.plan()), {
        control,
        onLine: (event) => {
          if (event.event === 'step' && event.hop === 1 && event.step === 'verify' && event.state === 'done')
            control.stopNew = true;
        },
      }),
    );
    expect(stopped).toMatchObject({ outcome: 'stopped', problem: { code: 'refused/stopped' } });
    expect(stopped.problem?.message).toContain('Hop 2 of 3 is done');
    expect(site.card.taken).toEqual(IN_ORDER.slice(0, 2));
    // The settings were saved before the first file, so a failed second backup does not stop the card here.
    expect(only(await site.resume({ backup: false }))).toMatchObject({
      outcome: 'upgraded',
      after: { serial: 'AS1234567890' },
    });
    expect(site.card.taken).toEqual(IN_ORDER);
  });

  it('gets no file if its serial number is not that of the plan', async () => {
    site = await openCardSite();
    const plan = await site.plan();
    const units = plan.units.map((planned) => ({
      ...planned,
      unit: {
        ...planned.unit,
        card: planned.unit.card === null ? null : { ...planned.unit.card, serial: 'ZA9999999999' },
      },
    }));
    const ended = only(await site.executeRun(await site.begin({ ...plan, units })));
    expect(ended).toMatchObject({ outcome: 'refused', problem: { code: 'refused/stale-plan' } });
    expect(site.card.touched).toBe(0);
  });

  it('that rejects the application ends as failed', async () => {
    site = await openCardSite({ card: { boot: '1.0.9' } });
    const ended = only(
      await site.executeRun(await site.begin(await site.plan()), {
        onLine: (event) => {
          if (event.event === 'step' && event.hop === 0 && event.step === 'verify' && event.state === 'done')
            site.card.faults.add('refuses-the-file');
        },
      }),
    );
    expect(ended).toMatchObject({ outcome: 'failed', exit: 4 });
    expect(ended.problem?.message).toContain('Hop 1 of 2 is done');
    site.card.faults.clear();
    expect(only(await site.resume({}, true))).toMatchObject({ outcome: 'upgraded' });
    expect(site.card.touched).toBe(3);
  });
});

it('a folder with only the application is refused for a second-generation card', async () => {
  const [, , app] = Object.entries(NMC2_SET);
  site = await openCardSite({ files: app === undefined ? {} : { [app[0]]: app[1] } });
  const [planned] = (await site.plan()).units;
  expect(planned?.verdict.status).toBe('blocked');
  expect(
    planned?.verdict.reasons.flatMap(({ code, outcome }) =>
      outcome === 'block' || outcome === 'unknown' ? [code] : [],
    ),
  ).toEqual(['CARD_SET_MIXED', 'CARD_BOOT_MISSING']);
});
