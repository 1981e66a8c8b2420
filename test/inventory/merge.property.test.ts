import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListedUnit, mergeInventory, readInventory } from '../../src/inventory/index.ts';
import { anyText } from '../support/values/text.ts';
import { LONG } from '../support/values/timeouts.ts';

const hosts = Array.from({ length: 8 }, (_, index) => `10.0.0.${index}`);
const names = ['n0.example.org', 'n1.example.org'];
const serials = Array.from({ length: 6 }, (_, index) => `AS000000000${index}`);
const ADDRESSES = new Map([
  ['n0.example.org', ['10.0.0.0']],
  ['n1.example.org', ['10.0.0.1', '10.0.0.2']],
]);

const listed: fc.Arbitrary<ListedUnit> = fc.record({
  site: fc.constantFrom(null, 's0', 's1', 'new'),
  name: fc.option(anyText({ maxLength: 8 })),
  host: fc.constantFrom(...hosts, ...names),
  serial: fc.constantFrom(null, 'FFFFFFFFFFFF', ...serials, ...serials),
  cardSerial: fc.constantFrom(null, 'ZA0000000001'),
  snmpPort: fc.constantFrom(null, 161, 161, 1161),
  snmp: fc.constantFrom(
    null,
    { version: '2c' as const, community: 'env:READ' },
    { version: '2c' as const, community: 'env:OTHER' },
  ),
});

const comment = fc.constantFrom('', '', ' # note', '   # - { a: b }');
const between = fc.constantFrom<readonly string[]>(
  [],
  [],
  [''],
  ['# all'],
  ['      # deep', ''],
  ['            # deeper'],
);
const quoted = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => `"${text}"`,
  (text) => `'${text}'`,
);

/** A unit in one of the usual YAML styles, as lines without the indentation of its site. */
const unitLines = fc
  .record({
    flow: fc.constantFrom('line', 'lines', 'block', 'block', 'wide', 'alone'),
    quote: quoted,
    serial: fc.boolean(),
    port: fc.constantFrom(null, null, 161, 1161),
    comments: fc.tuple(comment, comment, comment),
    between,
  })
  .map((style) => (name: string, host: string, serial: string): readonly string[] => {
    const [one, two, three] = style.comments;
    const fields = [
      `name: ${name}`,
      `host: ${style.quote(host)}`,
      ...(style.serial ? [`serial: ${style.quote(serial)}`] : []),
      ...(style.port === null ? [] : [`ports: { snmp: ${style.port} }`]),
    ];
    const [first, ...rest] = fields;
    const block = (dash: string, pad: string): readonly string[] => [
      `${dash}${first}${one}`,
      ...style.between.filter((line) => line === '' || line.startsWith(' ')),
      ...rest.map((field) => `${pad}${field}${two}`),
    ];
    switch (style.flow) {
      case 'line':
        return [`- { ${fields.join(', ')} }${one}`, ...style.between];
      case 'lines':
        return ['- {', ...fields.map((field) => `    ${field},${two}`), `  }${three}`];
      case 'wide':
        return block('-    ', '     ');
      case 'alone':
        return [`-${one}`, ...block('    ', '    ')];
      default:
        return [...block('- ', '  '), ...style.between];
    }
  });

const flowSite = fc
  .record({ quote: quoted, lines: fc.boolean(), comma: fc.boolean(), comment })
  .map((style) => (units: readonly (readonly [string, string, string])[]): readonly string[] => {
    const items = units.map(([name, host]) => `{ name: ${name}, host: ${style.quote(host)} }`);
    const last = style.comma ? ',' : '';
    return style.lines
      ? [
          '    units: [',
          ...items.map(
            (item, index) => `      ${item}${index < items.length - 1 ? ',' : last}${style.comment}`,
          ),
          '    ]',
        ]
      : [`    units: [${items.join(', ')}${last}]${style.comment}`];
  });

