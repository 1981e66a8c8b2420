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
    ['ID 18 below 09.4 installs 09.6 first', 'SMT1500', 'UPS 09.3 (ID18)', ['09.3->09.6', '09.6->15.1']],
    ['ID 18 from 09.4 needs one hop', 'SMT1500', 'UPS 09.4 (ID18)', ['09.4->15.1']],
    ['ID 1001 becomes 1013', 'SRT5KXLI', 'UPS 02.6 (ID1001)', ['02.6->02.9', '02.9->15.3']],
    ['ID 1002 becomes 1014', 'SRT8KXLI', 'UPS 04.0 (ID1002)', ['04.0->15.2']],
    ['ID 1010 becomes 1025', 'SRT3000XLI', 'UPS 08.2 (ID1010)', ['08.2->15.6']],
    ['ID 1019 becomes 1025', 'SRT1500XLI', 'UPS 08.1 (ID1019)', ['08.1->15.6']],
    ['ID 1007 needs the boot loader of 11.0', 'SMC3000I', 'UPS 10.9 (ID1007)', ['10.9->11.0', '11.0->15.0']],
    ['ID 1007 at 11.0 has it', 'SMC3000I', 'UPS 11.0 (ID1007)', ['11.0->15.0']],
    ['ID 1015 has it in every image', 'SMT1500C', 'UPS 04.1 (ID1015)', ['04.1->18.0']],
    ['the newest release has no route', 'SMT1500', 'UPS 15.1 (ID18)', []],
  ])('%s', (_name, model, firmware, expected) => {
    const { hops } = judgeDescribed(book, input({ model, firmware }));
    expect(hops.map(({ from, to }) => `${from}->${to}`)).toEqual(expected);
  });

  it('lead to the ID after the last image', () => {
    const ids = (firmware: string) =>
      judgeDescribed(book, input({ firmware })).hops.map(({ microLinkIdAfter }) => microLinkIdAfter);
    expect(ids('UPS 02.6 (ID1001)')).toEqual([1013, 1013]);
    expect(ids('UPS 04.0 (ID1002)')).toEqual([1014]);
    expect(ids('UPS 08.2 (ID1010)')).toEqual([1025]);
  });

  it('warn before a hop that closes the card gate', () => {
    const closing = (firmware: string) =>
      judgeDescribed(book, input({ firmware, transport: 'nmc' })).reasons.filter(
        ({ code }) => code === 'CARD_PATH_CLOSES',
      );
    expect(closing('UPS 09.4 (ID18)')).toHaveLength(1);
    expect(closing('UPS 05.0 (ID1013)')).toHaveLength(1);
    expect(closing('UPS 04.1 (ID1015)')).toHaveLength(0);
  });

  it('never lead to an older version, and change the ID only by an image that does so', () => {
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
  ])('CVE-2022-0715 and %s: %s', (firmware, expected, fixedIn, partlyIn) => {
    expect(status(firmware)).toMatchObject({ status: expected, fixedIn, partlyIn });
  });

  it.each(['CVE-2022-22805', 'CVE-2022-22806'])('%s affects SmartConnect lines', (id) => {
    expect(status('UPS 04.2 (ID1018)', id)).toMatchObject({ status: 'affected', fixedIn: '04.3' });
    expect(status('UPS 04.3 (ID1018)', id)).toMatchObject({ status: 'fixed' });
    expect(status('UPS 09.8 (ID18)', id)).toMatchObject({ status: 'not-affected' });
    // The CVE record names these lines, the version table does not. The source names both, the unit counts as
    // affected.
    const both = status('UPS 02.5 (ID1036)', id);
    expect(both).toMatchObject({ status: 'affected' });
    expect(both?.source).toMatch(/record; .*not affected/);
  });

  it('were not public in 2020', () => {
    expect(judgeDescribed(faq, input({ firmware: 'UPS 04.5 (ID1015)' })).advisories).toEqual([]);
  });
});

