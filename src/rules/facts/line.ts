import { ratingFits } from '../catalogue/rating.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { CatalogueImage, FirmwareLine } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions } from '../engine/versions.ts';
import { portFacts } from './port.ts';

/** Facts of the catalogue about the line of a unit, compared with what the unit reports. */
export function lineFacts(
  book: RuleBook,
  unit: ReadonlyMap<string, Fact>,
  transport: string | null,
): readonly (readonly [string, Fact])[] {
  const id = unit.get('unit.printedId');
  const line = typeof id === 'number' ? book.lines.get(id) : undefined;
  const newest = line?.newest.at(-1) ?? null;
  const version = textOf(unit.get('unit.version'));
  const change = idChange(line);
  return [
    ['transport', transport],
    ['line.known', typeof id === 'number' ? line !== undefined : null],
    ['line.description', line?.description ?? null],
    ['line.families', line?.families.join(', ') || null],
    ['line.family', line?.families.length === 1 ? (line.families[0] ?? null) : null],
    ['line.familyFits', familyFits(book, line, unit)],
    ['line.newest', newest?.version ?? null],
    ['line.changesIdIn', change?.version ?? null],
    ['line.changesIdTo', change?.idAfter ?? null],
    ['line.idIsPast', idIsPast(change, version)],
    ['line.newestImage', newestImage(line, newest?.version ?? null, unit)],
    ['line.source', newest?.source ?? null],
    ...portFacts(line, transport, version),
  ];
}

/** The newest image, if it changes the Micro-Link ID. Older images left the ID of some units unchanged. */
function idChange(line: FirmwareLine | undefined): CatalogueImage | undefined {
  const newest = line?.newest.at(-1)?.version;
  return line?.images.find(({ idAfter, version }) => idAfter !== line.id && version === newest);
}

/** Whether a unit runs a release that changes the ID, but still reports the old ID. */
function idIsPast(change: CatalogueImage | undefined, version: string | null): boolean | null {
  if (change?.version === undefined || change.version === null) return false;
  const order = version === null ? null : compareVersions(version, change.version);
  return order === null ? null : order >= 0;
}

function textOf(fact: Fact | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}

/** Whether the model belongs to the line; null if the catalogue does not know its family. */
function familyFits(
  book: RuleBook,
  line: FirmwareLine | undefined,
  unit: ReadonlyMap<string, Fact>,
): boolean | null {
  const family = textOf(unit.get('unit.family'));
  if (line === undefined || line.families.length === 0 || family === null) return null;
  if (line.families.includes(family)) return true;
  if (line.skus.includes(textOf(unit.get('unit.sku')) ?? '')) return true;
  return book.families.has(family) ? false : null;
}

/** The normalized file name of the image of a version; null for none or several candidates. */
function newestImage(
  line: FirmwareLine | undefined,
  version: string | null,
  unit: ReadonlyMap<string, Fact>,
): string | null {
  const fitting = (line?.images ?? []).filter(
    (image) => version !== null && image.version === version && ratingFits(image.rating, unit) === true,
  );
  const [first] = fitting;
  if (first === undefined || fitting.some((image) => image.sha256 !== first.sha256)) return null;
  return normalizedImageName(first.file);
}

/** Spaces to underscores, no `.enc`: the form in which image names are compared. */
export function normalizedImageName(file: string): string {
  return file
    .replace(/\.enc$/i, '')
    .trim()
    .replaceAll(' ', '_');
}
