import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRecords } from '../../src/inventory/import/csv-records.ts';
import { notes, refusal, take, units } from '../support/values/import-lists.ts';

describe('csv', () => {
  it.each([
    ['commas', 'Name,Host,Site,Serial,Port\nups-a,10.0.0.1,Berlin,AS1234567890,1161\n'],
    [
      'CRLF, a byte order mark and semicolons',
      '\uFEFFName;Host;Site;Serial;Port\r\nups-a;10.0.0.1;Berlin;AS1234567890;1161',
    ],
    [
      'tabs',
      'hostname\tIP Address\tlocation\tserial number\tsnmp port\nups-a\t10.0.0.1\tBerlin\tAS1234567890\t1161',
    ],
    ['quotes', '"name","ip","site","serial","port"\n"ups-a","10.0.0.1","Berlin","AS1234567890","1161"\n\n'],
    [
      'a line of Excel',
      'sep=;\r\nport;serial;site;address;name\r\n1161;AS1234567890;Berlin;10.0.0.1;ups-a\r\n',
    ],
    ['formula guards', "name,host,site,serial,port\n'-ups-a,10.0.0.1,'@Berlin,'+AS1234567890,1161"],
  ])('reads %s', (what, text) => {
    const found = units(take('csv', text));
    if (what === 'formula guards') expect(found).toEqual(['Berlin/-ups-a 10.0.0.1:1161 +AS1234567890']);
    else expect(found).toEqual(['Berlin/ups-a 10.0.0.1:1161 AS1234567890']);
  });

  it('counts line breaks within fields, and names what it omits', () => {
    const found = take(
      'csv',
      'name,host,remark,serial,port\n"a\nb",10.0.0.1,x,AB,0\nc,,y\nd,10.0.0.3,y,,,surplus\ne,a b\n,,,\nf,10.0.0.4\n',
    );
    expect(units(found)).toEqual(['?/a b 10.0.0.1:? ?', '?/f 10.0.0.4:? ?']);
    expect(notes(found)).toEqual([
      'line 1: columns that are not imported: "remark"',
      'line 2: its serial number does not have 6 to 32 characters; not imported',
      'line 2: its SNMP port is not a number from 1 to 65535; not imported',
      'line 4: left out: no address',
      'line 5: left out: it has 6 fields, the first line has 5',
      'line 6: left out: its address contains a space: write one address or one host name',
      'fields: lines 4, 6 and 8: fewer fields than in the first line; the missing ones count as empty',
    ]);
  });

  it('uses the host name as address where there is no other column', () => {
    expect(units(take('csv', 'hostname,site\nups.example.org,Oslo\n'))).toEqual([
      'Oslo/ups.example.org ups.example.org:? ?',
    ]);
    expect(units(take('csv', 'hostname,ip\nups.example.org,10.0.0.1\n'))).toEqual([
      '?/ups.example.org 10.0.0.1:? ?',
    ]);
  });

  it.each([
    ['', 'line 1: the list is empty'],
    ['10.0.0.1,public\n10.0.0.2,public\n', 'line 1: expected column names'],
    ['host,"name\n10.0.0.1,a\n', 'line 1: an opening quote has no closing quote'],
    [`${'a,'.repeat(2000)}host\n`, 'line 1: more than 1000 fields'],
  ])('refuses %j with its line', (text, message) => {
    expect(refusal('csv', text)).toContain(`config/import The list cannot be read at ${message}`);
    expect(refusal('csv', text)).not.toContain('public');
  });

  it('reads every record that RFC 4180 allows', () => {
    const field = fc.string({
      unit: fc.oneof(
        fc.constantFrom('"', ',', ';', '\t', '\n', '\r\n', "'", ' ', 'a'),
        fc.string({ maxLength: 1 }),
      ),
      maxLength: 8,
    });
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        rows,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (written, delimiter, end, bare) => {
          const plain = (text: string): boolean => bare && !/[",;\t\r\n]/.test(text);
          const quoted = (text: string): string => (plain(text) ? text : `"${text.replaceAll('"', '""')}"`);
          const upTo = (count: number): string =>
            [['host', 'name'], ...written]
              .slice(0, count)
              .map((row) => row.map(quoted).join(delimiter) + end)
              .join('');
          const read = csvRecords(upTo(written.length + 1)).map((record) => {
            if ('why' in record) throw new Error(record.why);
            return record;
          });
          expect(read.map(({ fields }) => fields)).toEqual([['host', 'name'], ...written]);
          expect(read.map(({ line }) => line)).toEqual(
            read.map((_record, index) => upTo(index).split('\n').length),
          );
        },
      ),
    );
  });
});

