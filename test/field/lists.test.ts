import { existsSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runHere } from '../support/sites/site.ts';

const CASES = new URL('../../../shared/cases/field/', import.meta.url);
const haveCases = existsSync(CASES);
if (!haveCases) process.stderr.write('skipped: lists of ../shared/cases/field, which is not there\n');

const Document = z.object({
  units: z.array(
    z.object({
      name: z.string().nullable(),
      site: z.string().nullable(),
      host: z.string(),
      serial: z.string().nullable(),
      snmpPort: z.number().nullable(),
      snmp: z.object({ version: z.string() }).nullable(),
    }),
  ),
  notes: z.array(z.object({ kind: z.string(), place: z.string(), message: z.string() })),
});

interface Result {
  readonly exit: number;
  /** Each unit as `site/name host serial`, of ups.conf with its SNMP version. */
  readonly units: readonly string[];
  /** Each note as `kind place: message`. */
  readonly notes: readonly string[];
  readonly info: string;
}

/** Runs `import` with a list on standard input. */
async function take(format: string, list: string | Buffer | object): Promise<Result> {
  const given = typeof list === 'string' || Buffer.isBuffer(list) ? list : JSON.stringify(list);
  const ran = await runHere(['import', format, '-', '--json'], { input: Readable.from([given]) });
  const read = Document.safeParse(JSON.parse(ran.out));
  const { units = [], notes = [] } = read.data ?? {};
  return {
    exit: ran.exit,
    units: units.map(({ site, name, host, serial, snmpPort, snmp }) =>
      [
        `${site ?? '?'}/${name ?? '?'}`,
        snmpPort === null ? host : `${host}:${snmpPort}`,
        serial ?? '?',
        // The other formats have no credentials, and the tool writes one as a start.
        ...(snmp === null || format !== 'nut' ? [] : [`v${snmp.version}`]),
      ].join(' '),
    ),
    notes: notes.map(({ kind, place, message }) => `${kind} ${place}: ${message}`),
    info: ran.info,
  };
}

/** The same for a file of the field cases. */
function takeCase(format: string, file: string): Promise<Result> {
  return take(format, readFileSync(new URL(file, CASES)));
}

describe.skipIf(!haveCases)('lists of the field', () => {
  it('ups.conf: a network driver gives its host, and SNMP version 1 is in the unit', async () => {
    const { units, notes, exit } = await takeCase('nut', 'nut-network-drivers.conf');
    expect(units).toEqual(['?/apcups 192.0.2.27 ?', '?/rack 192.0.2.28 ? v1']);
    expect(notes.find((note) => note.includes('[remote]'))).toMatch(/left-out .*apcupsd on 192\.0\.2\.40/);
    expect(notes.find((note) => note.includes('[proxy]'))).toMatch(/program upsd on nas\.example\.org/);
    expect(notes.find((note) => note.includes('[rack]'))).toContain('no snmp_version, so NUT uses v1');
    expect(notes.join()).not.toMatch(/local unit|public/);
    expect(exit).toBe(3);
  });

  it('ups.conf: every section is read, and an odd line is a note with its number', async () => {
    const { units, notes } = await takeCase('nut', 'nut-odd-lines.conf');
    expect(units).toEqual(['?/epdu-2-snmp 192.0.2.2 ? v1']);
    expect(notes).toContainEqual(expect.stringMatching(/^remark line 32: NUT skips it/));
    const sections = [
      'dummy1',
      'epdu-2-snmp',
      'usb_3',
      'dummy-proxy-localhost',
      'valueHasEquals',
      'valueHasHashtag',
      'sectionWithComment',
      'sectionWithCommentWhitespace',
    ];
    for (const name of sections) expect(notes.join('\n')).toContain(`[${name}] in line `);
    expect(notes.find((note) => note.includes('[usb_3]'))).toContain('it is a local unit');
  });

  it('NetBox: the OOB address counts where there is no primary one', async () => {
    const { units, notes, exit } = await takeCase('netbox', 'netbox-oob-ip.json');
    expect(units).toEqual(['kiel/ups-a1 192.0.2.31 AS2034160001', 'kiel/ups-a2 2001:db8:1::32 AS2034160002']);
    expect(notes).toEqual([
      'remark results[0] (ups-a1): it has no primary address; its OOB IP address is used',
      'not-needed results[2] (pdu-a1): not needed: it is no UPS: its role is "PDU"',
    ]);
    expect(exit).toBe(0);
  });

  it('NetBox: placeholders are no serial number, and shared addresses are named with both places', async () => {
    const { units, notes } = await takeCase('netbox', 'netbox-odd-rows.json');
    const names = ['range', 'dash', 'unknownsn', 'unknownsn2'];
    expect(units.filter((unit) => names.some((name) => unit.includes(`/${name} `)))).toEqual([
      'oslo/range 192.0.2.14 ?',
      'oslo/dash 192.0.2.15 ?',
      'oslo/unknownsn 192.0.2.16 ?',
      'oslo/unknownsn2 192.0.2.17 ?',
    ]);
    expect(units[0]).toBe('kiel/? 192.0.2.1 AS0000000001');
    expect(notes).toContain(
      'remark results[4] (dup ip): its address 192.0.2.4 is also that of results[3] (ups/x), with another serial number',
    );
  });

  it.each([
    ['netbox-export.csv', ['Kiel/ups-a1 192.0.2.31 AS2034160001', 'Kiel/ups-a2 2001:db8:1::32 AS2034160002']],
    ['netbox-export-ipv4.csv', ['Kiel/ups-a1 192.0.2.31 AS2034160001']],
  ])('the export %s of NetBox is read by its titles, without prefix lengths', async (file, expected) => {
    expect((await takeCase('csv', file)).units).toEqual(expected);
  });

  it('Ansible: the site is that of NetBox, and the switch is named', async () => {
    const { units, notes, exit } = await takeCase('ansible', 'ansible-netbox-plugin.json');
    expect(units).toEqual(['kiel/ups-a1 192.0.2.31 AS2034160001', 'oslo/ups-b1 192.0.2.51 AS2034160009']);
    expect(notes).toEqual([
      'not-needed host sw-1: not needed: its manufacturer is cisco, not APC or Schneider Electric',
    ]);
    expect(exit).toBe(0);
  });
});

