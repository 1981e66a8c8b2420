import type { Candidate, InstalledFirmware } from '../catalogue/candidate.ts';
import type { FirmwareLine } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions, highest } from '../engine/versions.ts';

/**
 * Record names of boot loaders end in `BL`; a letter for a patch may follow.
 * Source: docs/sources/image-format.md#component-names
 */
const LOADER = /^([A-Z]BL)/;

interface Release {
  readonly version: string;
  readonly parts: readonly string[];
}

/**
 * Units with ID 18 were bricked by an image that lacks a boot loader which an older image of its line
 * contains. So the installed version must be at or above the newest such older image, or be updated to it
 * first. This is derived from the part lists of every line. If reports name an even older release with the
 * loader, that release is the floor.
 */
export function loaderFacts(
  at: InstalledFirmware | null,
  image: Candidate,
  line: FirmwareLine | undefined,
  others: readonly Candidate[],
): readonly (readonly [string, Fact])[] {
  const { version } = image;
  const parts = image.parts ?? line?.otherParts.find((other) => other.version === version)?.parts ?? null;
  if (at === null || version === null || image.microLinkId !== at.microLinkId) return [];
  if (parts === null) return [['image.partsKnown', false]];
  const own = loadersOf(parts);
  const older = releases(line, others, at.microLinkId).filter(
    (release) => compareVersions(release.version, version) === -1,
  );
  const bringing = older.filter((release) => [...loadersOf(release.parts)].some((name) => !own.has(name)));
  const brought = highest(bringing.map((release) => release.version));
  const facts: [string, Fact][] = [
    ['image.partsKnown', true],
    ['image.parts', listed(parts)],
    ['image.hasLoader', own.size > 0],
    ['loader.olderKnown', older.length > 0],
    ['loader.needed', brought !== null],
  ];
  if (brought === null) return facts;
  const reported = line?.loaderFrom?.version ?? null;
  const floor = reported !== null && compareVersions(reported, brought) === -1 ? reported : brought;
  const order = compareVersions(at.version, floor);
  return [
    ...facts,
    ['loader.floor', floor],
    ['loader.bringer', brought],
    ['loader.bringerParts', listed(bringing.find((release) => release.version === brought)?.parts ?? [])],
    ['loader.isEnough', order === null ? null : order >= 0],
    // At the floor, but below the release with a known part list: only reports confirm it.
    ['loader.isReported', order !== null && order >= 0 && compareVersions(at.version, brought) === -1],
    ['loader.reportedBy', line?.loaderFrom?.source ?? null],
  ];
}

/** Names of the boot loaders among parts: `MBL 03.1` and `CBLL04.3` are MBL and CBL. */
function loadersOf(parts: readonly string[]): ReadonlySet<string> {
  return new Set(parts.flatMap((part) => LOADER.exec(part)?.[1] ?? []));
}

/** Every release of a line with known parts, from the catalogue and from the images folder. */
function releases(
  line: FirmwareLine | undefined,
  others: readonly Candidate[],
  id: number,
): readonly Release[] {
  const known: Release[] = [...(line?.otherParts ?? [])];
  for (const { version, parts } of line?.images ?? []) {
    if (version !== null && parts !== null) known.push({ version, parts });
  }
  for (const { version, parts, microLinkId, damage } of others) {
    if (microLinkId === id && damage === null && version !== null && parts !== null)
      known.push({ version, parts });
  }
  return known;
}

function listed(parts: readonly string[]): string {
  return parts.join(' + ');
}
