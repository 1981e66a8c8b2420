import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/index.ts';
import { IMPORT_FORMATS, type ImportFormat, LARGEST_LIST } from '../../src/inventory/index.ts';
import { sanitizeName } from '../../src/inventory/names.ts';
import { notes, refusal, take, units } from '../support/values/import-lists.ts';
import { anyText } from '../support/values/text.ts';

describe('netbox', () => {
  const device = (over: object): object => ({
    id: 7,
    name: 'ups-a',
    serial: 'AS1234567890',
    site: { id: 1, name: 'Berlin HQ', slug: 'berlin-hq' },
    primary_ip: { id: 3, address: '10.0.0.1/24' },
    device_type: { id: 2, model: 'SMT1500', manufacturer: { id: 5, name: 'APC', slug: 'apc' } },
    status: { value: 'active', label: 'Active' },
    ...over,
  });
  const list = (...results: object[]): object => ({
    count: results.length,
    next: null,
    previous: null,
    results,
  });

  it('takes name, site, address without its mask, and serial number', () => {
    const found = take(
      'netbox',
      list(
        device({}),
        device({ name: null, serial: '', primary_ip: { address: 'fd00::7/64' }, site: { name: 'Oslo 2' } }),
        device({
          name: 'ups-c',
          primary_ip: null,
          primary_ip4: { address: '10.0.0.3/32' },
          device_type: null,
        }),
        device({ name: 'ups-d', primary_ip: null, primary_ip6: { address: 'fd00::9/128' } }),
      ),
    );
    expect(units(found)).toEqual([
      'berlin-hq/ups-a 10.0.0.1:? AS1234567890',
      'Oslo-2/? fd00::7:? ?',
      'berlin-hq/ups-c 10.0.0.3:? AS1234567890',
      'berlin-hq/ups-d fd00::9:? AS1234567890',
    ]);
    const same = 'its serial number AS1234567890 is also that of results[0] (ups-a)';
    expect(notes(found)).toEqual([`results[2] (ups-c): ${same}`, `results[3] (ups-d): ${same}`]);
    expect(found.units[0]).toMatchObject({ cardSerial: null, snmp: null });
  });

  it('reads a plain array, and reports a list that is only one page', () => {
    expect(units(take('netbox', [device({})]))).toHaveLength(1);
    const paged = take('netbox', { ...list(device({})), next: 'https://netbox.example.org/api/?offset=50' });
    expect(notes(paged)).toEqual(['next: the file holds only this page of the list']);
  });

  it('names what it leaves out, and imports devices out of service with a note', () => {
    const maker = (name: string, slug: string, address = '10.0.0.9/24'): object => ({
      device_type: { manufacturer: { name, slug } },
      primary_ip: { address },
    });
    const found = take(
      'netbox',
      list(
        device({ primary_ip: null }),
        device({ name: 'switch', ...maker('Juniper', 'juniper') }),
        device({ name: 'old', status: { value: 'decommissioning' } }),
        device({ name: 'se', ...maker('Schneider Electric', 'schneider-electric', '10.0.0.10/24') }),
        device({ name: 'long', ...maker('American Power Conversion', 'amer-pwr', '10.0.0.11/24') }),
        device({ name: 'apcon', ...maker('Apcon', 'apcon') }),
        device({ name: 'bad', primary_ip: { address: 'nowhere at all/24' } }),
      ),
    );
    expect(found.units.map(({ name }) => name)).toEqual(['old', 'se', 'long']);
    expect(notes(found)).toEqual([
      'results[0] (ups-a): left out: it has no primary IP address',
      'results[1] (switch): not needed: its manufacturer is Juniper, not APC or Schneider Electric',
      'results[2] (old): its status is decommissioning; imported anyway',
      'results[5] (apcon): not needed: its manufacturer is Apcon, not APC or Schneider Electric',
      'results[6] (bad): left out: its address contains a space: write one address or one host name',
      'results[3] (se): its serial number AS1234567890 is also that of results[2] (old)',
      'results[4] (long): its serial number AS1234567890 is also that of results[2] (old)',
    ]);
  });

  it.each([
    ['an answer that is an error', { detail: 'Invalid token' }, 'at results: '],
    ['a list of something else', list({ id: 1, name: 'Kiel' }), 'at results[0]: expected a device'],
    ['a list of texts', ['10.0.0.1'], 'at results[0]: expected a device of NetBox, found a text'],
    ['an HTML page', '<!DOCTYPE html>\n<html></html>', 'it is an HTML page and no list'],
    ['a number', '7', 'at the top level: '],
  ])('refuses %s with its path', (_what, given, place) => {
    expect(refusal('netbox', given)).toContain('config/import The list cannot be read ');
    expect(refusal('netbox', given)).toContain(place);
  });
});

