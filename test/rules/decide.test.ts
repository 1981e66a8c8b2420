import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type DecisionInput,
  judgeDescribed,
  lineSummary,
  loadRules,
  type RuleBook,
} from '../../src/rules/index.ts';

let book: RuleBook;
let faq: RuleBook;
beforeAll(async () => {
  book = await loadRules();
  faq = await loadRules({ asOf: '2020-04-02' });
});

const input = (given: Partial<DecisionInput>): DecisionInput => ({
  model: null,
  firmware: null,
  transport: 'serial',
  ...given,
});

describe('routes with the images of the catalogue', () => {
  it.each<readonly [string, string, string, readonly string[]]>([
    ['id 18 below 09.4 goes over 09.6', 'SMT1500', 'UPS 09.3 (ID18)', ['09.3->09.6', '09.6->15.0']],
    ['id 18 from 09.4 goes straight', 'SMT1500', 'UPS 09.4 (ID18)', ['09.4->15.0']],
    ['id 1001 becomes 1013', 'SRT5KXLI', 'UPS 02.6 (ID1001)', ['02.6->02.9', '02.9->15.3']],
    ['id 1002 becomes 1014', 'SRT8KXLI', 'UPS 04.0 (ID1002)', ['04.0->15.2']],
    ['id 1010 becomes 1025', 'SRT3000XLI', 'UPS 08.2 (ID1010)', ['08.2->15.6']],
    ['id 1019 becomes 1025', 'SRT1500XLI', 'UPS 08.1 (ID1019)', ['08.1->15.6']],
    [
      'id 1007 needs the loader that 11.0 brought',
      'SMC3000I',
      'UPS 10.9 (ID1007)',
      ['10.9->11.0', '11.0->15.0'],
    ],
    ['id 1007 at 11.0 has it', 'SMC3000I', 'UPS 11.0 (ID1007)', ['11.0->15.0']],
    ['id 1015 has it in every image', 'SMT1500C', 'UPS 04.1 (ID1015)', ['04.1->18.0']],
    ['the newest has no way', 'SMT1500', 'UPS 15.0 (ID18)', []],
  ])('%s', (_name, model, firmware, wanted) => {
    const { hops } = judgeDescribed(book, input({ model, firmware }));
    expect(hops.map(({ from, to }) => `${from}->${to}`)).toEqual(wanted);
  });

  it('lead to the id that the last image gives', () => {
    const ids = (firmware: string) =>
      judgeDescribed(book, input({ firmware })).hops.map(({ microLinkIdAfter }) => microLinkIdAfter);
    expect(ids('UPS 02.6 (ID1001)')).toEqual([1013, 1013]);
    expect(ids('UPS 04.0 (ID1002)')).toEqual([1014]);
    expect(ids('UPS 08.2 (ID1010)')).toEqual([1025]);
  });

  it('say before a hop that it closes the way it came by', () => {
    const closing = (firmware: string) =>
      judgeDescribed(book, input({ firmware, transport: 'nmc' })).reasons.filter(
        ({ code }) => code === 'CARD_PATH_CLOSES',
      );
    expect(closing('UPS 09.4 (ID18)')).toHaveLength(1);
    expect(closing('UPS 05.0 (ID1013)')).toHaveLength(1);
    expect(closing('UPS 04.1 (ID1015)')).toHaveLength(0);
  });

  it('never lead down, never change the line but where the image says so, for any version of any id', () => {
    const ids = [...book.lines.keys()];
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.nat(20), fc.nat(9), (id, major, minor) => {
        const version = `${String(major).padStart(2, '0')}.${minor}`;
        let at = { id, version };
        for (const hop of judgeDescribed(book, input({ firmware: `UPS ${version} (ID${id})` })).hops) {
          const image = book.lines.get(at.id)?.images.find(({ file }) => file === hop.image);
          expect(hop.from).toBe(at.version);
          expect(image?.version).toBe(hop.to);
          expect(hop.to.replace(/^[a-z]/, '') >= hop.from.replace(/^[a-z]/, '')).toBe(true);
          at = { id: hop.microLinkIdAfter, version: hop.to };
          expect(image?.idAfter).toBe(at.id);
        }
      }),
    );
  });
});

