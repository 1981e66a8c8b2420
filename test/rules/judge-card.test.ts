import { beforeAll, describe, expect, it } from 'vitest';
import type { Card, CardFile, Reason, Unit } from '../../src/core/index.ts';
import { readCardFile, readImage } from '../../src/images/index.ts';
import { judgeCard, judgeCardStart, judgeUnit, loadRules, type RuleBook } from '../../src/rules/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { unitAt } from '../support/values/units.ts';
import { nmc3Of } from '../support/values/zip.ts';

let book: RuleBook;
beforeAll(async () => {
  book = await loadRules();
});

const file = (name: string, content = name): CardFile => ({
  ...readCardFile(bytesOf(name, content), name),
  path: `/images/${name}`,
});
const bytesOf = (name: string, content: string): Buffer => {
  const bytes = Buffer.from(`\0firmware ${content}`);
  return name.endsWith('.nmc3') ? nmc3Of(bytes) : bytes;
};
const files = (...names: readonly string[]): readonly CardFile[] => names.map((name) => file(name));

const SET_696 = ['apc_hw05_bootmon_109.bin', 'apc_hw05_aos_696.bin', 'apc_hw05_sumx_696.bin'];
const OLD: Card = {
  model: 'AP9630',
  serial: 'ZA1246002369',
  generation: 'nmc2',
  platform: 'hw05',
  boot: 'v1.0.8',
  os: 'v6.8.0',
  app: { name: 'sumx', version: 'v6.8.0' },
};
const NMC3: Card = {
  ...OLD,
  generation: 'nmc3',
  platform: 'hw21',
  boot: 'v1.3.6.1',
  os: 'v1.4.0.23',
  app: { name: 'su', version: 'v1.4.0.19' },
};

const withCard = (card: Partial<Card> | null, of: Card = OLD, unit: Partial<Unit> = {}): Unit =>
  unitAt('09.4', { ...unit, card: card === null ? null : { ...of, ...card } });

function refusals(reasons: readonly Reason[]): readonly string[] {
  return reasons
    .filter(({ outcome }) => outcome === 'block' || outcome === 'unknown')
    .map(({ code, outcome }) => `${code} ${outcome}`);
}

const evaluated = (unit: Unit, names: readonly string[]) => {
  const { status, hops, reasons } = judgeCard(book, { unit, files: files(...names) });
  return {
    status,
    hops: hops.map(({ component, from, to }) => [component, from.version, to.version]),
    refused: refusals(reasons),
  };
};

