import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Imported, mergeInventory } from '../../src/inventory/index.ts';
import { notes, take, units } from '../support/values/import-lists.ts';

const netbox = (over: object): object => ({
  name: 'ups-a',
  serial: 'AS1234567890',
  site: { slug: 'kiel' },
  primary_ip: { address: '10.0.0.1/24' },
  device_type: { manufacturer: { name: 'APC', slug: 'apc' }, model: 'SMT1500RMI2UNC' },
  role: { name: 'UPS', slug: 'ups' },
  ...over,
});
const type = (model: string): object => ({
  device_type: { manufacturer: { name: 'APC', slug: 'apc' }, model },
});

function leftOut(imported: Imported): number {
  return imported.notes.filter(({ kind }) => kind !== 'remark').length;
}

describe('a row that is not imported unchanged', () => {
  it('is named where its address is used already; the row with the serial number counts', () => {
    const found = take('netbox', [
      netbox({ name: 'first', serial: '' }),
      netbox({ name: 'second' }),
      netbox({ name: 'third', primary_ip: { address: '10.0.0.1/16' } }),
      netbox({ name: 'v6', primary_ip: { address: '2001:db8::1/64' } }),
      netbox({ name: 'same', primary_ip: { address: '2001:0DB8:0::1/64' } }),
    ]);
    expect(units(found)).toEqual([
      'kiel/second 10.0.0.1:? AS1234567890',
      'kiel/v6 2001:db8::1:? AS1234567890',
    ]);
    expect(notes(found)).toEqual([
      'results[0] (first): left out: its address 10.0.0.1 is already used by results[1] (second)',
      'results[2] (third): left out: its address 10.0.0.1 is already used by results[1] (second)',
      'results[3] (v6): its serial number AS1234567890 is also that of results[1] (second)',
      'results[4] (same): left out: its address 2001:0DB8:0::1 is already used by results[3] (v6)',
    ]);
  });

  it.each([
    ['a role', netbox({ role: { name: 'Rack PDU' } }), 'its role is "Rack PDU"'],
    ['a slug', netbox({ role: { slug: 'access_switch' } }), 'its role is "access_switch"'],
    ['an older role', netbox({ role: null, device_role: { name: 'PDU' } }), 'its role is "PDU"'],
    ['a model', netbox({ role: { name: 'Power' }, ...type('AP8853') }), 'its model is "AP8853"'],
    ['a transfer switch', netbox({ role: null, ...type('AP4421') }), 'its model is "AP4421"'],
    ['a monitor', netbox({ role: null, ...type('NetBotz 750') }), 'its model is "NetBotz 750"'],
  ])('is named if %s shows that it is not a UPS', (_what, row, why) => {
    const found = take('netbox', [row]);
    expect(notes(found)).toEqual([`results[0] (ups-a): not needed: it is no UPS: ${why}`]);
    expect(found.notes.map(({ kind }) => kind)).toEqual(['not-needed']);
  });

  it.each([
    ['role and model are missing', netbox({ role: null, device_type: null })],
    ['the role says little', netbox({ role: { name: 'Server Room Power' }, ...type('Something') })],
    ['the role is UPS', netbox({ role: { name: 'UPS/PDU' }, ...type('AP8853') })],
    ['the model is that of a Smart-UPS', netbox({ role: { name: 'Power' }, ...type('Smart-UPS 1500') })],
  ])('is imported without a note where %s', (_what, row) => {
    const found = take('netbox', [row]);
    expect([found.units.length, notes(found)]).toEqual([1, []]);
  });

  it('is recognized as another device in other formats too', () => {
    const libre = { hostname: '10.0.0.2', os: 'apc', hardware: 'AP8941' };
    const other = {
      hostname: '10.0.0.3',
      os: 'apc',
      sysDescr: 'APC Web/SNMP Management Card (AN1:apc_hw05_rpdu2g_640.bin)',
    };
    const ups = {
      hostname: '10.0.0.4',
      os: 'apc',
      hardware: 'Smart-UPS 1500',
      sysDescr: 'APC (AN1:apc_hw05_sumx_640.bin)',
    };
    const found = take('librenms', [libre, other, ups]);
    expect(units(found)).toEqual(['?/10.0.0.4 10.0.0.4:? ?']);
    expect(leftOut(found)).toBe(2);
    expect(notes(take('csv', 'host,role\n10.0.0.1,pdu\n10.0.0.2,ups\n'))).toEqual([
      'line 2: not needed: it is no UPS: its role is "pdu"',
    ]);
  });

  it('has its length in a note if its name is shortened', () => {
    expect(notes(take('csv', `host,name,site\n10.0.0.1,${'n'.repeat(200)},${'s'.repeat(70)}\n`))).toEqual([
      `line 2: the site "${'s'.repeat(63)}…" has 70 characters, a name has 64 at most: it becomes ${'s'.repeat(64)}`,
      `line 2: its name has 200 characters, a name has 64 at most: it becomes ${'n'.repeat(64)}`,
    ]);
  });

  it.each(['1,53E+09', '1.53E+09', '2E+11', '1.5e9', '1,234567E+14'])(
    'has no serial number in %s',
    (text) => {
      for (const found of [
        take('csv', `host;serial\n10.0.0.1;${text}\n`),
        take('netbox', [netbox({ serial: text })]),
      ]) {
        expect(found.units.map(({ serial }) => serial)).toEqual([null]);
        expect(notes(found).join()).toContain(
          `its serial number "${text}" is a number that a spreadsheet rounded`,
        );
      }
    },
  );

  it.each(['AS1234567890', '5E1234567890', '123E45678901'])('keeps the serial number %s', (text) => {
    expect(take('csv', `host,serial\n10.0.0.1,${text}\n`).units.map(({ serial }) => serial)).toEqual([text]);
  });

  it.each([
    ['[2001:db8::1]', '2001:db8::1'],
    ['192.0.2.31/24', '192.0.2.31'],
    ['2001:db8:1::32/64', '2001:db8:1::32'],
  ])('is taken from %s as %s', (written, host) => {
    expect(take('csv', `host\n${written}\n`).units.map((unit) => unit.host)).toEqual([host]);
  });

  it('gets a hint where its address is invalid', () => {
    expect(notes(take('csv', 'host\n10.0.0.300\nhttp://10.0.0.1\n010.1.1.1\n'))).toEqual([
      expect.stringMatching(/^line 2: left out: its address is not a valid IPv4 address/),
      expect.stringMatching(/^line 3: left out: its address is a URL/),
      expect.stringMatching(/^line 4: left out: its address has a number with a leading zero/),
    ]);
  });
});

