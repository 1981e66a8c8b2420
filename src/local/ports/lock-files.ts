import { constants, lstat, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasCode } from '../../core/index.ts';
import type { WantedDevice } from './processes.ts';
import { realPathOf } from './sysfs.ts';

/** A lock file of a serial device: `LCK..ttyUSB0`. */
export interface LockFile {
  /** The locked device, by the path that was asked for. */
  readonly path: string;
  readonly file: string;
  /** The process that made it; null if the file does not name one or cannot be read. */
  readonly pid: number | null;
}

/** The file starts with the process number as text. */
const LONGEST_LOCK = 64;

/** Finds the lock files of devices in the given folders; a folder with two names is read once. */
export async function readLockFiles(
  folders: readonly string[],
  wanted: readonly WantedDevice[],
): Promise<readonly LockFile[]> {
  const real = new Set((await Promise.all(folders.map(realPathOf))).filter((folder) => folder !== null));
  const candidates = wanted.flatMap(({ path, names }) =>
    [...new Set([...names].map((name) => basename(name)))].flatMap((name) =>
      [...real].map((folder) => ({ path, file: join(folder, `LCK..${name}`) })),
    ),
  );
  const found = await Promise.all(
    candidates.map(async ({ path, file }): Promise<LockFile | null> => {
      const bytes = await readLock(file);
      if (bytes === 'none') return null;
      return { path, file, pid: bytes === 'unreadable' ? null : pidIn(bytes) };
    }),
  );
  return found.filter((lock) => lock !== null);
}

/** Reads the number at the start of a lock file: spaces, digits, then the end or a space. */
export function pidIn(bytes: Uint8Array): number | null {
  const [, digits] = /^[ \t]*(\d{1,10})(?:[\s\0]|$)/.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  const pid = Number(digits ?? 0);
  return pid > 0 ? pid : null;
}

async function readLock(path: string): Promise<Uint8Array | 'none' | 'unreadable'> {
  try {
    // Anybody may put a file there: a link or pipe of that name would open a port, or block forever.
    if (!(await lstat(path)).isFile()) return 'none';
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_LOCK), 0, LONGEST_LOCK, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    return hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR') || hasCode(thrown, 'ELOOP')
      ? 'none'
      : 'unreadable';
  }
}
