import type { ProblemCode } from './problem-codes.ts';
import type { CardPart } from './unit.ts';

/** One record of an image: a part of the UPS that the image carries firmware for. */
export interface ImagePart {
  /** The letters of the record name: `UPS`, `UBL`, `MCU`, `PKG`, or a RAM routine's long name. */
  readonly name: string;
  /** `15.0`, `a19.4`; null for RAM routines, which have none. */
  readonly version: string | null;
  /** Micro-Link id that the record was made for; shared parts keep the id of other hardware. */
  readonly id: number;
  readonly slot: number;
  /** Offset of the record header in the file. */
  readonly offset: number;
  /** Payload length without padding. */
  readonly bytes: number;
}

export interface ImageProblem {
  readonly code: ProblemCode;
  readonly message: string;
}

/** An image file as its bytes describe it. With any problem in the list the image is not intact and is not sent. */
export interface Image {
  /** Base name of the file: a hint for people, never evidence. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The id that a unit must have to take the image: id of the first record. */
  readonly microLinkId: number | null;
  /** The id that the unit has afterwards: id of the slot 1 application. */
  readonly microLinkIdAfter: number | null;
  /** Release version: the record named UPS. */
  readonly version: string | null;
  /** A signature package is present. That it is genuine only the unit can tell. */
  readonly signed: boolean;
  readonly parts: readonly ImagePart[];
  readonly problems: readonly ImageProblem[];
}

/** An image that lies in a folder. */
export interface StoredImage extends Image {
  /** Absolute path of the file. */
  readonly path: string;
}

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
