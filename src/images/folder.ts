import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import pLimit from 'p-limit';
import {
  type CardFile,
  hasCode,
  joinList,
  Problem,
  reasonOf,
  type StoredImage,
  sanitize,
} from '../core/index.ts';
import { type IndexEntry, type IndexRead, loadIndex, saveIndex } from './cache.ts';
import { isCardName, readStoredCardFile } from './card-file.ts';
import { readImageFile, readStamp, sameStamp } from './read-file.ts';

/** The image files of a folder, each read and checked. */
export interface ImageFolder {
  readonly dir: string;
  readonly images: readonly StoredImage[];
  /** Firmware files for cards in the same folder. */
  readonly cardFiles: readonly CardFile[];
}

export interface FolderOptions {
  /**
   * File that stores image metadata for the next run. It is outside the images folder, which may be
   * read-only. Without it, every file is read.
   */
  readonly index?: string;
  /** True: a folder without UPS images is accepted if it holds card files. */
  readonly allowCardFilesOnly?: boolean;
  /** Called if the index cannot be used. The images are read all the same. */
  readonly onWarning?: (message: string) => void;
}

const READ_AT_ONCE = 8;
const IMAGE_FILE = /\.enc$/i;

/** Reads every `.enc` file and every card file, sorted by name. Throws Problem config/images. */
export async function openFolder(dir: string, options: FolderOptions = {}): Promise<ImageFolder> {
  const folder = resolve(dir);
  const listed = await listFolder(dir, options.allowCardFilesOnly === true);
  const paths = listed.images;
  const cardFiles = await readEach(listed.cardFiles, readStoredCardFile);
  if (options.index === undefined) return { dir: folder, images: await readFiles(paths), cardFiles };
  const known = await loadIndex(options.index);
  if (known.damage !== null) options.onWarning?.(known.damage);
  const read = await readEach(paths, (path) => readUnlessKnown(path, known.entries.get(path)));
  await updateIndex(options.index, folder, known, read, options);
  return { dir: folder, images: read.map(({ image }) => image), cardFiles };
}

interface Reading {
  readonly image: StoredImage;
  /** The new index entry of the file; null for none. */
  readonly entry: IndexEntry | null;
}

async function readUnlessKnown(path: string, known: IndexEntry | undefined): Promise<Reading> {
  const current = known === undefined ? null : await readStamp(path);
  if (known !== undefined && current !== null && sameStamp(known.stamp, current)) {
    return { image: { ...known.image, path }, entry: known };
  }
  const { image, stamp } = await readImageFile(path);
  if (stamp === null) return { image, entry: null };
  const { path: _path, ...content } = image;
  return { image, entry: { path, stamp, image: content } };
}

/** Writes the index if it is outdated for this folder. A cache that cannot be written stops nothing. */
async function updateIndex(
  file: string,
  folder: string,
  known: IndexRead,
  read: readonly Reading[],
  options: FolderOptions,
): Promise<void> {
  const entries = read.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  const before = [...known.entries.values()];
  const elsewhere = before.filter((entry) => dirname(entry.path) !== folder);
  const same =
    elsewhere.length + entries.length === before.length &&
    entries.every((entry) => known.entries.get(entry.path) === entry);
  if (same && known.damage === null) return;
  try {
    await saveIndex(file, [...entries, ...elsewhere]);
  } catch (thrown) {
    const why = thrown instanceof Error ? sanitize(thrown.message) : 'unknown';
    options.onWarning?.(
      `The image index ${file} cannot be written, so the images are read again next time: ${why}`,
    );
  }
}

/** The paths in a folder, sorted by name. */
interface Listed {
  readonly images: readonly string[];
  readonly cardFiles: readonly string[];
}

