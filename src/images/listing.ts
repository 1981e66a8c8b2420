import type { Dirent } from 'node:fs';
import { opendir, readdir } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { hasCode, joinList, Problem, reasonOf, sanitize } from '../core/index.ts';
import { isPackageFolder, kindOfName, OTHER_KINDS, type OtherKind } from './names.ts';

/** Files and folders of one kind that are not read. */
export interface OtherFiles {
  readonly kind: OtherKind;
  readonly count: number;
  /** The first ones by name, as paths below the folder. */
  readonly files: readonly string[];
}

/** The paths in a folder, sorted by name. */
export interface Listed {
  readonly images: readonly string[];
  /** Also those of the folders Bins below it. */
  readonly cardFiles: readonly string[];
  readonly others: readonly OtherFiles[];
  /** What was not searched, and why. Printable text. */
  readonly notes: readonly string[];
}

/** The vendor's packages have `Bins` at their top; unpacking adds a folder or two with the package's name. */
const BINS = /^bins$/i;
const MAX_DEPTH = 3;
const MAX_FOLDERS = 256;
const MAX_ENTRIES = 50_000;
/** Every file is read, so a folder of this size is not one of firmware. */
const MAX_FILES = 10_000;
const NAMED_AT_MOST = 20;

/** What a folder must have: an image, an image or a card file, or these or a package to describe. */
export type Needed = 'image' | 'firmware' | 'any';

/** Lists a folder and the folders `Bins` of unpacked packages in it. Throws Problem config/images. */
export async function listFolder(dir: string, needed: Needed): Promise<Listed> {
  const entries = await entriesOf(dir);
  const folder = resolve(dir);
  const bins = await findBins(folder, entries);
  const images: string[] = [];
  const cardFiles: string[] = [];
  const others: Others = new Map();
  const entered = new Set(bins.folders.map((path) => relative(folder, path).split(/[\\/]/)[0]));
  for (const entry of entries) {
    const kind = kindOfName(entry.name);
    if (kind === 'image') images.push(join(folder, entry.name));
    else if (kind === 'card' || kind === 'package') cardFiles.push(join(folder, entry.name));
    else if (kind !== 'system' && !entered.has(entry.name))
      add(others, entry.isDirectory() && kind !== 'unfinished' ? 'folder' : kind, entry.name);
  }
  for (const { folder: from, names } of bins.contents) {
    for (const name of names) {
      const kind = kindOfName(name);
      if (kind === 'card' || kind === 'package') cardFiles.push(join(from, name));
      else if (kind !== 'system')
        add(others, kind === 'image' ? 'other' : kind, relative(folder, join(from, name)));
    }
  }
  const found = images.length + cardFiles.length;
  if (found > MAX_FILES) throw tooMany(dir, found);
  const packages = cardFiles.filter((path) => kindOfName(basename(path)) === 'package');
  const enough = { image: 0, firmware: cardFiles.length - packages.length, any: cardFiles.length };
  if (images.length + enough[needed] === 0) throw nothingThere(dir, needed, packages, others);
  const kinds = (Object.keys(OTHER_KINDS) as OtherKind[]).flatMap((kind) => others.get(kind) ?? []);
  return { images, cardFiles, others: kinds, notes: bins.notes };
}

type Others = Map<OtherKind, { kind: OtherKind; count: number; files: string[] }>;

function add(others: Others, kind: OtherKind, file: string): void {
  const group = others.get(kind) ?? { kind, count: 0, files: [] };
  group.count += 1;
  if (group.files.length < NAMED_AT_MOST) group.files.push(file);
  others.set(kind, group);
}

async function entriesOf(dir: string): Promise<readonly Dirent[]> {
  try {
    return sorted(await readdir(dir, { withFileTypes: true }));
  } catch (thrown) {
    const why = hasCode(thrown, 'ENOENT') ? 'does not exist' : `cannot be read: ${reasonOf(thrown)}`;
    throw new Problem('config/images', `The images folder ${sanitize(dir, 400)} ${why}.`, {
      hint: 'Name an existing folder in the inventory (images:) or with --images.',
      cause: thrown,
    });
  }
}

