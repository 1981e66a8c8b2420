import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/index.ts';
import {
  type ListedUnit,
  type MergeOptions,
  mergeInventory,
  readInventory,
  type SnmpReference,
} from '../../src/inventory/index.ts';

const READ: SnmpReference = { version: '2c', community: 'env:READ' };
const OTHER: SnmpReference = { version: '3', user: 'audit', auth: 'sha', authKey: 'file:/k' };
const S1 = 'AS1111111111';
const S2 = 'AS2222222222';
const S3 = 'AS3333333333';

function unit(host: string | null, serial: string | null, rest: Partial<ListedUnit> = {}): ListedUnit {
  return { site: null, name: null, host, serial, cardSerial: null, snmpPort: null, snmp: null, ...rest };
}

function merge(text: string | null, units: readonly ListedUnit[], options: Partial<MergeOptions> = {}) {
  const result = mergeInventory(text, 'inventory.yaml', units, { site: 'berlin', ...options });
  if (result.text !== '') {
    // With any options, the result is a valid inventory, and the same list changes nothing in it.
    const again = mergeInventory(result.text, 'inventory.yaml', units, { site: 'berlin', ...options });
    expect(again.text).toBe(result.text);
    expect(again.changes.filter((one) => /added|moved|pinned/.test(one.kind))).toEqual([]);
  }
  return {
    text: result.text,
    changes: result.changes.map((one) => `${one.kind} ${one.site}/${one.name}: ${one.message}`),
    kinds: result.changes.map((one) => `${one.kind} ${one.site}/${one.name}`),
  };
}

/** One site; `lines` are its units. */
function withUnits(...lines: readonly string[]): string {
  return [
    '# The fleet',
    'version: 1',
    'defaults: { snmp: { version: "2c", community: env:READ } }',
    '',
    'sites:',
    '  - name: berlin # the first',
    '    units:',
    ...lines.map((line) => `      ${line}`),
    '',
  ].join('\n');
}

describe('a new inventory', () => {
  it('has the most used credential once, and everything else where it differs', () => {
    const { text, kinds } = merge(
      null,
      [
        unit('10.0.0.1', S1, { name: 'Rack 12 / A', snmp: READ, snmpPort: 161 }),
        unit('10.0.0.2', '123456789012', { snmp: OTHER, snmpPort: 1161 }),
        unit('fd00::7', null, { site: 'Büro Süd', snmp: { ...READ } }),
      ],
      { heading: ['Made by upsfw\u001b[2J', '', 'two\nlines'] },
    );
    expect(text).toBe(`# Made by upsfw
#
# two
# lines
version: 1
defaults:
  snmp:
    version: 2c
    community: env:READ
sites:
  - name: berlin
    units:
      - name: Rack-12-A
        host: 10.0.0.1
        serial: "${S1}"
      - name: ups-123456789012
        host: 10.0.0.2
        serial: "123456789012"
        ports:
          snmp: 1161
        snmp:
          version: "3"
          user: audit
          auth: sha
          authKey: file:/k
  - name: Buro-Sud
    units:
      - name: fd00--7
        host: fd00::7
`);
    expect(kinds).toEqual([
      'added berlin/Rack-12-A',
      'added berlin/ups-123456789012',
      'added Buro-Sud/fd00--7',
    ]);
  });

  it('is empty where no unit is to be written', () => {
    expect(merge(null, [])).toMatchObject({ text: '', kinds: [] });
    expect(merge(null, [unit('10.0.0.1', S1)])).toMatchObject({
      text: '',
      kinds: [`left-out berlin/ups-${S1.toLowerCase()}`],
    });
  });

  it('turns no text of a device into YAML, and gives no two units the same name', () => {
    const hostile = [
      'a: b',
      'x\n- y',
      '"',
      '&a',
      '*a',
      '',
      '   ',
      '\u202e',
      'true',
      '0123',
      'X-y',
      `${'n'.repeat(80)}`,
    ];
    const { text } = merge(
      null,
      hostile.flatMap((name, index) => [
        unit(`10.0.0.${index}`, null, { name, snmp: READ }),
        unit(`10.0.1.${index}`, null, { name, snmp: READ }),
      ]),
    );
    const names = readInventory(text, 'i', 'i').units.map((one) => one.name);
    expect(new Set(names).size).toBe(hostile.length * 2);
    expect(names).toEqual(
      expect.arrayContaining([
        'a-b',
        'a-b-2',
        'x-y',
        'true',
        '0123',
        'X-y-3',
        'n'.repeat(64),
        `${'n'.repeat(62)}-2`,
      ]),
    );
  });

  it('refuses an invalid site name', () => {
    expect(() => merge(null, [unit('10.0.0.1', S1, { snmp: READ })], { site: 'a b' })).toThrow(Problem);
  });
});