async function listFolder(dir: string, allowCardFilesOnly: boolean): Promise<Listed> {
  let names: readonly string[];
  try {
    names = (await readdir(dir)).sort();
  } catch (thrown) {
    const why = hasCode(thrown, 'ENOENT') ? 'does not exist' : `cannot be read: ${reasonOf(thrown)}`;
    throw new Problem('config/images', `The images folder ${sanitize(dir, 400)} ${why}.`, {
      hint: 'Name an existing folder in the inventory (images:) or with --images.',
      cause: thrown,
    });
  }
  const folder = resolve(dir);
  const pathsOf = (matches: (name: string) => boolean): readonly string[] =>
    names.filter(matches).map((name) => join(folder, name));
  const listed = { images: pathsOf((name) => IMAGE_FILE.test(name)), cardFiles: pathsOf(isCardName) };
  if (listed.images.length === 0 && !(allowCardFilesOnly && listed.cardFiles.length > 0)) {
    const missing = allowCardFilesOnly
      ? 'neither an image (.enc) nor a firmware file for a card (.bin, .nmc3)'
      : 'no .enc file';
    const packages = names.filter((name) => PACKAGE_NAME.test(name));
    const found = packages.length > 0 ? `, only ${joinList(packages.map((name) => sanitize(name)))}` : '';
    throw new Problem(
      'config/images',
      `The images folder ${sanitize(dir, 400)} contains ${missing}${found}.`,
      {
        hint: packages[0] === undefined ? WHERE_IMAGES_COME_FROM : howToUnpack(sanitize(packages[0])),
      },
    );
  }
  return listed;
}

/** Package formats of the vendor. */
const PACKAGE_NAME = /\.(?:exe|zip|7z)$/i;
const WHERE_IMAGES_COME_FROM =
  'Copy the image files of the vendor there. They come with the Firmware Upgrade Wizard.';

/** Packages for cards are ZIP files. Whether a package of the wizard is one depends on its release. */
function howToUnpack(name: string): string {
  if (/^apc_hw/i.test(name))
    return `${name} is a ZIP file with firmware for cards: unpack it (unzip ${name}) and copy the files of its folder Bins there.`;
  return (
    `Extract the .enc files from ${name} and copy them there. Many such packages are ZIP files: try unzip -l ${name}, or 7-Zip. ` +
    'Otherwise run it on a Windows computer and copy the .enc files from its folder.'
  );
}

/** The files that were named on a command line, or are in named folders. */
export interface NamedFiles {
  readonly images: readonly StoredImage[];
  readonly cardFiles: readonly CardFile[];
}

/** Reads named files and folders, each file once. Throws Problem config/images. */
export async function openPaths(paths: readonly string[]): Promise<NamedFiles> {
  const lists = await Promise.all(paths.map(listNamed));
  return {
    images: await readFiles([...new Set(lists.flatMap(({ images }) => images))]),
    cardFiles: await readEach([...new Set(lists.flatMap(({ cardFiles }) => cardFiles))], readStoredCardFile),
  };
}

async function listNamed(path: string): Promise<Listed> {
  if (await isFolder(path)) return listFolder(path, true);
  const one = [resolve(path)];
  return isCardName(basename(path)) ? { images: [], cardFiles: one } : { images: one, cardFiles: [] };
}

/** Only the images of {@link openPaths}. */
export async function openFiles(paths: readonly string[]): Promise<readonly StoredImage[]> {
  return (await openPaths(paths)).images;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) {
      throw new Problem('config/images', `There is no file or folder ${path}.`, { hint: 'Check the path.' });
    }
    const why = thrown instanceof Error ? sanitize(thrown.message) : 'unknown';
    throw new Problem('config/images', `${path} cannot be read: ${why}`, {
      hint: 'Check the path and the permissions of this user.',
      cause: thrown,
    });
  }
}

async function readFiles(paths: readonly string[]): Promise<readonly StoredImage[]> {
  return (await readEach(paths, readImageFile)).map(({ image }) => image);
}

function readEach<T>(paths: readonly string[], read: (path: string) => Promise<T>): Promise<readonly T[]> {
  const limit = pLimit(READ_AT_ONCE);
  return Promise.all(paths.map((path) => limit(() => read(path))));
}
