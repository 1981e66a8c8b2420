import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHost } from '../../src/core/index.ts';
import { anyText } from '../support/values/text.ts';

function why(text: string): string {
  const read = readHost(text);
  return read.ok ? `ok: ${read.host}` : read.why;
}

describe('a host', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['ups-1.example.org', 'ups-1.example.org'],
    ['rack_1', 'rack_1'],
    ['1and1.example', '1and1.example'],
    ['e3', 'e3'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[fe80::1%eth0]', 'fe80::1%eth0'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
  ])('%s is %s', (text, host) => {
    expect(readHost(text)).toEqual({ ok: true, host });
  });

  it.each([
    ['10.0.0.300', /not a valid IPv4 address: each of the four numbers is at most 255/],
    ['10.0.0', /not a valid IPv4 address: write four numbers/],
    ['10', /four numbers/],
    ['1.2.3.4.5', /four numbers/],
    ['1e3', /another notation/],
    ['0x7f.1', /another notation/],
    ['010.1.1.1', /leading zero.*octal/],
    ['http://10.0.0.1', /is a URL: write only its host/],
    ['10.0.0.1:161', /contains a port: .*ports: \{ snmp: 161 \}/],
    ['ups.example.org:161', /contains a port/],
    ['[2001:db8::1]:161', /contains a port/],
    ['10.0.0.0/24', /a slash: write one address without a prefix/],
    ['10.0.0.1 10.0.0.2', /contains a space/],
    ['', /is empty/],
    ['2001:db8::g', /not a valid IPv6 address/],
    ['[ups]', /not a valid IPv6 address/],
    ['[2001:db8::1', /not a valid IPv6 address/],
    ['fe80::1%', /zone/],
    ['a..b', /an empty part/],
    [`${'a'.repeat(64)}.example`, /a part of 64 characters: at most 63/],
    ['köln', /neither an address nor a host name/],
    ['-x', /neither an address nor a host name/],
    ['0.0.0.0', /unspecified address/],
    ['ff02::1', /multicast address/],
    ['255.255.255.255', /broadcast address/],
  ])('%s is refused with what to write instead', (text, expected) => {
    expect(why(text)).toMatch(expected);
  });

  it('is never a numeric form that resolvers read differently', () => {
    const part = fc.oneof(
      fc.integer({ min: 0, max: 999 }).map(String),
      fc.integer({ min: 0, max: 255 }).map((value) => `0x${value.toString(16)}`),
      fc.constantFrom('010', '00', '1e3', '', '4294967295'),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const read = readHost(parts.join('.'));
        if (read.ok) expect(isIP(read.host)).toBe(4);
      }),
    );
  });

  it('with a colon is an address to Node.js too; a refusal never repeats the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), anyText(), fc.webUrl()), (text) => {
        const read = readHost(text);
        if (read.ok && read.host.includes(':')) expect(isIP(read.host)).toBe(6);
        if (!read.ok && text.length > 6) expect(read.why).not.toContain(text);
      }),
    );
  });
});
