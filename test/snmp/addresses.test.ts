import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, listAddresses, readRanges } from '../../src/snmp/index.ts';

function listed(inputs: readonly string[], excluded: readonly string[] = []): readonly string[] {
  const list = listAddresses(readRanges(inputs).spans, readRanges(excluded).spans);
  return Array.from({ length: list.count }, (_, index) => list.at(index));
}

describe('ranges', () => {
  it.each([
    [['10.1.0.0/30'], ['10.1.0.1', '10.1.0.2']],
    [['10.1.0.0/31'], ['10.1.0.0', '10.1.0.1']],
    [['10.1.0.7/32'], ['10.1.0.7']],
    // The host bits of a block are ignored.
    [['10.1.0.6/30'], ['10.1.0.5', '10.1.0.6']],
    [['10.1.0.254-10.1.1.1'], ['10.1.0.254', '10.1.0.255', '10.1.1.0', '10.1.1.1']],
    [['10.1.0.10-12'], ['10.1.0.10', '10.1.0.11', '10.1.0.12']],
    [
      ['10.1.0.9', '10.1.0.8', '10.1.0.8-9'],
      ['10.1.0.8', '10.1.0.9'],
    ],
    [
      ['2001:DB8::fffe-2001:db8::1:1'],
      ['2001:db8::fffe', '2001:db8::ffff', '2001:db8::1:0', '2001:db8::1:1'],
    ],
    [['2001:db8::/126'], ['2001:db8::', '2001:db8::1', '2001:db8::2', '2001:db8::3']],
    [
      ['::1', '10.0.0.1'],
      ['10.0.0.1', '::1'],
    ],
  ])('%j are %j', (inputs, addresses) => {
    expect(listed(inputs)).toEqual(addresses);
  });

  it('omit excluded addresses at any position', () => {
    expect(listed(['10.0.0.1-6'], ['10.0.0.1', '10.0.0.3-4', '10.0.0.0/8', '9.0.0.1'])).toEqual([]);
    expect(listed(['10.0.0.1-6'], ['10.0.0.1', '10.0.0.3-4', '::1'])).toEqual([
      '10.0.0.2',
      '10.0.0.5',
      '10.0.0.6',
    ]);
  });

  it('pass names, and addresses with a zone, to the resolver', () => {
    expect(readRanges(['ups-1.example.net', 'rack_2', 'fe80::1%lo']).names).toEqual([
      'ups-1.example.net',
      'rack_2',
      'fe80::1%lo',
    ]);
  });

  it.each([
    ['10.0.0.0/33', /at most 32 bits/],
    ['10.0.0.9-10.0.0.1', /ends before it begins/],
    ['10.0.0.1-::1', /address of the same family/],
    ['10.0.0.1-300', /address of the same family/],
    ['10.0.0', /is not a valid range/],
    ['256.1.1.1', /is not a valid range/],
    ['10.0.0.1;reboot', /is not a valid range/],
    ['-x', /is not a valid range/],
    ['', /is not a valid range/],
    ['255.255.255.255', /no single device/],
    ['239.1.2.3', /no single device/],
    ['0.0.0.0/0', /no single device/],
    ['ff02::1', /multicast/],
    ['\u001b[2Jx', /is not a valid range/],
  ])('"%s" is refused', (input, why) => {
    expect(() => readRanges([input])).toThrow(why);
    expect(() => readRanges([input])).toThrow(expect.objectContaining({ code: 'config/usage' }));
  });

  it('of more than a million are refused in any form', () => {
    for (const input of ['10.0.0.0/11', '2001:db8::/64', '::/0']) {
      expect(() => listed([input])).toThrow(/more than 1048576/);
    }
    expect(listAddresses(readRanges(['10.0.0.0/12']).spans, []).count).toBe(2 ** 20 - 2);
  });

  it('list the same addresses as sets of numbers', () => {
    const part = fc.tuple(fc.nat(300), fc.nat(40)).map(([first, size]) => [first, first + size] as const);
    const input = ([first, last]: readonly [number, number]): string => `${address(first)}-${address(last)}`;
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 12 }),
        fc.array(part, { maxLength: 12 }),
        (wanted, out) => {
          const numbers = new Set<number>();
          for (const [first, last] of wanted) for (let n = first; n <= last; n += 1) numbers.add(n);
          for (const [first, last] of out) for (let n = first; n <= last; n += 1) numbers.delete(n);
          const list = listAddresses(readRanges(wanted.map(input)).spans, readRanges(out.map(input)).spans);
          const expected = [...numbers].sort((a, b) => a - b).map(address);
          expect(Array.from({ length: list.count }, (_, index) => list.at(index))).toEqual(expected);
          for (const [index, one] of expected.entries()) expect(list.indexOf(one)).toBe(index);
          for (let n = 0; n < 345; n += 1) {
            if (!numbers.has(n)) expect(list.indexOf(address(n))).toBe(-1);
          }
        },
      ),
    );
  });

  it('format IPv6 addresses as a socket does', () => {
    expect(canonicalAddress('2001:DB8:0:0::0001')).toBe('2001:db8::1');
    expect(canonicalAddress('10.0.0.1')).toBe('10.0.0.1');
    expect(canonicalAddress('::FFFF:c0a8:0120')).toBe('::ffff:192.168.1.32');
    expect(canonicalAddress('::ffff:192.0.2.9')).toBe('::ffff:192.0.2.9');
  });
});

function address(number: number): string {
  return `10.7.${number >> 8}.${number & 255}`;
}
