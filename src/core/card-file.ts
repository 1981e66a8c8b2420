import type { ImageProblem, StoredImage } from './image.ts';
import type { CardPart } from './unit.ts';

/**
 * A firmware file for a card. Its content is the card's own business (it checks header and checksums, and the format is not
 * public), so platform, part and version are what the file name says. With any problem in the list it is not sent.
 */
export interface CardFile {
  readonly file: string;
  /** Absolute path of the file. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `hw05`, `hw21`; null where the name does not tell. */
  readonly platform: string | null;
  readonly part: CardPart | null;
  /** Name of the application in it (`sumx`, `su`, `sy`); null for the other parts. */
  readonly app: string | null;
  /** `6.9.6`, without a letter before it; null where the name does not tell for certain. */
  readonly version: string | null;
  readonly problems: readonly ImageProblem[];
}

/** A file that a hop sends: an image for the UPS, or firmware for its card. */
export type StoredFile = StoredImage | CardFile;

export function isCardFile(file: StoredFile): file is CardFile {
  return 'platform' in file;
}
