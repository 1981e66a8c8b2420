import { createHash, randomUUID } from 'node:crypto';
import { lstat, open, readdir, readFile, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { enumerated, hasCode, Problem, printable, type StoredImage } from '../core/index.ts';
import { readBytes } from './bytes.ts';
import { fatNameTrouble } from './fat-name.ts';

/** What the system says of the place of a folder; another one in tests. */
export interface StickSystem {
  /** Type of the file system as `statfs` numbers it, and its room in blocks of `bsize` bytes. */
  statfs(path: string): Promise<{ readonly type: number; readonly bsize: number; readonly bavail: number }>;
  /** Number of the device that a folder lies on. */
  deviceOf(path: string): Promise<number>;
}

const SYSTEM: StickSystem = { statfs, deviceOf: async (path) => (await stat(path)).dev };

/** What became of a stick. */
export interface StickResult {
  /** The root of the stick, with links followed. */
  readonly dir: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `there-already`: the stick held this very file and nothing was written. */
  readonly state: 'written' | 'there-already';
  /** Folders on the stick that systems make for themselves. */
  readonly ofTheSystem: readonly string[];
}

const FAT = 0x4d44;
/** File systems that a folder is likely to lie on by mistake, for the message only. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  [0x2011bab0, 'exFAT'],
  [0x5346544e, 'NTFS'],
  [0x65735546, 'a FUSE file system (NTFS or exFAT through a helper)'],
  [0xef53, 'ext2, ext3 or ext4'],
  [0x58465342, 'XFS'],
  [0x9123683e, 'Btrfs'],
  [0x01021994, 'a file system in memory (tmpfs)'],
  [0x794c7630, 'an overlay'],
  [0x482b, 'HFS+'],
]);
/** Made by Windows and macOS on every stick that is put in; in small letters, because FAT does not tell them apart. */
const OF_SYSTEMS: ReadonlySet<string> = new Set([
  'system volume information',
  '.trashes',
  '.fseventsd',
  '.spotlight-v100',
]);

/**
 * Puts an image alone into the root of a FAT stick, under its own name, in one go, and reads it back. Never deletes or replaces
 * anything; a stick with anything else on it is refused (release notes: exactly one firmware file).
 * Throws Problem config/stick, image/changed or image/copy.
 * Source: docs/sources/local.md#usb-drive
 */
export async function writeStick(
  dir: string,
  image: StoredImage,
  system: StickSystem = SYSTEM,
): Promise<StickResult> {
  const { file, sha256, sizeBytes } = image;
  const trouble = fatNameTrouble(file);
  if (trouble !== null) {
    throw unfit(
      `FAT cannot hold the name ${printable(file)}: ${trouble}.`,
      'Give the file a plain name, such as the vendor gave it.',
    );
  }
  const root = await openRoot(dir, system);
  const names = await entriesOf(root);
  const isOfSystem = (name: string): boolean => OF_SYSTEMS.has(name.toLowerCase());
  const [present, ...others] = names.filter((name) => !isOfSystem(name)).sort();
  const result = { dir: root, file, sizeBytes, sha256, ofTheSystem: names.filter(isOfSystem) };
  if (present !== undefined) {
    const same = others.length === 0 && present.toLowerCase() === file.toLowerCase();
    if (same && (await hashOf(join(root, present))) === sha256) return { ...result, state: 'there-already' };
    throw notEmpty(root, [present, ...others]);
  }
  const bytes = await readBytes(image);
  await checkRoom(root, bytes.length, system);
  await putInPlace(root, file, bytes);
  const found = await hashOf(join(root, file));
  if (found !== sha256) {
    throw new Problem(
      'image/copy',
      `${printable(join(root, file))}: written was sha256 ${sha256}, read back is ${found}.`,
      {
        hint: 'Do not use this stick. Take another one.',
      },
    );
  }
  return { ...result, state: 'written' };
}

function unfit(message: string, hint: string, cause?: unknown): Problem {
  return new Problem('config/stick', message, { hint, cause });
}

/** The root of the stick that a folder is. */
async function openRoot(dir: string, system: StickSystem): Promise<string> {
  const root = await realpath(dir).catch((thrown: unknown) => {
    throw unfit(
      hasCode(thrown, 'ENOENT')
        ? `There is no folder ${printable(dir)}.`
        : `${printable(dir)} cannot be looked at: ${reasonOf(thrown)}`,
      'Put the stick in, have it mounted, and name the folder where it is mounted.',
      thrown,
    );
  });
  try {
    if (!(await stat(root)).isDirectory()) {
      throw unfit(
        `${printable(dir)} is no folder.`,
        'Name the folder where the stick is mounted, not its device.',
      );
    }
    const { type } = await system.statfs(root);
    if (type !== FAT) throw noFat(root, type);
    const above = dirname(root);
    if (above !== root && (await system.deviceOf(above)) === (await system.deviceOf(root))) {
      throw unfit(
        `${printable(root)} is a folder on the stick and not its root.`,
        'Name the folder where the stick is mounted: the unit finds one firmware file on all of it.',
      );
    }
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw unfit(
      `What ${printable(root)} lies on cannot be told: ${reasonOf(thrown)}`,
      'Do this where the system tells the type of a file system, such as on Linux.',
      thrown,
    );
  }
  return root;
}

function noFat(root: string, type: number): Problem {
  const name = OTHERS.get(type);
  const seen = `type 0x${type.toString(16)}`;
  return unfit(
    `${printable(root)} is not on a FAT file system: ${name === undefined ? `the system gives ${seen}` : `it is ${name} (${seen})`}.`,
    'Format a stick with FAT32 and name the folder where it is mounted. exFAT and NTFS are not read by the unit.',
  );
}

async function entriesOf(root: string): Promise<readonly string[]> {
  try {
    return await readdir(root);
  } catch (thrown) {
    throw unfit(
      `${printable(root)} cannot be read: ${reasonOf(thrown)}`,
      'Check the stick, and that the user that runs upsfw may read it.',
      thrown,
    );
  }
}

function notEmpty(root: string, names: readonly string[]): Problem {
  return unfit(
    `${printable(root)} holds ${enumerated(names.map((name) => printable(name, 60)))}; exactly one firmware file may be on the stick and nothing else.`,
    'Take an empty stick, or clear this one yourself: upsfw deletes nothing.',
  );
}

async function checkRoom(root: string, wanted: number, system: StickSystem): Promise<void> {
  const { bsize, bavail } = await system.statfs(root);
  if (bsize * bavail < wanted) throw full(root, `${bsize * bavail} bytes are free, needed are ${wanted}`);
}

function full(root: string, why: string, cause?: unknown): Problem {
  return unfit(`There is no room on ${printable(root)}: ${why}.`, 'Take a larger stick.', cause);
}

/** Whoever pulls the stick in the middle finds a file of another name, or the whole file. */
async function putInPlace(root: string, file: string, bytes: Buffer): Promise<void> {
  const draft = join(root, `.upsfw-${randomUUID()}.tmp`);
  const path = join(root, file);
  try {
    const handle = await open(draft, 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A rename would replace what somebody else has put there meanwhile.
    if (await isThere(path)) throw notEmpty(root, [file]);
    await rename(draft, path);
    await syncFolder(root);
  } catch (thrown) {
    // On a stick that was pulled this fails too, and the first error tells more.
    await rm(draft, { force: true }).catch(() => undefined);
    if (thrown instanceof Problem) throw thrown;
    if (hasCode(thrown, 'ENOSPC')) throw full(root, 'the disk is full', thrown);
    throw unfit(
      `${printable(path)} cannot be written: ${reasonOf(thrown)}`,
      'Check the stick (a switch may forbid writing), and that the user that runs upsfw may write to it.',
      thrown,
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return false;
    throw thrown;
  }
}

/** Codes by which systems say that folders are not synced there. */
const NO_FOLDER_SYNC = ['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'EBADF', 'ENOTSUP'];

async function syncFolder(root: string): Promise<void> {
  try {
    const handle = await open(root, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    // The file itself is on the stick; its name follows when the stick is ejected.
    if (!NO_FOLDER_SYNC.some((code) => hasCode(thrown, code))) throw thrown;
  }
}

async function hashOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch (thrown) {
    throw unfit(`${printable(path)} cannot be read: ${reasonOf(thrown)}`, 'Take another stick.', thrown);
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? printable(thrown.message) : 'unknown';
}
