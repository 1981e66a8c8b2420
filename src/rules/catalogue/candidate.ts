import type { Image } from '../../core/index.ts';
import type { CatalogueImage } from './schema.ts';

/** An image for evaluation: from the folder, or known from the catalogue only. */
export interface Candidate {
  readonly file: string;
  readonly microLinkId: number | null;
  readonly microLinkIdAfter: number | null;
  readonly version: string | null;
  readonly signed: boolean;
  readonly sha256: string;
  /** Record names with their versions (`UBL 08.5`); null if only the hash is known. */
  readonly parts: readonly string[] | null;
  /** The first problem of the file; null if it is intact. */
  readonly damage: string | null;
}

/** The firmware of a unit before or after a hop. */
export interface InstalledFirmware {
  readonly microLinkId: number;
  readonly version: string;
}

/** Cached, because the same image is evaluated for many units. */
const CANDIDATES = new WeakMap<Image, Candidate>();

export function candidateOf(image: Image): Candidate {
  const known = CANDIDATES.get(image);
  if (known !== undefined) return known;
  const candidate: Candidate = {
    file: image.file,
    microLinkId: image.microLinkId,
    microLinkIdAfter: image.microLinkIdAfter,
    version: image.version,
    signed: image.signed,
    sha256: image.sha256,
    parts: image.parts.map((part) => (part.version === null ? part.name : `${part.name} ${part.version}`)),
    damage: image.problems[0]?.message ?? null,
  };
  CANDIDATES.set(image, candidate);
  return candidate;
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

/** The firmware of a unit after a hop. */
export function after(at: InstalledFirmware, image: Candidate): InstalledFirmware {
  return { microLinkId: image.microLinkIdAfter ?? at.microLinkId, version: image.version ?? at.version };
}
