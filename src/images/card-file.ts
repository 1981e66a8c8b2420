import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CardFile, type ImageProblem, sanitize } from '../core/index.ts';
import { cardNameProblem } from './card-name.ts';
import { FOREIGN_CONTENT, firstZipName, foreignContent, WHERE_CARD_FILES_ARE, zipDamage } from './content.ts';
import { kindOfName } from './names.ts';
import { readImage } from './read-image.ts';

/**
 * Limit of this tool. Files of second-generation cards have up to 3.1 MB; packages of third-generation cards
 * about 4 MB.
 */
export const LARGEST_CARD_FILE = 64 * 1024 * 1024;

/**
 * Reads a firmware file of a card from its bytes and its name. Never throws: `problems` lists what is wrong.
 * Only the card can check that the file is complete; it verifies header and checksums before it accepts it.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
export function readCardFile(bytes: Uint8Array, file: string): Omit<CardFile, 'path'> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { claims, problem } = cardNameProblem(file);
  const found = fileProblem(bytes, file, problem);
  return { file, sizeBytes: bytes.length, sha256, ...claims, problems: found === null ? [] : [found] };
}

function fileProblem(bytes: Uint8Array, file: string, byName: ImageProblem | null): ImageProblem | null {
  // What a file for another product contains does not matter here.
  if (byName?.code === 'image/other-card') return byName;
  if (byName?.code === 'image/package') return packageProblem(bytes) ?? byName;
  const byContent = contentProblem(bytes, file);
  if (byContent !== null || byName?.code === 'image/name') return byContent ?? byName;
  return zipProblem(bytes, file) ?? byName;
}

/** What the bytes are instead of firmware; null if they may be firmware. */
function contentProblem(bytes: Uint8Array, file: string): ImageProblem | null {
  if (bytes.length === 0) return EMPTY;
  if (bytes.length > LARGEST_CARD_FILE) return tooLargeForCard(bytes.length);
  const foreign = foreignContent(bytes);
  const mayBeZip = /\.nmc3?\b/i.test(file);
  if (foreign !== null && !(foreign === 'zip' && mayBeZip))
    return { code: 'image/format', message: FOREIGN_CONTENT[foreign] };
  const image = readImage(bytes, file);
  if (image.microLinkId === null || image.problems.length > 0) return null;
  return {
    code: 'image/format',
    message: `This is an image for a UPS with ID${image.microLinkId}, not firmware for a card. Its extension should be .enc.`,
  };
}

const EMPTY: ImageProblem = { code: 'image/empty', message: 'The file is empty.' };

/**
 * A `.nmc3` file is a ZIP file, and so is a package that was renamed.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
function zipProblem(bytes: Uint8Array, file: string): ImageProblem | null {
  if (!/\.nmc3?\b/i.test(file)) return null;
  if (/^bins[\\/]|\.(?:exe|dll|pdf)$/i.test(firstZipName(bytes)))
    return {
      code: 'image/format',
      message: `This is a vendor package with another extension: unpack it. ${WHERE_CARD_FILES_ARE}`,
    };
  const damage = /\.nmc3\b/i.test(file) ? zipDamage(bytes) : null;
  if (damage === null) return null;
  return {
    code: 'image/format',
    message: `The file is damaged: a .nmc3 file is a ZIP file, and ${damage}. Download it again.`,
  };
}

export function tooLargeForCard(bytes: number): ImageProblem {
  return {
    code: 'image/size',
    message: `The file has ${bytes} bytes; the limit is ${LARGEST_CARD_FILE}.`,
  };
}

/**
 * Reads and checks one file. Never throws: an unreadable file has a problem. `path` is absolute. Of a package
 * only the first bytes are read, of a file for another product none.
 */
export async function readStoredCardFile(path: string): Promise<CardFile> {
  try {
    const found = await stat(path);
    // Opening a pipe would block.
    if (!found.isFile()) return unread(path, 'It is a folder, a pipe or a device. Remove it or rename it.');
    const { problem } = cardNameProblem(basename(path));
    if (problem?.code === 'image/other-card') return withoutBytes(path, found.size, problem);
    if (problem?.code === 'image/package')
      return withoutBytes(path, found.size, packageProblem(await headOf(path)) ?? problem);
    if (found.size > LARGEST_CARD_FILE) return withoutBytes(path, found.size, tooLargeForCard(found.size));
    return { ...readCardFile(await readFile(path), basename(path)), path };
  } catch (thrown) {
    return unread(path, thrown instanceof Error ? sanitize(thrown.message) : 'unknown');
  }
}

/** What bytes are that are named like a package; null if they begin like one. */
function packageProblem(head: Uint8Array): ImageProblem | null {
  if (head.length === 0) return EMPTY;
  const foreign = foreignContent(head);
  if (foreign !== null && foreign !== 'web-page') return null;
  const what = foreign === null ? 'is neither a ZIP file nor a program' : 'is a web page';
  return {
    code: 'image/format',
    message: `The file is named like a package, but it ${what}: download it again.`,
  };
}

/** The first bytes of a file, or all of a shorter one. */
async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function unread(path: string, why: string): CardFile {
  return withoutBytes(path, 0, { code: 'image/unreadable', message: `The file cannot be read: ${why}` });
}

function withoutBytes(path: string, sizeBytes: number, problem: ImageProblem): CardFile {
  const nothing = readCardFile(Buffer.alloc(0), basename(path));
  return { ...nothing, path, sizeBytes, problems: [problem] };
}

/** False if the bytes of the file were not read, so that its sha256 is meaningless. */
export function hasCardContent({ file, problems }: CardFile): boolean {
  const kind = kindOfName(file);
  if (kind === 'package' || kind === 'archive') return false;
  const unreadCodes: readonly string[] = [
    'image/unreadable',
    'image/size',
    'image/package',
    'image/other-card',
  ];
  return !problems.some(({ code }) => unreadCodes.includes(code));
}
