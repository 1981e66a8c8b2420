import type { ProblemCode } from './problem-codes.ts';
import type { CardPart } from './unit.ts';

/** One record of an image: firmware for one part of the UPS. */
export interface ImagePart {
  /** The letters of the record name: `UPS`, `UBL`, `MCU`, `PKG`, or the long name of a RAM routine. */
  readonly name: string;
  /** `15.0`, `a19.4`; null for RAM routines, which have no version. */
  readonly version: string | null;
  /** Micro-Link ID that the record was made for. Shared parts keep the ID of other hardware. */
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

/** An image file as its bytes describe it. An image with any problem is not intact and is never sent. */
export interface Image {
  /** Base name of the file: a hint for people, never evidence. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The ID that a unit must have to accept the image: ID of the first record. */
  readonly microLinkId: number | null;
  /** The ID that the unit has afterwards: ID of the application in slot 1. */
  readonly microLinkIdAfter: number | null;
  /** Release version: that of the record named UPS. */
  readonly version: string | null;
  /** A signature package is present. Only the unit can check that it is genuine. */
  readonly signed: boolean;
  readonly parts: readonly ImagePart[];
  readonly problems: readonly ImageProblem[];
}

/** An image in a folder. */
export interface StoredImage extends Image {
  /** Absolute path of the file. */
  readonly path: string;
}

/**
 * A firmware file for a card, or a package of such files. The format is not public, and the card itself
 * checks header and checksums.
 * Platform, part and version therefore come from the file name. A file with any problem is never sent.
 */
export interface CardFile {
  readonly file: string;
  /** Absolute path of the file. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** `hw05`, `hw21`; null if the name does not contain it. */
  readonly platform: string | null;
  readonly part: CardPart | null;
  /** Name of the application in it (`sumx`, `su`, `sy`); null for other parts. */
  readonly app: string | null;
  /** `6.9.6`, without a leading letter; null if the name is ambiguous. */
  readonly version: string | null;
  readonly problems: readonly ImageProblem[];
}

/** A file that a hop sends: an image for the UPS, or a file for its card. */
export type StoredFile = StoredImage | CardFile;

export function isCardFile(file: StoredFile): file is CardFile {
  return 'platform' in file;
}

/** Codes of files that are not damaged and are never sent: they are named, and left alone. */
const LEFT_ALONE: readonly ProblemCode[] = [
  'image/package',
  'image/other-card',
  'image/console-form',
  'image/renamed',
];

/** True if the only thing against a file is that it is not for an upload. Never true for a usable file. */
export function isLeftAlone({ problems }: { readonly problems: readonly ImageProblem[] }): boolean {
  return problems.length > 0 && problems.every(({ code }) => LEFT_ALONE.includes(code));
}
