import { afterEach, describe, expect, it } from 'vitest';
import { Problem, type UpgradeDriver } from '../../src/core/index.ts';
import { openCardSite, UNIT } from '../support/sites/card-site.ts';
import { KEY, OLD_LOADER, only, openRouteSite, type RouteSite } from '../support/sites/route-site.ts';
import { stepsOf } from '../support/sites/steps.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.close();
});

async function routeSite(): Promise<RouteSite> {
  const site = await openRouteSite([OLD_LOADER]);
  open.push(site);
  return site;
}

const noLogin = new Problem('refused/no-path', 'The inventory has no login.', { hint: 'Add one.' });
const ONE_HOP = { a: ['SMT18UPS_09-6.enc'] };

describe('a unit that is looked at before its hop', () => {
  it.each([
    ['FFFFFFFFFFFF', 'refused/identity', 'The unit reports no usable serial number ("FFFFFFFFFFFF").'],
    [
      'AS0000000001',
      'refused/stale-plan',
      'The plan was made for serial number SERIAL; the unit now reports AS0000000001.',
    ],
  ] as const)('is refused with the serial number %s', async (serial, code, message) => {
    const site = await routeSite();
    const device = site.fleet.device('a');
    const planned = device.serial;
    const journal = await site.begin('r', await site.plan(ONE_HOP));
    device.serial = serial;
    expect(only(await site.executeRun(journal))).toMatchObject({
      outcome: 'refused',
      problem: { code, message: message.replace('SERIAL', planned) },
    });
    expect(stepsOf(journal.events, KEY)).toEqual([]);
    expect(device.counters).toMatchObject({ uploads: 0, starts: 0 });
  });

  it('is refused where it cannot be reached as planned any more', async () => {
    const site = await routeSite();
    const journal = await site.begin('r', await site.plan(ONE_HOP));
    const impossible: UpgradeDriver['steps'] = () => ({ possible: false, problem: noLogin });
    const record = await site.executeRun(journal, {
      drive: ({ nmc }) => ({ nmc: { ...nmc, steps: impossible } }),
    });
    expect(only(record)).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/no-path', message: 'The inventory has no login.' },
    });
    expect(stepsOf(journal.events, KEY)).toEqual([]);
    expect(site.fleet.device('a').counters).toMatchObject({ uploads: 0, starts: 0 });
  });
});

describe('a start on record without a trace at the unit', () => {
  /** Leaves a start on record that the unit knows nothing about. */
  async function leaveStart(): Promise<RouteSite> {
    const site = await routeSite();
    const plan = await site.plan(ONE_HOP);
    const journal = await site.begin('r', plan);
    const line = { event: 'step', unit: KEY, hop: 0, step: 'start', problem: null } as const;
    await journal.append({ ...line, state: 'committing', method: 'snmp', methods: ['snmp'], object: 'none' });
    return site;
  }

  it.each(['todo', 'failed'] as const)(
    'has failed where the driver reports %s without a cause',
    async (state) => {
      const site = await leaveStart();
      const record = await site.resume('r', {
        drive: ({ nmc }) => ({ nmc: { ...nmc, query: async () => ({ state, problem: null }) } }),
      });
      expect(only(record)).toMatchObject({
        outcome: 'failed',
        exit: 4,
        problem: {
          code: 'device/start-not-seen',
          message: 'The journal has a start, but the unit shows no update and runs its old firmware.',
          hint: expect.stringContaining(`upsfw resume --retry ${KEY}`),
        },
        hops: [{ state: 'failed', verified: false }],
      });
      expect(site.fleet.device('a').counters.starts).toBe(0);
    },
  );

  it('has an unknown result where the question itself fails', async () => {
    const site = await leaveStart();
    const record = await site.resume('r', {
      drive: ({ nmc }) => ({
        nmc: {
          ...nmc,
          query: async () => {
            throw new Error('no answer that upsfw knows');
          },
        },
      }),
    });
    expect(only(record)).toMatchObject({
      outcome: 'unknown',
      exit: 5,
      problem: { code: 'internal/unexpected' },
    });
    expect(site.fleet.device('a').counters.starts).toBe(0);
    // The start stays in doubt, and the next resume asks again.
    expect(only(await site.resume('r'))).toMatchObject({ outcome: 'failed' });
    expect(site.fleet.device('a').counters.starts).toBe(0);
  });
});

describe('a card that is looked at before its hop', () => {
  it.each([
    [
      'with another version',
      { boot: '1.0.7' },
      'The plan was made for card-boot v1.0.8 (hw05); the unit now reports card-boot v1.0.7.',
    ],
    [
      'behind another UPS',
      { upsSerial: 'AS0000000001' },
      'The plan was made for serial number AS1234567890; the unit now reports AS0000000001.',
    ],
  ])('%s is refused', async (_what, other, message) => {
    const site = await openCardSite({});
    open.push(site);
    const journal = await site.begin(await site.plan());
    await site.card.replaceBy(other);
    expect(only(await site.executeRun(journal))).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/stale-plan', message },
    });
    expect(stepsOf(journal.events, UNIT)).toEqual([]);
    expect(site.card.touched).toBe(0);
  });

  it('is not updated where it does not answer', async () => {
    const site = await openCardSite({});
    open.push(site);
    const journal = await site.begin(await site.plan());
    await site.card.close();
    const ended = only(await site.executeRun(journal));
    expect(ended).toMatchObject({ outcome: 'failed', problem: { code: expect.stringMatching(/^link\//) } });
    expect(stepsOf(journal.events, UNIT)).toEqual([]);
    expect(site.card.touched).toBe(0);
  });
});