describe('one bad row never costs the list', () => {
  const netboxGood = { name: 'good', primary_ip: { address: '192.0.2.1/24' }, site: { slug: 'kiel' } };
  const rows: readonly (readonly [string, unknown])[] = [
    ['a text', 'ups-b'],
    ['null', null],
    ['a number', 7],
    ['a list', [netboxGood]],
    ['an empty object', {}],
    [
      'a number as name and as serial number',
      { name: 7, serial: 1e20, primary_ip: { address: '192.0.2.9/24' } },
    ],
    ['an address that is none', { name: 'b', primary_ip: { address: 'nowhere at all' } }],
    ['only the ID of an address', { name: 'b', primary_ip: 12 }],
    ['nested nonsense', { name: { a: [1] }, site: [[]], device_type: 'x', role: 3, primary_ip4: [{}] }],
    [
      'half of its fields null',
      { name: null, site: null, device_type: null, primary_ip: null, oob_ip: null },
    ],
  ];

  it.each(rows)('NetBox: %s', async (_what, row) => {
    const { units, notes, info } = await take('netbox', [row, netboxGood]);
    expect(units.at(-1), info).toBe('kiel/good 192.0.2.1 ?');
    expect(notes.join()).toMatch(/results\[[01]\]/);
  });

  it.each(rows)('LibreNMS: %s', async (_what, row) => {
    const device = { hostname: '192.0.2.1', os: 'apc', sysName: 'good' };
    const { units, notes } = await take('librenms', { devices: [row, device] });
    expect(units).toEqual(['?/good 192.0.2.1 ?']);
    expect(notes.join()).toContain('left-out devices[0]');
  });

  it.each(rows)('Ansible: %s as a group, and as the variables of a host', async (_what, row) => {
    const { units } = await take('ansible', {
      _meta: { hostvars: { bad: row, good: { ansible_host: '192.0.2.1', sites: ['kiel'] } } },
      odd: row,
      ups: { hosts: ['good', 7, null], children: row },
    });
    expect(units).toContain('kiel/good 192.0.2.1 ?');
  });

  it.each([
    ['an unclosed quote', '"192.0.2.2,b'],
    ['a quote inside a field', '192.0.2.2,19" rack'],
    ['text after a quote', '"192.0.2.2"x,b'],
    ['too many fields', '192.0.2.2,b,c,d'],
    ['too few fields', '192.0.2.2'],
    ['a thousand commas', ','.repeat(5000)],
  ])('CSV: %s', async (_what, line) => {
    const { units, notes } = await take('csv', `host,name\n192.0.2.1,a\n${line}\n192.0.2.3,c\n`);
    expect(units.filter((unit) => !unit.includes('192.0.2.2'))).toEqual([
      '?/a 192.0.2.1 ?',
      '?/c 192.0.2.3 ?',
    ]);
    expect(notes.join()).toMatch(/line 3/);
  });

  it.each([
    ['an unclosed quote', 'community = "open'],
    ['a section without its bracket', '[b'],
    ['a word too many', 'community public'],
    ['no value', 'community ='],
    ['a backslash at the end', 'community = x\\'],
    ['a line of 20,000 characters', `x = ${'a'.repeat(20_000)}`],
  ])('NUT: %s', async (_what, line) => {
    const section = (name: string, host: string): string =>
      `[${name}] # comment\n\tdriver=snmp-ups#x\n\tport = ${host}\n`;
    const list = `\uFEFF${section('a', '192.0.2.1')}${line}\n${section('c', '192.0.2.3')}`;
    const { units, notes } = await take('nut', list);
    expect(units).toEqual(['?/a 192.0.2.1 ? v1', '?/c 192.0.2.3 ? v1']);
    expect(notes.join('\n')).toContain('remark line 4: ');
    expect(notes.join('\n')).not.toMatch(/open|public/);
  });
});