function sorted(entries: readonly Dirent[]): readonly Dirent[] {
  return [...entries].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

interface FoundBins {
  readonly folders: readonly string[];
  readonly contents: readonly { readonly folder: string; readonly names: readonly string[] }[];
  readonly notes: readonly string[];
}

/**
 * Finds the folders `Bins`, and those with the name of a package, below a folder, level by level. Links are
 * not followed, so that a search cannot run in circles or leave the folder; depth and number of folders are
 * limited.
 */
async function findBins(top: string, entries: readonly Dirent[]): Promise<FoundBins> {
  const notes: string[] = [];
  const contents: { folder: string; names: readonly string[] }[] = [];
  const queue: { path: string; depth: number; entries: readonly Dirent[] | null }[] = [
    { path: top, depth: 0, entries },
  ];
  let opened = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path, depth } = next;
    const here = next.entries ?? (await subfolder(path, top, notes));
    const names = here.filter((entry) => entry.isFile()).map(({ name }) => name);
    const own = names.filter((name) => kindOfName(name) === 'card');
    if (depth > 0 && own.length > 0 && isPackageFolder(basename(path)))
      contents.push({ folder: path, names: own });
    for (const entry of here) {
      const below = join(path, entry.name);
      const isBins = BINS.test(entry.name);
      if (!entry.isDirectory()) {
        if (isBins)
          notes.push(
            `${shown(top, below)} is ${entry.isSymbolicLink() ? 'a link' : 'a file'}, not a folder, so it was not searched.`,
          );
        continue;
      }
      if (isBins) {
        const inside = (await subfolder(below, top, notes)).map(({ name }) => name);
        contents.push({ folder: below, names: inside });
      } else if (depth + 1 < MAX_DEPTH && kindOfName(entry.name) !== 'system') {
        opened += 1;
        if (opened <= MAX_FOLDERS) queue.push({ path: below, depth: depth + 1, entries: null });
      }
    }
  }
  if (opened > MAX_FOLDERS) notes.push(`Only the first ${MAX_FOLDERS} folders were searched for Bins.`);
  return { folders: contents.map(({ folder }) => folder), contents, notes };
}

/** The entries of a folder below the images folder; none, with a note, if it cannot be read. */
async function subfolder(path: string, top: string, notes: string[]): Promise<readonly Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(path)) {
      if (entries.length >= MAX_ENTRIES) {
        notes.push(`Of ${shown(top, path)} only ${MAX_ENTRIES} entries were read.`);
        break;
      }
      entries.push(entry);
    }
  } catch (thrown) {
    notes.push(`${shown(top, path)} cannot be read: ${reasonOf(thrown)}`);
  }
  return sorted(entries);
}

function shown(top: string, path: string): string {
  return sanitize(relative(top, path), 120);
}

function tooMany(dir: string, found: number): Problem {
  return new Problem(
    'config/images',
    `The images folder ${sanitize(dir, 400)} contains ${found} files with the extension of an image or card file; the limit is ${MAX_FILES}.`,
    { hint: 'Name the folder with the firmware alone.' },
  );
}

const WHERE_IMAGES_COME_FROM =
  'Copy the image files of the vendor there. They come with the Firmware Upgrade Wizard.';
/** What somebody may have put there instead of usable files. */
const NEARLY: readonly OtherKind[] = ['unfinished', 'renamed', 'archive'];

function nothingThere(dir: string, needed: Needed, packages: readonly string[], others: Others): Problem {
  const missing =
    needed === 'image'
      ? 'no .enc file'
      : 'neither an image (.enc) nor a firmware file for a card (.bin, .nmc3)';
  const names = packages.map((path) => basename(path));
  const nearly = NEARLY.flatMap((kind) => others.get(kind)?.files ?? []);
  const only = [...names, ...nearly].slice(0, NAMED_AT_MOST).map((name) => sanitize(name, 120));
  const [first] = [...names, ...(others.get('archive')?.files ?? [])];
  const [unfinished] = others.get('unfinished')?.files ?? [];
  const [renamed] = others.get('renamed')?.files ?? [];
  const hint =
    first !== undefined
      ? unpacking(sanitize(first, 120))
      : unfinished !== undefined
        ? `${sanitize(unfinished, 120)} is an unfinished download: start it again.`
        : renamed !== undefined
          ? `Give ${sanitize(renamed, 120)} the name that the vendor gave it, with its extension.`
          : WHERE_IMAGES_COME_FROM;
  const found = only.length > 0 ? `, only ${joinList(only)}` : '';
  return new Problem(
    'config/images',
    `The images folder ${sanitize(dir, 400)} contains ${missing}${found}.`,
    {
      hint,
    },
  );
}

/** Packages for cards are ZIP files. Whether a package of the wizard is one depends on its release. */
function unpacking(name: string): string {
  if (kindOfName(name) === 'package')
    return `${name} is a package with firmware for cards: unpack it there (unzip ${name}). The files are in its folder Bins, which upsfw reads.`;
  return (
    `Extract the .enc files from ${name} and copy them there. Many such packages are ZIP files: try unzip -l ${name}, or 7-Zip. ` +
    'Otherwise run it on a Windows computer and copy the .enc files from its folder.'
  );
}