describe('evaluation as of a date', () => {
  it('uses the newest release of that date', async () => {
    const of = async (asOf: string | undefined) =>
      judgeDescribed(await loadRules({ asOf }), input({ model: 'SMT1500C', firmware: 'UPS 04.1 (ID1015)' }));
    await expect(of('2020-04-01')).rejects.toMatchObject({ code: 'config/usage' });
    expect(await of('2020-04-02')).toMatchObject({ target: '04.1', upToDate: true, wizard: '4.2.0' });
    expect(await of('2024-03-23')).toMatchObject({ target: '04.1', wizard: '4.2.0' });
    // No image of 17.2 is known, and 18.0 came later.
    expect(await of('2024-03-24')).toMatchObject({
      target: '17.2',
      upToDate: false,
      wizard: '4.3.8',
      hops: [],
    });
    expect(await of(undefined)).toMatchObject({ target: '18.0', image: 'SMT1015UPS_18-0' });
  });
});

describe('current knowledge', () => {
  it.each([
    [749, null],
    [750, 'SMT4UPS_07-1_Le_750'],
    [751, null],
    [999, null],
    [1000, 'SMT4UPS_07-1_Le_NOT750'],
    [1001, 'SMT4UPS_07-1_Le_NOT750'],
    [null, null],
  ])('selects the image of ID 4 for %s VA: %s', (ratedVA, image) => {
    expect(judgeDescribed(book, input({ firmware: 'UPS 07.0 (ID4)', ratedVA })).image).toBe(image);
  });

  it('has summary, target, reasons and sources for every ID of the catalogue', () => {
    expect(book.lines.size).toBe(62);
    for (const [id, line] of book.lines) {
      // ID 1001 cannot run 09.9.
      const firmware = `UPS ${id === 1001 ? '02.6' : '09.9'} (ID${id})`;
      const decision = judgeDescribed(book, input({ firmware }));
      const summary = lineSummary(book, firmware);
      expect(summary).toMatchObject({ microLinkId: id });
      expect(summary?.sources.length, `sources of ${id}`).toBeGreaterThan(0);
      expect(decision.target).toBe(line.newest.at(-1)?.version ?? null);
      expect(decision.advisories).toHaveLength(3);
      expect(decision.reasons.length).toBeGreaterThan(0);
      for (const reason of decision.reasons) {
        expect(reason.source, reason.code).not.toMatch(/not known|[{}]/);
        expect(reason.because, reason.code).not.toMatch(/[{}]/);
        if (reason.outcome !== 'pass') expect(reason.remedy, reason.code).not.toBeNull();
      }
      for (const advisory of decision.advisories) expect(advisory.source).not.toBe('');
    }
  });

  it.each<readonly [string, Partial<DecisionInput>, boolean | 'unknown', string]>([
    ['ID 17 over USB', { firmware: 'UPS 07.0 (ID17)', transport: 'usb' }, false, 'PORT_OPEN'],
    ['ID 18 below 08.0 over USB', { firmware: 'UPS 07.9 (ID18)', transport: 'usb' }, false, 'PORT_OPEN'],
    ['ID 20 over USB', { firmware: 'UPS 10.2 (ID20)', transport: 'usb' }, 'unknown', 'PORT_OPEN'],
    ['ID 1015 over USB', { firmware: 'UPS 04.1 (ID1015)', transport: 'usb' }, true, 'USB_ADVISED_AGAINST'],
    ['ID 1041 through a card', { firmware: 'UPS 15.0 (ID1041)', transport: 'nmc' }, false, 'CARD_PATH'],
    ['ID 1030 through a card', { firmware: 'UPS 02.3 (ID1030)', transport: 'nmc' }, false, 'CARD_PATH'],
    ['an unsupported family', { sku: 'SURT5000XLI', firmware: '451.14.W' }, false, 'FAMILY_NOT_SUPPORTED'],
    ['an unknown ID', { firmware: 'UPS 01.0 (ID9999)' }, 'unknown', 'LINE_NOT_IN_CATALOGUE'],
    ['a line without a release', { firmware: 'UPS 00.8 (ID33)' }, 'unknown', 'NO_RELEASE_KNOWN'],
    ['a line of single models', { firmware: 'UPS 14.0 (ID1006)' }, false, 'FAMILY_NOT_SUPPORTED'],
    [
      'a family of single models',
      { sku: 'SRC5KUXI', firmware: 'UPS 13.0 (ID1006)' },
      false,
      'FAMILY_NOT_SUPPORTED',
    ],
    ['an ID that should have changed', { firmware: 'UPS 02.9 (ID1001)' }, 'unknown', 'ID_NOT_CHANGED'],
    ['two images that fit', { firmware: 'UPS 06.0 (ID4)' }, 'unknown', 'IMAGE_AMBIGUOUS'],
    [
      'a rating that the SKU contradicts',
      { sku: 'SMT750', ratedVA: 1500, firmware: 'UPS 06.0 (ID4)' },
      'unknown',
      'IMAGE_AMBIGUOUS',
    ],
    ['a release without a known image', { firmware: 'UPS 16.0 (ID1044)' }, true, 'IMAGE_NOT_KNOWN'],
    [
      'a release without a known image through a card',
      { firmware: 'UPS 16.0 (ID1044)', transport: 'nmc' },
      'unknown',
      'CARD_PATH',
    ],
    [
      'a later hop over a closed port',
      { firmware: 'UPS 02.6 (ID1001)', transport: 'usb' },
      false,
      'PORT_OPEN',
    ],
    ['a minimum release from reports only', { firmware: 'UPS 09.4 (ID18)' }, true, 'LOADER_FLOOR_REPORTED'],
    ['an image with unknown parts', { firmware: 'UPS 04.1 (ID1015)' }, true, 'LOADER_PARTS_UNKNOWN'],
    ['batteries at low temperature', { firmware: 'UPS 02.6 (ID1017)' }, true, 'BATTERY_CAUTION'],
    [
      'an ID of another family',
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
    ['02.x of ID 11', { sku: 'SMX1000', firmware: 'UPS 02.9 (ID11)' }, false, 'PRE_1037_UNSUPPORTED'],
    [
      '02.x of ID 11 without a SKU',
      { model: 'Smart-UPS X 1000', firmware: 'UPS 02.9 (ID11)' },
      'unknown',
      'PRE_1037_MODEL_UNKNOWN',
    ],
    ['02.0 of ID 1031', { sku: 'SMX750C', firmware: 'UPS 02.0 (ID1031)' }, true, 'UPDATE_AVAILABLE'],
    ['above the newest', { firmware: 'UPS 15.9 (ID18)' }, true, 'NEWER_THAN_KNOWN'],
    [
      'a model that the wizard excludes',
      { sku: 'SMT2200', firmware: 'UPS 07.0 (ID17)' },
      true,
      'WIZARD_SKIPS_MODEL',
    ],
    ['no firmware string', { sku: 'SMT1500' }, false, 'IDENTITY_UNKNOWN'],
  ])('%s', (_name, given, supported, code) => {
    const decision = judgeDescribed(book, input(given));
    expect(decision.reasons.map((reason) => reason.code)).toContain(code);
    expect(decision.supported).toBe(supported);
  });
});

describe('ambiguous firmware strings', () => {
  it('give no target', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.constantFrom(' ', ' / ', '; '), (junk, joint) => {
        // Spaces, underscores and the end of a sentence are no other text.
        fc.pre(!/^[\s_.,;]*$/.test(junk));
        const decision = judgeDescribed(
          book,
          input({ model: 'SMT1500', firmware: `UPS 09.3 / ID=18${joint}${junk}` }),
        );
        expect(decision.target).toBeNull();
        expect(decision.hops).toEqual([]);
      }),
    );
  });
});
