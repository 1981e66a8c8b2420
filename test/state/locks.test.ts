import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocks } from '../../src/state/index.ts';
import { type Owner, surroundings, thisProcess, updateStateOf } from '../../src/state/lock-owner.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'upsfw-locks-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

async function leaveLock(owner: Record<string, unknown>): Promise<void> {
  const lock = await createLocks(state).take('AS1', 'test');
  const file = join(state, 'locks', 'AS1.lock');
  const mine: Record<string, unknown> = JSON.parse(await readFile(file, 'utf8'));
  await lock.release();
  await writeFile(file, JSON.stringify({ ...mine, ...owner }));
}

describe('locks', () => {
  it('are held once', async () => {
    const locks = createLocks(state);
    const lock = await locks.take('AS1', 'first');
    await expect(locks.take('AS1', 'second')).rejects.toMatchObject({
      code: 'refused/locked',
      message: /first/,
    });
    await lock.release();
    await (await locks.take('AS1', 'third')).release();
    expect(await readdir(join(state, 'locks'))).toEqual([]);
  });

  it('of a dead process are taken over', async () => {
    await leaveLock({ pid: await deadPid() });
    const locks = createLocks(state);
    expect(await locks.heldElsewhere('AS1')).toBe(false);
    await (await locks.take('AS1', 'next')).release();
  });

  it('of a process whose number was given away are taken over', async () => {
    if (process.platform !== 'linux') return;
    await leaveLock({ started: '1' });
    await (await createLocks(state).take('AS1', 'next')).release();
  });

  it('of another machine are never taken over', async () => {
    await leaveLock({ pid: await deadPid(), host: `not-${hostname()}` });
    const locks = createLocks(state);
    expect(await locks.heldElsewhere('AS1')).toBe(true);
    await expect(locks.take('AS1', 'next')).rejects.toMatchObject({ code: 'refused/locked' });
  });

  it('that cannot be read are never taken over', async () => {
    await leaveLock({});
    await writeFile(join(state, 'locks', 'AS1.lock'), 'half');
    const locks = createLocks(state);
    expect(await locks.heldElsewhere('AS1')).toBe(true);
    await expect(locks.take('AS1', 'next')).rejects.toMatchObject({ code: 'refused/locked' });
  });

  it('of a process in another container, or of another boot, are never taken over', async () => {
    if (process.platform !== 'linux') return;
    const others: readonly Record<string, unknown>[] = [
      { namespace: 'pid:[1] time:[2]' },
      { namespace: null },
      { boot: null },
      { boot: 'another', machine: null },
      { boot: 'another', machine: 'another' },
      { boot: 'another', namespace: 'pid:[1] time:[2]' },
    ];
    for (const other of others) {
      await leaveLock({ pid: await deadPid(), ...other });
      const locks = createLocks(state);
      expect(await locks.heldElsewhere('AS1'), JSON.stringify(other)).toBe(true);
      await expect(locks.take('AS1', 'next')).rejects.toMatchObject({
        code: 'refused/locked',
        message: expect.stringContaining('Whether it still runs is not known here'),
        hint: expect.stringMatching(/ps -p \d+.*AS1\.lock/),
      });
      await rm(join(state, 'locks', 'AS1.lock'));
    }
  });

  it('of a process with the number of this one are held, unless this process took them', async () => {
    if (process.platform !== 'linux') return;
    await leaveLock({ namespace: 'pid:[1] time:[2]' });
    expect(await createLocks(state).heldElsewhere('AS1')).toBe(true);
    const mine = await createLocks(state).take('AS2', 'mine');
    expect(await createLocks(state).heldElsewhere('AS2')).toBe(false);
    await mine.release();
  });

  it('of a process that died while it took over a lock are taken over', async () => {
    await leaveLock({ pid: await deadPid() });
    const file = join(state, 'locks', 'AS1.lock');
    const { id }: Owner = JSON.parse(await readFile(file, 'utf8'));
    const dead = { ...JSON.parse(await readFile(file, 'utf8')), id: '0123456789abcdef' };
    await writeFile(`${file}.${id}`, JSON.stringify(dead));
    const locks = createLocks(state);
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => locks.take('AS1', 'race')));
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });

  it('that somebody else took after the file was removed by hand are not released', async () => {
    const first = await createLocks(state).take('AS1', 'first');
    await rm(join(state, 'locks', 'AS1.lock'));
    const second = await createLocks(state).take('AS1', 'second');
    await first.release();
    await expect(createLocks(state).take('AS1', 'third')).rejects.toMatchObject({ message: /second/ });
    await second.release();
  });

  it('go to exactly one of many that want a dead owner’s lock at once', async () => {
    await leaveLock({ pid: await deadPid() });
    const locks = createLocks(state);
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => locks.take('AS1', 'race')));
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });
});

describe.skipIf(process.platform !== 'linux')('the owner of a lock', () => {
  const FIRST = 'pid:[4026531836] time:[4026531834]';
  const owner = async (changed: Partial<Owner>): Promise<Owner> => ({
    ...(await thisProcess('test')),
    pid: await deadPid(),
    ...changed,
  });

  it('is gone where this machine, outside of any container, was booted again', async () => {
    const here = { ...(await surroundings()), machine: 'm', namespace: FIRST };
    const before = await owner({ machine: 'm', namespace: FIRST, boot: 'before' });
    expect(await updateStateOf(before, here)).toEqual({ alive: false, why: null });
    // The same words from within a container say nothing: its host may be another machine.
    const inside = { ...here, namespace: 'pid:[4026532000] time:[4026531834]' };
    expect((await updateStateOf(before, inside)).alive).toBe(true);
  });

  it('runs where its number and start time are those of a living process', async () => {
    const here = await surroundings();
    expect(await updateStateOf(await thisProcess('test'), here)).toEqual({ alive: true, why: null });
    expect((await updateStateOf(await owner({}), here)).alive).toBe(false);
  });
});

const canMakeNamespaces = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  return spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status === 0;
})();
if (!canMakeNamespaces)
  process.stderr.write('skipped: locks between process namespaces: they need root and unshare\n');

const STATE = new URL('../../src/state/index.ts', import.meta.url);
const SOURCES = new URL('../../scripts/sources.mjs', import.meta.url);
/** Takes a lock in a process of its own, says so, and holds it until its input ends. */
const HOLDER = `
  const { createLocks } = await import('${STATE}');
  const taken = await createLocks(process.argv[1]).take('AS1', 'inside').then(() => 'taken', ({ code }) => code);
  console.log(process.pid, taken);
  process.stdin.resume();
`;

describe.skipIf(!canMakeNamespaces)('a lock between two process namespaces', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** A process that is number 1 of its own namespace, as in a container. */
  async function inside(): Promise<string> {
    const script = ['--import', SOURCES.href, '--input-type=module', '-e', HOLDER, state];
    const words = ['-pf', '--mount-proc', '--kill-child', process.execPath, ...script];
    const child = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [said] = await once(child.stdout, 'data');
    return String(said).trim();
  }

  it('is held by a living process that is number 1, also for another number 1', async () => {
    expect(await inside()).toBe('1 taken');
    expect(await createLocks(state).heldElsewhere('AS1')).toBe(true);
    await expect(createLocks(state).take('AS1', 'outside')).rejects.toMatchObject({
      message: expect.stringContaining('another container'),
    });
    expect(await inside()).toBe('1 refused/locked');
  });
});
