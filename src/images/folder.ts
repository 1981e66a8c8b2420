import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import pLimit from 'p-limit';
import { type CardFile, hasCode, Problem, type StoredImage, sanitize } from '../core/index.ts';
import { type IndexEntry, type IndexRead, loadIndex, saveIndex } from './cache.ts';
import { readStoredCardFile } from './card-file.ts';
import { isCardName } from './card-name.ts';
import { type Listed, listFolder, type OtherFiles } from './listing.ts';
import { isPackageFolder, kindOfName } from './names.ts';
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

/** Reads every `.enc` file and every card file, sorted by name. Throws Problem config/images. */
export async function openFolder(dir: string, options: FolderOptions = {}): Promise<ImageFolder> {
  const folder = resolve(dir);
  const listed = await listFolder(dir, options.allowCardFilesOnly === true ? 'firmware' : 'image');
  const paths = listed.images;
  for (const note of listed.notes) options.onWarning?.(note);
  const cardFiles = await readCardFiles(listed.cardFiles);
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

/** The files that were named on a command line, or are in named folders. */
export interface NamedFiles {
  readonly images: readonly StoredImage[];
  readonly cardFiles: readonly CardFile[];
  /** What is in the folders besides. */
  readonly others: readonly OtherFiles[];
  readonly notes: readonly string[];
}

/** Reads named files and folders, each file once. Throws Problem config/images. */
export async function openPaths(paths: readonly string[]): Promise<NamedFiles> {
  const named = new Map(paths.map((path) => [resolve(path), path]));
  const lists = await Promise.all([...named.values()].map(listNamed));
  return {
    images: await readFiles([...new Set(lists.flatMap(({ images }) => images))]),
    cardFiles: await readCardFiles([...new Set(lists.flatMap(({ cardFiles }) => cardFiles))]),
    others: lists.flatMap(({ others }) => others),
    notes: lists.flatMap(({ notes }) => notes),
  };
}

async function readCardFiles(paths: readonly string[]): Promise<readonly CardFile[]> {
  return withoutOtherPackages(await readEach(paths, readStoredCardFile));
}

/**
 * In the folder of an unpacked package for another product, the operating system and the boot monitor are
 * left alone too: whether they are those of a Smart-UPS package is not known.
 */
function withoutOtherPackages(files: readonly CardFile[]): readonly CardFile[] {
  const byFolder = new Map<string, CardFile[]>();
  for (const file of files) {
    const folder = dirname(file.path);
    if (!isPackageFolder(basename(folder))) continue;
    const inside = byFolder.get(folder) ?? [];
    inside.push(file);
    byFolder.set(folder, inside);
  }
  const foreign = new Set<string>();
  for (const [folder, inside] of byFolder) {
    const hasOwn = inside.some(({ part, problems }) => isApplication(part) && problems.length === 0);
    if (!hasOwn && inside.some(isOtherCard)) foreign.add(folder);
  }
  return files.map((file) =>
    foreign.has(dirname(file.path)) && file.problems.length === 0
      ? {
          ...file,
          problems: [
            {
              code: 'image/other-card',
              message: 'The package around it is for another product, so this file is left alone.',
            },
          ],
        }
      : file,
  );
}

function isApplication(part: CardFile['part']): boolean {
  return part === 'card-app' || part === 'card';
}

function isOtherCard({ problems }: CardFile): boolean {
  return problems.some(({ code }) => code === 'image/other-card');
}

async function listNamed(path: string): Promise<Listed> {
  if (await isFolder(path)) return listFolder(path, 'any');
  const nothing = { images: [], cardFiles: [], others: [], notes: [] };
  const one = [resolve(path)];
  const name = basename(path);
  // An archive may be larger than any image, and nobody has to read it to know what it is.
  return isCardName(name) || kindOfName(name) === 'archive'
    ? { ...nothing, cardFiles: one }
    : { ...nothing, images: one };
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
