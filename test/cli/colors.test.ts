import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { colorOf, movesCursor, sizeOf } from '../../src/cli/io.ts';
import { HAS_TERMINALS, openScreen, type Screen } from '../support/machine/screen.ts';
import { NMC2, openSite, type Site } from '../support/sites/site.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));
const run = promisify(execFile);
const ESCAPE = '\u001b';
/** A command with colored text that contacts no device. */
const COLORED = ['rules', 'explain', 'LOADER_TOO_OLD'];

let site: Site | undefined;
let screen: Screen | undefined;
afterEach(async () => {
  screen?.kill();
  screen = undefined;
  await site?.close();
  site = undefined;
});

describe('the colors of a stream', () => {
  const terminal = { isTTY: true };
  it.each([
    [terminal, { TERM: 'xterm' }, true],
    [terminal, { TERM: 'xterm', NO_COLOR: '' }, true],
    [terminal, { TERM: 'xterm', NO_COLOR: '1' }, false],
    [terminal, { TERM: 'dumb' }, false],
    [terminal, { TERM: 'dumb', FORCE_COLOR: '1', CI: '1' }, false],
    [terminal, {}, false],
    [{}, { TERM: 'xterm', CI: '1' }, false],
    [{}, { TERM: 'xterm', FORCE_COLOR: '1', GITHUB_ACTIONS: '1', CI: '1' }, false],
  ])('%j with %j: %s', (stream, environment, wanted) => {
    expect(colorOf(stream, environment, 'linux')).toBe(wanted);
  });

  it('are on at a Windows console without TERM', () => {
    expect(colorOf(terminal, {}, 'win32')).toBe(true);
    expect(movesCursor(terminal, { NO_COLOR: '1' }, 'win32')).toBe(true);
  });
});

describe('the size of a terminal', () => {
  it('has default values if the terminal does not report it', () => {
    expect(sizeOf({ columns: 0, rows: 0 })).toEqual({ columns: 80, rows: 24 });
    expect(sizeOf({ columns: 132, rows: 50 })).toEqual({ columns: 132, rows: 50 });
  });
});

describe('a pipe', () => {
  it.each([{}, { CI: '1' }, { CI: '1', GITHUB_ACTIONS: '1', FORCE_COLOR: '1', TERM: 'xterm' }])(
    'gets no escape sequence with %j',
    async (environment) => {
      const ran = await run(process.execPath, [MAIN, ...COLORED], {
        env: { PATH: process.env.PATH, ...environment },
      });
      expect(ran.stdout.length).toBeGreaterThan(100);
      expect(ran.stdout + ran.stderr).not.toContain(ESCAPE);
    },
  );

  it('gets no escape sequence of a whole run with CI=1', async () => {
    site = await openSite([NMC2]);
    const words = ['upgrade', '-i', site.inventory, '--state', site.state, '--apply', '--yes'];
    const ran = await run(process.execPath, [MAIN, ...words], {
      env: { PATH: process.env.PATH, ...site.environment, CI: '1', TERM: 'xterm', FORCE_COLOR: '1' },
    });
    expect(ran.stdout).toContain('1 upgraded');
    expect(ran.stdout + ran.stderr).not.toContain(ESCAPE);
  });
});

describe.skipIf(!HAS_TERMINALS)('a terminal', () => {
  it.each([
    ['xterm', {}, [], true],
    ['xterm', { CI: '1' }, [], true],
    ['xterm', { NO_COLOR: '1' }, [], false],
    ['xterm', {}, ['--no-color'], false],
    ['dumb', { FORCE_COLOR: '1' }, [], false],
  ] as const)('of type %s with %j and %j has colors: %s', async (term, environment, words, wanted) => {
    screen = openScreen([...COLORED, ...words], { environment, term });
    expect((await screen.ended()).exit).toBe(0);
    expect(screen.bytes().includes(ESCAPE)).toBe(wanted);
  });

  const apply = (at: Site): readonly string[] => [
    ...['upgrade', '-i', at.inventory, '--state', at.state, '--apply', '--yes'],
  ];

  it('without cursor movement shows a run line by line', async () => {
    site = await openSite([NMC2]);
    screen = openScreen(apply(site), { environment: site.environment, term: 'dumb' });
    expect((await screen.ended()).exit).toBe(0);
    expect(screen.bytes()).not.toContain(ESCAPE);
    expect(screen.bytes()).toContain('berlin/a: upgraded');
  });

  it('without colors shows the live list', async () => {
    site = await openSite([NMC2]);
    screen = openScreen(apply(site), { environment: { ...site.environment, NO_COLOR: '1' }, rows: 40 });
    expect((await screen.ended()).exit).toBe(0);
    expect(screen.bytes()).toContain(`${ESCAPE}[`);
    expect(screen.bytes()).not.toMatch(new RegExp(`${ESCAPE}\\[[1-9][\\d;]*m`));
  });

  it.each(['2>', '>'] as const)('has colors, and a file after %s gets none', async (redirect) => {
    site = await openSite([NMC2]);
    const file = join(site.folder, 'kept.txt');
    screen = openScreen(apply(site), {
      environment: { ...site.environment, CI: '1' },
      redirect: `${redirect} ${file}`,
      rows: 40,
    });
    expect((await screen.ended()).exit).toBe(0);
    const kept = await readFile(file, 'utf8');
    expect(kept.length).toBeGreaterThan(50);
    expect(kept).not.toContain(ESCAPE);
    expect(screen.bytes()).toContain(ESCAPE);
  });
});
