import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeList } from '../../src/inventory/index.ts';
import { notes, take, units } from '../support/values/import-lists.ts';

describe('netbox', () => {
  const device = (over: object): object => ({ name: 'a', serial: '', site: { slug: 'kiel' }, ...over });

  it.each<[string, object]>([
    ['a text', { primary_ip: '192.0.2.1/24' }],
    ['a short form', { primary_ip: { id: 1, display: '192.0.2.1/24' } }],
    ['only an IPv4 address', { primary_ip4: { address: '192.0.2.1/24' } }],
    ['a netmask', { primary_ip: '192.0.2.1/255.255.255.0' }],
    ['a primary address before the OOB address', { primary_ip: '192.0.2.1', oob_ip: '192.0.2.2' }],
    ['an IPv4 before an IPv6 address', { primary_ip6: '2001:db8::1', primary_ip4: '192.0.2.1' }],
  ])('reads %s', (_what, over) => {
    const found = take('netbox', [device(over)]);
    expect([units(found), notes(found)]).toEqual([['kiel/a 192.0.2.1:? ?'], []]);
  });

  it('uses the next address where one is wrong, and says so', () => {
    const found = take('netbox', [device({ primary_ip: '10.0.300', oob_ip: { address: '192.0.2.1/24' } })]);
    expect(units(found)).toEqual(['kiel/a 192.0.2.1:? ?']);
    expect(notes(found).join()).toMatch(/its first address is not a valid IPv4 address.*another one is used/);
  });

  it.each<[string, unknown]>([
    ['GraphQL', { data: { device_list: [device({ primary_ip4: { address: '192.0.2.1/24' } })] } }],
    ['one device', device({ primary_ip: { address: '192.0.2.1/24' } })],
    [
      'texts for objects',
      [device({ primary_ip: '192.0.2.1', site: 'kiel', role: 'ups', device_type: 'SMT' })],
    ],
  ])('reads the form of %s', (_what, list) => {
    expect(units(take('netbox', list))).toEqual(['kiel/a 192.0.2.1:? ?']);
  });

  it('names what is only an ID', () => {
    const found = take('netbox', [device({ primary_ip: 7, site: 3 }), device({ oob_ip: '192.0.2.1' })]);
    expect(notes(found).slice(0, 2)).toEqual([
      'results[0] (a): its primary_ip is only an ID; not imported and its site is only an ID; not imported',
      'results[0] (a): left out: it has no primary IP address',
    ]);
  });

  it('imports the good rows, with any row among them', () => {
    const good = device({ name: 'good', primary_ip: { address: '192.0.2.1/24' } });
    const row = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          name: fc.jsonValue(),
          serial: fc.jsonValue(),
          site: fc.jsonValue(),
          role: fc.jsonValue(),
          status: fc.jsonValue(),
          device_type: fc.oneof(fc.jsonValue(), fc.record({ manufacturer: fc.jsonValue() })),
          primary_ip: fc.jsonValue(),
          oob_ip: fc.oneof(fc.jsonValue(), fc.record({ address: fc.jsonValue() })),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const found = units(take('netbox', [...rows, good]));
        expect(found).toContain('kiel/good 192.0.2.1:? ?');
      }),
    );
  });
});

describe('csv', () => {
  it.each([
    'IP Address',
    'IPv4 Address',
    'IPv6 Address',
    'Primary IP',
    'primary_ip4',
    'OOB IP',
    'oob_ip',
    'Management IP',
    'MGMT-IP',
    'ip.address',
    'IPADDRESS',
  ])('reads the column %s', (title) => {
    const list = `Name;${title};Serial Number;SITE_NAME;Asset tag\nups-a;192.0.2.1/24;AS2034160001;Kiel;7\n`;
    const found = take('csv', list);
    expect(units(found)).toEqual(['Kiel/ups-a 192.0.2.1:? AS2034160001']);
    expect(notes(found)).toEqual(['line 1: columns that are not imported: "Asset tag"']);
  });

  it('takes the first address of each row, and names one that is not the primary one', () => {
    const found = take(
      'csv',
      'Name,OOB IP,IPv6 Address,IP Address\na,192.0.2.1,2001:db8::2,192.0.2.3\nb,192.0.2.4,2001:db8::5,\nc,192.0.2.6,,-\n',
    );
    expect(units(found)).toEqual(['?/a 192.0.2.3:? ?', '?/b 2001:db8::5:? ?', '?/c 192.0.2.6:? ?']);
    expect(notes(found)).toEqual(['line 4: it has no primary address; its OOB IP address is used']);
  });

  it('leaves out devices of other makers and roles', () => {
    const found = take(
      'csv',
      'Name,IP Address,Role,Manufacturer,Type\na,192.0.2.1,Leaf,Cisco,N9K\nb,192.0.2.2,PDU,APC,AP8853\nc,192.0.2.3,,Eaton,9PX UPS\nd,192.0.2.4,UPS,Dell,Smart-UPS 1500\n',
    );
    expect(units(found)).toEqual(['?/d 192.0.2.4:? ?']);
    expect(found.notes.map(({ kind }) => kind)).toEqual(['not-needed', 'not-needed', 'not-needed']);
  });

  it('names a quote that takes other rows into its field', () => {
    const list = 'host,name\n192.0.2.1,a\n192.0.2.2,"b\n192.0.2.3,c\n192.0.2.4,d"\n192.0.2.5,e\n';
    const found = take('csv', list);
    expect(units(found)).toEqual(['?/a 192.0.2.1:? ?', '?/e 192.0.2.5:? ?']);
    expect(notes(found)).toEqual([
      'line 3: left out: a quoted field holds 2 other rows: its quote is not closed where it should be',
    ]);
  });

  it('keeps every good line, with any text on a line between them', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', ',', 'a', ' ', "'", ';'), maxLength: 12 }),
        (line) => {
          const quotes = line.split('"').length - 1;
          // A quote that is not closed may belong to a field of several lines.
          fc.pre(quotes % 2 === 0);
          const found = units(take('csv', `host,name\n192.0.2.1,a\n${line}\n192.0.2.3,c\n`));
          expect(found).toEqual(expect.arrayContaining(['?/a 192.0.2.1:? ?', '?/c 192.0.2.3:? ?']));
        },
      ),
    );
  });
});