describe('the files for an NMC2 card', () => {
  it('are sent in the order boot monitor, operating system, application', () => {
    expect(evaluated(withCard({}), SET_696)).toEqual({
      status: 'outdated',
      hops: [
        ['card-boot', 'v1.0.8', '1.0.9'],
        ['card-os', 'v6.8.0', '6.9.6'],
        ['card-app', 'v6.8.0', '6.9.6'],
      ],
      refused: [],
    });
  });

  it.each<readonly [string, Partial<Card>, readonly string[], string, readonly string[], readonly string[]]>([
    [
      'without a boot monitor that the card already runs',
      { boot: 'v1.0.9' },
      SET_696,
      'outdated',
      ['card-os', 'card-app'],
      [],
    ],
    [
      'without a boot monitor that is older',
      { boot: 'v1.0.10' },
      SET_696,
      'outdated',
      ['card-os', 'card-app'],
      [],
    ],
    [
      'without the parts that the card already runs',
      { boot: '1.0.9', os: '6.9.6' },
      SET_696,
      'outdated',
      ['card-app'],
      [],
    ],
    [
      'none if the card runs all of them',
      { boot: '1.0.9', os: '6.9.6', app: { name: 'sumx', version: '6.9.6' } },
      SET_696,
      'current',
      [],
      [],
    ],
    [
      'none if the card is newer',
      { boot: '1.0.9', os: '7.0.8', app: { name: 'sumx', version: '7.0.8' } },
      SET_696,
      'current',
      [],
      [],
    ],
    [
      'need a boot monitor file',
      {},
      SET_696.slice(1),
      'blocked',
      ['card-os', 'card-app'],
      ['CARD_BOOT_MISSING unknown'],
    ],
    [
      'need the boot monitor version of the card',
      { boot: null },
      SET_696,
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_BOOT_UNKNOWN unknown'],
    ],
    [
      'need an application with the operating system',
      {},
      SET_696.slice(0, 2),
      'blocked',
      ['card-boot', 'card-os'],
      ['CARD_SET_MIXED block'],
    ],
    [
      'need an operating system with the application',
      {},
      ['apc_hw05_bootmon_109.bin', 'apc_hw05_sumx_696.bin'],
      'blocked',
      ['card-boot', 'card-app'],
      ['CARD_SET_MIXED block'],
    ],
    [
      'of two versions are refused',
      {},
      ['apc_hw05_bootmon_109.bin', 'apc_hw05_aos_708.bin', 'apc_hw05_sumx_696.bin'],
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_SET_MIXED block'],
    ],
    [
      'use the older set if the newer one is incomplete',
      {},
      [...SET_696, 'apc_hw05_aos_708.bin'],
      'outdated',
      ['card-boot', 'card-os', 'card-app'],
      [],
    ],
    [
      'can be the boot monitor alone',
      { os: '6.9.6', app: { name: 'sumx', version: '6.9.6' } },
      SET_696,
      'outdated',
      ['card-boot'],
      [],
    ],
    [
      'never contain an older operating system',
      { os: 'v7.0.8' },
      SET_696,
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_FILE_DOWNGRADE block'],
    ],
    [
      'are refused if versions cannot be compared',
      { os: 'beta' },
      SET_696,
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_FILE_DOWNGRADE unknown', 'CARD_CROSSES_5_TO_6 unknown', 'CARD_JUMPS_MAJOR unknown'],
    ],
    [
      'are refused if the card does not report its version',
      { os: null },
      SET_696,
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_FILE_ORDER unknown', 'CARD_CROSSES_5_TO_6 unknown', 'CARD_JUMPS_MAJOR unknown'],
    ],
    [
      'are refused from version 5 to 6',
      { os: 'v5.1.7', app: { name: 'sumx', version: 'v5.1.7' } },
      SET_696,
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_CROSSES_5_TO_6 block'],
    ],
    [
      'are allowed within version 5',
      { os: 'v5.1.6', app: { name: 'sumx', version: 'v5.1.6' } },
      ['apc_hw05_bootmon_109.bin', 'apc_hw05_aos_517.bin', 'apc_hw05_sumx_517.bin'],
      'outdated',
      ['card-boot', 'card-os', 'card-app'],
      [],
    ],
    [
      'need the serial number of the card',
      { serial: null },
      SET_696,
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_SERIAL_UNKNOWN block'],
    ],
    [
      'need the application of the card',
      { app: null },
      SET_696,
      'blocked',
      ['card-boot', 'card-os', 'card-app'],
      ['CARD_FILE_APP unknown'],
    ],
    [
      'must be for the platform',
      {},
      ['apc_hw21_su_2.5.0.8.nmc3'],
      'blocked',
      [],
      [
        'CARD_FILES_MISSING unknown',
        'CARD_FILE_PLATFORM block',
        'CARD_FILE_APP block',
        'CARD_FILE_DOWNGRADE block',
      ],
    ],
    [
      'must be for the application',
      {},
      ['apc_hw05_sy_696.bin'],
      'blocked',
      [],
      ['CARD_FILES_MISSING unknown', 'CARD_FILE_APP block'],
    ],
    [
      'are refused for an NMC1 card',
      { generation: 'nmc1', platform: 'hw02' },
      SET_696,
      'blocked',
      [],
      ['CARD_FILES_MISSING unknown', 'CARD_FILE_GENERATION block', 'CARD_FILE_PLATFORM block'],
    ],
    ['must be present', {}, [], 'unknown', [], ['CARD_FILES_MISSING unknown']],
  ])('%s', (_name, card, names, status, components, reasons) => {
    const found = evaluated(withCard(card), names);
    expect(found.status).toBe(status);
    expect(found.hops.map(([component]) => component)).toEqual(components);
    expect(found.refused).toEqual(reasons);
  });

  it('are not chosen if two of one version differ', () => {
    const twice = [...files(...SET_696), file('apc_hw05_aos_6.9.6.bin', 'other bytes')];
    const found = judgeCard(book, { unit: withCard({}), files: twice });
    expect(found).toMatchObject({ status: 'blocked', hops: [] });
    expect(refusals(found.reasons)).toEqual(['CARD_AMBIGUOUS unknown']);
  });

  it('that are damaged give a warning, and the rest is a set', () => {
    const found = judgeCard(book, { unit: withCard({}), files: files(...SET_696, 'apc_hw05_aos_1012.bin') });
    expect(found.status).toBe('outdated');
    expect(found.reasons.filter(({ code }) => code === 'CARD_FILE_DAMAGED').length).toBe(1);
  });

  it.each<readonly [string, Partial<Unit>, readonly string[]]>([
    [
      'communicates with its UPS',
      { condition: { ...unitAt('09.4').condition, linkUp: false } },
      ['CARD_FILE_LINK block'],
    ],
    [
      'is on mains',
      { condition: { ...unitAt('09.4').condition, onLine: null } },
      ['CARD_FILE_MAINS unknown'],
    ],
    ['can identify its UPS', { serial: null }, ['CARD_UNIT_UNKNOWN block']],
  ])('need a card that %s', (_name, unit, reasons) => {
    expect(evaluated(withCard({}, OLD, unit), SET_696).refused).toEqual(reasons);
  });

  it('need a card that was found and a unit that answers', () => {
    expect(evaluated(withCard(null), SET_696)).toMatchObject({
      status: 'unknown',
      refused: ['CARD_NOT_SEEN unknown'],
    });
    expect(evaluated(unitAt('09.4', { reachable: false }), SET_696).status).toBe('unreachable');
  });
});