describe('identity', () => {
  const text = withUnits(
    `- { name: a, host: 10.0.0.1, serial: ${S1} } # eins`,
    '- name: b   # zwei',
    '  host:   "10.0.0.2"   # b',
    `  serial: '${S2}'`,
    '- { name: c, host: 10.0.0.3 }',
    '- { name: v6, host: "fd00:0:0::7", ports: { snmp: 1161 } }',
    `- { name: n, host: Ups-N.example.org, serial: ${S3} }`,
    '- { name: u, usb: any, serial: AS5555555555 }',
  );
  const addresses = new Map([['ups-n.example.org', ['10.0.0.9', 'fd00::9']]]);

  it.each<[string, ListedUnit[]]>([
    ['a unit at its address', [unit('10.0.0.1', S1.toLowerCase())]],
    [
      'a unit without a serial number at a known address',
      [unit('10.0.0.1', null), unit('10.0.0.3', 'FFFFFFFFFFFF')],
    ],
    ['an address in another spelling', [unit('FD00::0007', null)]],
    ['a name that resolves to the address', [unit('FD00:0::9', S3)]],
    ['the name itself', [unit('UPS-n.example.ORG', S3)]],
    ['a unit without an address that is known', [unit(null, S1)]],
  ])('does nothing about %s', (_what, units) => {
    expect(merge(text, units, { addresses })).toMatchObject({ text, kinds: [] });
  });

  it('moves a unit, with its port where that differs', () => {
    const moved = merge(text, [unit('10.0.1.1', S1), unit('ups-b.example.org', S2, { snmpPort: 1161 })]);
    expect(moved.text).toBe(
      text
        .replace('10.0.0.1,', '10.0.1.1,')
        .replace('"10.0.0.2"   # b', '"ups-b.example.org"   # b')
        .replace(`'${S2}'\n`, `'${S2}'\n        ports: { snmp: 1161 }\n`),
    );
    expect(moved.changes).toEqual([
      `moved berlin/a: moved from 10.0.0.1 to 10.0.1.1 (serial number ${S1})`,
      `moved berlin/b: moved from 10.0.0.2 to ups-b.example.org port 1161 (serial number ${S2})`,
    ]);
  });

  it('lets two units exchange places', () => {
    const two = merge(text, [unit('10.0.0.2', S1), unit('10.0.0.1', S2)]);
    expect(two.kinds).toEqual(['moved berlin/a', 'moved berlin/b']);
    expect(two.text).toBe(
      text.replace('10.0.0.1,', 'X').replace('10.0.0.2', '10.0.0.1').replace('X', '10.0.0.2,'),
    );
  });

  it('follows a chain of moves, and makes none where its end is blocked', () => {
    const free = merge(text, [unit('10.0.0.2', S1), unit('10.0.0.8', S2)]);
    expect(free.kinds).toEqual(['moved berlin/a', 'moved berlin/b']);
    const taken = merge(text, [unit('10.0.0.2', S1), unit('10.0.0.3', S2)]);
    expect(taken).toMatchObject({ text, kinds: ['conflict berlin/a', 'conflict berlin/b'] });
    expect(taken.changes[0]).toBe(
      `conflict berlin/a: 10.0.0.2 reports serial number ${S1}, the inventory has serial number ${S2} there (berlin/b)`,
    );
  });

  it('replaces no host name, and no local port', () => {
    const left = merge(text, [unit('10.0.0.8', S3), unit('10.0.0.7', 'AS5555555555')], { addresses });
    expect(left).toMatchObject({ text });
    expect(left.changes).toEqual(
      [
        `conflict berlin/n: serial number ${S3}: the name Ups-N.example.org resolves to 10.0.0.9, fd00::9; the unit answered at 10.0.0.8`,
        'left-out berlin/u: serial number AS5555555555: answered at 10.0.0.7; the inventory reaches it through usb, which stays unchanged',
      ].map((line) => line.replace('fd00::9', 'fd00:0:0:0:0:0:0:9')),
    );
    expect(merge(text, [unit('10.0.0.8', S3)]).changes[0]).toContain('resolves to no known address');
  });

  it('adds a missing serial number, at the same port only', () => {
    const pinned = merge(text, [
      unit('10.0.0.3', 'as4444444444'),
      unit('fd00::7', '777778', { snmpPort: 1161 }),
    ]);
    expect(pinned.text).toBe(
      text
        .replace('10.0.0.3 }', '10.0.0.3, serial: "AS4444444444" }')
        .replace('"fd00:0:0::7",', '"fd00:0:0::7", serial: "777778",'),
    );
    expect(pinned.kinds).toEqual(['pinned berlin/c', 'pinned berlin/v6']);
    expect(merge(text, [unit('fd00::7', '777778', { snmpPort: 161 })]).kinds).toEqual([
      'added berlin/ups-777778',
    ]);
  });

  it('does not trust an address that reports another unit', () => {
    const other = merge(text, [unit('10.0.0.1', 'AS9999999999')]);
    expect(other).toMatchObject({ text });
    expect(other.changes).toEqual([
      `conflict berlin/a: 10.0.0.1 reports serial number AS9999999999, the inventory has serial number ${S1} there (berlin/a)`,
    ]);
    // Once the unit has moved away its address is free.
    const gone = merge(text, [unit('10.0.0.1', 'AS9999999999'), unit('10.0.0.8', S1)]);
    expect(gone.kinds).toEqual(['added berlin/ups-as9999999999', 'moved berlin/a']);
  });

  it('adds no serial number where a name resolves to two units', () => {
    const named = withUnits('- { name: n, host: n.example.org }');
    const both = merge(named, [unit('10.0.0.1', S1), unit('10.0.0.2', S2)], {
      addresses: new Map([['n.example.org', ['10.0.0.1', '10.0.0.2']]]),
    });
    expect(both).toMatchObject({ text: named, kinds: ['conflict berlin/n', 'conflict berlin/n'] });
  });

  it('trusts no list with one address for two serial numbers', () => {
    const odd = merge(text, [unit('10.0.0.3', 'AS4444444444'), unit('10.0.0.3', 'AS6666666666')]);
    expect(odd).toMatchObject({ text });
    expect(odd.kinds.map((one) => one.split(' ')[0])).toEqual(['conflict', 'conflict']);
  });
});

