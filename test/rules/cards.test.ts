import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Card } from '../../src/core/index.ts';
import {
  advisoriesOf,
  cardHealth,
  loadRules,
  newestSeenFor,
  type RuleBook,
  readCardOs,
} from '../../src/rules/index.ts';

let book: RuleBook;
beforeAll(async () => {
  book = await loadRules();
});

const NMC3: Card = {
  model: 'AP9641',
  serial: 'ZA1',
  generation: 'nmc3',
  platform: 'hw21',
  boot: null,
  os: 'v2.3.1.1',
  app: { name: 'su', version: 'v2.3.1.1' },
  uptimeSeconds: 100_000,
};

describe('the health of a card', () => {
  it.each<readonly [string, Partial<Card>, readonly string[]]>([
    ['AOS right below the bound', { os: 'v2.3.1.0' }, ['CARD_FLASH_RISK warn']],
    ['AOS at the bound', {}, ['CARD_FORMAT_UNKNOWN pass']],
    ['AOS of fewer places', { os: '2.4' }, ['CARD_FORMAT_UNKNOWN pass']],
    ['AOS of two digits', { os: 'v10.0.0.1' }, ['CARD_FORMAT_UNKNOWN pass']],
    ['unknown AOS', { os: null }, ['CARD_FLASH_RISK warn']],
    ['unreadable AOS', { os: 'UPS 02.3' }, ['CARD_FLASH_RISK warn']],
    ['uptime below 15 minutes', { uptimeSeconds: 899 }, ['CARD_RESTARTED warn', 'CARD_FORMAT_UNKNOWN pass']],
    ['uptime of 15 minutes', { uptimeSeconds: 900 }, ['CARD_FORMAT_UNKNOWN pass']],
    ['unknown uptime', { uptimeSeconds: null }, ['CARD_FORMAT_UNKNOWN pass']],
    ['no uptime', { uptimeSeconds: undefined }, ['CARD_FORMAT_UNKNOWN pass']],
    ['another generation', { generation: 'nmc2', os: 'v1.0.0.0', uptimeSeconds: 1 }, []],
    ['an unknown generation', { generation: null, os: 'v1.0.0.0', uptimeSeconds: 1 }, []],
  ])('with %s', (_name, card, expected) => {
    const reasons = cardHealth(book, { ...NMC3, ...card });
    expect(reasons.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual(expected);
    for (const { outcome, remedy } of reasons) expect(remedy === null).toBe(outcome === 'pass');
  });

  it('is known from the day of its source on', async () => {
    const before = await loadRules({ asOf: '2026-11-29' });
    expect(cardHealth(before, { ...NMC3, os: 'v1.4.0.19' })).toEqual([]);
  });
});

describe('the newest firmware seen', () => {
  it.each<readonly [string, Partial<Card>, string | null, string | null]>([
    ['NMC3 without a subscription', {}, '2.5.5.1', '2025-06-13'],
    ['NMC3 with 3.x', { os: 'v3.0.0.12' }, '3.6', '2026-08'],
    ['NMC3 of unknown AOS', { os: null }, '2.5.5.1', '2025-06-13'],
    ['NMC2', { platform: 'hw05', app: { name: 'sumx', version: 'v6.9.6' } }, '7.2.0', null],
    ['NMC1', { platform: 'hw02', app: { name: 'sumx', version: 'v3.7.2' } }, '3.9.3', null],
    ['another product', { app: { name: 'eu3p', version: 'v2.5.0.1' } }, null, null],
    ['an unknown platform', { platform: null }, null, null],
  ])('of %s', (_name, card, app, seen) => {
    const found = newestSeenFor(book.cards, { ...NMC3, ...card });
    expect(found?.app ?? null).toBe(app);
    expect(found?.seen ?? null).toBe(seen);
  });

  it('has a date of that day or earlier, as of a day', async () => {
    const of = async (asOf: string, platform: string) =>
      newestSeenFor((await loadRules({ asOf })).cards, { ...NMC3, platform, app: null, os: 'v3.0.0.12' });
    expect(await of('2024-11-30', 'hw05')).toBeNull();
    expect(await of('2024-12-01', 'hw05')).toMatchObject({ app: '7.1.8' });
    expect(await of('2025-06-12', 'hw21')).toMatchObject({ app: '3.0.0.12' });
    expect(await of('2025-07-01', 'hw21')).toMatchObject({ app: '3.3.0.8' });
  });
});

describe('a version of AOS', () => {
  it.each([
    ['7.1.8', '7.1.8', null],
    [' v7.1.8 ', '7.1.8', null],
    ['AOS v6.5.6', '6.5.6', null],
    ['2.5.0.8', '2.5.0.8', null],
    ['v3.0.9.a', '3.0.9.a', null],
    ['apc_hw05_aos_718.bin', '7.1.8', 'hw05'],
    ['APC_HW05_AOS_718.BIN', '7.1.8', 'hw05'],
    ['apc_hw21_aos_2.5.0.8.bin', '2.5.0.8', 'hw21'],
    ['apc_hw21_aos_2-5-0-8', '2.5.0.8', 'hw21'],
  ])('is read from %j', (text, version, platform) => {
    expect(readCardOs(text)).toEqual({ version, platform });
  });

  it.each([
    '',
    '7',
    'v7',
    '718',
    '7.1.8.',
    '.7.1',
    'apc_hw05_aos_7180.bin',
    'apc_hw5_aos_718.bin',
    'UPS 09.4 (ID18)',
  ])('is not %j', (text) => {
    expect(readCardOs(text)).toBeNull();
  });

  it('is read from any text without an error, and gives every card a status', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.stringMatching(/^(?:v|AOS |apc_hw\d\d_aos_)?[0-9.a-z-]{0,30}$/),
    );
    fc.assert(
      fc.property(text, fc.option(text), fc.option(text), (os, model, platform) => {
        const read = readCardOs(os);
        if (read !== null) expect(read.version).toMatch(/^\d{1,4}(?:\.\d{1,4}){1,4}(?:\.?[a-z])?$/i);
        const card = { ...NMC3, model, platform, os };
        const firmware = { raw: null, version: null, microLinkId: null };
        const own = advisoriesOf(book, firmware, card).filter(({ component }) => component === 'card');
        expect(own).toHaveLength(12);
        for (const { status, detail } of own) {
          expect(status).not.toBe('not-affected');
          expect(detail).not.toBeNull();
        }
      }),
    );
  });
});
