import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CardFile, type CardPart, type ImageProblem, sanitize } from '../core/index.ts';
import { readImage } from './read-image.ts';

/**
 * Limit of this tool. Files of second-generation cards have up to 3.1 MB; the size of third-generation files
 * is not documented.
 */
export const LARGEST_CARD_FILE = 64 * 1024 * 1024;

/** Names of card firmware: its two extensions, and the vendor's package that must be unpacked first. */
const CARD_NAME = /\.(?:bin|nmc3)$|^apc_hw\d.*\.(?:exe|zip)$/i;

export function isCardName(file: string): boolean {
  return CARD_NAME.test(file);
}

/**
 * Applications for a UPS: `sumx` and `su` for a Smart-UPS, `sy` for a Symmetra.
 * Source: docs/sources/card.md#platforms-and-applications
 */
const APPLICATIONS: readonly string[] = ['sumx', 'su', 'sy'];
const SECOND_GENERATION: readonly string[] = ['hw05', 'hw06'];
const THIRD_GENERATION: readonly string[] = ['hw21'];

/** `apc_hw0n_type_version.bin`. Source: docs/sources/card.md#firmware-of-the-card */
const MODULE = /^apc_(hw\d\d)_([a-z][a-z0-9]*)_v?([0-9][0-9a-z.-]*)\.bin$/i;
/**
 * The names of third-generation files are not documented. Accepted are names like the module names of such a
 * card (`apc_hw21_su_1.4.0.19.bin`). Other names are refused.
 */
const WHOLE = /^apc_(hw\d\d)_([a-z][a-z0-9]*)_v?([0-9][0-9a-z.-]*)\.nmc3$/i;

/** Three digits are three places; any other number of digits is ambiguous. */
const THREE_DIGITS = /^(\d)(\d)(\d)$/;
const PLACES = /^\d{1,4}(?:\.\d{1,4}){2,4}$|^\d{1,4}(?:-\d{1,4}){2,4}$/;

function versionOf(text: string): string | null {
  const digits = THREE_DIGITS.exec(text);
  if (digits !== null) return digits.slice(1).join('.');
  return PLACES.test(text) ? text.replaceAll('-', '.') : null;
}

type Claims = Pick<CardFile, 'platform' | 'part' | 'app' | 'version'>;
const NOTHING: Claims = { platform: null, part: null, app: null, version: null };

function partOf(name: string): CardPart | null {
  if (name === 'bootmon') return 'card-boot';
  if (name === 'aos') return 'card-os';
  return APPLICATIONS.includes(name) ? 'card-app' : null;
}

/** What the name of a card file states. `why`: what is missing in it; null if it is complete. */
export function readCardName(file: string): { readonly claims: Claims; readonly why: string | null } {
  const whole = WHOLE.exec(file);
  const found = whole ?? MODULE.exec(file);
  if (found === null) {
    const example = /\.nmc3$/i.test(file) ? 'apc_hw21_su_2.5.0.8.nmc3' : 'apc_hw05_sumx_696.bin';
    return {
      claims: NOTHING,
      why: `The name does not contain platform, part and version, unlike ${example}.`,
    };
  }
  const [platform = '', name = '', number = ''] = found.slice(1).map((text) => text.toLowerCase());
  const part = whole === null ? partOf(name) : APPLICATIONS.includes(name) ? 'card' : null;
  const app = APPLICATIONS.includes(name) ? name : null;
  // Four places need separators, so three bare digits are not the version of a whole file.
  const version = whole !== null && THREE_DIGITS.test(number) ? null : versionOf(number);
  const claims: Claims = { platform, part, app, version };
  const platforms = whole === null ? SECOND_GENERATION : THIRD_GENERATION;
  if (!platforms.includes(platform)) {
    const extension = whole === null ? '.bin' : '.nmc3';
    return {
      claims,
      why: `No update of platform ${platform} with a single ${extension} file is documented.`,
    };
  }
  if (part === null) return { claims, why: `"${name}" is not a part of a UPS card.` };
  if (version === null) return { claims, why: `The version "${number}" in the name is ambiguous.` };
  return { claims, why: null };
}

/**
 * Reads a firmware file of a card from its bytes and its name. Never throws: `problems` lists what is wrong.
 * Only the card can check that the file is complete; it verifies header and checksums before it accepts it.
 * Source: docs/sources/card.md#firmware-of-the-card
 */
export function readCardFile(bytes: Uint8Array, file: string): Omit<CardFile, 'path'> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { claims, why } = readCardName(file);
  const byContent = contentProblem(bytes, file);
  const byName: ImageProblem[] =
    why === null || byContent !== null ? [] : [{ code: 'image/name', message: why }];
  const problems = byContent === null ? byName : [byContent];
  return { file, sizeBytes: bytes.length, sha256, ...claims, problems };
}

/** What the bytes are instead of firmware; null if they may be firmware. */
function contentProblem(bytes: Uint8Array, file: string): ImageProblem | null {
  if (bytes.length === 0) return { code: 'image/empty', message: 'The file is empty.' };
  if (bytes.length > LARGEST_CARD_FILE) return tooLargeForCard(bytes.length);
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  if (head.startsWith('MZ') || head.startsWith('PK')) {
    return {
      code: 'image/format',
      message:
        'This is a vendor package, not a firmware file: unpack it (unzip) and use the files in its folder Bins.',
    };
  }
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(head)) {
    return {
      code: 'image/format',
      message: 'This is a web page, not a firmware file: download the file again.',
    };
  }
  const image = readImage(bytes, file);
  if (image.microLinkId === null || image.problems.length > 0) return null;
  return {
    code: 'image/format',
    message: `This is an image for a UPS with ID${image.microLinkId}, not firmware for a card.`,
  };
}

export function tooLargeForCard(bytes: number): ImageProblem {
  return {
    code: 'image/size',
    message: `The file has ${bytes} bytes; the limit is ${LARGEST_CARD_FILE}.`,
  };
}

/** Reads and checks one file. Never throws: an unreadable file has a problem. `path` is absolute. */
export async function readStoredCardFile(path: string): Promise<CardFile> {
  try {
    const found = await stat(path);
    // Opening a pipe would block.
    if (!found.isFile()) return unread(path, 'It is a folder, a pipe or a device. Remove it or rename it.');
    if (found.size > LARGEST_CARD_FILE) return withoutBytes(path, found.size, tooLargeForCard(found.size));
    return { ...readCardFile(await readFile(path), basename(path)), path };
  } catch (thrown) {
    return unread(path, thrown instanceof Error ? sanitize(thrown.message) : 'unknown');
  }
}

function unread(path: string, why: string): CardFile {
  return withoutBytes(path, 0, { code: 'image/unreadable', message: `The file cannot be read: ${why}` });
}

function withoutBytes(path: string, sizeBytes: number, problem: ImageProblem): CardFile {
  const nothing = readCardFile(Buffer.alloc(0), basename(path));
  return { ...nothing, path, sizeBytes, problems: [problem] };
}
