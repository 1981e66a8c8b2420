import { createHash, randomUUID } from 'node:crypto';
import { lstat, readdir, readFile, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, joinList, Problem, type StoredImage, sanitize } from '../core/index.ts';
import { syncFolder, writeDraft } from '../files/index.ts';
import { readBytes } from './bytes.ts';

/** What the system reports about a folder; tests provide another one. */
export interface UsbDriveSystem {
  /** Type number of the file system, and its free space in blocks of `bsize` bytes. */
  statfs(path: string): Promise<{ readonly type: number; readonly bsize: number; readonly bavail: number }>;
  /** Number of the device that holds a folder. */
  deviceOf(path: string): Promise<number>;
}

const SYSTEM: UsbDriveSystem = { statfs, deviceOf: async (path) => (await stat(path)).dev };

/** Result of writing a USB drive. */
export interface UsbDriveResult {
  /** The root of the drive, with links resolved. */
  readonly dir: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `there-already`: the drive holds this very file and nothing was written. */
  readonly state: 'written' | 'there-already';
  /** Folders that operating systems create on the drive. */
  readonly ofTheSystem: readonly string[];
}

const FAT = 0x4d44;
/** Likely file systems of a wrongly named folder; for the message only. */
const OTHER_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
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
/** Created by Windows and macOS on every drive; lower case, because FAT ignores case. */
const OF_SYSTEMS: ReadonlySet<string> = new Set([
  'system volume information',
  '.trashes',
  '.fseventsd',
  '.spotlight-v100',
]);

/**
 * Writes one image to the root of a FAT drive under its own name, in one step, and reads it back. Never
 * deletes or replaces anything. Refuses a drive with other files (release notes: exactly one firmware file).
 * Throws Problem config/usb-drive, image/changed or image/copy.
 * Source: docs/sources/local.md#usb-drive
 */
export async function writeUsbDrive(
  dir: string,
  image: StoredImage,
  system: UsbDriveSystem = SYSTEM,
): Promise<UsbDriveResult> {
  const { file, sha256, sizeBytes } = image;
  const invalid = fatNameProblem(file);
  if (invalid !== null) {
    throw unusable(
      `FAT cannot store the name ${sanitize(file)}: ${invalid}.`,
      'Give the file a plain name, such as the one from the vendor.',
    );
  }
  const root = await checkRoot(dir, system);
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
  await checkSpace(root, bytes.length, system);
  await putInPlace(root, file, bytes);
  const found = await hashOf(join(root, file));
  if (found !== sha256) {
    throw new Problem(
      'image/copy',
      `${sanitize(join(root, file))}: written was sha256 ${sha256}, read back was ${found}.`,
      {
        hint: 'Do not use this USB drive. Use another one.',
      },
    );
  }
  return { ...result, state: 'written' };
}

function unusable(message: string, hint: string, cause?: unknown): Problem {
  return new Problem('config/usb-drive', message, { hint, cause });
}

/** Checks that a folder is the root of a FAT drive. */
async function checkRoot(dir: string, system: UsbDriveSystem): Promise<string> {
  const root = await realpath(dir).catch((thrown: unknown) => {
    throw unusable(
      hasCode(thrown, 'ENOENT')
        ? `There is no folder ${sanitize(dir)}.`
        : `${sanitize(dir)} cannot be read: ${reasonOf(thrown)}`,
      'Insert the USB drive, mount it, and name its mount point.',
      thrown,
    );
  });
  try {
    if (!(await stat(root)).isDirectory()) {
      throw unusable(
        `${sanitize(dir)} is not a folder.`,
        'Name the mount point of the USB drive, not its device.',
      );
    }
    const { type } = await system.statfs(root);
    if (type !== FAT) throw notFat(root, type);
    const above = dirname(root);
    if (above !== root && (await system.deviceOf(above)) === (await system.deviceOf(root))) {
      throw unusable(
        `${sanitize(root)} is a folder on the USB drive, not its root.`,
        'Name the mount point of the USB drive: the unit accepts only one firmware file on the whole drive.',
      );
    }
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw unusable(
      `The file system of ${sanitize(root)} cannot be determined: ${reasonOf(thrown)}`,
      'Use a system that reports the type of a file system, such as Linux.',
      thrown,
    );
  }
  return root;
}

