import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isAllowed, type Reason, type StoredImage, type Unit } from '../../src/core/index.ts';
import { readImage } from '../../src/images/index.ts';
import { judgeStart, judgeUps, loadRules, type RuleBook } from '../../src/rules/index.ts';
import { buildImage, type ImageRecipe } from '../../src/sim/index.ts';
import { unitAt } from '../support/values/units.ts';

let book: RuleBook;
beforeAll(async () => {
  book = await loadRules();
});

function image(recipe: Partial<ImageRecipe> = {}, file = 'x.enc'): StoredImage {
  const bytes = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 500, ...recipe });
  return { ...readImage(bytes, file), path: `/images/${file}` };
}

function unit(version: string, id: number, overrides: Partial<Unit> = {}): Unit {
  return unitAt(version, {
    firmware: { raw: `UPS ${version} (ID${id})`, version, microLinkId: id },
    ...overrides,
  });
}

function refusals(reasons: readonly Reason[]): readonly string[] {
  return reasons
    .filter(({ outcome }) => outcome === 'block' || outcome === 'unknown')
    .map(({ code, outcome }) => `${code} ${outcome}`);
}

const start = (of: Unit, what = image()) =>
  refusals(judgeStart(book, { unit: of, image: what, transport: 'nmc' }));
const withCondition = (condition: Partial<Unit['condition']>) =>
  unitAt('09.4', { condition: { ...unitAt('09.4').condition, ...condition } });