describe('the file for an NMC3 card', () => {
  const codes = (reasons: readonly Reason[], outcome: Reason['outcome']) =>
    reasons.flatMap((reason) => (reason.outcome === outcome ? [reason.code] : []));

  it('is the newest one, with warnings about missing reports and version 3', () => {
    const evaluated = judgeCard(book, {
      unit: withCard({ app: { name: 'su', version: 'v2.5.0.6' } }, NMC3),
      files: files('apc_hw21_su_2.5.0.8.nmc3', 'apc_hw21_su_3.0.0.12.nmc3', 'apc_hw21_sy_3.1.0.0.nmc3'),
    });
    expect(evaluated.hops).toMatchObject([
      { component: 'card', from: { version: 'v2.5.0.6' }, to: { version: '3.0.0.12' } },
    ]);
    expect(codes(evaluated.reasons, 'warn')).toEqual([
      'CARD_FLASH_RISK',
      'CARD_NEEDS_SUBSCRIPTION',
      'CARD_NOT_CONFIRMED',
    ]);
    const below = judgeCard(book, { unit: withCard({}, NMC3), files: files('apc_hw21_su_2.5.0.8.nmc3') });
    expect(codes(below.reasons, 'warn')).toEqual(['CARD_FLASH_RISK', 'CARD_NOT_CONFIRMED']);
    expect(below.status).toBe('outdated');
  });

  it('is none if the card runs it', () => {
    expect(
      evaluated(withCard({ app: { name: 'su', version: 'v2.5.0.8' } }, NMC3), ['apc_hw21_su_2.5.0.8.nmc3'])
        .status,
    ).toBe('current');
  });
});