describe('units and notes of any list', () => {
  const row = fc.record({
    name: fc.constantFrom('a', 'b', 'ups 1', 'x'.repeat(90), ''),
    host: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.300', '[2001:db8::1]', '2001:DB8::1', ''),
    serial: fc.constantFrom('AS0000000001', 'AS0000000002', '1,5E+9', ''),
    role: fc.constantFrom('ups', 'pdu', 'power'),
  });

  it('account for every row, and every unit for what was written', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
        const csv = rows.map(({ name, host, serial, role }) => `${name};${host};${serial};${role}`);
        const found = take('csv', `name;host;serial;role\n${csv.join('\n')}\n`);
        expect(found.units.length + leftOut(found)).toBe(rows.length);
        const snmp = { version: '2c', community: 'env:R' } as const;
        const listed = found.units.map((unit) => ({ ...unit, snmp }));
        const { text, changes, unchanged } = mergeInventory(null, 'new', listed, { site: 'lab' });
        const added = changes.filter(({ kind }) => kind === 'added').length;
        // A unit that is not added is left out or in conflict; a unit in conflict may be added anyway.
        expect(unchanged).toBe(0);
        expect(changes.length - added).toBeGreaterThanOrEqual(found.units.length - added);
        const written = [...text.matchAll(/^ *- name: \S+\n *host:/gm)].length;
        expect(written).toBe(added);
        if (text === '') return;
        const again = mergeInventory(text, 'new', listed, { site: 'lab' });
        expect(again.changes.filter(({ kind }) => ['added', 'moved', 'pinned'].includes(kind))).toEqual([]);
      }),
    );
  });
});
