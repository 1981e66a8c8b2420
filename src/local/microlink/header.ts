/** What page 0 states about the pages that follow. Source: docs/sources/local.md#microlink-page-0 */
export interface Header {
  /** Bytes per page; 16 and 32 are known. */
  readonly width: number;
  /** Number of pages, including page 0. */
  readonly pages: number;
  /** The Micro-Link ID of the unit, as in the name of its image. */
  readonly seriesId: number;
  /** A descriptor tells where the fields are. */
  readonly hasDescriptor: boolean;
  /** Offset of the data in all pages joined. */
  readonly dataStart: number;
  /** The bytes of page 0 that enter the answers of the password exchange. */
  readonly seed: Buffer;
}

/** Where the descriptor starts. */
export const DESCRIPTOR_START = 12;
const SEED_BYTES = 8;
const HAS_DESCRIPTOR = 0x08;
const NARROWEST = 12;
/** The longest page that fits into a USB report with its ID and check bytes. */
const WIDEST = 60;

/** Whether a page can have this width. */
export function isWidth(width: number): boolean {
  return width >= NARROWEST && width <= WIDEST;
}

/** Reads page 0; null if it contradicts itself. */
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