describe('invalid JSON', () => {
  it.each([
    ['', 'line 1, column 1: expected a JSON value.'],
    ['{\n  "results": [\n    {},\n  ]\n}', 'line 4, column 3: expected a JSON value.'],
    ['{\n "results": [] "next": 1}', 'line 2, column 16: expected a comma or }.'],
    ['[{"name": "a" ', 'line 1, column 15: expected a comma or }.'],
    ['[{"name" 1}]', 'line 1, column 10: expected a colon.'],
    ['[{name: 1}]', 'line 1, column 3: expected a key in double quotes or }.'],
    ['[{"name": 1,}]', 'line 1, column 13: expected a key in double quotes.'],
    ['[] []', 'line 1, column 4: expected nothing more after the list.'],
    ['[01]', 'line 1, column 2: expected a JSON value or ].'],
    ['[NaN]', 'line 1, column 2: expected a JSON value or ].'],
    ['["a\nb"]', 'line 1, column 2: expected a JSON value or ].'],
  ])('is refused with line and column: %j', (text, message) => {
    expect(refusal('netbox', text)).toContain(`cannot be read at ${message}`);
  });

  it('is refused wherever it is truncated, and never with an internal error', () => {
    const json = fc.json({ noUnicodeString: false }).filter((text) => /^[[{]/.test(text));
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        const cut = text.slice(0, at % text.length);
        expect(refusal('librenms', cut)).toMatch(/^config\/import .* at line \d+, column \d+: expected /);
      }),
    );
  });
});

describe('ansible', () => {
  const list = {
    _meta: {
      hostvars: {
        'ups-a': { ansible_host: '10.1.0.1', serial: 'AS1111111111', ansible_password: 'hunter-two' },
        'ups-b': { ansible_host: { __ansible_unsafe: '10.1.0.2' }, upsfw_site: 'Wien', snmp_port: 1161 },
        'ups-c': { serial_number: 'x', upsfw_serial: 'ZA9999999999', upsfw_snmp_port: '2161', snmp_port: 5 },
        'ups-d': { ansible_host: '{{ address }}' },
        'ups-e': { ansible_host: { __ansible_vault: 'secret text' } },
        'ups-f': { serial: 123_456_789, upsfw_site: '{{ place }}' },
      },
    },
    all: { children: ['ungrouped', 'europe', 'ups'] },
    ungrouped: { hosts: ['ups-f'] },
    europe: { children: ['berlin', 'oslo'], hosts: ['ups-a'] },
    berlin: { hosts: ['ups-a', 'ups-d'] },
    oslo: { hosts: ['ups-c'] },
    ups: { hosts: ['ups-a', 'ups-b', 'ups-c', 'ups-e'] },
    circle: { children: ['round'] },
    round: { children: ['circle'] },
  };

  it('takes address, nearest group, serial number and port', () => {
    const found = take('ansible', list);
    expect(units(found)).toEqual([
      '?/ups-f ups-f:? ?',
      'berlin/ups-a 10.1.0.1:? AS1111111111',
      'oslo/ups-c ups-c:2161 ZA9999999999',
      'Wien/ups-b 10.1.0.2:1161 ?',
    ]);
    expect(notes(found)).toEqual([
      'host ups-f: its serial number is a number and may have lost digits; not imported. Put it in quotes',
      'host ups-a: it is in the groups berlin and ups; berlin becomes its site. Set upsfw_site to choose another',
      'host ups-d: left out: its ansible_host is not plain text (a template or an encrypted value)',
      'host ups-c: it is in the groups oslo and ups; oslo becomes its site. Set upsfw_site to choose another',
      'host ups-e: left out: its ansible_host is not plain text (a template or an encrypted value)',
    ]);
  });

  it('takes only a group and its child groups, and another group as the site', () => {
    expect(units(take('ansible', list, { group: 'europe' }))).toEqual([
      'berlin/ups-a 10.1.0.1:? AS1111111111',
      'oslo/ups-c ups-c:2161 ZA9999999999',
    ]);
    const chosen = take('ansible', list, { group: 'ups' });
    expect(chosen.units.map(({ site }) => site)).toEqual(['berlin', 'Wien', 'oslo']);
    expect(notes(chosen)).toEqual([
      'host ups-e: left out: its ansible_host is not plain text (a template or an encrypted value)',
    ]);
    expect(take('ansible', { lab: ['u1'], all: ['u1'] }, { group: 'lab' }).units[0]?.site).toBe('lab');
    expect(take('ansible', list, { group: 'circle' }).units).toEqual([]);
    expect(refusal('ansible', list, { group: 'lima' })).toMatch(/no group "lima".*berlin/);
  });

  it('reads the oldest format, and reports that group variables are not read', () => {
    const found = take('ansible', { lab: ['u1'], paris: { hosts: ['u2'], vars: { snmp_port: 9 } } });
    expect(units(found)).toEqual(['lab/u1 u1:? ?', 'paris/u2 u2:? ?']);
    expect(notes(found)).toEqual([
      'vars: variables of the groups paris are not read: create the list without --export',
    ]);
  });

  it.each([
    [{ count: 0, next: null, results: [{ name: 'a' }] }, 'the top level'],
    [{ devices: 'none' }, 'the top level'],
    [[], 'the top level'],
  ])('refuses another shape: %j', (given, place) => {
    expect(refusal('ansible', given)).toContain(`at ${place}: `);
  });
});

