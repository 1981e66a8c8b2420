import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadCommands } from '../src/cli/commands.ts';
import { COMMAND_EXITS, EXIT_CODES } from '../src/cli/exit-codes.ts';
import { cliReference } from '../src/cli/reference.ts';
import { DISCOVERY_CODES, PROBLEM_CODES } from '../src/core/index.ts';
import { IMAGE_WARNINGS } from '../src/images/index.ts';
import { InventorySchema, readInventory } from '../src/inventory/index.ts';
import { allRules, BUILT_IN_CODES } from '../src/rules/index.ts';
import { CASES } from './support/values/fault-cases.ts';

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
}

/** The first column of the tables of a document. */
function listed(text: string): readonly string[] {
  return [...text.matchAll(/^\| `([^`]+)` *\|/gm)].map((found) => found[1] ?? '');
}

describe('docs/codes.md', () => {
  it('lists every problem, reason, warning and finding code, and no other', async () => {
    const rules = await allRules();
    const codes = [
      ...Object.keys(PROBLEM_CODES),
      ...Object.keys(BUILT_IN_CODES),
      ...Object.keys(IMAGE_WARNINGS),
      ...Object.keys(DISCOVERY_CODES),
      ...rules.flatMap(({ rule }) => rule.code ?? []),
    ];
    // A warning about an image file and the reason of a rule may share a code.
    expect([...new Set(listed(read('docs/codes.md')))].sort()).toEqual([...new Set(codes)].sort());
  });

  it('has the table of exit codes that the commands use', async () => {
    const text = read('docs/codes.md');
    for (const { code, meaning } of EXIT_CODES) expect(text).toContain(`| ${code} | ${meaning} |`);
    for (const [command, exits] of Object.entries(COMMAND_EXITS)) {
      for (const [code, meaning] of Object.entries(exits))
        expect(text).toContain(`| upsfw ${command} | ${code} | ${meaning} |`);
    }
    const rows = [...text.matchAll(/^\| upsfw \w+ \| \d+ \|/gm)];
    expect(rows).toHaveLength(Object.values(COMMAND_EXITS).flatMap((exits) => Object.keys(exits)).length);
    const names = (await loadCommands([])).map(({ usage }) => usage.split(' ')[0]);
    expect(Object.keys(COMMAND_EXITS).sort()).toEqual(names.sort());
  });
});

describe('schema/inventory.schema.json', () => {
  it('equals the schema of the source', () => {
    expect(JSON.parse(read('schema/inventory.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(z.toJSONSchema(InventorySchema, { io: 'input' }))),
    );
  });
});

describe('inventory.example.yaml', () => {
  it('is a valid inventory', () => {
    expect(
      readInventory(read('inventory.example.yaml'), '/x/inventory.yaml', 'inventory.example.yaml').units
        .length,
    ).toBeGreaterThan(2);
  });
});

describe('docs/cli.md', () => {
  it('is generated from the definitions of the commands', async () => {
    expect(read('docs/cli.md')).toBe(cliReference(await loadCommands([])));
  });
});

describe('README.md', () => {
  it('shows only existing commands', async () => {
    const shown = [
      ...read('README.md').matchAll(/^\s*(?:npm run -s upsfw -- |npx upsfw |upsfw )(\w+)/gm),
    ].map((found) => found[1]);
    expect(shown.length).toBeGreaterThan(6);
    const known = (await loadCommands([])).map((command) => command.usage.split(' ')[0]);
    for (const command of shown) expect(known).toContain(command);
  });
});

describe('docs/recovery.md', () => {
  const rows = new Map(
    [
      ...read('docs/recovery.md').matchAll(
        /^\| `([a-z0-9-]+)` *\| (\w+) *\| (`[a-z/-]+`|none) *\| (.+) \|$/gm,
      ),
    ].map(([, fault = '', outcome, code = '', hint = '']) => [fault, { outcome, code, hint: hint.trim() }]),
  );

  it('has every simulated fault with the outcome and code of its test', () => {
    const wanted = Object.entries(CASES).map(([fault, { outcome, code }]) => [
      fault,
      { outcome, code: code === null ? 'none' : `\`${code}\`` },
    ]);
    const found = [...rows].map(([fault, { outcome, code }]) => [fault, { outcome, code }]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
    for (const [fault, { hint }] of rows) expect(hint.length, fault).toBeGreaterThan(20);
  });

  it('never recommends to power off a unit that may be programming', () => {
    const text = read('docs/recovery.md');
    for (const line of text
      .split('\n')
      .filter((one) => /power (?:it|a unit|the unit) off|switch the unit off/i.test(one)))
      expect(line).toMatch(/never|not/i);
    expect(text).toContain('Never power a unit off');
  });
});