describe('one serial number at two addresses', () => {
  const text = withUnits('- { name: a, host: 10.0.0.1 }');
  const card = { cardSerial: 'ZA1234567890' };

  it('is one card with two addresses where the serial number of the card is the same', () => {
    const known = merge(text, [unit('10.0.0.5', S1, card), unit('10.0.0.1', S1, card)]);
    expect(known.text).toBe(text.replace('10.0.0.1', `10.0.0.1, serial: "${S1}"`));
    expect(known.changes).toEqual([
      `left-out berlin/ups-${S1.toLowerCase()}: 10.0.0.5 is another address of the card at 10.0.0.1 (serial number ${S1})`,
      `pinned berlin/a: 10.0.0.1 reports serial number ${S1}`,
    ]);
    const fresh = merge(text, [unit('10.0.0.5', S1, card), unit('10.0.0.6', S1, card)]);
    expect(fresh.kinds.map((one) => one.split(' ')[0])).toEqual(['added', 'left-out']);
    expect(fresh.text).toContain('host: 10.0.0.5');
    const pinned = withUnits(`- { name: a, host: 10.0.0.6, serial: ${S1} }`);
    expect(merge(pinned, [unit('10.0.0.5', S1, card), unit('10.0.0.6', S1, card)])).toMatchObject({
      text: pinned,
      kinds: ['left-out berlin/a'],
    });
  });

  it.each([
    ['other cards', [card, { cardSerial: 'ZA9999999999' }]],
    ['cards without a serial number', [{}, {}]],
  ])('identifies no unit where it belongs to %s', (_what, [one, two]) => {
    const fresh = merge(text, [unit('10.0.0.5', S1, one), unit('10.0.0.6', S1, two)]);
    expect(fresh.kinds).toEqual([
      `added berlin/ups-${S1.toLowerCase()}`,
      `conflict berlin/ups-${S1.toLowerCase()}`,
      `added berlin/ups-${S1.toLowerCase()}-2`,
      `conflict berlin/ups-${S1.toLowerCase()}-2`,
    ]);
    expect(fresh.text).not.toContain('serial:');
    expect(fresh.changes[1]).toContain('reported at 10.0.0.5 and 10.0.0.6');
    const known = merge(text, [unit('10.0.0.1', S1, one), unit('10.0.0.6', S1, two)]);
    expect(known.kinds[0]).toBe('conflict berlin/a');
    expect(known.text).not.toContain('serial:');
    const pinned = withUnits(`- { name: a, host: 10.0.0.6, serial: ${S1} }`);
    expect(merge(pinned, [unit('10.0.0.5', S1, one), unit('10.0.0.6', S1, two)]).text).toBe(
      `${pinned}`.replace(/\n$/, `\n      - { name: ups-${S1.toLowerCase()}, host: 10.0.0.5 }\n`),
    );
  });
});

