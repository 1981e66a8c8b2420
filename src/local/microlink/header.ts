/** What page 0 says of the pages that follow. Source: docs/sources/local.md#microlink-page-0 */
export interface Header {
  /** Bytes of a page; 16 and 32 are known. */
  readonly width: number;
  /** Pages, page 0 included. */
  readonly pages: number;
  /** The Micro-Link id of the unit: the one in the name of its image. */
  readonly seriesId: number;
  /** A descriptor says what the data hold. */
  readonly hasDescriptor: boolean;
  /** Offset of the data among all pages put together. */
  readonly dataStart: number;
  /** The bytes that the answers of the password exchange are made with. */
  readonly seed: Buffer;
}

/** Where the descriptor begins. */
export const DESCRIPTOR_START = 12;
const SEED_BYTES = 8;
const HAS_DESCRIPTOR = 0x08;
const NARROWEST = 12;
/** The longest page that fits into a USB report beside its id and check. */
const WIDEST = 60;

/** Whether a page can be so wide. */
export function isWidth(width: number): boolean {
  return width >= NARROWEST && width <= WIDEST;
}

/** Reads page 0; null where it contradicts itself. */
export function readHeader(page: Buffer): Header | null {
  const width = page[1] ?? 0;
  if (!isWidth(width) || page.length !== width) return null;
  const pages = page[2] ?? 0;
  const dataStart = (page[10] ?? 0) * width + (page[11] ?? 0);
  if (pages === 0 || dataStart >= pages * width || dataStart < DESCRIPTOR_START) return null;
  return {
    width,
    pages,
    seriesId: page.readUInt16BE(3),
    hasDescriptor: ((page[6] ?? 0) & HAS_DESCRIPTOR) !== 0,
    dataStart,
    seed: Buffer.from(page.subarray(0, SEED_BYTES)),
  };
}
