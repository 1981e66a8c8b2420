import type { Line, Port } from './catalogue-schema.ts';
import type { RuleBook } from './load.ts';
import type { Fact } from './matcher.ts';
import { compareVersions } from './versions.ts';

/** What the catalogue holds of the line of a unit, put beside what the unit says of itself. */
export function lineFacts(
  book: RuleBook,
  unit: ReadonlyMap<string, Fact>,
  path: string | null,
): readonly (readonly [string, Fact])[] {
  const id = unit.get('unit.printedId');
  const line = typeof id === 'number' ? book.lines.get(id) : undefined;
  const newest = line?.newest.at(-1) ?? null;
  const version = textOf(unit.get('unit.version'));
  return [
    ['path', path],
    ['line.known', typeof id === 'number' ? line !== undefined : null],
    ['line.description', line?.description ?? null],
    ['line.families', line?.families.join(', ') || null],
    ['line.family', line?.families.length === 1 ? (line.families[0] ?? null) : null],
    ['line.familyFits', familyFits(book, line, unit)],
    ['line.newest', newest?.version ?? null],
    ['line.newestImage', newestImage(line, newest?.version ?? null, unit)],
    ['line.source', newest?.source ?? null],
    ...portFacts(line, path, version),
  ];
}

function textOf(fact: Fact | undefined): string | null {
  return typeof fact === 'string' ? fact : null;
}

/** Whether the model belongs to the line: yes, no, or not known where the family is of no line that is known. */
function familyFits(book: RuleBook, line: Line | undefined, unit: ReadonlyMap<string, Fact>): boolean | null {
  const family = textOf(unit.get('unit.family'));
  if (line === undefined || line.families.length === 0 || family === null) return null;
  if (line.families.includes(family)) return true;
  if (line.skus.includes(textOf(unit.get('unit.sku')) ?? '')) return true;
  return book.families.has(family) ? false : null;
}

/** The name of the image of a version, as the vendor writes it without its ending; null where none or several could be meant. */
function newestImage(
  line: Line | undefined,
  version: string | null,
  unit: ReadonlyMap<string, Fact>,
): string | null {
  const rating = unit.get('unit.someVA');
  const fitting = (line?.images ?? []).filter((image) => {
    if (version === null || image.version !== version) return false;
    if (image.rating === undefined) return true;
    const { from = 0, to = Number.MAX_SAFE_INTEGER } = image.rating;
    return typeof rating === 'number' && rating >= from && rating <= to;
  });
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

function portFacts(
  line: Line | undefined,
  path: string | null,
  version: string | null,
): readonly (readonly [string, Fact])[] {
  if (path !== 'serial' && path !== 'usb') return [];
  const port = line?.ports[path];
  return [
    ['port.open', port === undefined ? null : portOpen(port, version)],
    ['port.says', port === undefined ? null : portSays(port)],
    ['port.note', port?.note ?? null],
  ];
}

function portSays({ update, from, note }: Port): string {
  const since = from === undefined ? '' : ` from ${from} on`;
  return `${update === 'unknown' ? 'not known' : update}${since}${note === undefined ? '' : ` (${note})`}`;
}

function portOpen(port: Port, version: string | null): boolean | null {
  if (port.update === 'unknown') return null;
  if (port.update === 'no') return false;
  if (port.from === undefined) return true;
  const order = version === null ? null : compareVersions(version, port.from);
  return order === null ? null : order >= 0;
}