/** Inventory text in a random style. */
const inventory = fc
  .record({
    places: fc.shuffledSubarray([...hosts, ...names], { minLength: 2 }),
    pins: fc.shuffledSubarray(serials, { minLength: 6 }),
    styles: fc.array(unitLines, { minLength: 10, maxLength: 10 }),
    flow: fc.option(flowSite),
    indent: fc.constantFrom('    ', '      ', '        '),
    sitePort: fc.constantFrom('', '    ports: { snmp: 1161 }'),
    end: fc.constantFrom('\n', '\r\n'),
    tail: fc.constantFrom('', '\n', '\n\n# the end\n', '\n  # the end'),
    mark: fc.constantFrom('', '\ufeff'),
  })
  .map((one) => {
    const units = one.places.map((host, index): readonly [string, string, string] => [
      `u${index}`,
      host,
      one.pins[index] ?? `AS999999999${index}`,
    ]);
    const half = Math.ceil(units.length / 2);
    const lines = [
      '# fleet',
      'version: 1',
      'defaults:',
      '  snmp: { version: "2c", community: env:READ }   # read',
      'sites:',
      '  - name: s0',
      '    units:',
      ...units
        .slice(0, half)
        .flatMap((unit, index) =>
          (one.styles[index]?.(...unit) ?? []).map((line) => (line === '' ? '' : one.indent + line)),
        ),
      '',
      '  - name:   s1 # second',
      ...(one.sitePort === '' ? [] : [one.sitePort]),
      ...(one.flow?.(units.slice(half)) ?? [
        '    units:',
        ...units
          .slice(half)
          .flatMap((unit, index) =>
            (one.styles[half + index]?.(...unit) ?? []).map((line) => (line === '' ? '' : one.indent + line)),
          ),
      ]),
    ];
    return one.mark + (lines.join('\n') + one.tail).replaceAll('\n', one.end);
  });

/** Removes values that an edit may replace or add, so that the rest can be searched. */
function withoutValues(text: string): string {
  return text.replaceAll(/(host:\s+)["']?[\w.]+["']?/g, '$1').replaceAll(/(snmp:\s+)\d+/g, '$1');
}

/** Whether `whole` contains all characters of `part` in that order. */
function isWithin(part: string, whole: string): boolean {
  let at = 0;
  for (const character of part) {
    at = whole.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/**
 * Whether one text contains every line of another in order: unchanged, or longer where an edit is allowed.
 */
function keepsLines(before: string, after: string): boolean {
  const lines = after.split('\n');
  let at = 0;
  for (const line of before.split('\n')) {
    const mayGrow = /host:|serial:|snmp:|[}\]]/.test(line);
    const stays = (other: string): boolean =>
      mayGrow
        ? isWithin(withoutValues(line).trimEnd(), withoutValues(other))
        : line.trimEnd() === other.trimEnd();
    while (at < lines.length && !stays(lines[at] ?? '')) at += 1;
    if (at === lines.length) return false;
    at += 1;
  }
  return true;
}

const merged = (text: string | null, units: readonly ListedUnit[]) =>
  mergeInventory(text, 'inventory.yaml', units, { site: 's0', addresses: ADDRESSES });

describe('merging any list', { timeout: LONG }, () => {
  it('into any inventory keeps its text and units, is idempotent, and gives no serial number twice', () => {
    fc.assert(
      fc.property(inventory, fc.array(listed, { maxLength: 12 }), (text, units) => {
        const before = readInventory(text, 'i', 'i');
        const result = merged(text, units);
        const after = readInventory(result.text, 'i', 'i');

        expect(keepsLines(text, result.text)).toBe(true);
        const comments = (one: string): readonly string[] => one.match(/#.*/g) ?? [];
        expect(comments(result.text)).toEqual(comments(text));
        expect(result.text.endsWith('\n')).toBe(text.endsWith('\n'));
        expect(/(?<!\r)\n/.test(result.text)).toBe(/(?<!\r)\n/.test(text));

        const moved = new Set(
          result.changes.filter((one) => one.kind === 'moved').map((one) => `${one.site}/${one.name}`),
        );
        for (const unit of before.units) {
          const same = after.units.find((one) => one.site === unit.site && one.name === unit.name);
          expect(same).toBeDefined();
          if (unit.serial !== null) expect(same?.serial).toBe(unit.serial);
          if (!moved.has(`${unit.site}/${unit.name}`)) {
            expect(same).toMatchObject({ host: unit.host, settings: unit.settings });
          }
        }
        const count = (kind: string): number => result.changes.filter((one) => one.kind === kind).length;
        expect(after.units.length - before.units.length).toBe(count('added'));
        const pins = (one: typeof after): readonly (string | null)[] =>
          one.units.map((unit) => unit.serial).filter((serial) => serial !== null);
        expect(new Set(pins(after)).size).toBe(pins(after).length);

        const again = merged(result.text, units);
        expect(again.text).toBe(result.text);
        expect(again.changes.filter((one) => ['added', 'moved', 'pinned'].includes(one.kind))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('makes a valid new file that the same list does not change', () => {
    fc.assert(
      fc.property(fc.array(listed, { maxLength: 12 }), (units) => {
        const { text, changes } = merged(null, units);
        const added = changes.filter((one) => one.kind === 'added').length;
        if (text === '') {
          expect(added).toBe(0);
          return;
        }
        expect(readInventory(text, 'i', 'i').units.length).toBe(added);
        const again = merged(text, units);
        expect(again.text).toBe(text);
        expect(again.changes.filter((one) => ['added', 'moved', 'pinned'].includes(one.kind))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
