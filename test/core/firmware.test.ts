import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compare,
  type Firmware,
  firmwareForm,
  readFirmware,
  readTypedFirmware,
  upsFirmware,
} from '../../src/core/index.ts';
import { anyText } from '../support/values/text.ts';

describe('firmware strings', () => {
  it.each([
    ['UPS 09.3 (ID18)', '09.3', 18],
    ['UPS 09.8 (ID20) ', '09.8', 20],
    ['UPS 08.2 (ID1025)', '08.2', 1025],
    ['UPS 09.8 / ID=18', '09.8', 18],
    ['UPS 11.0 / ID=1007', '11.0', 1007],
    ['UPS 08.3 / MCU 14.0 (18 - 10)', '08.3', 18],
    ['UPS 04.1', '04.1', null],
    ['COM 03.8 / UPS 03.8', '03.8', null],
    ['COM 02.3 / UPS 02.2', '02.2', null],
    ['ups 09.3 ( id 18 )', '09.3', 18],
    ['UPSa05.2 (ID1002)', 'a05.2', 1002],
    ['652.13.I', '652.13.I', null],
    ['83.14.D', '83.14.D', null],
    ['912.0716.I', '912.0716.I', null],
    ['4.1', '4.1', null],
    ['5.1 (ID5)', '5.1', null],
    ['UPS 09.10 (ID18)', null, null],
    ['hello', null, null],
    ['', null, null],
    ['UPS 09.3 (ID0)', '09.3', null],
    ['UPS 03.5 / COM 02.1', '03.5', null],
    ['UPS 03.5 / COM 02.1 (1027 - 5027)', '03.5', 1027],
    ['UPS 03.5 / COM 02.1 (ID1027)', '03.5', null],
    ['COM 02.1 / UPS 03.5 (ID1027)', '03.5', 1027],
    ['UPS 03.5 / COM 02.1 / ID=1027', '03.5', 1027],
    ['ID=18 / UPS 09.8', '09.8', 18],
    ['MCU 14.0 / UPS 08.3', '08.3', null],
    ['UPS 08.3 / MCU 14.0', '08.3', null],
    ['UPS 03.8 / 00.5', '03.8', null],
    ['UPS 09.3 (ID18) / MCU 14.0', '09.3', 18],
    ['Smart-UPS 1500 FW:UPS 15.0 / ID=18', '15.0', 18],
    ['Smart-UPS X 1500 FW:UPS 03.5 / COM 02.1 (11 - 21)', '03.5', 11],
    ['v 15.5 (1026)', '15.5', 1026],
    // Which number belongs to the UPS is known only where the UPS comes first.
    ['COM 02.1 / UPS 03.5 (5027 - 1027)', '03.5', null],
    // Contradictions, unknown components, and text around a form.
    ['UPS 03.5 / ID=18 / ID=20', null, null],
    ['UPS 03.5 (ID18) / ID=20', null, null],
    ['UPS 03.5 (ID18) / 00.5', null, null],
    ['UPS 03.5 / 00.5 / ID=18', null, null],
    ['UPS 03.5 / UPS 03.6', null, null],
    ['UPS 03.5 / XYZ 02.1', null, null],
    ['UPS 03.5 (1027 - 5027) / COM 02.1', null, null],
    ['UPS 03.5 (1027 - 5027)', null, null],
    ['UPS 03.5 / COM 02.1 / MCU 01.0 (1 - 2)', null, null],
    ['COM 09.3 / ID=18', null, null],
    ['UPS 9.3 / ID=18', null, null],
    ['UPS 09.3 ID18', null, null],
    ['UPS v09.3 (ID18)', null, null],
    ['UPS 09.3 / ID=18; rm -rf', null, null],
    ['UPS 09.3 / COM 02.1 / MCU 01.0 / LCD 01.0 / BMC 01.0', null, null],
  ])('%s gives version %s and ID %s', (raw, version, microLinkId) => {
    expect(readFirmware(raw)).toEqual({ raw, version, microLinkId });
  });

  it('distinguishes the older protocol from the newer one', () => {
    expect(firmwareForm(readFirmware('617.3.I'))).toBe('ups-link');
    expect(firmwareForm(readFirmware('UPS 09.3 (ID18)'))).toBe('micro-link');
    expect(firmwareForm(readFirmware('4.1'))).toBe('other');
    expect(firmwareForm(readFirmware(null))).toBe('none');
  });

  it('never throws and never invents a number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 300 }), anyText({ maxLength: 50 })), (text) => {
        const { version, microLinkId } = readFirmware(text);
        if (version !== null) expect(text).toContain(version.replace(/^[a-z]/, ''));
        if (microLinkId !== null) expect(text).toMatch(new RegExp(`0*${microLinkId}`));
      }),
    );
  });
});

