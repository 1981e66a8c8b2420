import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, type Firmware, firmwareForm, readFirmware, upsFirmware } from '../../src/core/index.ts';
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