describe('librenms', () => {
  const device = (over: object): object => ({
    device_id: 1,
    hostname: 'ups-a.example.org',
    sysName: 'UPS A',
    ip: '10.0.0.1',
    os: 'apc',
    serial: 'AS1234567890',
    location: 'Köln / Halle 3',
    port: 161,
    snmpver: 'v2c',
    community: 'word',
    disabled: 0,
    ...over,
  });

  it('imports APC devices with the address that LibreNMS uses', () => {
    const found = take('librenms', {
      status: 'ok',
      devices: [
        device({}),
        device({ hostname: '10.0.0.2', ip: null, sysName: '', location: null, port: '1161', disabled: '1' }),
        device({ overwrite_ip: '10.9.9.9', serial: null, community: null }),
        device({ hostname: '', location: '???' }),
        device({ os: 'ios' }),
        device({ hostname: null, os: null }),
      ],
      count: 6,
    });
    expect(units(found)).toEqual([
      'Koln-Halle-3/UPS A ups-a.example.org:? AS1234567890',
      '?/10.0.0.2 10.0.0.2:1161 AS1234567890',
      'Koln-Halle-3/UPS A 10.9.9.9:? ?',
      '?/UPS A 10.0.0.1:? AS1234567890',
    ]);
    expect(notes(found)).toEqual([
      'devices[1] (10.0.0.2): it is disabled in LibreNMS; imported anyway',
      'devices[3]: the site "???" has no character that a site name may have; ignored',
      'devices[4] (ups-a.example.org): not needed: its os is "ios", not "apc"',
      'devices[5]: left out: the list gives no os for it, not "apc"',
      'devices: communities and passphrases of 3 devices are not imported: add them as references such as env:NAME',
      'devices[1] (10.0.0.2): its serial number AS1234567890 is also that of devices[0] (ups-a.example.org)',
      'devices[3]: its serial number AS1234567890 is also that of devices[0] (ups-a.example.org)',
    ]);
  });

  it('reads a plain array, and refuses an error answer', () => {
    expect(take('librenms', [device({})]).units).toHaveLength(1);
    expect(refusal('librenms', { status: 'error', message: 'No' })).toContain('at status: ');
    expect(refusal('librenms', { devices: ['10.0.0.1'] })).toContain('at devices[0]: ');
    expect(refusal('librenms', { devices: [{ primary_ip: null }] })).toContain('at devices[0]: ');
  });
});