describe('column names as reports and people write them', () => {
  const row = 'u1;192.0.2.31;AS1234567890;Kiel';
  it.each([
    [
      'a report with title lines',
      'USV-Bestand;;;\nStand: 30.11.2026;;;\nName;IP-Adresse;Seriennummer;Standort',
    ],
    ['a title and an empty line', 'UPS list\n\nName;IP;SN;Site'],
    ['a title with commas', 'Liste, Stand 30.11.2026, Kiel, alle USV, Netz A\nName;IP;SN;Ort'],
    ['an address in the title', 'Owner;Address;Hafenstr. 1;\nName;IP Address;Serial;Site'],
    ['a comment with the old names', '#name;ip;serial;site;x\nname;ip;serial;site'],
    ['German', 'Gerätename;IPv4-Adresse;Serien-Nr.;Niederlassung'],
    ['German without accents', 'Geraet;Management-IP;SNr.;Gebaeude'],
    ['French', "Nom de l'appareil;Adresse IP;N\u00b0 de s\u00e9rie;Emplacement"],
    ['French, decomposed', 'Nom;Adresse;Nume\u0301ro de se\u0301rie;Site'],
    ['Spanish', 'Equipo;Direcci\u00f3n IP;N\u00ba de serie;Ubicaci\u00f3n'],
    ['Italian', 'Nome;Indirizzo IP;Numero di serie;Sede'],
    ['Dutch', 'Naam;IP-adres;Serienummer;Locatie'],
    ['Norwegian', 'Navn;IP-adresse;Serienummer;Sted'],
    ['Polish', 'Nazwa;Adres IP;Numer seryjny;Lokalizacja'],
    ['remarks in brackets', 'Name;IP Address (mgmt);Serial Number (UPS);Site (code)'],
    ['two names with a slash', 'Device Label;IP Address/Hostname;S/N;Location'],
    ['other tools', 'AssetName;Network - IP;Serialnumber;Locations'],
  ])('%s', async (_what, head) => {
    const { units, exit } = await take('csv', `${head}\n${row}\n`);
    expect(units).toEqual(['Kiel/u1 192.0.2.31 AS1234567890']);
    expect(exit).toBe(0);
  });

  it('a title further down, under rows that hold only delimiters', async () => {
    const { units } = await take('csv', `${';;;\n'.repeat(15)}Name;IP;SN;Ort\n${row}\n`);
    expect(units).toEqual(['Kiel/u1 192.0.2.31 AS1234567890']);
  });

  it.each([
    ['192.0.2.1 (static)', 'S/N: AS1234567890'],
    ['<192.0.2.1>', "'AS1234567890"],
    ['192.0.2.1 /24', '"=""AS1234567890"""'],
    ['192.0.2.1 255.255.255.0', 'AS 1234 567890'],
    ['\u200b192.0.2.1*', 'Serial No. AS1234567890'],
  ])('marks and remarks around %s and %s do not count', async (address, serial) => {
    const { units } = await take('csv', `name,ip,serial\nu1,${address},${serial}\n`);
    expect(units).toEqual(['?/u1 192.0.2.1 AS1234567890']);
  });

  it('two addresses in one field stay a question for a person', async () => {
    const { notes } = await take(
      'csv',
      'name,ip\nu1,192.0.2.1 192.0.2.2\nu2,192.0.2.1/192.0.2.2\nu3,192.0.2.3\n',
    );
    expect(notes.map((note) => note.slice(0, 15))).toEqual(['left-out line 2', 'left-out line 3']);
  });

  it('the serial number of the card is not that of the unit', async () => {
    const { units } = await take(
      'csv',
      'Name,IP,Serial (NMC),Serial (UPS)\nu1,192.0.2.1,ZA1234567890,AS1234567890\n',
    );
    expect(units).toEqual(['?/u1 192.0.2.1 AS1234567890']);
  });

  it('lines above and between the rows are no units, and none with an address is lost without a word', async () => {
    const list =
      'Report\nold,192.0.2.9,x\nName,IP,Serial\n---,---,---\nu1,192.0.2.1,AS1234567890\nName,IP,Serial\n';
    const { units, notes } = await take('csv', list);
    expect(units).toEqual(['?/u1 192.0.2.1 AS1234567890']);
    expect(notes).toEqual([
      'left-out line 2: left out: it is above the column names in line 3',
      'not-needed line 6: not needed: it repeats the column names',
    ]);
  });
});