describe('base rules', () => {
  it('allow a healthy unit with its image, and give a text and source for each reason', () => {
    const reasons = judgeStart(book, { unit: unitAt('09.4'), image: image(), transport: 'nmc' });
    expect(refusals(reasons)).toEqual([]);
    for (const reason of reasons) {
      expect(reason.because).not.toMatch(/[{}]/);
      expect(reason.source).not.toBe('');
      if (reason.outcome !== 'pass') expect(reason.remedy).not.toBeNull();
    }
  });

  it.each<readonly [string, Unit, StoredImage, readonly string[]]>([
    [
      'another ID',
      unitAt('09.4'),
      image({ microLinkId: 20 }),
      ['IMAGE_FITS block', 'SAME_VERSION unknown', 'NO_DOWNGRADE unknown'],
    ],
    ['the same version', unitAt('15.0'), image(), ['SAME_VERSION block', 'CARD_PATH unknown']],
    ['an older version', unitAt('09.8'), image({ version: '09.6' }), ['NO_DOWNGRADE block']],
    ['an old boot loader below 09.4', unitAt('09.3'), image(), ['LOADER_TOO_OLD block']],
    ['09.6 over an old boot loader', unitAt('09.3'), image({ version: '09.6' }), []],
    ['09.4 with the boot loader', unitAt('09.4'), image(), []],
    [
      'any version without the boot loader of 09.6',
      unitAt('09.3'),
      image({ version: '14.9' }),
      ['LOADER_TOO_OLD block'],
    ],
    [
      'an unsigned image over signed firmware',
      unit('18.0', 1015),
      image({ microLinkId: 1015, version: '18.1' }),
      ['UNSIGNED_AFTER_SIGNED block'],
    ],
    [
      'an unsigned image over possibly signed firmware',
      unit('15.4', 1015),
      image({ microLinkId: 1015, version: '18.1' }),
      ['UNSIGNED_AFTER_SIGNED unknown', 'CARD_PATH block'],
    ],
    [
      'a signed image over signed firmware',
      unit('18.0', 1015),
      image({ microLinkId: 1015, version: '18.1', signed: true }),
      [],
    ],
    [
      'no usable serial number',
      unitAt('09.4', { serial: 'FFFFFFFFFFFF' }),
      image(),
      ['SERIAL_UNUSABLE block'],
    ],
    ['on battery', withCondition({ onLine: false }), image(), ['ON_MAINS block']],
    ['battery at 49 %', withCondition({ batteryPercent: 49 }), image(), ['BATTERY_LOW block']],
    ['battery at 50 %', withCondition({ batteryPercent: 50 }), image(), []],
    ['calibrating', withCondition({ calibrating: true }), image(), ['CALIBRATING block']],
    ['in self-test', withCondition({ selfTest: true }), image(), ['SELF_TEST block']],
    ['with an alarm', withCondition({ alarms: ['overload'] }), image(), ['ALARMS block']],
    ['without communication with its UPS', withCondition({ linkUp: false }), image(), ['CARD_LINK block']],
    ['with an output of unknown state', withCondition({ outputOn: null }), image(), ['OUTPUT_UNKNOWN block']],
    ['with its output off', withCondition({ outputOn: false }), image(), []],
    [
      'a card with an old application',
      unitAt('09.4', {
        card: {
          model: 'AP9630',
          serial: null,
          generation: 'nmc2',
          platform: 'hw05',
          boot: null,
          os: 'v6.0.6',
          app: { name: 'sumx', version: 'v6.2.0' },
        },
      }),
      image(),
      ['CARD_APP_TOO_OLD block'],
    ],
    ['no card at all', unitAt('09.4', { card: null }), image(), ['CARD_UNSUITABLE unknown']],
    [
      'a card model with its own minimum application',
      unit('04.1', 1015, {
        card: {
          model: 'AP9635CH',
          serial: null,
          generation: 'nmc2',
          platform: 'hw05',
          boot: null,
          os: 'v6.4.5',
          app: { name: 'sumx', version: 'v6.4.5' },
        },
      }),
      image({ microLinkId: 1015, version: '04.4', parts: ['MBL 01.9', 'MCU 04.3', 'CBL 02.1'] }),
      ['CARD_APP_TOO_OLD block'],
    ],
    [
      'an application of the third generation that is too old',
      unit('01.9', 1031, {
        card: {
          model: 'AP9641',
          serial: null,
          generation: 'nmc3',
          platform: 'hw21',
          boot: null,
          os: 'v1.4.2.0',
          app: { name: 'su', version: 'v1.4.2.0' },
        },
      }),
      image({ microLinkId: 1031, version: '02.0', parts: ['MBL 02.0', 'MCU 02.0', 'CBL 02.0'] }),
      ['CARD_APP_TOO_OLD block'],
    ],
    [
      'a card of the first generation',
      unitAt('09.4', {
        card: {
          model: 'AP9619',
          serial: null,
          generation: 'nmc1',
          platform: 'hw02',
          boot: null,
          os: 'v3.7.3',
          app: { name: 'su', version: 'v3.7.2' },
        },
      }),
      image(),
      ['CARD_UNSUITABLE block'],
    ],
    [
      'a card with exactly the minimum application',
      unitAt('09.4', {
        card: {
          model: 'AP9630',
          serial: null,
          generation: 'nmc2',
          platform: 'hw05',
          boot: null,
          os: 'v6.2.1',
          app: { name: 'sumx', version: 'v6.2.1' },
        },
      }),
      image(),
      [],
    ],
  ])('%s', (_name, of, what, expected) => {
    expect(start(of, what)).toEqual(expected);
  });

  it.each([
    ['04.5', []],
    ['04.6', ['CARD_PATH block']],
    ['15.4', ['CARD_PATH block']],
    ['15.5', []],
  ])('the card gate of ID 1015 at %s: %j', (version, expected) => {
    expect(start(unit(version, 1015), image({ microLinkId: 1015, version: '18.1', signed: true }))).toEqual(
      expected,
    );
  });

  it.each<readonly [string, number, readonly string[], string]>([
    ['a line whose gate never opens again', 1013, ['MBL 02.4', 'MCU 08.3', 'CBL 01.0'], 'block'],
    ['a line whose front panel decides', 20, ['UBL 07.5', 'MCU 10.3'], 'unknown'],
  ])('%s', (_name, id, parts, outcome) => {
    const what = image({ microLinkId: id, version: '15.3', parts });
    const outputOff = { condition: { ...unitAt('09.4').condition, outputOn: false } };
    expect(start(unit('15.0', id, outputOff), what)).toEqual([`CARD_PATH ${outcome}`]);
    expect(start(unit('10.2', id, outputOff), what)).toEqual([]);
  });
});