describe('ansible', () => {
  const list = (groups: object, vars: object = {}): object => ({
    _meta: { hostvars: { u: { ansible_host: '192.0.2.1', ...vars } } },
    ...groups,
  });

  it.each<[string, object, string]>([
    ['a list', list({ ups: { hosts: ['u'] } }, { sites: ['kiel'] }), 'kiel'],
    ['one slug', list({ ups: { hosts: ['u'] } }, { site: 'kiel' }), 'kiel'],
    ['an object', list({ ups: { hosts: ['u'] } }, { sites: [{ name: 'Kiel 1', slug: 'kiel-1' }] }), 'kiel-1'],
    ['its own variable', list({ ups: { hosts: ['u'] } }, { upsfw_site: 'oslo', sites: ['kiel'] }), 'oslo'],
    ['a group', list({ site_kiel: { hosts: ['u'] }, role_ups: { hosts: ['u'] } }), 'kiel'],
    [
      'a group above',
      list({ sites_kiel: { children: ['location_hall'] }, location_hall: { hosts: ['u'] } }),
      'kiel',
    ],
    ['a place', list({ location_hall: { hosts: ['u'] }, tags_x: { hosts: ['u'] } }), 'hall'],
    [
      'no group of another field',
      list({ status_active: { hosts: ['u'] }, tenants_a: { hosts: ['u'] } }),
      '?',
    ],
    ['no group of sites', list({ site_group_north: { hosts: ['u'] } }), '?'],
    [
      'no name of another variable',
      list(
        { ups: { hosts: ['u'] }, apc: ['u'], lab: ['u'] },
        { device_roles: ['ups'], manufacturers: ['apc'] },
      ),
      'lab',
    ],
  ])('gets the site from %s', (_what, given, site) => {
    expect(units(take('ansible', given))).toEqual([`${site}/u 192.0.2.1:? ?`]);
  });

  it.each<[string, object, object, string]>([
    ['a role', { x: ['u'] }, { role: 'access-switch' }, 'its role is "access-switch"'],
    ['a role of a group', { device_roles_pdu: ['u'] }, {}, 'its role is "pdu"'],
    ['a maker', { x: ['u'] }, { manufacturers: ['juniper'] }, 'its manufacturer is juniper'],
    ['a type', { x: ['u'] }, { device_types: ['ap8853'] }, 'its model is "ap8853"'],
  ])('leaves out %s', (_what, groups, vars, why) => {
    const found = take('ansible', list(groups, vars));
    expect(found.units).toEqual([]);
    expect(notes(found).join()).toContain(why);
  });

  it('uses primary_ip4 where there is no ansible_host, and reads hosts in the YAML form', () => {
    const vars = { primary_ip4: '192.0.2.1', serial: 'AS2034160001' };
    expect(units(take('ansible', { _meta: { hostvars: { u: vars } }, lab: ['u'] }))).toEqual([
      'lab/u 192.0.2.1:? AS2034160001',
    ]);
    expect(units(take('ansible', { lab: { hosts: { u: vars } } }))).toEqual([
      'lab/u 192.0.2.1:? AS2034160001',
    ]);
  });
});

