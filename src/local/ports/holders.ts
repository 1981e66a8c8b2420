import { realpath } from 'node:fs/promises';
import { type LockFile, readLockFiles } from './lock-files.ts';
import { programAt, scanProcesses, wantedDevice } from './processes.ts';

/** A program that has a device open, or claims it with a lock file. */
export interface Holder {
  /** Null if a lock file does not name the process. */
  readonly pid: number | null;
  /** The usual name, such as `NUT`; the process name if the program is not known. */
  readonly program: string;
  readonly known: boolean;
  readonly how: 'open' | 'lock-file';
}

export interface HolderOptions {
  /** Root of the process tree; default `/proc`. */
  readonly procRoot?: string;
  /** Folders with lock files of serial lines; default `/run/lock` and `/var/lock`. */
  readonly lockFolders?: readonly string[];
}

/** The programs that hold devices, and how complete that list is. */
export interface HolderScan {
  /** By the given paths. */
  readonly holders: ReadonlyMap<string, readonly Holder[]>;
  /**
   * `all`: every process was checked; `some`: not every process could be checked; `none`: this system shows
   * no processes.
   */
  readonly seen: 'all' | 'some' | 'none';
  /** Lock files whose process no longer exists; they hold nothing. */
  readonly stale: readonly LockFile[];
}

const LOCK_FOLDERS = ['/run/lock', '/var/lock'] as const;

/**
 * The programs that have a device open or locked. Call this before opening the device; the device itself is
 * not opened. Only Linux shows them, and only to root completely: an empty list does not prove that the
 * device is free.
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

/** The program that made a pseudo terminal has it open, which says nothing about others. */
async function isPseudoTerminal(path: string): Promise<boolean> {
  try {
    return (await realpath(path)).startsWith('/dev/pts/');
  } catch {
    // Opening a missing node reports the problem.
    return false;
  }
}

async function holder(procRoot: string, pid: number | null, how: Holder['how']): Promise<Holder> {
  if (pid === null) return { pid, program: 'a program that its lock file does not name', known: false, how };
  return { pid, ...(await programAt(procRoot, pid)), how };
}
