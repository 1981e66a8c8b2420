import { constants, lstat, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasCode } from '../../core/index.ts';
import type { WantedDevice } from './processes.ts';
import { realPathOf } from './sysfs.ts';

/** A lock file of a device, as programs for serial lines leave them: `LCK..ttyUSB0`. */
export interface LockFile {
  /** The device that it is about, as it was asked for. */
  readonly path: string;
  readonly file: string;
  /** Who made it; null where the file does not tell, or may not be read. */
  readonly pid: number | null;
}

/** The process number stands at the beginning of the file, as text. */
const LONGEST_LOCK = 64;

/** The lock files of devices in the given folders; a folder that two names lead to is read once. */
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

/** Reads the number that begins a lock file: blanks, then digits, then nothing or a blank. */
export function pidIn(bytes: Uint8Array): number | null {
  const [, digits] = /^[ \t]*(\d{1,10})(?:[\s\0]|$)/.exec(Buffer.from(bytes).toString('latin1')) ?? [];
  const pid = Number(digits ?? 0);
  return pid > 0 ? pid : null;
}

async function readLock(path: string): Promise<Uint8Array | 'none' | 'unreadable'> {
  try {
    // Anybody may put a file there: a link or a pipe of that name would open a port, or wait without end.
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