describe('nut', () => {
  it.each([
    ['v1', 'snmp_version = v1\ncommunity = x', { version: '1', community: 'env:UPS_READ' }],
    ['v2c', 'snmp_version = v2c\ncommunity = x', { version: '2c', community: 'env:UPS_READ' }],
    [
      'v3',
      'snmp_version = v3\nsecLevel = authPriv\nsecName = bob\nauthProtocol = SHA\nauthPassword = x\nprivProtocol = AES\nprivPassword = y',
      {
        version: '3',
        user: 'bob',
        auth: 'sha',
        authKey: 'env:UPS_AUTH',
        priv: 'aes',
        privKey: 'env:UPS_PRIV',
      },
    ],
    ['v3 without a user', 'snmp_version = v3', null],
    ['an unknown version', 'snmp_version = v4', null],
  ])('gives %s as it is meant', (_what, lines, snmp) => {
    const found = take('nut', `community = ignored\n[a]\ndriver = snmp-ups\nport = 192.0.2.1\n${lines}\n`);
    expect(found.units.map((unit) => unit.snmp)).toEqual([snmp]);
    expect(notes(found)[0]).toBe('line 1: NUT does not read community before the first section');
  });

  it.each([
    ['apc_modbus', 'porttype = tcp', '192.0.2.1:502', null],
    ['apc_modbus', 'porttype = usb', 'auto', 'it is a local unit'],
    ['apcmicrolink', 'porttype = usb', 'auto', 'it is a local unit'],
    ['usbhid-ups', 'vendorid = 051d', 'auto', 'it is a local unit'],
    ['usbhid-ups', 'vendorid = 0463', 'auto', 'local unit of another USB vendor'],
    ['riello_usb', 'x', 'auto', 'local units (serial or USB) of other products'],
    ['netxml-ups', 'x', 'http://192.0.2.1', 'not for a Smart-UPS'],
    ['apcupsd-ups', 'x', 'localhost', 'the program apcupsd on this computer'],
    ['dummy-ups', 'mode = repeater', 'u@192.0.2.9:3493', 'the program upsd on 192.0.2.9'],
    ['dummy-ups', 'x', 'u@localhost', 'the program upsd on this computer'],
    ['clone', 'x', 'usbhid-ups-a', 'another section of this file'],
    ['failover', 'x', 'usbhid-ups-a', 'another section of this file'],
    ['snmp-ups', 'x', '/dev/ttyS0', 'a local port and no address'],
    ['of-tomorrow', 'x', '192.0.2.1', 'does not know from NUT'],
  ])('reads the driver %s with %s at %s', (driver, setting, port, why) => {
    const found = take('nut', `[a]\ndriver = ${driver}\nport = "${port}"\n${setting}\n`);
    expect(units(found)).toEqual(why === null ? ['?/a 192.0.2.1:? ?'] : []);
    expect(notes(found).join()).toContain(why ?? 'apc_modbus over TCP');
  });

  it('imports no section that takes the settings of the next one', () => {
    const unit = 'driver = snmp-ups\nport = 192.0.2.';
    const found = take('nut', `[a]\n${unit}1\n[b\n${unit}2\n[c]\n[some words]\n${unit}3\n`);
    expect(units(found)).toEqual(['?/c 192.0.2.3:? ?']);
    expect(notes(found).join('\n')).toContain('[a] in line 1: left out: line 4 begins with a bracket');
  });

  it('reads a quoted text of several lines, and lines that a backslash joins', () => {
    const text = '[a]\ndesc = "first\n second"\ndriver = snmp-\\\nups\nport = "192.0.2.1"\n';
    expect(units(take('nut', text))).toEqual(['?/a 192.0.2.1:? ?']);
    expect(notes(take('nut', text))).toHaveLength(1);
  });

  it('reads every section, with any lines between them', () => {
    const odd = fc.string({
      unit: fc.constantFrom('"', '\\', '=', '#', ' ', '[', ']', "'", 'a'),
      maxLength: 10,
    });
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 4 }), (lines) => {
        const section = (name: string, host: string): string =>
          `[${name}]\ndriver = snmp-ups\nport = ${host}\n`;
        // A line in brackets is a section of its own, and gets the settings after it.
        fc.pre(lines.every((line) => !/^\s*"?\[/.test(line)));
        const text = `${section('x', '192.0.2.1')}${lines.join('\n')}\n${section('y', '192.0.2.3')}`;
        expect(units(take('nut', text))).toEqual(['?/x 192.0.2.1:? ?', '?/y 192.0.2.3:? ?']);
      }),
    );
  });
});

describe('the bytes of a list', () => {
  it('are read or refused with a reason, and never both wrong and silent', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const read = decodeList(Buffer.from(bytes));
        if (!read.ok) expect(`${read.why} ${read.hint}`).not.toContain('undefined');
      }),
    );
  });

  it('of another encoding are named with their line', () => {
    const lines = Buffer.from(`${'host,name\r\n'.repeat(500)}K\u00f6ln,\u20ac\r\n`, 'latin1');
    const read = decodeList(lines);
    expect(read.ok ? '' : read.why).toContain('line 501 has a byte of another encoding');
  });
});
