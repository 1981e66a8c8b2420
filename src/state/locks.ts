import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, Problem, sanitize } from '../core/index.ts';
import { createWhole, diskProblem, makeFolder } from '../files/index.ts';
import { type Owner, ownerState, readOwner, surroundings, thisProcess } from './lock-owner.ts';

/** A lock that is held. Its holder releases it once. */
export interface Lock {
  /** Never rejects: a lock whose file cannot be removed becomes free when this process ends. */
  release(): Promise<void>;
}

/** One lock for each name, held by a running process. */
export interface Locks {
  /**
   * Takes a lock, or throws Problem refused/locked with the owner. The lock of an owner that is proven to be
   * gone is taken over. Throws Problem config/state where lock files cannot be written.
   */
  take(name: string, doing: string): Promise<Lock>;
  /** True where another process has the lock, or may have it. Throws Problem config/state. */
  heldElsewhere(name: string): Promise<boolean>;
  /** The running process that has the lock, also this one; null where the lock is free. */
  holder(name: string): Promise<Holder | null>;
}

/** The holder of a lock; null = not known, as for an unreadable lock. */
export interface Holder {
  readonly pid: number | null;
  readonly host: string | null;
}

/** Ids of the locks that this process holds: process ids repeat between containers. */
const own = new Set<string>();

/**
 * Locks as files in the state folder. A lock is stale only if its process is proven to be gone. Its age
 * proves nothing: an update may take more than an hour.
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
      return !own.has(owner.id) && (await ownerState(owner, await surroundings())).alive;
    },
    async holder(name) {
      const owner = await ownerOf(file(name));
      if (owner === null) return null;
      if (owner === 'unreadable') return { pid: null, host: null };
      return (await ownerState(owner, await surroundings())).alive
        ? { pid: owner.pid, host: owner.host }
        : null;
    },
  };
}

/**
 * Creates the lock file, or takes it over from an owner that is gone. Several processes may find the same
 * dead owner. Only the one with the lock on this take-over, named after the id of the dead owner, may replace
 * the file. That lock works like any other, so a process that dies during a take-over blocks no other.
 */
async function acquire(path: string, me: Owner, name: string): Promise<void> {
  if (await createWhole(path, JSON.stringify(me))) return;
  const found = await ownerOf(path);
  if (found === null) throw lostRace(name);
  const owner = await ownerThatIsGone(found, path, name);
  const guard = `${path}.${owner.id}`;
  await acquire(guard, me, name);
  try {
    // Another process may have taken it over before this one held the guard.
    const now = await ownerOf(path);
    if (now !== null && (now === 'unreadable' || now.id !== owner.id)) {
      await ownerThatIsGone(now, path, name);
      throw lostRace(name);
    }
    if (now !== null) {
      await rename(path, `${path}.${me.id}.dead`);
      await rm(`${path}.${me.id}.dead`, { force: true });
    }
    if (!(await createWhole(path, JSON.stringify(me)))) throw lostRace(name);
  } finally {
    await release(guard, me);
  }
}

async function release(path: string, me: Owner): Promise<void> {
  own.delete(me.id);
  try {
    const owner = await ownerOf(path);
    // Somebody may have removed the file, and another process may have taken the lock.
    if (owner !== null && owner !== 'unreadable' && owner.id === me.id) await rm(path, { force: true });
  } catch {
    // The file stays, and its owner counts as gone when this process ends.
  }
}

/** Returns the owner that is gone. Throws Problem refused/locked where it runs, or may run. */
async function ownerThatIsGone(owner: Owner | 'unreadable', path: string, name: string): Promise<Owner> {
  if (owner === 'unreadable') {
    throw new Problem('refused/locked', `The lock of ${name} cannot be read: ${path} names no owner.`, {
      hint: `If no upsfw runs on any machine or container that shares this state folder, remove ${path}.`,
    });
  }
  const { alive, why } = await ownerState(owner, await surroundings());
  if (!alive) return owner;
  const { pid, host, doing } = owner;
  const what = `${name} is locked by process ${pid} on ${sanitize(host)} (${sanitize(doing, 300)}).`;
  throw why === null
    ? new Problem('refused/locked', what, {
        hint: 'Wait until it ends. upsfw status shows its progress.',
      })
    : new Problem(
        'refused/locked',
        `${what} It is not known here whether that process still runs: ${sanitize(why)}.`,
        {
          hint: `Look for process ${pid} there (ps -p ${pid}). If it no longer runs, remove ${path}.`,
        },
      );
}

function lostRace(name: string): Problem {
  return new Problem('refused/locked', `Another process locked ${name} first.`, {
    hint: 'Wait until it ends, then try again.',
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