describe('major versions of a card', () => {
  const SET_722 = ['apc_hw05_aos_722.bin', 'apc_hw05_sumx_722.bin'];
  const at = (version: string): Partial<Card> => ({ os: version, app: { name: 'sumx', version } });

  it.each<readonly [string, Partial<Card>, readonly string[], readonly string[], readonly string[]]>([
    [
      'are installed one after the other, each with its own set',
      at('v5.1.7'),
      [...SET_696, ...SET_722],
      ['card-boot 1.0.9', 'card-os 6.9.6', 'card-app 6.9.6', 'card-os 7.2.2', 'card-app 7.2.2'],
      ['CARD_CROSSES_5_TO_6 block'],
    ],
    [
      'are not skipped',
      at('v5.1.7'),
      ['apc_hw05_bootmon_109.bin', ...SET_722],
      ['card-boot 1.0.9', 'card-os 7.2.2', 'card-app 7.2.2'],
      ['CARD_CROSSES_5_TO_6 block', 'CARD_JUMPS_MAJOR block'],
    ],
    [
      'are skipped neither by the operating system nor by the application',
      { os: 'v6.9.6', app: { name: 'sumx', version: 'v5.1.7' } },
      ['apc_hw05_bootmon_109.bin', ...SET_722],
      ['card-boot 1.0.9', 'card-os 7.2.2', 'card-app 7.2.2'],
      [],
    ],
    [
      'next to each other need no set between them',
      at('v6.4.0'),
      [...SET_696, ...SET_722],
      ['card-boot 1.0.9', 'card-os 7.2.2', 'card-app 7.2.2'],
      [],
    ],
    [
      'need a whole set between them',
      at('v5.1.7'),
      ['apc_hw05_bootmon_109.bin', 'apc_hw05_aos_696.bin', ...SET_722],
      ['card-boot 1.0.9', 'card-os 7.2.2', 'card-app 7.2.2'],
      ['CARD_CROSSES_5_TO_6 block', 'CARD_JUMPS_MAJOR block'],
    ],
  ])('%s', (_name, card, names, hops, refused) => {
    const found = judgeCard(book, { unit: withCard(card), files: files(...names) });
    expect(found.hops.map(({ component, to }) => `${component} ${to.version}`)).toEqual(hops);
    expect(refusals(found.reasons)).toEqual(refused);
  });

  it.each([
    [['2.5.5.1', '3.0.0.12'], ['2.5.5.1', '3.0.0.12'], []],
    [['2.5.0.8', '2.5.5.1', '3.0.0.12'], ['2.5.5.1', '3.0.0.12'], []],
    [['3.0.0.12'], ['3.0.0.12'], ['CARD_JUMPS_MAJOR block']],
    [['1.5.0.1', '3.0.0.12'], ['1.5.0.1', '3.0.0.12'], ['CARD_JUMPS_MAJOR block']],
    [['2.5.5.1'], ['2.5.5.1'], []],
  ])('of an NMC3 card with 1.4 and the files %j give the hops %j', (versions, hops, refused) => {
    const names = versions.map((version) => `apc_hw21_su_${version.replaceAll('.', '-')}.nmc3`);
    const found = judgeCard(book, { unit: withCard({}, NMC3), files: files(...names) });
    expect(found.hops.map(({ to }) => to.version)).toEqual(hops);
    expect(refusals(found.reasons)).toEqual(refused);
    expect(found.after?.app?.version).toBe(versions.at(-1));
  });

  it('are refused over an installed version that is not known', () => {
    const found = judgeCard(book, {
      unit: withCard({ app: { name: 'su', version: null } }, NMC3),
      files: files('apc_hw21_su_2-5-5-1.nmc3'),
    });
    expect(refusals(found.reasons)).toEqual(['CARD_FILE_ORDER unknown', 'CARD_JUMPS_MAJOR unknown']);
  });

  it('can be skipped if the operator overrides the rule', async () => {
    const bold = await loadRules({ override: new Map([['card-file-major', 'tested on the bench']]) });
    const found = judgeCard(bold, { unit: withCard({}, NMC3), files: files('apc_hw21_su_3.0.0.12.nmc3') });
    expect(found).toMatchObject({ status: 'outdated', hops: [{ to: { version: '3.0.0.12' } }] });
    expect(found.reasons.find(({ code }) => code === 'CARD_JUMPS_MAJOR')?.outcome).toBe('warn');
  });
});

