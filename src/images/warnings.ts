import { dirname } from 'node:path';
import {
  type CardFile,
  type Image,
  joinList,
  type StoredFile,
  type StoredImage,
  sanitize,
} from '../core/index.ts';
import { hasCardContent } from './card-file.ts';
import { hasContent } from './read-file.ts';

/**
 * Every warning about an image file, with its meaning. A warning never makes an image unusable and never
 * changes an exit code. `docs/codes.md` holds the same list, and a test compares the two.
 */
export const IMAGE_WARNINGS = {
  NAME_OTHER_ID: 'The file name states another Micro-Link ID than the content.',
  NAME_OTHER_VERSION: 'The file name states another version than the content.',
  HASH_UNKNOWN: 'The sha256 is not in the catalogue: the image is newer, or not from the vendor.',
} as const;

export type ImageWarningCode = keyof typeof IMAGE_WARNINGS;

export interface ImageWarning {
  readonly code: ImageWarningCode;
  readonly message: string;
}

/** Warnings about a usable image. `known`: the catalogue has its sha256. */
export function imageWarnings(image: Image, known: boolean): readonly ImageWarning[] {
  // The hash of a damaged file is unknown because of its problems.
  if (known || image.problems.length > 0) return nameWarnings(image);
  return [
    ...nameWarnings(image),
    {
      code: 'HASH_UNKNOWN',
      message: `sha256 ${image.sha256} is not in the catalogue. The image may be newer than the catalogue; compare the hash with the published one.`,
    },
  ];
}

function nameWarnings(image: Image): readonly ImageWarning[] {
  const { ids, versions } = readFileName(image.file);
  const file = sanitize(image.file);
  const warnings: ImageWarning[] = [];
  const { microLinkId, version } = image;
  if (microLinkId !== null && ids.length > 0 && !ids.includes(microLinkId)) {
    const named = joinList(ids.map((id) => `ID${id}`));
    warnings.push({
      code: 'NAME_OTHER_ID',
      message: `The name ${file} states ${named}, the content is for ID${microLinkId}. The content counts; rename the file, or get the image for ${named}.`,
    });
  }
  // File names omit the letter that marks a patch.
  const plain = version?.replace(/^[A-Za-z]/, '') ?? null;
  if (plain !== null && versions.length > 0 && !versions.includes(plain)) {
    const named = joinList(versions);
    warnings.push({
      code: 'NAME_OTHER_VERSION',
      message: `The name ${file} states version ${named}, the content is ${version}. The content counts; rename the file, or get the image of ${named}.`,
    });
  }
  return warnings;
}

/** What the name of an image file states; empty if it states nothing. */
export interface NameClaims {
  readonly ids: readonly number[];
  /** In the form of the content: `09.4`. */
  readonly versions: readonly string[];
}

// Letters of one or more series, the ID, `UPS`: SMT18UPS, SMTSMX1031UPS.
const ID = /[A-Za-z](\d{1,5})UPS/gi;
// The version follows it: `_09-4`, `_09_4`, ` 09-4`, `09.4`. The rest (Le, NOT750, a date) is ignored.
const VERSION = /[A-Za-z]\d{1,5}UPS[ _-]*[A-Za-z]?(\d{1,2})[-_.](\d)(?!\d)/gi;
// Names without an ID are free text; only the form of YAMUNA_03-8 is read as a version.
const BARE_VERSION = /^[A-Za-z]+[ _](\d\d)[-_.](\d)$/;

/** Reads the name of an image file. It is a hint for people only; the content counts. */
export function readFileName(file: string): NameClaims {
  const stem = file.replace(/\.enc$/i, '');
  const ids = [...stem.matchAll(ID)].map((found) => Number(found[1]));
  const bare = ids.length > 0 ? null : BARE_VERSION.exec(stem);
  const found = bare === null ? [...stem.matchAll(VERSION)] : [bare];
  return { ids, versions: found.map(([, major = '', minor = '']) => `${major.padStart(2, '0')}.${minor}`) };
}

/**
 * For each path, the other files with the same bytes: their names, or their paths if they are in another
 * folder. Unreadable files match nothing.
 */
export function identicalFiles(images: readonly StoredImage[]): ReadonlyMap<string, readonly string[]> {
  return identical(images, hasContent);
}

/** The same for card files. A file whose bytes were not read matches nothing. */
export function identicalCardFiles(files: readonly CardFile[]): ReadonlyMap<string, readonly string[]> {
  return identical(files, hasCardContent);
}

function identical<T extends StoredFile>(
  files: readonly T[],
  isRead: (file: T) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const byHash = new Map<string, T[]>();
  for (const file of files.filter(isRead)) {
    const same = byHash.get(file.sha256) ?? [];
    same.push(file);
    byHash.set(file.sha256, same);
  }
  return new Map(
    files.map((file) => {
      const same = isRead(file) ? (byHash.get(file.sha256) ?? []) : [];
      const others = same.filter((other) => other.path !== file.path).slice(0, MOST_NAMED);
      return [file.path, others.map((other) => nameFor(file, other))];
    }),
  );
}

/** A folder may hold thousands of copies. */
const MOST_NAMED = 20;

function nameFor(file: StoredFile, other: StoredFile): string {
  return dirname(other.path) === dirname(file.path) ? other.file : other.path;
}
