import { realpath } from 'node:fs/promises';
import { type LockFile, readLockFiles } from './lock-files.ts';
import { programAt, scanProcesses, wantedDevice } from './processes.ts';

/** A program that uses a device, or says so with a lock file. */
export interface Holder {
  /** Null where a lock file does not tell. */
  readonly pid: number | null;
  /** What people call it, such as `NUT`; the name of the process where it is not known. */
  readonly program: string;
  readonly known: boolean;
  readonly how: 'open' | 'lock-file';
}

export interface HolderOptions {
  /** Where processes are told of; default `/proc`. */
  readonly procRoot?: string;
  /** Where lock files of serial lines lie; default `/run/lock` and `/var/lock`. */
  readonly lockFolders?: readonly string[];
}

/** Who holds devices, and how sure that is. */
export interface HolderScan {
  /** By the paths as they were given. */
  readonly holders: ReadonlyMap<string, readonly Holder[]>;
  /** `all`: nobody else has them open; `some`: not every process could be looked into; `none`: this system tells of no process. */
  readonly seen: 'all' | 'some' | 'none';
  /** Lock files whose process is gone; they hold nothing. */
  readonly stale: readonly LockFile[];
}

const LOCK_FOLDERS = ['/run/lock', '/var/lock'] as const;

/**
 * Who has a device open or locked, to be asked before it is opened. The device is not opened. Only root sees all
 * processes, and only Linux tells: an empty list does not prove that nobody has it.
 */
export async function holdersOf(devicePath: string, options: HolderOptions = {}): Promise<readonly Holder[]> {
  return (await scanHolders([devicePath], options)).holders.get(devicePath) ?? [];
}

/** The same for several devices in one pass over the processes. */
export async function scanHolders(
  paths: readonly string[],
  { procRoot = '/proc', lockFolders = LOCK_FOLDERS }: HolderOptions,
): Promise<HolderScan> {
  const all = await Promise.all([...new Set(paths)].map(wantedDevice));
  const isPseudo = await Promise.all(all.map(({ path }) => isPseudoTerminal(path)));
  const wanted = all.filter((_, index) => isPseudo[index] === false);
  const processes = await scanProcesses(procRoot, wanted);
  const locks = await readLockFiles(lockFolders, wanted);
  const isStale = ({ pid }: LockFile): boolean =>
    pid !== null && processes?.seesAll === true && !processes.pids.has(pid);
  const holders = await Promise.all(
    wanted.map(async ({ path }) => {
      const open = new Set(processes?.open.filter((one) => one.path === path).map(({ pid }) => pid));
      const locked = locks.filter((lock) => lock.path === path && !isStale(lock)).map(({ pid }) => pid);
      const alsoLocked = [...new Set(locked)].filter((pid) => pid === null || !open.has(pid));
      return [
        path,
        await Promise.all([
          ...[...open].sort((a, b) => a - b).map((pid) => holder(procRoot, pid, 'open')),
          ...alsoLocked.map((pid) => holder(procRoot, pid, 'lock-file')),
        ]),
      ] as const;
    }),
  );
  return {
    holders: new Map(holders),
    seen: processes === null ? 'none' : processes.complete ? 'all' : 'some',
    stale: locks.filter(isStale),
  };
}

/** Whoever made a pseudo terminal has it open, which says nothing of other programs. */
async function isPseudoTerminal(path: string): Promise<boolean> {
  try {
    return (await realpath(path)).startsWith('/dev/pts/');
  } catch {
    // A node that is not there is told of when it is opened.
    return false;
  }
}

async function holder(procRoot: string, pid: number | null, how: Holder['how']): Promise<Holder> {
  if (pid === null) return { pid, program: 'a program that its lock file does not name', known: false, how };
  return { pid, ...(await programAt(procRoot, pid)), how };
}
