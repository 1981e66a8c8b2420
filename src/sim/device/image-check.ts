import { sums } from './image-builder.ts';

/** The result of checking an image file. */
export type FileCheck = { readonly known: false } | ({ readonly known: true } & CheckedImage);

export interface CheckedImage {
  /** Container format: 3 or 4. */
  readonly format: number;
  /** Micro-Link ID of the first record: the units that the image fits. */
  readonly id: number;
  /** Micro-Link ID of the application: what these units have afterwards. */
  readonly idAfter: number;
  readonly version: string;
  /** Version of the boot loader in the image; null if it has none. */
  readonly loader: string | null;
}

const BLOCK = 128;

/** Reads the records of a file as a card would; anything unexpected makes the format unknown. */
export function checkFile(bytes: Buffer): FileCheck {
  let offset = 0;
  let id: number | null = null;
  let idAfter: number | null = null;
  let version: string | null = null;
  let loader: string | null = null;
  while (offset < bytes.length) {
    const header = bytes.subarray(offset, offset + BLOCK);
    if (header.length < BLOCK || header.readUInt16BE(0x7e) !== sums(header.subarray(0, 0x7e)))
      return { known: false };
    const padded = Math.ceil(header.readUInt32BE(0x06) / BLOCK) * BLOCK;
    const payload = bytes.subarray(offset + BLOCK, offset + BLOCK + padded);
    if (payload.length < padded || sums(payload) !== header.readUInt16BE(0x10)) return { known: false };
    const recordId = header.readUInt32BE(0x0a);
    id ??= recordId;
    if (header[0x01] === 0x01) idAfter ??= recordId;
    const name = header.toString('latin1', 0x14, 0x14 + (header[0x13] ?? 0));
    if (name.startsWith('UPS')) version ??= name.slice(3).trim();
    if (name.startsWith('UBL')) loader = name.slice(3).trim();
    offset += BLOCK + padded;
  }
  if (id === null || version === null) return { known: false };
  return { known: true, format: bytes[0] ?? 0, id, idAfter: idAfter ?? id, version, loader };
}
