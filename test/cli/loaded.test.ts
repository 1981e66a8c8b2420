import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { COMMANDS } from '../../src/cli/commands.ts';
import { renderHelp } from '../../src/cli/start/render-help.ts';
import { NMC2, openSite, type Site } from '../support/sites/site.ts';

/** What a process of the build loads. Comments in each chunk name its source files. */

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

let site: Site;
let hook: string;
beforeAll(async () => {
  site = await openSite([NMC2]);
  hook = join(site.folder, 'loaded.cjs');
  await writeFile(
    hook,
    `process.on('exit', () => require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify(Object.keys(require.cache))));\n`,
  );
  const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes']);
  expect(ran.exit, ran.info).toBe(0);
});
afterAll(() => site.close());

/** The source files and packages that a command line loads. Packages outside the build have full paths. */
async function loadedBy(words: readonly string[]): Promise<readonly string[]> {
  const listing = join(site.folder, 'loaded.json');
  await new Promise<void>((resolve, reject) => {
    execFile(
      process.execPath,
      ['-r', hook, MAIN, ...words],
      { env: { ...process.env, LOADED: listing } },
      (error) => (error === null ? resolve() : reject(error)),
    );
  });
  const files = z.array(z.string()).parse(JSON.parse(await readFile(listing, 'utf8')));
  const parts = await Promise.all(
    files.map(async (file) => {
      if (!/[\\/]dist[\\/]/.test(file)) return [file];
      const text = await readFile(file, 'utf8');
      return [...text.matchAll(/^\s*\/\/(?:#region)? ((?:src|node_modules)\/\S+)$/gm)].map(
        (found) => found[1] ?? '',
      );
    }),
  );
  return parts.flat();
}

/** The output of a command line on a terminal with this many columns. Null: into a pipe. */
async function printedBy(words: readonly string[], columns: number | null): Promise<string> {
  const terminal = join(site.folder, 'terminal.cjs');
  await writeFile(
    terminal,
    `Object.assign(process.stdout, { isTTY: true, columns: ${columns}, rows: 24 });\n`,
  );
  const before = columns === null ? [] : ['-r', terminal];
  const ran = promisify(execFile)(process.execPath, [...before, MAIN, ...words], {
    env: { ...process.env, TERM: 'xterm' },
  });
  return (await ran).stdout;
}

const PROTOCOL_PACKAGES =
  /node_modules\/(?:ssh2|net-snmp|basic-ftp|got|serialport|@serialport|listr2|cpu-features)\//;
/** `phrases.ts` contains only the meaning of the codes of a card. */
const PROTOCOL_SOURCES = /^src\/(?:snmp|local|sim|nmc\/(?!phrases\.ts))/;

function protocolOf(parts: readonly string[]): readonly string[] {
  return parts.filter((part) => PROTOCOL_PACKAGES.test(part) || PROTOCOL_SOURCES.test(part));
}

describe('a command that needs no device', () => {
  it.each([
    ['report', () => ['report', '--state', site.state]],
    ['status', () => ['status', '--state', site.state]],
    ['runs', () => ['runs', '--state', site.state]],
    ['images', () => ['images', join(site.folder, 'images')]],
    ['rules decide', () => ['rules', 'decide', '--firmware', 'UPS 09.3 (ID18)', '--sku', 'SMT1500']],
    ['rules explain', () => ['rules', 'explain']],
    ['explain', () => ['explain', 'E100', '0x0178']],
  ] satisfies [string, () => string[]][])('%s loads no protocol', async (_name, words) => {
    const parts = await loadedBy(words());
    expect(parts).toContain('src/cli/program.ts');
    expect(protocolOf(parts)).toEqual([]);
  });

  it('differs from one that contacts a device', async () => {
    const found = protocolOf(await loadedBy(['discover', '--help']));
    expect(found).toEqual(expect.arrayContaining(['src/snmp/sweep/discover.ts']));
    expect(found.some((part) => part.includes('node_modules/net-snmp/'))).toBe(true);
  });
});

describe('--help', () => {
  it('loads the help texts of the commands, but no command and no schema', async () => {
    const parts = await loadedBy(['--help']);
    const sources = parts.filter((part) => part.startsWith('src/'));
    expect(sources).toContain('src/cli/start/help.ts');
    for (const other of ['dispatch', ...COMMANDS])
      expect(sources).not.toContain(`src/cli/commands/${other === 'local' ? 'local/local' : other}.ts`);
    expect(parts.filter((part) => part.includes('node_modules/'))).toEqual([]);
  });

  it.each([null, 60, 80, 100, 110, 200])('equals the text of the parser, in %s columns', async (columns) => {
    const live = await renderHelp(columns ?? undefined);
    expect(await printedBy(['--help'], columns)).toBe(`${live}\n`);
  });

  it('of a command loads only that command', async () => {
    const parts = await loadedBy(['audit', '--help']);
    expect(parts).toContain('src/cli/commands/audit.ts');
    for (const other of COMMANDS.filter((name) => name !== 'audit'))
      expect(parts).not.toContain(`src/cli/commands/${other === 'local' ? 'local/local' : other}.ts`);
  });
});
