import { link, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, Problem } from '../core/index.ts';

const OwnerSchema = z.strictObject({
  pid: z.int().min(1),
  host: z.string(),
  /** Start time of the process in the kernel's own ticks; null where the system does not tell. */
  started: z.string().nullable(),
  /** What the owner is at, for the message to others. */
  doing: z.string(),
});
type Owner = z.infer<typeof OwnerSchema>;

/** A lock that is held. Released by whoever took it, once. */
export interface Lock {
  release(): Promise<void>;
}

/** One lock a name, held by a living process only. */
export interface Locks {
  /** Takes a lock, or throws Problem refused/locked that names the owner. A dead owner's lock is taken over. */
  take(name: string, doing: string): Promise<Lock>;
  /** True where a living process other than a holder in this one has the lock. */
  heldElsewhere(name: string): Promise<boolean>;
  /** The living process that has the lock, this one too; null where nobody has it. Of an unreadable lock it is not known who. */
  holder(name: string): Promise<Holder | null>;
}

/** Who has a lock; null = not known. */
export interface Holder {
  readonly pid: number | null;
  readonly host: string | null;
}

/**
 * Locks as files in the state folder. A lock is stale only if its process is gone on this very machine; age says
 * nothing, an update may take an hour and more.
 */
export function createLocks(state: string): Locks {
  const folder = join(state, 'locks');
  const file = (name: string): string => join(folder, `${name.replace(/[^A-Za-z0-9._-]/g, '_')}.lock`);

  const take = async (name: string, doing: string): Promise<Lock> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = file(name);
    const me: Owner = { pid: process.pid, host: hostname(), started: await startOf(process.pid), doing };
    if (!(await create(path, me))) await takeOver(path, me, name);
    return { release: () => rm(path, { force: true }) };
  };

  return {
    take,
    async heldElsewhere(name) {
      const owner = await ownerOf(file(name));
      if (owner === null) return false;
      if (owner === 'unreadable') return true;
      return owner.pid !== process.pid && (await isAlive(owner));
    },
    async holder(name) {
      const owner = await ownerOf(file(name));
      if (owner === null) return null;
      if (owner === 'unreadable') return { pid: null, host: null };
      return (await isAlive(owner)) ? { pid: owner.pid, host: owner.host } : null;
    },
  };
}

/** Writes the owner into a new lock file; false where there is one already. */
async function create(path: string, owner: Owner): Promise<boolean> {
  // The file appears under its name with its content in it: nobody can read a half-written lock.
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(owner));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, path);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return false;
    throw thrown;
  } finally {
    await rm(draft, { force: true });
  }
}

async function takeOver(path: string, me: Owner, name: string): Promise<void> {
  // Two processes may find the same dead owner. Only the one that makes the guard may remove the lock.
  const guard = `${path}.guard`;
  try {
    await mkdir(guard);
  } catch (thrown) {
    if (!hasCode(thrown, 'EEXIST')) throw thrown;
    throw new Problem('refused/locked', `Another process is taking over the lock of ${name}.`, {
      hint: `Try again. If no upsfw is running, remove the folder ${guard}.`,
      transient: true,
    });
  }
  try {
    const owner = await ownerOf(path);
    if (owner === 'unreadable') {
      throw new Problem('refused/locked', `The lock of ${name} cannot be read.`, {
        hint: `If no upsfw is running on any machine that shares this state folder, remove ${path}.`,
      });
    }
    if (owner !== null) {
      if (await isAlive(owner)) throw held(name, owner, path);
      await rename(path, `${path}.dead`);
      await rm(`${path}.dead`, { force: true });
    }
    if (!(await create(path, me))) {
      throw new Problem('refused/locked', `Another process was quicker to lock ${name}.`, {
        hint: 'Wait for it to end.',
        transient: true,
      });
    }
  } finally {
    await rmdir(guard);
  }
}

function held(name: string, owner: Owner, path: string): Problem {
  const here = owner.host === hostname();
  return new Problem(
    'refused/locked',
    `${name} is locked by process ${owner.pid} on ${here ? 'this machine' : owner.host} (${owner.doing}).`,
    {
      hint: here
        ? 'Wait for it to end. upsfw status shows what it is doing.'
        : `Whether that process still lives can only be told on ${owner.host}. If it does not, remove ${path}.`,
      transient: true,
    },
  );
}

async function ownerOf(path: string): Promise<Owner | 'unreadable' | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return null;
    throw thrown;
  }
  try {
    const checked = OwnerSchema.safeParse(JSON.parse(text));
    return checked.success ? checked.data : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  // A process of another machine cannot be looked at; unknown is never "dead".
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (thrown) {
    if (hasCode(thrown, 'ESRCH')) return false;
    return true;
  }
  // The number may have been given to another process since.
  const started = await startOf(owner.pid);
  return owner.started === null || started === null || owner.started === started;
}

/** Start time of a process: field 22 of Linux' /proc/PID/stat; null elsewhere. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may itself hold blanks and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