describe('files that are left alone', () => {
  const warnings = (names: readonly string[], card: Partial<Card> = {}) => {
    const { status, reasons } = judgeCard(book, { unit: withCard(card), files: files(...names) });
    return [status, ...reasons.flatMap(({ code, outcome }) => (outcome === 'warn' ? [code] : []))];
  };

  it('give no warning for a unit', () => {
    const others = [
      'apc_hw05_rpdu2g_726.bin',
      'apc_hw05_ats4g_722.bin',
      'apc_hw21_eu3p_2-5-0-1.nmc3',
      'apc_hw21_su_2-5-5-1.nmc',
      'apc_hw02_aos_394.bin',
      'apc_hw21_aos_2.5.5.1.bin',
    ];
    expect(warnings([...SET_696, ...others])).toEqual(['outdated', 'CARD_NOT_CONFIRMED']);
  });

  const packed = (name: string): CardFile => ({
    ...readCardFile(Buffer.from('PK\x03\x04'), name),
    path: `/images/${name}`,
  });

  it.each([
    ['apc_hw05_aos722_sumx722_bootmon109.exe', 'CARD_FILE_PACKED'],
    ['APC_SUMX_722_EN.zip', 'CARD_FILE_PACKED'],
    ['apc_hw05_aos696_sumx696_bootmon109.exe', undefined],
    ['apc_hw05_aos680_sumx680_bootmon108.exe', undefined],
    ['apc_hw05_aos722_rpdu2g726_bootmon109.exe', undefined],
    ['apc_hw21_su_2-5-5-1.exe', undefined],
  ])('a package is named if it is newer, for this card and not unpacked: %s', (name, code) => {
    const found = judgeCard(book, { unit: withCard({}), files: [...files(...SET_696), packed(name)] });
    const codes = found.reasons.flatMap((reason) => (reason.outcome === 'warn' ? [reason.code] : []));
    expect(codes).toEqual(['CARD_NOT_CONFIRMED', ...(code === undefined ? [] : [code])]);
  });

  it('a copy is named if it is newer and not there under its name', () => {
    const copy = { ...file('apc_hw05_sumx_722 (1).bin') };
    const found = (more: readonly CardFile[]) =>
      judgeCard(book, { unit: withCard({}), files: [...files(...SET_696), copy, ...more] }).reasons.some(
        ({ code }) => code === 'CARD_FILE_RENAMED',
      );
    expect(found([])).toBe(true);
    expect(found([file('apc_hw05_sumx_722.bin', 'apc_hw05_sumx_722 (1).bin')])).toBe(false);
  });

  it('a copy with other bytes than the chosen file leaves no choice', () => {
    const copy = file('apc_hw05_sumx_696 (1).bin', 'a download that was cut');
    const found = judgeCard(book, { unit: withCard({}), files: [...files(...SET_696), copy] });
    expect(found).toMatchObject({ status: 'blocked', hops: [] });
    expect(refusals(found.reasons)).toEqual(['CARD_AMBIGUOUS unknown']);
    const same = file('apc_hw05_sumx_696 (1).bin', 'apc_hw05_sumx_696.bin');
    expect(judgeCard(book, { unit: withCard({}), files: [...files(...SET_696), same] }).status).toBe(
      'outdated',
    );
  });

  it('are named where no file is for the card', () => {
    const found = judgeCard(book, {
      unit: withCard({}),
      files: [packed('apc_hw05_aos722_sumx722_bootmon109.exe'), file('apc_hw05_rpdu2g_726.bin')],
    });
    expect(found.status).toBe('unknown');
    const missing = found.reasons.find(({ code }) => code === 'CARD_FILES_MISSING');
    expect(missing?.because).toContain('apc_hw05_aos722_sumx722_bootmon109.exe and apc_hw05_rpdu2g_726.bin');
    expect(missing?.remedy).toContain('unpack it');
  });
});

describe('right before a file is sent', () => {
  const app = file('apc_hw05_sumx_696.bin');
  const between: Unit = {
    ...withCard({ os: 'v6.9.6', app: null, platform: null, generation: null }),
    serial: null,
    condition: { ...unitAt('09.4').condition, linkUp: null, onLine: null },
  };

  it('a card without its application gets the planned application', () => {
    expect(refusals(judgeCardStart(book, { unit: between, file: app, planned: OLD }))).toEqual([]);
    const other = file('apc_hw05_sy_696.bin');
    expect(refusals(judgeCardStart(book, { unit: between, file: other, planned: OLD }))).toEqual([
      'CARD_FILE_APP block',
    ]);
  });

  it('a card that runs its application must be healthy', () => {
    const os = file('apc_hw05_aos_696.bin');
    const unit = withCard({ os: 'v6.8.0' }, OLD, { condition: between.condition });
    expect(refusals(judgeCardStart(book, { unit, file: os, planned: OLD }))).toEqual([
      'CARD_FILE_LINK unknown',
      'CARD_FILE_MAINS unknown',
    ]);
  });
});

