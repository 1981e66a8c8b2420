import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { NMC2, openSite, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

let site: Site | undefined;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await site?.close();
  site = undefined;
});

function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

const pair = [
  { ...NMC2, name: 'first' },
  { ...NMC2, name: 'second' },
];

function upgrade(at: Site): ChildProcess {
  const words = ['upgrade', '-i', at.inventory, '--state', at.state, '--apply', '--yes'];
  return start(words, at.environment);
}

describe('standard output that cannot be written', { timeout: LONG }, () => {
  it('ends a short command quietly if the reader closed the pipe', async () => {
    const child = start(['--help']);
    let info = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      info += chunk.toString();
    });
    child.stdout?.destroy();
    expect(await exitOf(child)).toBe(0);
    expect(info).toBe('');
  });

  it.skipIf(!existsSync('/dev/full'))('is an error if the disk is full', async () => {
    const child = spawn(process.execPath, [MAIN, 'rules', 'explain', 'LOADER_TOO_OLD'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    children.push(child);
    let info = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      info += chunk.toString();
    });
    expect(await exitOf(child)).toBe(2);
    expect(info).toBe('upsfw: standard output cannot be written: no space is left on the device (ENOSPC).\n');
  });

  it.skipIf(!existsSync('/dev/full'))(
    'on a full disk does not give the exit code of a finding or a refusal',
    async () => {
      site = await openSite([NMC2]);
      const inventory = await readFile(site.inventory, 'utf8');
      const bad = join(site.folder, 'bad.yaml');
      await writeFile(bad, inventory.replace('version: 1', 'version: 7'));
      const end = async (words: readonly string[], file: string): Promise<number | null> => {
        const child = spawn(process.execPath, [MAIN, ...words, '-i', file], {
          env: { ...process.env, ...site?.environment },
          stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
        });
        children.push(child);
        child.stderr?.resume();
        return exitOf(child);
      };
      expect((await site.run(['audit', '-i', site.inventory])).exit).toBe(3);
      const { state } = site;
      for (const words of [['audit'], ['audit', '--json'], ['plan'], ['plan', '--json']])
        expect(await end([...words, '--state', state], site.inventory), words.join(' ')).toBe(2);
      expect(await end(['audit', '--json', '--state', state], bad)).toBe(2);
    },
  );

  it('does not end a run: started updates are watched to their end, and the rest is done', async () => {
    site = await openSite(pair);
    const child = upgrade(site);
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect(await exitOf(child)).toBe(0);
    for (const { device } of site.fleet.units) {
      expect(device.version).toBe('15.1');
      expect(device.counters.starts).toBe(1);
    }
  });
});

// Windows has no signals: a kill ends the process at once.
describe.skipIf(process.platform === 'win32')('signals', { timeout: LONG }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s: started updates are watched to their end, and no other is begun',
    async (signal) => {
      site = await openSite(pair);
      const [first, second] = [site.fleet.device('first'), site.fleet.device('second')];
      const child = upgrade(site);
      child.stdout?.resume();
      child.stderr?.resume();
      await first.until(({ phase }) => phase === 'transferring');
      child.kill(signal);
      expect(await exitOf(child)).toBe(130);
      expect([first.counters.starts, second.counters.starts]).toEqual([1, 0]);
      const status = runOf(await site.run(['status', '--json']));
      expect(status.units.map((unit) => unit.outcome)).toEqual(['upgraded', 'pending']);
    },
  );

  it('a closed terminal is reported twice, and started updates are still watched', async () => {
    site = await openSite(pair);
    const first = site.fleet.device('first');
    const child = upgrade(site);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await first.until(({ phase }) => phase === 'transferring');
    for (let i = 0; i < 3; i += 1) child.kill('SIGHUP');
    expect(await exitOf(child)).toBe(130);
    expect(first.version).toBe('15.1');
  });

  it('the third SIGINT ends the process at once, and resume continues', async () => {
    site = await openSite(pair, 60);
    const first = site.fleet.device('first');
    const child = upgrade(site);
    let info = '';
    child.stdout?.resume();
    const text = async (words: string): Promise<void> => {
      while (!info.includes(words)) await once(child.stderr ?? child, 'data');
    };
    child.stderr?.on('data', (chunk: Buffer) => {
      info += chunk.toString();
    });
    await first.until(({ phase }) => phase === 'transferring');
    child.kill('SIGINT');
    await text('Stopping:');
    child.kill('SIGINT');
    await text('Aborting');
    child.kill('SIGINT');
    // The process left a unit during its update: a person has to check it.
    expect(await exitOf(child)).toBe(5);
    expect(info).toContain('Exiting.');
    expect(info).toContain('may be programming');
    expect(first.phase).toBe('transferring');
    const resumed = runOf(await site.run(['resume', '--yes', '--json']));
    expect(resumed.units.map((unit) => unit.outcome)).toEqual(['upgraded', 'upgraded']);
    expect(first.counters.starts).toBe(1);
  });
});

/** Gives a command its own terminal (util-linux). */
const SCRIPT = '/usr/bin/script';

describe.skipIf(process.platform !== 'linux' || !existsSync(SCRIPT))('a terminal', { timeout: LONG }, () => {
  it('shows a live list; Ctrl-C explains what happens, and started updates continue', async () => {
    site = await openSite(pair);
    const [first, second] = [site.fleet.device('first'), site.fleet.device('second')];
    const words = ['upgrade', '-i', site.inventory, '--state', site.state, '--apply', '--yes'];
    const line = `stty rows 40 cols 120; exec ${[process.execPath, MAIN, ...words].join(' ')}`;
    const child = spawn(SCRIPT, ['-qec', line, '/dev/null'], {
      env: { ...process.env, ...site.environment, TERM: 'xterm', SHELL: '/bin/sh', CI: '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    children.push(child);
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    await first.until(({ phase }) => phase === 'transferring');
    child.stdin.write('\u0003');
    expect(await exitOf(child)).toBe(130);
    expect(shown).toContain('waiting for its turn');
    expect(shown).toContain('Stopping: no further unit is started');
    expect(shown).toContain('1 upgraded, 1 pending (exit code 130)');
    expect([first.counters.starts, second.counters.starts]).toEqual([1, 0]);
    // The cursor is visible again.
    expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
  });
});