function notFat(root: string, type: number): Problem {
  const name = OTHER_FILE_SYSTEMS.get(type);
  const seen = `0x${type.toString(16)}`;
  return unusable(
    `${sanitize(root)} is not on a FAT file system: ${name === undefined ? `its type is ${seen}` : `it is ${name} (${seen})`}.`,
    'Format a USB drive with FAT32 and name its mount point. The unit cannot read exFAT and NTFS.',
  );
}

async function entriesOf(root: string): Promise<readonly string[]> {
  try {
    return await readdir(root);
  } catch (thrown) {
    throw unusable(
      `${sanitize(root)} cannot be read: ${reasonOf(thrown)}`,
      'Check the USB drive, and that the user that runs upsfw may read it.',
      thrown,
    );
  }
}

function notEmpty(root: string, names: readonly string[]): Problem {
  return unusable(
    `${sanitize(root)} contains ${joinList(names.map((name) => sanitize(name, 60)))}; the USB drive may contain exactly one firmware file and nothing else.`,
    'Use an empty USB drive, or clear this one yourself: upsfw deletes nothing.',
  );
}

async function checkSpace(root: string, needed: number, system: UsbDriveSystem): Promise<void> {
  const { bsize, bavail } = await system.statfs(root);
  if (bsize * bavail < needed)
    throw driveFull(root, `${bsize * bavail} bytes are free, ${needed} are needed`);
}

function driveFull(root: string, why: string, cause?: unknown): Problem {
  return unusable(`There is no space on ${sanitize(root)}: ${why}.`, 'Use a larger USB drive.', cause);
}

/** If the drive is pulled during this, it holds a file of another name or the whole file. */
async function putInPlace(root: string, file: string, bytes: Buffer): Promise<void> {
  const draft = join(root, `.upsfw-${randomUUID()}.tmp`);
  const path = join(root, file);
  try {
    await writeDraft(draft, bytes, 'default');
    // A rename would replace a file that appeared in the meantime.
    if (await isThere(path)) throw notEmpty(root, [file]);
    await rename(draft, path);
    // The image itself is on the drive; its name follows when the drive is ejected.
    await syncFolder(root, 'if-supported');
  } catch (thrown) {
    // This fails too if the drive was pulled; the first error is the one to report.
    await rm(draft, { force: true }).catch(() => undefined);
    if (thrown instanceof Problem) throw thrown;
    if (hasCode(thrown, 'ENOSPC')) throw driveFull(root, 'the disk is full', thrown);
    throw unusable(
      `${sanitize(path)} cannot be written: ${reasonOf(thrown)}`,
      'Check the write-protect switch of the USB drive, and that the user that runs upsfw may write to it.',
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

async function hashOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch (thrown) {
    throw unusable(`${sanitize(path)} cannot be read: ${reasonOf(thrown)}`, 'Use another USB drive.', thrown);
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? sanitize(thrown.message) : 'unknown';
}

/** DOS device names; with any extension they still mean the device. */
const DEVICE = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i;
const MAX_LENGTH = 255;

/** Why FAT cannot store a file name; null if it can. */
export function fatNameProblem(name: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: FAT holds none of them
  const forbidden = /["*/:<>?\\|\u0000-\u001f\u007f]/.exec(name)?.[0];
  if (forbidden !== undefined) return `it contains the character ${JSON.stringify(forbidden)}`;
  if (name === '' || name.length > MAX_LENGTH)
    return `it has ${name.length} characters, and FAT allows 1 to 255`;
  if (/[. ]$/.test(name) || name.startsWith(' '))
    return 'it starts with a space, or ends in a space or a dot';
  return DEVICE.test(name) ? 'it is a device name' : null;
}
