import { ratingFits } from '../catalogue/rating.ts';
import type { RuleBook } from '../catalogue/rule-book.ts';
import type { CatalogueImage, FirmwareLine } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions } from '../engine/versions.ts';
import { portFacts } from './port.ts';

/** What the catalogue holds of the line of a unit, put beside what the unit says of itself. */
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

/** The image of the newest release, where that makes the line another one: older ones left some units with their id. */
function idChange(line: FirmwareLine | undefined): CatalogueImage | undefined {
  const newest = line?.newest.at(-1)?.version;
  return line?.images.find(({ idAfter, version }) => idAfter !== line.id && version === newest);
}

/** Whether a unit runs a release that would have changed its id, and still reports the old one. */
function idIsPast(change: CatalogueImage | undefined, version: string | null): boolean | null {
  if (change?.version === undefined || change.version === null) return false;
  const order = version === null ? null : compareVersions(version, change.version);
  return order === null ? null : order >= 0;
}

function textOf(fact: Fact | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}

/** Whether the model belongs to the line: yes, no, or not known where the family is of no line that is known. */
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

/** The name of the image of a version, as the vendor writes it without its ending; null where none or several could be meant. */
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
  return normalised(first.file);
}

/** Blanks to underscores, no `.enc`: the form in which image names are compared. */
export function normalised(file: string): string {
  return file
    .replace(/\.enc$/i, '')
    .trim()
    .replaceAll(' ', '_');
}
