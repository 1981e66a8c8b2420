import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode } from '../core/index.ts';

/** State is readable and writable for the owner only. */
const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** The umask of the process applies to it. */
const NEW_FILE = 0o666;

/** A mode, or `default`: the mode that the process gives to new files. */
export type FileMode = number | 'default';

export interface ReplaceOptions {
  /** Absent: readable and writable for the owner only. */
  readonly mode?: FileMode;
  /** Whether a folder that cannot be flushed is an error. Absent: `required`. */
  readonly flush?: FolderFlush;
}

/** `if-supported`: for folders that cannot be flushed, or that this user may not open. */
export type FolderFlush = 'required' | 'if-supported';

/**
 * Makes a folder and its parents, readable for the owner only. Each new entry is flushed to disk, because a
 * power failure could otherwise lose a file in the folder.
 */
export async function makeFolder(path: string): Promise<void> {
  const whole = resolve(path);
  const there = await stat(whole).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return null;
    throw thrown;
  });
  if (there?.isDirectory() === true) return;
  // Level by level: on a read-only file system, a recursive mkdir reports ENOENT instead of EROFS.
  if (there === null && dirname(whole) !== whole) await makeFolder(dirname(whole));
  try {
    await mkdir(whole, { mode: PRIVATE_FOLDER });
  } catch (thrown) {
    // Another process made it in the meantime.
    if (hasCode(thrown, 'EEXIST') && (await stat(whole)).isDirectory()) return;
    throw thrown;
  }
  await syncFolder(dirname(whole));
}

/** Error codes of systems that do not flush a folder. */
const NOT_FLUSHED = ['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'EBADF', 'ENOTSUP'];

/** Flushes the entries of a folder to disk. */
export async function syncFolder(folder: string, flush: FolderFlush = 'required'): Promise<void> {
  // Windows cannot open a folder; its file systems journal the entries themselves.
  if (process.platform === 'win32') return;
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (flush === 'required' || !NOT_FLUSHED.some((code) => hasCode(thrown, code))) throw thrown;
  }
}

/**
 * Opens a private file for reading and appending. `create` makes it if it does not exist. A symbolic link
 * is not followed (ELOOP).
 */
export function openToAppend(path: string, create: 'create' | 'is-there'): Promise<FileHandle> {
  const made = create === 'create' ? constants.O_CREAT : 0;
  return open(path, constants.O_RDWR | constants.O_APPEND | noFollow() | made, PRIVATE);
}

/** Windows has no such flag; making links needs a privilege there. */
function noFollow(): number {
  return constants.O_NOFOLLOW ?? 0;
}

/**
 * Replaces a file in one step: readers see the old content or the new one. A failure leaves the old one
 * intact. A symbolic link is replaced, not followed.
 */
export async function replaceFile(
  path: string,
  content: string | Buffer,
  { mode = PRIVATE, flush = 'required' }: ReplaceOptions = {},
): Promise<void> {
  await withDraft(path, content, mode, async (draft) => {
    await rename(draft, path);
    await syncFolder(dirname(path), flush);
  });
}

/** Creates a private file with its content in one step; false if the name is taken, even by a link. */
export async function createWhole(path: string, content: string | Buffer): Promise<boolean> {
  return withDraft(path, content, PRIVATE, (draft) => placeNew(draft, path));
}

/** Creates a file that must not exist, and flushes its content. It is not complete before this resolves. */
export async function writeDraft(draft: string, content: string | Buffer, mode: FileMode): Promise<void> {
  const handle = await open(draft, 'wx', mode === 'default' ? NEW_FILE : mode);
  try {
    await handle.writeFile(content);
    // The umask may have removed rights of others; it never adds any.
    if (mode !== 'default' && mode !== PRIVATE) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function withDraft<T>(
  path: string,
  content: string | Buffer,
  mode: FileMode,
  act: (draft: string) => Promise<T>,
): Promise<T> {
  // The name is unpredictable and new, so no link is followed. Collectors of `*.prom` files do not match it.
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeDraft(draft, content, mode);
    return await act(draft);
  } finally {
    // A leftover draft does no harm, and the first error is the one to report.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/**
 * Renames a finished draft in the same folder; false if the name is taken. The draft may remain, so the
 * caller removes it. On file systems without hard links (FAT, some network file systems), an empty file
 * reserves the name first. If the process dies in between, that empty file remains.
 */
export async function placeNew(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return false;
    if (hasCode(thrown, 'ENOENT')) throw thrown;
  }
  let reserved: FileHandle;
  try {
    reserved = await open(path, 'wx', PRIVATE);
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return false;
    throw thrown;
  }
  await reserved.close();
  try {
    await rename(draft, path);
    return true;
  } catch (thrown) {
    await rm(path, { force: true }).catch(() => undefined);
    throw thrown;
  }
}
