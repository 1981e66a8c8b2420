import { createHash } from 'node:crypto';
import {
  type Image,
  type ImagePart,
  type ImageProblem,
  joinList,
  type ProblemCode,
  sanitize,
} from '../core/index.ts';
import { FOREIGN_CONTENT, foreignContent } from './content.ts';

interface Walk {
  readonly parts: readonly ImagePart[];
  readonly problems: readonly ImageProblem[];
}

/**
 * Reads an image from its bytes. Never throws: `problems` lists what is wrong, and an image with problems is
 * never sent. `file` is only copied to the result.
 */
export function readImage(bytes: Uint8Array, file: string): Image {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { parts, problems } = walk(bytes);
  const release = parts.find((part) => part.name === 'UPS');
  const found: ImageProblem[] = [...problems];
  if (release === undefined && parts.length > 0) {
    found.push({
      code: 'image/no-ups-record',
      message: `None of the ${parts.length} records is named UPS: ${joinList(parts.map((part) => part.name))}.`,
    });
  }
  if (release !== undefined && !/^[A-Za-z]?\d\d\.\d$/.test(release.version ?? '')) {
    found.push({
      code: 'image/name',
      message: `The release version "${release.version ?? 'none'}" is not two digits, point, one digit.`,
    });
  }
  found.push(...missingApplications(parts));
  const application = parts.find((part) => part.slot === SLOT.firstApplication);
  const first = parts[0];
  return {
    file,
    sizeBytes: bytes.length,
    sha256,
    microLinkId: first?.id ?? null,
    microLinkIdAfter: application?.id ?? first?.id ?? null,
    version: release?.version ?? null,
    signed: parts.some((part) => part.slot === SLOT.signaturePackage && part.name === 'PKG'),
    parts,
    problems: found,
  };
}

/**
 * A file cut between two records consists of whole records. It shows as a boot loader without the application
 * of its processor, or as no application at all. Every known vendor image has both.
 */
function missingApplications(parts: readonly ImagePart[]): readonly ImageProblem[] {
  const slots = new Set(parts.map((part) => part.slot));
  if (parts.length === 0) return [];
  const lonely = parts.filter((part) => LOADERS.includes(part.slot) && !slots.has(part.slot & 0x7f));
  const problems = lonely.map(
    (part): ImageProblem => ({
      code: 'image/truncated',
      message: `The boot loader ${part.name} ${part.version ?? ''} has no application for its processor.`,
    }),
  );
  const needed = slots.has(SLOT.manifest) ? [SLOT.firstApplication] : APPLICATIONS;
  if (needed.some((slot) => slots.has(slot))) return problems;
  return [
    ...problems,
    { code: 'image/truncated', message: 'The record of the main application is missing.' },
  ];
}

function walk(bytes: Uint8Array): Walk {
  if (bytes.length === 0) return failed('image/empty', 'The file has 0 bytes.');
  if (bytes.length > LARGEST_IMAGE) {
    return failed('image/size', `The file has ${bytes.length} bytes; the limit is ${LARGEST_IMAGE}.`);
  }
  const foreign = foreignContent(bytes);
  if (foreign !== null) return failed('image/format', FOREIGN_CONTENT[foreign]);
  const problems: ImageProblem[] = [];
  if (bytes.length % HEADER.bytes !== 0) {
    problems.push({
      code: 'image/size',
      message: `The size ${bytes.length} is not a multiple of ${HEADER.bytes}: ${bytes.length % HEADER.bytes} bytes over.`,
    });
  }
  const parts: ImagePart[] = [];
  let offset = 0;
  let format: number | null = null;
  while (offset < bytes.length) {
    const record = readRecord(bytes, offset, parts.length + 1, format);
    problems.push(...record.problems);
    if (record.part !== null) parts.push(record.part);
    if (record.next === null) break;
    format = record.format;
    offset = record.next;
    if (parts.length >= MAX_RECORDS && offset < bytes.length) {
      problems.push({ code: 'image/format', message: `There are more than ${MAX_RECORDS} records.` });
      break;
    }
  }
  return { parts, problems };
}

function failed(code: ProblemCode, message: string): Walk {
  return { parts: [], problems: [{ code, message }] };
}

interface RecordRead {
  readonly part: ImagePart | null;
  readonly problems: readonly ImageProblem[];
  readonly format: number;
  /** Offset of the next record; null if reading cannot continue. */
  readonly next: number | null;
}

