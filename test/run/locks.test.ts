import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocks } from '../../src/run/index.ts';

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

  it('go to exactly one of many that want a dead owner’s lock at once', async () => {
    await leaveLock({ pid: await deadPid() });
    const locks = createLocks(state);
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => locks.take('AS1', 'race')));
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });
});
