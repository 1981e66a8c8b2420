import type { Image } from '../../core/index.ts';
import type { CatalogueImage } from './schema.ts';

/** An image as the judge needs it: one of the folder, or one that only the catalogue knows. */
export interface Candidate {
  readonly file: string;
  readonly microLinkId: number | null;
  readonly microLinkIdAfter: number | null;
  readonly version: string | null;
  readonly signed: boolean;
  readonly sha256: string;
  /** Record names with their versions (`UBL 08.5`); null where only the hash is known. */
  readonly parts: readonly string[] | null;
  /** What is wrong with the bytes; null where nothing is. */
  readonly damage: string | null;
}

/** Where a unit stands before a hop. */
export interface InstalledFirmware {
  readonly microLinkId: number;
  readonly version: string;
}

/** The same image is judged for unit after unit. */
const KNOWN = new WeakMap<Image, Candidate>();

export function candidateOf(image: Image): Candidate {
  const known = KNOWN.get(image);
  if (known !== undefined) return known;
  const made: Candidate = {
    file: image.file,
    microLinkId: image.microLinkId,
    microLinkIdAfter: image.microLinkIdAfter,
    version: image.version,
    signed: image.signed,
    sha256: image.sha256,
    parts: image.parts.map((part) => (part.version === null ? part.name : `${part.name} ${part.version}`)),
    damage: image.problems[0]?.message ?? null,
  };
  KNOWN.set(image, made);
  return made;
}

export function catalogueCandidate(id: number, image: CatalogueImage): Candidate {
  return {
    file: image.file,
    microLinkId: id,
    microLinkIdAfter: image.idAfter,
    version: image.version,
    signed: image.signed,
    sha256: image.sha256,
    parts: image.parts,
    damage: null,
  };
}

/** Where a unit stands after a hop. */
export function after(at: InstalledFirmware, image: Candidate): InstalledFirmware {
  return { microLinkId: image.microLinkIdAfter ?? at.microLinkId, version: image.version ?? at.version };
}