describe('the verdict', () => {
  const verdict = (of: Unit, images: readonly StoredImage[]) =>
    judgeUps(book, { unit: of, images, transport: 'nmc' });

  it('offers the newest image that fits, and never an older version', () => {
    const images = [
      image({ version: '09.6' }, 'old.enc'),
      image({}, 'new.enc'),
      image({ microLinkId: 20 }, 'other.enc'),
    ];
    expect(verdict(unitAt('09.4'), images)).toMatchObject({
      status: 'outdated',
      target: { version: '15.0', microLinkId: 18, image: 'new.enc' },
      hops: [{ from: { version: '09.4' }, to: { version: '15.0', microLinkId: 18 }, transport: 'nmc' }],
    });
    expect(verdict(unitAt('15.1'), images)).toMatchObject({ status: 'current', target: null, hops: [] });
    expect(verdict(unitAt('16.0'), images)).toMatchObject({ status: 'current' });
  });

  it('shows a blocked update with its target, its reason and its remedy', () => {
    const closed = verdict(unit('04.6', 1015), [image({ microLinkId: 1015, version: '18.0', signed: true })]);
    expect(closed).toMatchObject({
      status: 'blocked',
      target: { version: '18.0' },
      hops: [{ to: { version: '18.0' } }],
    });
    expect(closed.reasons.find(({ code }) => code === 'CARD_PATH')).toMatchObject({
      outcome: 'block',
      remedy: expect.stringContaining('15.5'),
    });
  });

  it('names the missing file', () => {
    const missing = verdict(unitAt('09.4'), []);
    expect(missing).toMatchObject({ status: 'blocked', target: { version: '15.1', image: null } });
    expect(missing.reasons.at(-1)).toMatchObject({
      code: 'IMAGE_MISSING',
      remedy: expect.stringContaining('SMT18UPS_15-1.enc'),
    });
  });

  it('adds an intermediate hop if the folder has its image, and requests the image if not', () => {
    const intermediate = image(
      { microLinkId: 1005, version: '12.0', parts: ['UBL 01.4', 'MCU 06.0'] },
      'stone.enc',
    );
    const bare = image({ microLinkId: 1005, version: '15.1' }, 'bare.enc');
    const sku = { sku: 'SMC1500' };
    const without = verdict(unit('11.9', 1005, sku), [bare]);
    const reason = without.reasons.find(({ code }) => code === 'LOADER_TOO_OLD');
    expect(without.status).toBe('blocked');
    expect(reason).toMatchObject({ outcome: 'block', remedy: expect.stringContaining('12.0') });
    expect(reason?.because).toContain('image 15.1 contains UPS 15.1');
    expect(reason?.because).toContain('12.0 contains UBL 01.4 + MCU 06.0 + UPS 12.0');
    const over = judgeUps(book, {
      unit: unit('11.9', 1005, sku),
      images: [bare, intermediate],
      transport: 'nmc',
    });
    expect(over.hops.map(({ from, to, image: { file } }) => [from.version, to.version, file])).toEqual([
      ['11.9', '12.0', 'stone.enc'],
      ['12.0', '15.1', 'bare.enc'],
    ]);
    expect(over.reasons.map(({ code }) => code)).not.toContain('LOADER_TOO_OLD');
    expect(verdict(unit('12.0', 1005, sku), [bare, intermediate]).hops).toHaveLength(1);
  });

  it('derives the boot loader requirement from the folder for an unknown line', () => {
    const full = image({ microLinkId: 9999, version: '02.0', parts: ['UBL 01.0'] }, 'full.enc');
    const bare = image({ microLinkId: 9999, version: '03.0' }, 'bare.enc');
    expect(verdict(unit('01.9', 9999), [bare, full]).hops.map(({ to }) => to.version)).toEqual([
      '02.0',
      '03.0',
    ]);
    expect(verdict(unit('02.0', 9999), [bare, full]).hops.map(({ to }) => to.version)).toEqual(['03.0']);
  });

  it('continues with the ID after an image, and warns if the folder has no next image', () => {
    const transit = image({ microLinkId: 1001, microLinkIdAfter: 1013, version: '02.9' }, 'transit.enc');
    const goal = image(
      { microLinkId: 1013, version: '15.3', parts: ['BBL 01.8', 'MBL 02.4', 'MCU 08.3', 'CBL 01.0'] },
      'goal.enc',
    );
    const outputOff = { condition: { ...unitAt('09.4').condition, outputOn: false } };
    const both = verdict(unit('02.6', 1001, outputOff), [goal, transit]);
    expect(both).toMatchObject({ target: { version: '15.3', microLinkId: 1013 } });
    expect(both.hops.map(({ to }) => [to.version, 'microLinkId' in to ? to.microLinkId : null])).toEqual([
      ['02.9', 1013],
      ['15.3', 1013],
    ]);
    const partial = verdict(unit('02.6', 1001, outputOff), [transit]);
    expect(partial.reasons.find(({ code }) => code === 'ROUTE_GOES_ON')?.because).toContain('15.3');
  });

  it('evaluates each hop with the firmware after the previous hop', () => {
    const images = [image({ version: '09.6', parts: ['UBL 08.5'] }, 'a.enc'), image({}, 'b.enc')];
    const result = verdict(unitAt('09.3'), images);
    expect(result.status).toBe('outdated');
    expect(result.reasons.filter(({ code }) => code === 'CARD_PATH_CLOSES')).toMatchObject([
      { outcome: 'warn', because: expect.stringMatching(/^hop 2: /) },
    ]);
  });

  it.each<readonly [string, Unit, string]>([
    ['a line that installs only with the output off', unit('05.1', 1013), 'block'],
    ['a line that allows it from a later release on', unit('07.8', 1010), 'block'],
    ['a line that allows it from this release on', unit('07.9', 1010), 'none'],
  ])('with the output on, %s', (_name, of, outcome) => {
    const id = of.firmware.microLinkId ?? 0;
    const reasons = judgeStart(book, {
      unit: of,
      image: image({ microLinkId: id, version: '15.9', signed: true }),
      transport: 'nmc',
    });
    const found = reasons.find(({ code }) => code === 'OUTPUT_MUST_BE_OFF');
    expect(found?.outcome ?? 'none').toBe(outcome);
    if (outcome === 'block') expect(found?.remedy).toContain('--switch-output off');
  });

  it.each([
    ['SRTL2K2RM1UNC', 1034, '04.0', 'block'],
    ['SRTL2K2RM1UNC', 1034, '04.1', 'none'],
    ['SRTL3KRM1UNC', 1034, '04.0', 'none'],
    ['SRTL2K2RM1UINC', 1062, '02.3', 'block'],
    ['SRTL2K2RM1UINC', 1062, '02.4', 'none'],
    ['SRTL3KRM1UNC', 1062, '02.9', 'block'],
    ['SRTL3KRM1UNC', 1062, '03.0', 'none'],
    ['SRTL3KRM1UINC', 1062, '02.9', 'none'],
    [null, 1062, '02.3', 'unknown'],
  ])('the minimum release of %s, ID %i, for %s: %s', (sku, id, version, outcome) => {
    const reasons = judgeStart(book, {
      unit: unit('01.3', id, { sku }),
      image: image({ microLinkId: id, version }),
      transport: 'nmc',
    });
    expect(reasons.find(({ code }) => code === 'BELOW_FLOOR')?.outcome ?? 'none').toBe(outcome);
  });

  it.each([
    [1017, '02.6', '02.7', true],
    [1017, '02.5', '02.6', false],
    [1017, '02.7', '02.8', false],
    [1033, '14.9', '15.0', true],
    [1033, '14.8', '14.9', false],
    [1033, '15.0', '15.1', false],
    [1018, '02.6', '15.5', false],
  ])('the battery warning for ID %i from %s to %s: %s', (id, from, to, expected) => {
    const reasons = judgeStart(book, {
      unit: unit(from, id),
      image: image({ microLinkId: id, version: to }),
      transport: 'nmc',
    });
    expect(reasons.some(({ code }) => code === 'BATTERY_CAUTION')).toBe(expected);
  });

  it.each([
    ['a card whose application cannot be read', null, ['CARD_APP_UNKNOWN unknown']],
    [
      'an application without a known minimum',
      { name: 'su', version: 'v2.5.0.6' },
      ['CARD_APP_UNKNOWN warn'],
    ],
    ['the application with a known minimum', { name: 'sumx', version: 'v6.9.6' }, []],
  ])('with %s', (_name, app, codes) => {
    const card = {
      model: 'AP9631',
      serial: null,
      generation: 'nmc2' as const,
      platform: 'hw05',
      boot: null,
      os: null,
      app,
    };
    const reasons = judgeStart(book, {
      unit: unit('10.2', 1020, { card }),
      image: image({ microLinkId: 1020, version: '15.9' }),
      transport: 'nmc',
    });
    const found = reasons.filter(({ code }) => code === 'CARD_APP_UNKNOWN');
    expect(found.map(({ code, outcome }) => `${code} ${outcome}`)).toEqual(codes);
  });

  it.each([
    [1001, 1020],
    [1013, 1020],
    [1002, 1021],
    [1014, 1021],
  ])('a unit of ID %i never gets an image of ID %i', (id, other) => {
    const reasons = judgeStart(book, {
      unit: unit('05.0', id),
      image: image({ microLinkId: other, version: '15.9' }),
      transport: 'nmc',
    });
    expect(reasons.find(({ code }) => code === 'OTHER_HARDWARE')).toMatchObject({ outcome: 'block' });
  });

  it('never chooses a damaged image, and warns about it', () => {
    const broken: StoredImage = {
      ...image(),
      problems: [{ code: 'image/payload-checksum', message: 'bad' }],
    };
    const result = verdict(unitAt('09.4'), [broken]);
    expect(result.status).toBe('blocked');
    expect(result.reasons.map(({ code }) => code)).toContain('IMAGE_DAMAGED');
  });

  it('does not choose between two images of the same version', () => {
    const two = [image({}, '750.enc'), image({ payloadBytes: 600 }, 'NOT750.enc')];
    const result = verdict(unitAt('09.4'), two);
    expect(result).toMatchObject({ status: 'blocked', hops: [] });
    expect(result.reasons.find(({ code }) => code === 'IMAGE_AMBIGUOUS')?.because).toContain(
      '750.enc and NOT750.enc',
    );
    expect(verdict(unitAt('09.4'), [image({}, 'a.enc'), image({}, 'b.enc')]).status).toBe('outdated');
  });

  it.each<readonly [string, Unit, string]>([
    [
      'a unit of the older protocol',
      unitAt('09.4', { firmware: { raw: '617.3.I', version: '617.3.I', microLinkId: null } }),
      'unsupported',
    ],
    ['a unit of an unsupported family', unitAt('09.4', { sku: 'SUA1500RMI2U' }), 'unsupported'],
    ['SCL, which begins like SC', unit('15.0', 1030, { sku: 'SCL500RM1UC' }), 'blocked'],
    [
      'a unit without a Micro-Link ID',
      unitAt('09.4', { firmware: { raw: 'UPS 09.4', version: '09.4', microLinkId: null } }),
      'unknown',
    ],
    ['an unknown ID', unit('01.0', 9999), 'unknown'],
    ['a silent unit', unitAt('09.4', { reachable: false }), 'unreachable'],
  ])('%s', (_name, of, status) => {
    expect(verdict(of, [image()]).status).toBe(status);
  });

  it('names the wizard for a local port', () => {
    const result = judgeUps(book, { unit: unitAt('09.4'), images: [image()], transport: 'usb' });
    expect(result).toMatchObject({ status: 'blocked', transport: 'usb' });
    expect(result.reasons.find(({ code }) => code === 'NO_SEND_PATH')?.remedy).toContain(
      'Firmware Upgrade Wizard',
    );
  });
});