function readRecord(bytes: Uint8Array, offset: number, number: number, expected: number | null): RecordRead {
  const place = `record ${number} at offset ${offset}`;
  const problems: ImageProblem[] = [];
  const add = (code: ProblemCode, message: string): void => {
    problems.push({ code, message });
  };
  const stop = (): RecordRead => ({ part: null, problems, format: 0, next: null });
  if (offset + HEADER.bytes > bytes.length) {
    add(
      'image/truncated',
      `The header of ${place} needs ${HEADER.bytes} bytes, ${bytes.length - offset} remain.`,
    );
    return stop();
  }
  const header = bytes.subarray(offset, offset + HEADER.bytes);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const format = view.getUint8(HEADER.format);
  if (!KNOWN_FORMATS.includes(format)) {
    add(
      'image/format',
      `The format byte of ${place} is ${format}; known are ${KNOWN_FORMATS.join(' and ')}.`,
    );
    return stop();
  }
  if (expected !== null && format !== expected) {
    add(
      'image/format',
      `The format byte of ${place} is ${format}, that of the records before it ${expected}.`,
    );
  }
  const stored = view.getUint16(HEADER.headerChecksum);
  const computed = checksum(header.subarray(0, HEADER.headerChecksum));
  if (stored !== computed) {
    add('image/header-checksum', `Header of ${place}: stored ${hex(stored)}, computed ${hex(computed)}.`);
    // The length in a wrong header is not reliable.
    return stop();
  }
  if (view.getUint16(HEADER.alwaysZero) !== 0) {
    add(
      'image/format',
      `${place}: two bytes that are zero in every known image contain ${hex(view.getUint16(HEADER.alwaysZero))}.`,
    );
  }
  const id = view.getUint32(HEADER.id);
  if (id === 0 || id > 0xffff) add('image/format', `${place}: ${id} is not a valid Micro-Link ID.`);

  const named = readName(header, place, add);
  const length = view.getUint32(HEADER.payloadLength);
  const padded = Math.ceil(length / HEADER.bytes) * HEADER.bytes;
  const begin = offset + HEADER.bytes;
  const part: ImagePart = {
    name: named.name,
    version: named.version,
    id,
    slot: view.getUint8(HEADER.slot),
    offset,
    bytes: length,
  };
  if (length === 0) add('image/format', `${place} has no payload.`);
  if (begin + padded > bytes.length) {
    add('image/truncated', `The payload of ${place} needs ${padded} bytes, ${bytes.length - begin} remain.`);
    return { part, problems, format, next: null };
  }
  const storedPayload = view.getUint16(HEADER.payloadChecksum);
  const computedPayload = checksum(bytes.subarray(begin, begin + padded));
  if (storedPayload !== computedPayload) {
    add(
      'image/payload-checksum',
      `Payload of ${place}: stored ${hex(storedPayload)}, computed ${hex(computedPayload)}.`,
    );
  }
  return { part, problems, format, next: begin + padded };
}

function readName(
  header: Uint8Array,
  place: string,
  add: (code: ProblemCode, message: string) => void,
): { name: string; version: string | null } {
  const length = header[HEADER.nameLength] ?? 0;
  const field = header.subarray(HEADER.name, HEADER.name + HEADER.nameBytes);
  const text = Buffer.from(field.subarray(0, Math.min(length, HEADER.nameBytes))).toString('latin1');
  const rest = field.subarray(Math.min(length, HEADER.nameBytes));
  const component = COMPONENT_NAME.exec(text);
  const wellFormed = length <= HEADER.nameBytes && rest.every((byte) => byte === 0);
  if (!wellFormed || (component === null && !ROUTINE_NAME.test(text))) {
    add('image/name', `The name of ${place} ("${sanitize(text)}", length ${length}) has no known form.`);
    return { name: sanitize(text), version: null };
  }
  if (component === null) return { name: text, version: null };
  // The fourth letter of CBLL is upper case and part of the name; a lower case letter marks a patch.
  const [, letters = '', fourth = ' ', short = '', long] = component;
  const version = long ?? short;
  if (fourth === ' ') return { name: letters, version };
  return /[A-Z]/.test(fourth)
    ? { name: `${letters}${fourth}`, version }
    : { name: letters, version: `${fourth}${version}` };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}

/**
 * Offsets in a record header; all numbers are big-endian.
 * Source: docs/sources/image-format.md#header
 */
export const HEADER = {
  bytes: 128,
  format: 0x00,
  slot: 0x01,
  payloadLength: 0x06,
  id: 0x0a,
  alwaysZero: 0x0e,
  payloadChecksum: 0x10,
  nameLength: 0x13,
  name: 0x14,
  nameBytes: 20,
  headerChecksum: 0x7e,
} as const;

/** Known container formats. Another one may have another layout, so it is not read further. */
export const KNOWN_FORMATS: readonly number[] = [3, 4];

export const SLOT = { manifest: 0x00, firstApplication: 0x01, signaturePackage: 0x65 } as const;

/** Applications of the processors, and their boot loaders: the same slots with the high bit set. */
export const APPLICATIONS: readonly number[] = [0x01, 0x02, 0x03];
export const LOADERS: readonly number[] = [0x81, 0x82, 0x83];

/** Far above any known image (1.7 MB, 9 records). */
export const LARGEST_IMAGE = 64 * 1024 * 1024;
export const MAX_RECORDS = 1024;

/**
 * `UPS 15.0`, `BMCa19.4`, `CBLL03.4`: three letters, a space or a patch letter, a version. Names with a
 * version have eight characters. A version of five characters (08.31 of one loader) therefore leaves no room
 * for a fourth letter.
 */
export const COMPONENT_NAME = /^([A-Z]{3})(?:([A-Za-z ])(\d\d\.\d{1,2})|(\d\d\.\d\d))$/;
/** The long names of RAM routines have no version. */
export const ROUTINE_NAME = /^[A-Za-z_][A-Za-z0-9_]{3,19}$/;

/**
 * The checksum of image records: Fletcher's scheme with modulus 256, both sums starting at 0. The low byte is
 * the sum of the bytes, the high byte the sum of the running sums (483 of 483 records agree).
 * Source: docs/sources/image-format.md#checksums
 */
export function checksum(bytes: Uint8Array): number {
  let low = 0;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}