describe('advisories', () => {
  const status = (firmware: string, id = 'CVE-2022-0715') =>
    judgeDescribed(book, input({ firmware })).advisories.find((advisory) => advisory.id === id);

  it.each([
    ['UPS 04.5 (ID1015)', 'affected', '15.5', '04.6'],
    ['UPS 04.6 (ID1015)', 'partly', '15.5', '04.6'],
    ['UPS 15.4 (ID1015)', 'partly', '15.5', '04.6'],
    ['UPS 15.5 (ID1015)', 'fixed', '15.5', '04.6'],
    ['UPS 09.8 (ID18)', 'affected', null, '15.0'],
    ['UPS 09.9 (ID18)', 'unknown', null, '15.0'],
    ['UPS 15.0 (ID18)', 'partly', null, '15.0'],
    ['UPSa05.2 (ID1014)', 'affected', null, '15.0'],
    ['UPS 07.1 (ID17)', 'affected', null, null],
    ['UPS 16.5 (ID1050)', 'not-affected', null, null],
    ['UPS 01.8 (ID1064)', 'not-affected', null, null],
    ['UPS 03.8 (ID11)', 'unknown', null, null],
    ['UPS 15.0', 'unknown', null, null],
    ['652.13.I', 'unknown', null, null],
    ['UPS 01.0 (ID9999)', 'unknown', null, null],
  ])('CVE-2022-0715 and %s: %s', (firmware, wanted, fixedIn, partlyIn) => {
    expect(status(firmware)).toMatchObject({ status: wanted, fixedIn, partlyIn });
  });

  it.each(['CVE-2022-22805', 'CVE-2022-22806'])('%s concerns SmartConnect lines', (id) => {
    expect(status('UPS 04.2 (ID1018)', id)).toMatchObject({ status: 'affected', fixedIn: '04.3' });
    expect(status('UPS 04.3 (ID1018)', id)).toMatchObject({ status: 'fixed' });
    expect(status('UPS 09.8 (ID18)', id)).toMatchObject({ status: 'not-affected' });
    // The CVE record names these lines, the version table does not: both are said, and the unit counts as affected.
    const both = status('UPS 02.5 (ID1036)', id);
    expect(both).toMatchObject({ status: 'affected' });
    expect(both?.source).toMatch(/record; .*not affected/);
  });

  it('were not public in 2020', () => {
    expect(judgeDescribed(faq, input({ firmware: 'UPS 04.5 (ID1015)' })).advisories).toEqual([]);
  });
});

describe('a day of judgement', () => {
  it('picks the newest release of that day', async () => {
    const of = async (asOf: string | undefined) =>
      judgeDescribed(await loadRules({ asOf }), input({ model: 'SMT1500C', firmware: 'UPS 04.1 (ID1015)' }));
    await expect(of('2020-04-01')).rejects.toMatchObject({ code: 'config/usage' });
    expect(await of('2020-04-02')).toMatchObject({ target: '04.1', upToDate: true, wizard: '4.2.0' });
    expect(await of('2024-03-23')).toMatchObject({ target: '04.1', wizard: '4.2.0' });
    // The image of 17.2 is in no collection; that of 18.0 came later.
    expect(await of('2024-03-24')).toMatchObject({
      target: '17.2',
      upToDate: false,
      wizard: '4.3.8',
      hops: [],
    });
    expect(await of(undefined)).toMatchObject({ target: '18.0', image: 'SMT1015UPS_18-0' });
  });
});

