import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlaceholder, usableSerial } from '../../src/core/index.ts';

describe('a serial number', () => {
  it.each([
    'UNKNOWN',
    'Not Specified',
    'tbd-later',
    'N/A',
    '0',
    '-',
    'none',
    'To be filled by O.E.M.',
    'xxxxxx',
    '0000000000',
    '00-00-00-00',
    '123456789',
    '1234567890',
    '0123456789',
    '9876543210',
    '１２３４５６７８９',
    'unknown 12',
    'TBD2',
    'not readable 2024-03',
    'no_serial_1',
    'Default string',
    'FFFFFFFFFFFF',
    '??????',
    '',
  ])('is not %j', (text) => {
    expect(isPlaceholder(text)).toBe(true);
    expect(usableSerial(text)).toBeNull();
  });

  it.each([
    'AS0000000001',
    'AS1234567890',
    'as2034160001',
    '5D2123T08251',
    '5A1551F39430',
    'NS083300xxxx',
    'NOTE12345678',
    'NA1234567890',
    'TBD123456789',
    '123456788',
    '112233445566',
    '123456789012',
  ])('is %s', (text) => {
    expect(usableSerial(text)).toBe(text.toUpperCase());
  });

  it('of two letters and ten digits is never a placeholder', () => {
    const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    const serial = fc.tuple(letter, letter, fc.stringMatching(/^\d{10}$/)).map((parts) => parts.join(''));
    fc.assert(fc.property(serial, (text) => usableSerial(text) === text));
  });

  it('of any text is read without an error', () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => typeof isPlaceholder(text) === 'boolean'));
  });
});
