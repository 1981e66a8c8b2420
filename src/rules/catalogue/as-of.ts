import type { CardFile, StoredImage } from '../../core/index.ts';
import type { Rule, Stage } from '../engine/schema.ts';
import { compareVersions } from '../engine/versions.ts';
import type { FirmwareLine } from './schema.ts';

/**
 * Stages that need a card, its services, a boot loader or the current condition, which a described unit
 * lacks.
 */
export const UNDESCRIBED_STAGES: ReadonlySet<Stage> = new Set<Stage>([
  'card-health',
  'card',
  'start',
  'card-set',
  'card-file',
  'service',
  'recovery',
]);

/**
 * Whether a rule applies on a day. Rules about faults of a card count from their day, because they only warn.
 * Rules about the hop, the card and the start apply on every day, so that an
 * older state of knowledge never weakens them.
 */
export function inForce(rule: Rule, asOf: string | null): boolean {
  if (asOf === null) return rule.until === undefined;
  const isKnowledge = rule.stage === 'card-health';
  if (rule.stage === 'hop' || (UNDESCRIBED_STAGES.has(rule.stage) && !isKnowledge)) return true;
  return rule.published <= asOf && (rule.until === undefined || asOf < rule.until);
}

/** The day of the oldest source. */
export const KNOWN_FROM = '2020-04-02';
/** The first day with public sources other than the FAQ. Before this day the catalogue is empty. */
const CATALOGUE_FROM = '2024-03-24';

/** A line as it was known on a day; empty if nothing was known. */
export function lineAsOf(
  line: FirmwareLine,
  published: string,
  asOf: string | null,
): readonly FirmwareLine[] {
  if (asOf === null || asOf >= published) return [line];
  if (asOf < CATALOGUE_FROM) return [];
  const newest = line.newest.filter((release) => release.published <= asOf);
  const last = newest.at(-1)?.version;
  if (last === undefined) return [];
  // Images have no date. Those above the newest release of the day came later.
  const images = line.images.filter(
    ({ version }) => version !== null && (compareVersions(version, last) ?? 1) <= 0,
  );
  return [{ ...line, newest, images }];
}

/**
 * The day by which an image was public: the day of the first source that names its release or a later one of
 * the line. Without such a source it is the day on which the catalogue was published.
 */
export function publicDays(
  lines: readonly FirmwareLine[],
  catalogueDay: string,
): ReadonlyMap<string, string> {
  const days = new Map<string, string>();
  for (const { newest, images } of lines) {
    for (const { version, sha256 } of images) {
      const day = newest
        .filter((release) => version !== null && (compareVersions(release.version, version) ?? -1) >= 0)
        .map(({ published }) => published)
        .sort()[0];
      const known = days.get(sha256);
      const found = day ?? catalogueDay;
      // Some files are in two lines, or have two names.
      if (known === undefined || found < known) days.set(sha256, found);
    }
  }
  return days;
}

/** A file of the images folder that is not used, and why. */
export interface LeftOut {
  readonly file: string;
  readonly sha256: string;
  /** Micro-Link ID of an image; null for a card file, or if the file does not name it. */
  readonly microLinkId: number | null;
  readonly because: string;
}

interface FilesAsOf {
  readonly images: readonly StoredImage[];
  readonly cardFiles: readonly CardFile[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * The files of a folder that were public by the day of `--as-of`. A file whose day is not known is left out:
 * nobody can say that it was public. Damaged files stay, because they are never used.
 */
export function filesAsOf(
  { asOf, publicBy }: { readonly asOf: string | null; readonly publicBy: ReadonlyMap<string, string> },
  images: readonly StoredImage[],
  cardFiles: readonly CardFile[],
): FilesAsOf {
  if (asOf === null) return { images, cardFiles, leftOut: [] };
  const whyNot = ({ sha256 }: { readonly sha256: string }): string | null => {
    const day = publicBy.get(sha256);
    if (day === undefined) return 'its date is not known: its SHA-256 is not in the catalogue';
    if (day <= asOf) return null;
    return `no source shows that it was public by ${asOf}; the first one is of ${day}`;
  };
  const leftOut: LeftOut[] = [];
  const keptImages = images.filter((image) => {
    const because = image.problems.length > 0 ? null : whyNot(image);
    const { file, sha256, microLinkId } = image;
    if (because !== null) leftOut.push({ file, sha256, microLinkId, because });
    return because === null;
  });
  const keptFiles = cardFiles.filter(({ file, sha256, problems }) => {
    if (problems.length > 0) return true;
    const because = 'its date is not known: the catalogue has no card files';
    leftOut.push({ file, sha256, microLinkId: null, because });
    return false;
  });
  return { images: keptImages, cardFiles: keptFiles, leftOut };
}