describe('a firmware string that a person typed', () => {
  it.each([
    ['UPS 9.3 / ID=18', '09.3', 18],
    ['UPS 09.3 ID18', '09.3', 18],
    ['ups 09.3 (id 18)', '09.3', 18],
    ['09.3 (ID18)', '09.3', 18],
    ['9.3 ID 18', '09.3', 18],
    ['v09.3 id=18', '09.3', 18],
    ['V9.3, ID: 18', '09.3', 18],
    ['UPS v9.3 (ID18)', '09.3', 18],
    ['UPS v09.3 (ID18)', '09.3', 18],
    ['ups9.3id18', '09.3', 18],
    ['ID18 09.3', '09.3', 18],
    ['ID11 UPS 03.8', '03.8', 11],
    ['(ID 1015) 15.5', '15.5', 1015],
    ['ID=18 / UPS 9.3', '09.3', 18],
    ['UPS 09.3 [ID18]', '09.3', 18],
    ['UPS 09.3 - ID18', '09.3', 18],
    ['UPS 09.3 \u2013 ID18', '09.3', 18],
    ['UPS\u00a09.3\u00a0(ID18)', '09.3', 18],
    ['\u200bUPS 9.3  ( ID 18 )\t', '09.3', 18],
    ['UPS 9.3\n(ID18)', '09.3', 18],
    ['\uff35\uff30\uff33 \uff10\uff19\uff0e\uff13 \uff08\uff29\uff24\uff11\uff18\uff09', '09.3', 18],
    ['"UPS 9.3 (ID18)"', '09.3', 18],
    ['Firmware Revision: UPS 03.8 (ID11)', '03.8', 11],
    ['fw 9.3 id:1015', '09.3', 1015],
    ['UPS 9.3 Micro-Link ID 18', '09.3', 18],
    ['15.5 (1026)', '15.5', 1026],
    ['UPS a5.2 ID1002', 'a05.2', 1002],
    ['UPS 8.3 / MCU 14.0 (18 - 10)', '08.3', 18],
    ['com 2.1 / ups 3.5', '03.5', null],
    ['ups 3.5 / com 2.1 (1027 - 5027)', '03.5', 1027],
    ['Smart-UPS 1500 FW:UPS 9.3 / ID=18', '09.3', 18],
    ['UPS 9.3', '09.3', null],
    ['UPS 9.3 (ID4)', '09.3', 4],
    ['652.13.I', '652.13.I', null],
    // The form of a SURT, whose ID is no Micro-Link ID.
    ['5.1 (ID5)', '5.1', null],
    ['4.1', '4.1', null],
    // Each of these can mean two things.
    ['09.3/18', null, null],
    ['09.3 18', null, null],
    ['ID1809.3', null, null],
    ['UPS 09,3 / ID=18', null, null],
    ['UPS 09.10 (ID18)', null, null],
    ['UPS 109.3 ID18', null, null],
    ['UPS 09.3.1 ID18', null, null],
    ['UPS 09.3 ID18 ID20', null, null],
    ['UPS 09.3 / ID=18a', null, null],
    ['UPS 09.3 / ID=18; rm -rf', null, null],
    ['UPS 9.3 / ID=18]', null, null],
    ['UPS 9.3 / ID=18 "', null, null],
    ['UPS 9.3 (ID18]', null, null],
    ['ID=18', null, null],
    ['COM 9.3 / ID=18', null, null],
    ['', null, null],
  ])('%j gives version %s and ID %s', (text, version, microLinkId) => {
    expect(readTypedFirmware(text)).toMatchObject({ version, microLinkId });
  });

  it('has the result of the device where a device prints it', () => {
    const ups = fc
      .tuple(fc.constantFrom('', 'a', 'h'), fc.nat(99), fc.nat(9))
      .map(([letter, major, minor]) => `UPS ${letter}${String(major).padStart(2, '0')}.${minor}`);
    const printed = fc.oneof(
      fc.tuple(ups, fc.nat(70_000)).map(([text, id]) => `${text} (ID${id})`),
      fc.tuple(ups, fc.nat(2000)).map(([text, id]) => `${text} / ID=${id}`),
      fc.tuple(ups, fc.nat(99)).map(([text, com]) => `COM 0${com % 10}.1 / ${text}`),
      fc.tuple(ups, fc.nat(2000), fc.nat(9000)).map(([text, a, b]) => `${text} / COM 02.1 (${a} - ${b})`),
      ups,
      fc.stringMatching(/^\d{2,3}\.[0-9a-z]{1,3}\.[DIW]$/),
    );
    fc.assert(
      fc.property(printed, fc.constantFrom('', ' ', '\t'), (text, space) => {
        const raw = `${space}${text}${space}`;
        expect(readFirmware(raw).version).not.toBeNull();
        expect(readTypedFirmware(raw)).toEqual(readFirmware(raw));
      }),
    );
  });

  it('never throws, and has no ID that is not in the text', () => {
    const pieces = fc.constantFrom(
      'UPS',
      'ID',
      'v',
      '9.3',
      '09.3',
      '18',
      '(',
      ')',
      '/',
      '=',
      ' ',
      '-',
      'COM',
      ',',
    );
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
      fc.string({ maxLength: 200 }),
      anyText({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { version, microLinkId } = readTypedFirmware(text);
        const plain = text.normalize('NFKC');
        if (microLinkId !== null) expect(plain).toMatch(new RegExp(`(?<!\\d)0*${microLinkId}(?!\\d)`));
        if (version !== null) expect(plain).toContain(version.replace(/^[a-z]?0?/, ''));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([10_000, 1_000_000])('of %i characters is not readable, at once', (length) => {
    for (const piece of ['UPS ', 'UPS 09.3 (ID18) ', ' ', '9', 'ID', '/', '(', 'v', '\u00a0']) {
      const text = `UPS 09.3 (ID18)${piece.repeat(Math.ceil(length / piece.length))}x`;
      expect(readTypedFirmware(text)).toEqual({ raw: text, version: null, microLinkId: null });
      expect(readFirmware(text)).toEqual({ raw: text, version: null, microLinkId: null });
    }
  });
});

const version = fc
  .tuple(fc.constantFrom('', 'a', 'b', 'h'), fc.nat(99), fc.nat(9))
  .map(([letter, major, minor]) => `${letter}${String(major).padStart(2, '0')}.${minor}`);
const firmware: fc.Arbitrary<Firmware> = fc.record({
  component: fc.constant('ups' as const),
  line: fc.constantFrom('18', '1015'),
  version,
});

describe('order of versions', () => {
  it('is antisymmetric, and undefined across firmware lines', () => {
    fc.assert(
      fc.property(firmware, firmware, (a, b) => {
        const forth = compare(a, b);
        if (a.line !== b.line) {
          expect(forth).toBeUndefined();
          return;
        }
        expect(forth).not.toBeUndefined();
        expect((forth ?? 9) + (compare(b, a) ?? 9)).toBe(0);
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(version, version, version, (...versions) => {
        const of = (text: string): Firmware => ({ component: 'ups', line: '18', version: text });
        const sorted = [...versions].sort((a, b) => compare(of(a), of(b)) ?? 0);
        const [first = '', , last = ''] = sorted;
        expect(compare(of(first), of(last))).not.toBe(1);
      }),
    );
  });

  it.each([
    ['09.4', '15.0', -1],
    ['05.2', 'a05.2', -1],
    ['a05.2', '05.3', -1],
    ['15.0', '15.0', 0],
  ] as const)('%s against %s is %i', (left, right, order) => {
    expect(
      compare(
        { component: 'ups', line: '18', version: left },
        { component: 'ups', line: '18', version: right },
      ),
    ).toBe(order);
  });

  it('reads card versions', () => {
    const app = (text: string): Firmware => ({ component: 'card-app', line: 'hw05', version: text });
    expect(compare(app('v6.5.0'), app('6.5'))).toBe(0);
    expect(compare(app('v6.2.1'), app('6.5'))).toBe(-1);
    expect(compare(app('v6.6.9.b'), app('v6.6.9'))).toBe(1);
    expect(compare(app('v2.5.0.8'), app('v2.5.0.10'))).toBe(-1);
    expect(compare(app('?'), app('6.5'))).toBeUndefined();
  });

  it('does not compare incomplete versions', () => {
    expect(upsFirmware({ raw: 'UPS 04.1', version: '04.1', microLinkId: null })).toBeNull();
  });
});
