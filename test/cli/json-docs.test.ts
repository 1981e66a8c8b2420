import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NMC2, openSite, runHere, type Site } from '../support/sites/site.ts';

const ROOT = new URL('../../', import.meta.url);
const Document = z.looseObject({ schema: z.string(), generatedAt: z.iso.datetime() });

/** The top-level fields of each document in docs/json.md, by schema name. */
const documented = new Map(
  readFileSync(new URL('docs/json.md', ROOT), 'utf8')
    .split(/^## /m)
    .flatMap((section) => {
      const [schema = ''] = section.split('\n', 1);
      return schema.startsWith('upsfw/') ? [[schema, fieldsOf(section)] as const] : [];
    }),
);

function fieldsOf(section: string): readonly string[] {
  const cells = [...section.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = '']) => cell);
  const names = cells.flatMap((cell) => [...cell.matchAll(/`([^`.[]+)[^`]*`/g)].map(([, name = '']) => name));
  return [...new Set(names)].sort();
}

function expectDocumented(out: string): void {
  const document = Document.parse(JSON.parse(out));
  expect(Object.keys(document).sort(), document.schema).toEqual(documented.get(document.schema));
}

let site: Site | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

describe('docs/json.md', () => {
  it('has every schema of the source', () => {
    const folder = new URL('src/', ROOT);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(?:cli|report)[\\/].*\.ts$/.test(file),
    );
    const text = files.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
    const schemas = new Set([...text.matchAll(/'(upsfw\/[a-z-]+@\d)'/g)].map(([, schema]) => schema));
    expect([...documented.keys()].sort()).toEqual([...schemas].sort());
  });

  it.each([
    [['no-such-command', '--json']],
    [['explain', 'E100', '--json']],
    [['rules', 'explain', '--json']],
    [['rules', 'check', '--json']],
    [['rules', 'decide', '--sku', 'SMT1500', '--firmware', 'UPS 09.3 (ID18)', '--json']],
    [['images', 'inventory.example.yaml', '--json']],
    [['runs', '--state', '/nonexistent', '--json']],
    [['local', 'ports', '--json']],
  ])('has the fields of %j', async (args) => {
    expectDocumented((await runHere(args)).out);
  });

  it('has the fields of an imported list', async () => {
    const input = Readable.from(['host,name,site\n192.0.2.1,a,berlin\n']);
    expectDocumented((await runHere(['import', 'csv', '-', '--json'], { input })).out);
  });

  it('has the fields of an audit, a plan and a run', async () => {
    site = await openSite([NMC2], 3000);
    for (const args of [['audit'], ['plan'], ['upgrade', '--apply', '--yes']])
      expectDocumented((await site.run([...args, '-i', site.inventory, '--json'])).out);
  });
});