describe('what is known today', () => {
  it.each([
    [749, null],
    [750, 'SMT4UPS_07-1_Le_750'],
    [751, null],
    [999, null],
    [1000, 'SMT4UPS_07-1_Le_NOT750'],
    [1001, 'SMT4UPS_07-1_Le_NOT750'],
    [null, null],
  ])('of the two images of id 4 names for %s VA: %s', (ratedVA, image) => {
    expect(judgeDescribed(book, input({ firmware: 'UPS 07.0 (ID4)', ratedVA })).image).toBe(image);
  });

  it('answers for every id of the catalogue what it is, what it may get, and from where that is known', () => {
    expect(book.lines.size).toBe(62);
    for (const [id, line] of book.lines) {
      // At 09.9 id 1001 would contradict itself.
      const firmware = `UPS ${id === 1001 ? '02.6' : '09.9'} (ID${id})`;
      const told = judgeDescribed(book, input({ firmware }));
      const summary = lineSummary(book, firmware);
      expect(summary).toMatchObject({ microLinkId: id });
      expect(summary?.sources.length, `sources of ${id}`).toBeGreaterThan(0);
      expect(told.target).toBe(line.newest.at(-1)?.version ?? null);
      expect(told.advisories).toHaveLength(3);
      expect(told.reasons.length).toBeGreaterThan(0);
      for (const reason of told.reasons) {
        expect(reason.source, reason.code).not.toMatch(/not known|[{}]/);
        expect(reason.because, reason.code).not.toMatch(/[{}]/);
        if (reason.outcome !== 'pass') expect(reason.remedy, reason.code).not.toBeNull();
      }
      for (const advisory of told.advisories) expect(advisory.source).not.toBe('');
    }
  });

  it.each<readonly [string, Partial<DecisionInput>, boolean | 'unknown', string]>([
    ['id 17 over USB', { firmware: 'UPS 07.0 (ID17)', transport: 'usb' }, false, 'PORT_OPEN'],
    ['id 18 below 08.0 over USB', { firmware: 'UPS 07.9 (ID18)', transport: 'usb' }, false, 'PORT_OPEN'],
    ['id 20 over USB', { firmware: 'UPS 10.2 (ID20)', transport: 'usb' }, 'unknown', 'PORT_OPEN'],
    ['id 1015 over USB', { firmware: 'UPS 04.1 (ID1015)', transport: 'usb' }, true, 'USB_ADVISED_AGAINST'],
    ['id 1041 through a card', { firmware: 'UPS 15.0 (ID1041)', transport: 'nmc' }, false, 'CARD_PATH'],
    ['id 1030 through a card', { firmware: 'UPS 02.3 (ID1030)', transport: 'nmc' }, false, 'CARD_PATH'],
    [
      'a family that is not handled',
      { sku: 'SURT5000XLI', firmware: '451.14.W' },
      false,
      'FAMILY_NOT_SUPPORTED',
    ],
    ['an unknown id', { firmware: 'UPS 01.0 (ID9999)' }, 'unknown', 'LINE_NOT_IN_CATALOGUE'],
    ['a line without a release', { firmware: 'UPS 00.8 (ID33)' }, 'unknown', 'NO_RELEASE_KNOWN'],
    ['a line of single models', { firmware: 'UPS 14.0 (ID1006)' }, false, 'FAMILY_NOT_SUPPORTED'],
    [
      'a family of single models',
      { sku: 'SRC5KUXI', firmware: 'UPS 13.0 (ID1006)' },
      false,
      'FAMILY_NOT_SUPPORTED',
    ],
    ['an id that should have changed', { firmware: 'UPS 02.9 (ID1001)' }, 'unknown', 'ID_NOT_CHANGED'],
    ['one image of two that fit', { firmware: 'UPS 06.0 (ID4)' }, 'unknown', 'IMAGE_AMBIGUOUS'],
    [
      'a rating that the SKU contradicts',
      { sku: 'SMT750', ratedVA: 1500, firmware: 'UPS 06.0 (ID4)' },
      'unknown',
      'IMAGE_AMBIGUOUS',
    ],
    ['a release without a known image', { firmware: 'UPS 16.0 (ID1044)' }, true, 'IMAGE_NOT_KNOWN'],
    [
      'and through a card that nobody speaks of',
      { firmware: 'UPS 16.0 (ID1044)', transport: 'nmc' },
      'unknown',
      'CARD_PATH',
    ],
    [
      'a later hop over a port that is not open',
      { firmware: 'UPS 02.6 (ID1001)', transport: 'usb' },
      false,
      'PORT_OPEN',
    ],
    ['a floor that reports alone name', { firmware: 'UPS 09.4 (ID18)' }, true, 'LOADER_FLOOR_REPORTED'],
    ['an image whose parts are not known', { firmware: 'UPS 04.1 (ID1015)' }, true, 'LOADER_PARTS_UNKNOWN'],
    ['batteries in the cold', { firmware: 'UPS 02.6 (ID1017)' }, true, 'BATTERY_CAUTION'],
    [
      'an id of another family',
      { sku: 'SMC1500', firmware: 'UPS 09.3 (ID18)' },
      'unknown',
      'ID_FAMILY_MISMATCH',
    ],
    [
      'a relabelled model of the line',
      { sku: 'DLRT5KRMXLI', firmware: 'UPS 02.6 (ID1001)' },
      true,
      'UPDATE_AVAILABLE',
    ],
    ['02.x of id 11', { sku: 'SMX1000', firmware: 'UPS 02.9 (ID11)' }, false, 'PRE_1037_UNSUPPORTED'],
    [
      '02.x of id 11 without a SKU',
      { model: 'Smart-UPS X 1000', firmware: 'UPS 02.9 (ID11)' },
      'unknown',
      'PRE_1037_MODEL_UNKNOWN',
    ],
    ['02.0 of id 1031', { sku: 'SMX750C', firmware: 'UPS 02.0 (ID1031)' }, true, 'UPDATE_AVAILABLE'],
    ['above the newest', { firmware: 'UPS 15.9 (ID18)' }, true, 'NEWER_THAN_KNOWN'],
    ['a model the wizard skips', { sku: 'SMT2200', firmware: 'UPS 07.0 (ID17)' }, true, 'WIZARD_SKIPS_MODEL'],
    ['no firmware string', { sku: 'SMT1500' }, false, 'IDENTITY_UNKNOWN'],
  ])('%s', (_name, given, supported, code) => {
    const told = judgeDescribed(book, input(given));
    expect(told.reasons.map((reason) => reason.code)).toContain(code);
    expect(told.supported).toBe(supported);
  });
});

describe('firmware strings that say nothing certain', () => {
  it('give no target, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.constantFrom(' ', ' / ', '; '), (junk, joint) => {
        fc.pre(!/^\s*$/.test(junk));
        const told = judgeDescribed(
          book,
          input({ model: 'SMT1500', firmware: `UPS 09.3 / ID=18${joint}${junk}` }),
        );
        expect(told.target).toBeNull();
        expect(told.hops).toEqual([]);
      }),
    );
  });
});