describe('names of sites', () => {
  it.each([
    ['Berlin', 'Berlin'],
    ['Köln / Halle 3', 'Koln-Halle-3'],
    ['Straße Ærø', 'Strasse-Aero'],
    ['-- x --', 'x'],
    ['東京', null],
    ['a'.repeat(80), 'a'.repeat(64)],
  ])('%j becomes %j', (text, fit) => {
    expect(sanitizeName(text)).toBe(fit);
  });

  it('are always valid in an inventory', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 90 }), (text) => {
        expect(sanitizeName(text) ?? 'none').toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
      }),
    );
  });

  it('that become the same are reported', () => {
    expect(notes(take('csv', 'host,site\n10.0.0.1,Hall 3\n10.0.0.2,Hall/3\n'))).toEqual([
      'line 3: the sites "Hall 3" and "Hall/3" both become Hall-3',
    ]);
  });
});

describe('every list', () => {
  it.each(IMPORT_FORMATS)('has a size limit: %s', (format) => {
    expect(refusal(format, ' '.repeat(LARGEST_LIST + 1))).toMatch(/^config\/import .* the limit is/);
  });

  it.each([
    ['netbox', `["${'a'.repeat(1 << 22)}`],
    ['librenms', '['.repeat(1 << 20)],
    ['ansible', `{"${'\\n'.repeat(1 << 20)}`],
    ['csv', '"'.repeat((1 << 20) + 1)],
    ['csv', `${'host,'.repeat(1 << 20)}`],
    ['nut', `port = "${'a'.repeat(1 << 22)}`],
    ['nut', `port = ${'\\a'.repeat(1 << 22)}`],
  ] as const)('is refused like any other if it is made to exhaust the parser: %s', (format, text) => {
    expect(refusal(format, text)).toMatch(/^config\/import The list cannot be read at line \d/);
  });

  it('never shows its secrets, whether it is imported or refused', () => {
    const secret = fc.uuid().map((id) => `Sec${id}`);
    fc.assert(
      fc.property(secret, secret, fc.nat(400), fc.boolean(), (one, two, at, cut) => {
        const lists: Readonly<Record<ImportFormat, string>> = {
          netbox: JSON.stringify({
            results: [
              {
                name: 'a',
                primary_ip: { address: '10.0.0.1/8' },
                custom_fields: { community: one, key: two },
              },
            ],
          }),
          ansible: JSON.stringify({
            _meta: {
              hostvars: { a: { ansible_password: one, snmp_community: two, ansible_host: '10.0.0.1' } },
            },
            x: { hosts: ['a'], vars: { password: one } },
          }),
          csv: `host,community,password\n10.0.0.1,${one},"${two}"\n10.0.0.2,"${two}"\n10.0.0.3,,,${one}\n`,
          nut: `[a]\ndriver = snmp-ups\nport = 10.0.0.1\ncommunity = ${one}\n[b]\ndriver = snmp-ups\nport = 10.0.0.2\nsnmp_version = v3\nsecName = "x"\nauthPassword = "${two}"\nprivPassword = '${one}'\n`,
          librenms: JSON.stringify({
            devices: [
              { hostname: '10.0.0.1', os: 'apc', community: one, authpass: two, cryptopass: { odd: one } },
              { hostname: '10.0.0.2', os: 'ios', community: two },
            ],
          }),
        };
        for (const format of IMPORT_FORMATS) {
          const text = lists[format];
          // A list that is cut is mostly refused, and the error must not quote it.
          const given = cut ? `${text.slice(0, at % text.length)}"` : text;
          let output: string;
          try {
            output = JSON.stringify(take(format, given));
          } catch (thrown) {
            if (!(thrown instanceof Problem)) throw thrown;
            output = `${thrown.message}${thrown.hint}${String(thrown.cause)}`;
          }
          expect(output).not.toMatch(/Sec[0-9a-f]{3}/);
        }
      }),
    );
  });
});