describe('unknown is never yes', () => {
  const healthy = unitAt('09.4');
  const conditions = Object.keys(healthy.condition).filter(
    (name) => name !== 'runtimeSeconds' && name !== 'loadPercent' && name !== 'notices',
  );

  it('a missing fact refuses, and missing facts never allow a refused unit', () => {
    for (const name of conditions) {
      const masked = unitAt('09.4', { condition: { ...healthy.condition, [name]: null } });
      expect(isAllowed(judgeStart(book, { unit: masked, image: image(), transport: 'nmc' })), name).toBe(
        false,
      );
    }
    fc.assert(
      fc.property(
        fc.record({
          onLine: fc.option(fc.boolean()),
          outputOn: fc.option(fc.boolean()),
          batteryPercent: fc.option(fc.nat(100)),
          calibrating: fc.option(fc.boolean()),
          selfTest: fc.option(fc.boolean()),
          alarms: fc.option(fc.array(fc.constant('overload'), { maxLength: 1 })),
          linkUp: fc.option(fc.boolean()),
        }),
        fc.subarray(conditions),
        (condition, hidden) => {
          const seen = { ...healthy.condition, ...condition };
          const masked = { ...seen, ...Object.fromEntries(hidden.map((name) => [name, null])) };
          const allowed = (of: Unit['condition']) =>
            isAllowed(
              judgeStart(book, { unit: unitAt('09.4', { condition: of }), image: image(), transport: 'nmc' }),
            );
          if (!allowed(seen)) expect(allowed(masked)).toBe(false);
        },
      ),
    );
  });

  it('an outdated unit has no refusal and is never offered an older version', () => {
    const versions = fc
      .tuple(fc.nat(20), fc.nat(9))
      .map(([major, minor]) => `${String(major).padStart(2, '0')}.${minor}`);
    fc.assert(
      fc.property(
        versions,
        fc.array(versions, { maxLength: 4 }),
        fc.constantFrom(18, 20, 1015),
        (installed, offered, id) => {
          const images = offered.map((version, index) =>
            image({ microLinkId: id, version, payloadBytes: 100 + index }, `${index}.enc`),
          );
          const verdict = judgeUps(book, { unit: unit(installed, id), images, transport: 'nmc' });
          for (const hop of verdict.hops) expect(hop.to.version > (hop.from.version ?? '')).toBe(true);
          if (verdict.status === 'outdated') expect(isAllowed(verdict.reasons)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