describe('a unit and its card in one plan', () => {
  const image = {
    ...readImage(buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 500 }), 'x.enc'),
    path: '/x',
  };
  const tooOld = { os: 'v6.2.0', app: { name: 'sumx', version: 'v6.2.0' } };
  const evaluated = (
    component: 'ups' | 'card' | 'all',
    card: Partial<Card>,
    names: readonly string[],
    unit: Partial<Unit> = {},
  ) => {
    const verdict = judgeUnit(book, {
      unit: withCard(card, OLD, unit),
      images: [image],
      cardFiles: files(...names),
      component,
      transport: 'nmc',
    });
    return {
      status: verdict.status,
      hops: verdict.hops.map(({ component: of, to }) => `${of} ${to.version}`),
      refused: refusals(verdict.reasons),
      codes: verdict.reasons.map(({ code }) => code),
    };
  };

  it('ups: the card is updated first if it is too old and the folder has the files', () => {
    expect(evaluated('ups', tooOld, SET_696)).toMatchObject({
      status: 'outdated',
      hops: ['card-boot 1.0.9', 'card-os 6.9.6', 'card-app 6.9.6', 'ups 15.0'],
      refused: [],
    });
  });

  it('ups: files that do not help or are not needed give a warning', () => {
    const notEnough = ['apc_hw05_bootmon_109.bin', 'apc_hw05_aos_620.bin', 'apc_hw05_sumx_620.bin'];
    expect(
      evaluated('ups', { os: 'v6.1.0', app: { name: 'sumx', version: 'v6.1.0' } }, notEnough),
    ).toMatchObject({
      status: 'blocked',
      hops: ['ups 15.0'],
      refused: ['CARD_APP_TOO_OLD block'],
      codes: expect.arrayContaining(['CARD_FILES_NOT_USED']),
    });
    expect(evaluated('ups', {}, SET_696)).toMatchObject({
      status: 'outdated',
      hops: ['ups 15.0'],
      codes: expect.arrayContaining(['CARD_FILES_NOT_USED']),
    });
    expect(evaluated('ups', {}, []).codes).not.toContain('CARD_FILES_NOT_USED');
  });

  it('ups: a refusal of the card files also blocks the UPS update', () => {
    expect(evaluated('ups', { ...tooOld, boot: null }, SET_696)).toMatchObject({
      status: 'blocked',
      hops: ['card-boot 1.0.9', 'card-os 6.9.6', 'card-app 6.9.6', 'ups 15.0'],
      refused: ['CARD_BOOT_UNKNOWN unknown'],
    });
  });

  it('card: the UPS is not updated', () => {
    expect(evaluated('card', tooOld, SET_696)).toMatchObject({
      status: 'outdated',
      hops: ['card-boot 1.0.9', 'card-os 6.9.6', 'card-app 6.9.6'],
    });
  });

  it('all: both, with the UPS evaluated behind the updated card', () => {
    expect(evaluated('all', tooOld, SET_696)).toMatchObject({ status: 'outdated', refused: [] });
    expect(evaluated('all', {}, SET_696).hops).toEqual([
      'card-boot 1.0.9',
      'card-os 6.9.6',
      'card-app 6.9.6',
      'ups 15.0',
    ]);
  });

  it('all: a current UPS does not block its card, and a card without files does not block its UPS', () => {
    const firmware = { raw: 'UPS 15.1 (ID18)', version: '15.1', microLinkId: 18 };
    expect(evaluated('all', {}, SET_696, { firmware })).toMatchObject({
      status: 'outdated',
      hops: ['card-boot 1.0.9', 'card-os 6.9.6', 'card-app 6.9.6'],
    });
    expect(evaluated('all', {}, [])).toMatchObject({ status: 'outdated', hops: ['ups 15.0'] });
  });

  it('all: a refusal of the card blocks both', () => {
    expect(evaluated('all', { serial: null }, SET_696)).toMatchObject({
      status: 'blocked',
      refused: ['CARD_SERIAL_UNKNOWN block'],
    });
  });
});