describe('nut', () => {
  const CONF = `# a comment
maxretry = 3
[rack-1]
    driver = snmp-ups
    port = 10.0.0.1
    community = "a very \\"private\\" word" # said here
    snmp_version = v2c
    desc = "Rack \\"one\\""
    notransferoids
[rack-2]
    driver=snmp-ups
    port=[fd00::7]:1161
    mibs = apcc
    snmp_version = v3
    secName = auditor
    authPassword = longpassphrase
[rack-3]
    driver = "snmp-ups"
    port = udp:ups.example.org:2161
[rack-4]
    driver = snmp-ups
    port = fd00::9
[desk]
    driver = usbhid-ups
    port = auto
[old]
    driver = apcsmart
    port = /dev/ttyS0
[other]
    driver = snmp-ups
    port = 10.0.0.9
    mibs = cyberpower
[tcp]
    driver = snmp-ups
    port = tcp:10.0.0.9
[half]
    port = 10.0.0.9
[rack-4]
    desc = "the same again"
`;

  it('imports the sections of network cards, and names the others', () => {
    const found = take('nut', CONF.replaceAll('\n', '\r\n'));
    expect(units(found)).toEqual([
      '?/rack-1 10.0.0.1:? ?',
      '?/rack-2 fd00::7:1161 ?',
      '?/rack-3 ups.example.org:2161 ?',
      '?/rack-4 fd00::9:? ?',
    ]);
    const by = (driver: string): string =>
      `left out: its driver is ${driver}, so it is a local unit; add it to the inventory with serialPort or usb`;
    expect(notes(found)).toEqual([
      '[rack-1] in line 3: community of [rack-1] (SNMP v2c) is not imported: add it as env:UPS_READ_RACK_1',
      '[rack-2] in line 10: passphrase of [rack-2] (SNMPv3) is not imported: add it as env:UPS_AUTH_RACK_2',
      '[rack-3] in line 17: [rack-3] (SNMP v1) uses the default community of NUT: add it as env:UPS_READ_RACK_3. It has no snmp_version, so NUT uses v1',
      '[rack-4] in line 20: [rack-4] (SNMP v1) uses the default community of NUT: add it as env:UPS_READ_RACK_3. It has no snmp_version, so NUT uses v1',
      `[desk] in line 23: ${by('usbhid-ups')}`,
      `[old] in line 26: ${by('apcsmart')}`,
      '[other] in line 29: not needed: its mibs is cyberpower, which is not for a Smart-UPS',
      '[tcp] in line 33: left out: its port uses another transport than UDP',
      '[half] in line 36: left out: it has no driver',
    ]);
  });

  it('proposes one variable where one credential serves all', () => {
    const section = (name: string): string =>
      `[${name}]\ndriver = snmp-ups\nport = ${name}.example.org\ncommunity = same\n`;
    expect(notes(take('nut', section('a') + section('b')))).toEqual([
      '[a] in line 1: community of [a] (SNMP v1) is not imported: add it as env:UPS_READ. It has no snmp_version, so NUT uses v1',
      '[b] in line 5: community of [b] (SNMP v1) is not imported: add it as env:UPS_READ. It has no snmp_version, so NUT uses v1',
    ]);
  });

  it.each([
    ['[a\ndriver = snmp-ups\n', 'line 1: the file has no section like [name]'],
    ['{"results": []}\n', 'line 1: the file has no section like [name]'],
    ['host,name\n10.0.0.1,open\n', 'line 1: the file has no section like [name]'],
  ])('refuses %j with its line', (text, message) => {
    expect(refusal('nut', text)).toContain(`config/import The list cannot be read at ${message}`);
    expect(refusal('nut', text)).not.toContain('open\n');
  });
});
