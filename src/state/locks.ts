import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, Problem, sanitize } from '../core/index.ts';
import { createWhole, diskProblem, makeFolder } from '../files/index.ts';
import { type Owner, readOwner, surroundings, thisProcess, updateStateOf } from './lock-owner.ts';

/** A lock that is held. Released by whoever took it, once. */
export interface Lock {
  /** Never rejects: a lock whose file cannot be removed is free as soon as this process has ended. */
  release(): Promise<void>;
}

/** One lock a name, held by a living process only. */
export interface Locks {
  /**
   * Takes a lock, or throws Problem refused/locked that names the owner. The lock of an owner that is proven to be gone is taken
   * over. Throws Problem config/state where lock files cannot be written.
   */
  take(name: string, doing: string): Promise<Lock>;
  /** True where a process other than this one has the lock, or may have it. Throws Problem config/state. */
  heldElsewhere(name: string): Promise<boolean>;
  /** The living process that has the lock, this one too; null where nobody has it. Of an unreadable lock it is not known who. */
  holder(name: string): Promise<Holder | null>;
}

/** Who has a lock; null = not known. */
export interface Holder {
  readonly pid: number | null;
  readonly host: string | null;
}

/** Ids of the locks that this process holds: process numbers repeat between containers. */
const own = new Set<string>();

/**
 * Locks as files in the state folder. A lock is stale only if its process is proven to be gone; age says nothing, an update may
 * take an hour and more.
 */
export function createLocks(state: string): Locks {
  const folder = join(state, 'locks');
  const file = (name: string): string => join(folder, `${name.replace(/[^A-Za-z0-9._-]/g, '_')}.lock`);

  return {
    async take(name, doing) {
      const path = file(name);
      try {
        await makeFolder(folder);
        const me = await thisProcess(doing);
        await acquire(path, me, name);
        own.add(me.id);
        return { release: () => release(path, me) };
      } catch (thrown) {
        throw diskProblem(thrown, `The lock file ${path} cannot be written`);
      }
    },
    async heldElsewhere(name) {
      const owner = await ownerOf(file(name));
      if (owner === null) return false;
      if (owner === 'unreadable') return true;
      return !own.has(owner.id) && (await updateStateOf(owner, await surroundings())).alive;
    },
    async holder(name) {
      const owner = await ownerOf(file(name));
      if (owner === null) return null;
      if (owner === 'unreadable') return { pid: null, host: null };
      return (await updateStateOf(owner, await surroundings())).alive
        ? { pid: owner.pid, host: owner.host }
        : null;
    },
  };
}

/**
 * Makes the lock file, or takes it over from an owner that is gone. Several processes may find the same dead owner: only the one
 * that holds the lock on this very take-over, which carries the id of the dead owner, may replace its file. That lock is
 * one like any other, so a process that dies in the middle of a take-over blocks nobody.
 */
async function acquire(path: string, me: Owner, name: string): Promise<void> {
  if (await createWhole(path, JSON.stringify(me))) return;
  const owner = await ownerOf(path);
  if (owner === null) throw quicker(name);
  await refuseUnlessGone(owner, path, name);
  if (owner === 'unreadable') return;
  const guard = `${path}.${owner.id}`;
  await acquire(guard, me, name);
  try {
    // It may have been taken over between the look and the lock on the take-over.
    const now = await ownerOf(path);
    if (now !== null && (now === 'unreadable' || now.id !== owner.id)) {
      await refuseUnlessGone(now, path, name);
      throw quicker(name);
    }
    if (now !== null) {
      await rename(path, `${path}.${me.id}.dead`);
      await rm(`${path}.${me.id}.dead`, { force: true });
    }
    if (!(await createWhole(path, JSON.stringify(me)))) throw quicker(name);
  } finally {
    await release(guard, me);
  }
}

async function release(path: string, me: Owner): Promise<void> {
  own.delete(me.id);
  try {
    const owner = await ownerOf(path);
    // Somebody may have removed the file by hand, and another process taken the lock.
    if (owner !== null && owner !== 'unreadable' && owner.id === me.id) await rm(path, { force: true });
  } catch {
    // The file stays, and names an owner that is gone as soon as this process has ended.
  }
}

/** Throws Problem refused/locked where the owner runs, or may run. */
async function refuseUnlessGone(owner: Owner | 'unreadable', path: string, name: string): Promise<void> {
  if (owner === 'unreadable') {
    throw new Problem('refused/locked', `The lock of ${name} cannot be read: ${path} names no owner.`, {
      hint: `If no upsfw runs on any machine or container that shares this state folder, remove ${path}.`,
    });
  }
  const { alive, why } = await updateStateOf(owner, await surroundings());
  if (!alive) return;
  const { pid, host, doing } = owner;
  const what = `${name} is locked by process ${pid} on ${sanitize(host)} (${sanitize(doing, 300)}).`;
  throw why === null
    ? new Problem('refused/locked', what, {
        hint: 'Wait for it to end. upsfw status shows what it is doing.',
      })
    : new Problem('refused/locked', `${what} Whether it still runs is not known here: ${sanitize(why)}.`, {
        hint: `Look for process ${pid} there (ps -p ${pid}). If it does not run any more, remove ${path}.`,
      });
}

function quicker(name: string): Problem {
  return new Problem('refused/locked', `Another process was quicker to lock ${name}.`, {
    hint: 'Wait for it to end, then try again.',
  });
}

async function ownerOf(path: string): Promise<Owner | 'unreadable' | null> {
  try {
    return readOwner(await readFile(path, 'utf8')) ?? 'unreadable';
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return null;
    throw diskProblem(thrown, `The lock file ${path} cannot be read`);
  }
}