describe('new units', () => {
  it('go to their site, in the style of the file, with the settings that differ there', () => {
    const text = `version: 1
sites:
- name: berlin
  snmp: { version: "2c", community: env:READ }
  ports: { snmp: 1161 }
  units:
  -  name: a
     host: 10.0.0.1
  # -  name: old

# Oslo
- name: oslo
  login: { user: apc, password: env:P }
  units: [ { name: a, host: 10.0.0.2 } ]   # two
# end`;
    const { text: after, kinds } = merge(text, [
      unit('10.0.1.1', S1, { name: 'a', snmp: { community: 'env:READ', version: '2c' }, snmpPort: 1161 }),
      unit('10.0.1.2', null, { site: 'oslo', name: 'b', snmp: OTHER, snmpPort: 161 }),
      unit('10.0.1.3', null, { name: 'c', snmpPort: 161 }),
      unit('10.0.1.4', null, { site: 'paris', name: 'd', snmp: READ }),
      unit('10.0.1.5', null, { site: 'rome', name: 'e' }),
      unit('no host!', null, { name: 'f' }),
      unit(null, null, { name: 'g' }),
      unit('10.0.1.6', null, { name: 'h', snmpPort: 70_000 }),
    ]);
    expect(after).toBe(`version: 1
sites:
- name: berlin
  snmp: { version: "2c", community: env:READ }
  ports: { snmp: 1161 }
  units:
  -  name: a
     host: 10.0.0.1
  -  name: a-2
     host: 10.0.1.1
     serial: "${S1}"
  -  name: c
     host: 10.0.1.3
     ports: { snmp: 161 }
  # -  name: old

# Oslo
- name: oslo
  login: { user: apc, password: env:P }
  units: [ { name: a, host: 10.0.0.2 }, { name: b, host: 10.0.1.2, snmp: { version: "3", user: audit, auth: sha, authKey: "file:/k" } } ]   # two
- name: paris
  units: [{ name: d, host: 10.0.1.4, snmp: { version: "2c", community: env:READ } }]
# end`);
    expect(kinds).toEqual([
      'added berlin/a-2',
      'added oslo/b',
      'added berlin/c',
      'added paris/d',
      'left-out rome/e',
      'left-out berlin/f',
      'left-out berlin/g',
      'left-out berlin/h',
    ]);
  });

  it('keep line ends, a byte order mark, and a missing last line end', () => {
    const text = `\ufeff${withUnits('- { name: a, host: 10.0.0.1 }').trimEnd()}`.replaceAll('\n', '\r\n');
    expect(merge(text, [unit('10.0.0.1', S1), unit('10.0.0.2', null, { name: 'b' })]).text).toBe(
      `${text.replace('10.0.0.1', `10.0.0.1, serial: "${S1}"`)}\r\n      - { name: b, host: 10.0.0.2 }`,
    );
  });

  it('keep anchors, and name the manual change where that is impossible', () => {
    const text = `version: 1
defaults: { snmp: &read { version: "2c", community: env:READ } }
sites:
  - name: berlin
    units: &all
      - { name: a, host: &a 10.0.0.1, snmp: *read, serial: ${S1} }
  - name: oslo
    ports: { snmp: 1161 }
    units:
      - { name: a, host: *a }
`;
    const added = merge(text, [
      unit('10.0.0.1', S2, { snmpPort: 1161 }),
      unit('10.0.0.3', null, { name: 'b' }),
    ]);
    expect(added.text).toBe(
      text
        .replace('host: *a }', `host: *a, serial: "${S2}" }`)
        .replace(`${S1} }`, `${S1} }\n      - { name: b, host: 10.0.0.3 }`),
    );
    const moved = merge(text.replace('host: *a', `host: *a, serial: ${S2}`), [unit('10.0.0.7', S2)]);
    expect(moved.text).toContain(`{ name: a, host: 10.0.0.7, serial: ${S2} }`);
    try {
      merge(text, [unit('10.0.0.8', S1, { snmpPort: 161 })]);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({
        code: 'config/inventory',
        hint: expect.stringContaining('berlin/a: now at 10.0.0.8'),
      });
    }
  });

  it('refuse an invalid inventory', () => {
    for (const text of ['', 'version: 1\n', 'a: [']) {
      expect(() => merge(text, [unit('10.0.0.1', S1)])).toThrow(/finding|is empty/);
    }
  });
});
