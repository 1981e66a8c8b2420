import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode } from '../core/index.ts';

/** Only the owner may read and write what the tool keeps. */
const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;

/**
 * Makes a folder and those above it, readable for the owner only. Every entry that was made is on the disk when this resolves:
 * a file in the folder could not be found after a power failure otherwise.
 */
export async function makeFolder(path: string): Promise<void> {
  const whole = resolve(path);
  const there = await stat(whole).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ENOENT')) return null;
    throw thrown;
  });
  if (there?.isDirectory() === true) return;
  // Not in one call for all levels: on a read-only file system its error is that of a missing folder.
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

/** Flushes the entries of a folder to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; its file systems journal the entry themselves.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Opens a file of the tool for reading and appending, or (`create`) makes it where it is not there. A symbolic link in its place is
 * not followed (ELOOP).
 */
export function openToAppend(path: string, create: 'create' | 'is-there'): Promise<FileHandle> {
  const made = create === 'create' ? constants.O_CREAT : 0;
  return open(path, constants.O_RDWR | constants.O_APPEND | noFollow() | made, PRIVATE);
}

/** Windows has no such flag; links need a privilege there. */
function noFollow(): number {
  return constants.O_NOFOLLOW ?? 0;
}

/** Puts a file in place of the one that is there: after a failure the old one is whole. A link is replaced, not followed. */
export async function replaceFile(path: string, content: string | Buffer): Promise<void> {
  await withDraft(path, content, async (draft) => {
    await rename(draft, path);
    await syncFolder(dirname(path));
  });
}

/** Makes a new file with its content in it; false where the name is taken, by a link too. */
export async function createWhole(path: string, content: string | Buffer): Promise<boolean> {
  return withDraft(path, content, (draft) => placeNew(draft, path));
}

async function withDraft<T>(
  path: string,
  content: string | Buffer,
  act: (draft: string) => Promise<T>,
): Promise<T> {
  // A name that nobody can foresee, and a file that was not there: no link is followed.
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const handle = await open(draft, 'wx', PRIVATE);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return await act(draft);
  } finally {
    // A draft that stays is no harm, and the first error tells more.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/**
 * Gives a finished draft of the same folder its name; false where the name is taken. The draft may stay, so the caller removes it.
 * Where the file system has no hard links (FAT, some network file systems), an empty file reserves the name first. A process that
 * dies in between leaves that empty file.
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
