import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { countedFindings, listFindings, parseYaml } from '../../src/yaml/index.ts';

const Anything = z.unknown();

function listed(text: string, schema: z.ZodType = Anything): string {
  const parsed = parseYaml(text, schema);
  return parsed.ok ? '' : listFindings('a.yaml', parsed.findings.with());
}

describe('the limits of YAML text', () => {
  it.each([
    ['flow sequences', '['.repeat(50_000)],
    ['flow maps', '{a: '.repeat(50_000)],
    ['block sequences', '- '.repeat(50_000)],
    ['block maps', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['keys', '? '.repeat(50_000)],
  ])('give the place where %s are nested too deep', (_what, text) => {
    const found = listed(text);
    expect(found).toMatch(/^a\.yaml:\d+:\d+: nested deeper than 100 levels$/);
  });

  it('accept the depth of any file of the tool', () => {
    const text = `${'['.repeat(30)}1${']'.repeat(30)}`;
    expect(parseYaml(text, Anything)).toMatchObject({ ok: true, plain: parse(text) });
  });

  it('count the values behind aliases', () => {
    const wide = Array.from({ length: 300 }, () => 'x').join(', ');
    const bomb = `a: &a [${wide}]\nb: [${Array.from({ length: 7000 }, () => '*a').join(', ')}]\n`;
    expect(listed(bomb)).toContain('more than 2000000 values after its aliases are resolved');
    const levels = Array.from({ length: 8 }, (_, n) => `a${n}: &a${n} [${'x, '.repeat(9)}*a${n - 1}]`);
    expect(listed(['a: &a-1 x', ...levels, `z: [${'*a7, '.repeat(3000)}]`].join('\n'))).toMatch(
      /aliases|Excessive alias/,
    );
    const chain = Array.from({ length: 300 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}]`);
    expect(listed(['a0: &a0 x', ...chain].join('\n'))).toMatch(/through its aliases|Excessive alias/);
    expect(listed('a: &a [*a]\n')).not.toBe('');
  });

  it('stop an endless search for anchors', () => {
    const text = `${Array.from({ length: 20_100 }, (_, n) => `- &a${n} x\n- *a${n}\n`).join('')}`;
    expect(listed(text)).toContain('more than 40000 anchors and aliases');
  });

  it('find a repeated key of a large map in bounded time', () => {
    const text = `${Array.from({ length: 20_000 }, (_, n) => `k${n}: 1\n`).join('')}k7: 2\n`;
    expect(listed(text)).toBe('a.yaml:20001:1: Map keys must be unique');
  });

  it('refuse a second document', () => {
    expect(listed('a: 1\n---\nb: 2\n')).toContain('more than one document');
  });
});

describe('findings', () => {
  const Units = z.strictObject({ units: z.array(z.strictObject({ name: z.string() })) });
  const faulty = (count: number): string =>
    `units:\n${Array.from({ length: count }, (_, n) => `  - { name: u${n}, x: 1 }\n`).join('')}`;

  it('are the first hundred and the number of the rest', () => {
    const lines = listed(faulty(1234), Units).split('\n');
    expect(lines).toHaveLength(101);
    expect(lines[0]).toBe('a.yaml:2:17: units[0]: unknown key "x"');
    expect(lines[99]).toBe('a.yaml:101:18: units[99]: unknown key "x"');
    expect(lines[100]).toBe('and 1,134 more');
  });

  it('appear once each at their place, even above the limit of the library', () => {
    const rows = Array.from({ length: 1300 }, (_, n) => (n === 7 ? `[${'1,'.repeat(130_000)}]` : '[a, 2]'));
    const parsed = parseYaml(
      `rows: [${rows.join(',')}]\nother: 1\n`,
      z.strictObject({ rows: z.array(z.array(z.string())) }),
    );
    if (parsed.ok) throw new Error('it has faults');
    const findings = parsed.findings.with();
    const { shown } = findings;
    expect(countedFindings(findings)).toBe('131,300 findings');
    expect(shown.map(({ message }) => message.split(':')[0]).slice(0, 10)).toEqual([
      ...[0, 1, 2, 3, 4, 5, 6].map((n) => `rows[${n}][1]`),
      ...[0, 1, 2].map((n) => `rows[7][${n}]`),
    ]);
  }, 60_000);

  it('sanitize what they quote', () => {
    expect(listed('"a\\u202eb\\u0086\\n\\u061cc": 1\n', z.strictObject({}))).toBe(
      'a.yaml:1:1: unknown key "a b   c"',
    );
  });
});

describe('long sequences', () => {
  const value = fc.oneof(fc.string({ maxLength: 6 }), fc.integer(), fc.constant(null), fc.boolean());
  const unit = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), value, { maxKeys: 3 });

  it('give the same value as the library, in pieces or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(value, unit, fc.array(unit, { maxLength: 140 })), { maxLength: 200 }),
        fc.constantFrom(0, 2),
        (items, indent) => {
          const text = stringify(
            { a: items, b: { c: items } },
            { indent: indent + 2, aliasDuplicateObjects: false },
          );
          const parsed = parseYaml(text, Anything);
          expect(parsed.ok && parsed.plain).toEqual(parse(text));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keep anchors, comments and places', () => {
    const items = Array.from({ length: 300 }, (_, n) =>
      n === 10 ? '- &here { n: 10 }' : `- n: ${n} # ${n}`,
    );
    const text = `# head\nlist:\n${items.join('\n')}\n# between\n- *here\n- n: "x"\n`;
    const parsed = parseYaml(text, z.strictObject({ list: z.array(z.strictObject({ n: z.number() })) }));
    expect(parsed.plain).toEqual(parse(text));
    expect(parsed.ok ? [] : parsed.findings.with().shown.map(({ line }) => line)).toEqual([305]);
    expect(parsed.at(['list', 77, 'n'])).toEqual({ line: 80, column: 6 });
  });

  it('report syntax errors at their place', () => {
    const items = Array.from({ length: 200 }, (_, n) => (n === 20 ? '- { a: 1' : `- a: ${n}`));
    expect(listed(`${items.join('\n')}\n`)).toMatch(/^a\.yaml:2[12]:/);
  });
});