describe('groups and variables of other inventory plugins', () => {
  const host = { ansible_host: '192.0.2.51' };
  const grouped = (vars: object, ...groups: string[]): object => ({
    _meta: { hostvars: { u1: vars } },
    ...Object.fromEntries(groups.map((name) => [name, { hosts: ['u1'] }])),
  });
  it.each([
    ['dashes are kept', grouped(host, 'role-ups', 'site-kiel', 'manufacturer-apc')],
    ['plain names beside the place', grouped(host, 'apc', 'kiel', 'ups', 'snmp_devices')],
    ['prefixes of keyed groups', grouped(host, 'datacenter_kiel', 'env_prod', 'os_aos')],
    ['a location beside a plain name', grouped(host, 'ups', 'location_kiel')],
    ['locations only', grouped({ ...host, locations: ['kiel'] }, 'ups')],
  ])('%s', async (_what, list) => {
    expect((await take('ansible', list)).units).toEqual(['kiel/u1 192.0.2.51 ?']);
  });

  it('an OOB address counts where there is no other, and the own computer is no unit', async () => {
    const hostvars = { u1: { oob_ip: '192.0.2.51/24' }, u2: { ...host, oob_ip: '192.0.2.9' }, localhost: {} };
    const { units, notes } = await take('ansible', { _meta: { hostvars }, all: ['u1', 'localhost'] });
    expect(units).toEqual(['?/u1 192.0.2.51 ?']);
    expect(notes).toEqual([
      'remark host u1: it has no primary address; its OOB IP address is used',
      'not-needed host localhost: not needed: it is the computer with Ansible',
      expect.stringMatching(/host u2: left out: its address 192\.0\.2\.51 is already used/),
    ]);
  });

  it('a location of Nautobot is the site', async () => {
    const device = {
      name: 'u1',
      primary_ip4: { address: '192.0.2.1/24' },
      location: { name: 'Kiel' },
      status: { name: 'Active' },
    };
    expect(await take('netbox', [device])).toMatchObject({ units: ['Kiel/u1 192.0.2.1 ?'], notes: [] });
  });
});

describe('files that are no list', () => {
  const text = 'host,name\n192.0.2.1,K\u00f6ln\n';
  it.each([
    ['an Excel workbook', Buffer.from('504b030414000600', 'hex'), 'ZIP file, such as a workbook of Excel'],
    ['a PDF', Buffer.from('%PDF-1.7\n'), 'is a PDF file'],
    ['a login page', Buffer.from('<!DOCTYPE html>\n<html>'), 'is an HTML page'],
    [
      'Windows-1252',
      Buffer.from(text, 'latin1'),
      'line 2 has a byte of another encoding, probably Windows-1252',
    ],
    ['NUL bytes', Buffer.from('host\n192.0.2.1\0\n'), 'it has a NUL byte in line 2'],
  ])('%s is named for every format', async (_what, bytes, message) => {
    for (const format of ['csv', 'netbox', 'nut', 'ansible', 'librenms']) {
      const { exit, info } = await take(format, bytes);
      expect(exit).toBe(2);
      expect(info).toContain(message);
    }
  });

  it.each([
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16LE with a mark', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16BE with a mark', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-16LE without a mark', Buffer.from(text, 'utf16le')],
    ['line ends of an old Mac', Buffer.from(text.replaceAll('\n', '\r'))],
    ['a declared delimiter', Buffer.from(`sep=;\r\n${text.replaceAll(',', ';')}`)],
  ])('%s is read', async (_what, bytes) => {
    expect((await take('csv', bytes)).units).toEqual(['?/K\u00f6ln 192.0.2.1 ?']);
  });

  it('YAML of Ansible is named, with the command to use', async () => {
    const { exit, info } = await take('ansible', 'all:\n  hosts:\n    ups-a:\n');
    expect(exit).toBe(2);
    expect(info).toContain('it is YAML, expected JSON');
    expect(info).toContain('without --yaml');
  });

  it('more than 32 MiB are refused with the limit', async () => {
    const { exit, info } = await take('csv', Buffer.alloc(50 * 1024 * 1024, ','));
    expect(exit).toBe(2);
    expect(info).toContain('more than 32 MiB');
  });
});
