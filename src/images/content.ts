/** What the first bytes of a file show where it is no firmware. */
export type Foreign = 'web-page' | 'zip' | 'program' | 'archive';

const ARCHIVES: readonly string[] = ['7z\xbc\xaf', 'Rar!', '\x1f\x8b', 'MSCF'];

/** Recognizes a download that went wrong, and a package that was not unpacked; null for anything else. */
export function foreignContent(bytes: Uint8Array): Foreign | null {
  const head = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  if (head.startsWith('PK')) return 'zip';
  if (head.startsWith('MZ')) return 'program';
  if (ARCHIVES.some((magic) => head.startsWith(magic))) return 'archive';
  // A byte order mark and comments may come before the first element.
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  return /^<(?:!|\?xml|html|head|body|title|script|meta|error)/i.test(text) ? 'web-page' : null;
}

export const WHERE_CARD_FILES_ARE = 'Card files are in its folder Bins/.';

/** The same as text for a message about a file that should be firmware for a UPS or a card. */
export const FOREIGN_CONTENT: Readonly<Record<Foreign, string>> = {
  'web-page': 'This is a web page, not a firmware file: download the file again.',
  zip: `This is a ZIP archive, not a firmware file: unpack it. ${WHERE_CARD_FILES_ARE}`,
  program: `This is a program or a vendor package, not a firmware file: unpack it (unzip). ${WHERE_CARD_FILES_ARE}`,
  archive: `This is an archive, not a firmware file: unpack it. ${WHERE_CARD_FILES_ARE}`,
};

const LOCAL_FILE = 'PK\x03\x04';
const DIRECTORY_ENTRY = 'PK\x01\x02';
const END_OF_DIRECTORY = 'PK\x05\x06';
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;

/**
 * What is wrong with the form of a ZIP file; null if its beginning and its central directory agree. Reads the
 * first and last records only: nothing is unpacked, so the size of the content does not matter. The last
 * record is missing in a file that was cut, and its numbers do not fit in one that lost bytes in the middle.
 * Source: APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16
 */
export function zipDamage(bytes: Uint8Array): string | null {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const has = (magic: string, at: number): boolean => zip.toString('latin1', at, at + 4) === magic;
  if (!has(LOCAL_FILE, 0)) return 'it does not begin like a ZIP file';
  const lowest = Math.max(0, zip.length - END_BYTES - LONGEST_COMMENT);
  for (let at = zip.length - END_BYTES; at >= lowest; at -= 1) {
    if (zip[at] !== 0x50 || !has(END_OF_DIRECTORY, at)) continue;
    const [entries, size, offset] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 12),
      zip.readUInt32LE(at + 16),
    ];
    const comment = zip.readUInt16LE(at + 20);
    const fits = offset + size <= at && at + END_BYTES + comment <= zip.length;
    if (entries > 0 && fits && has(DIRECTORY_ENTRY, offset)) return null;
  }
  return 'its end is missing or does not fit its beginning, so the file is cut or damaged';
}

/** The name of the first file in a ZIP archive; empty if it cannot be read. */
export function firstZipName(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 512));
  if (head.length < 30 || head.toString('latin1', 0, 4) !== LOCAL_FILE) return '';
  return head.toString('latin1', 30, 30 + Math.min(head.readUInt16LE(26), 255));
}
