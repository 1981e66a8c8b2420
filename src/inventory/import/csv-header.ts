import { COLUMN_TITLES, type CsvField, HOST_TITLES, NAME_AS_HOST, titleForms } from './csv-columns.ts';
import { type BadRecord, type CsvRecord, csvRecords, delimitersOf } from './csv-records.ts';

/** The columns of a list: their indexes, in the order of preference. */
export interface Columns {
  readonly fields: ReadonlyMap<CsvField, readonly number[]>;
  readonly hosts: readonly { readonly index: number; readonly instead?: string }[];
  /** Titles of the columns that are not imported. */
  readonly unknown: readonly string[];
}

/** The line that names the columns. */
export interface Header {
  readonly record: CsvRecord;
  readonly columns: Columns;
}

export interface CsvTable {
  /** Null: no line names a column with addresses. */
  readonly header: Header | null;
  /** Records before the header, such as the title of a report; all of them where there is no header. */
  readonly above: readonly (CsvRecord | BadRecord)[];
  readonly rows: readonly (CsvRecord | BadRecord)[];
}

/** Records in which the names of the columns are searched: reports begin with a title and a date. */
const SEARCHED = 10;
/** The same with the records between them that hold only delimiters. */
const SEARCHED_WITH_BLANK = 50;

/**
 * The records of a CSV text, with the line that names the columns: of the first ten the one with the most
 * known titles, and a column with addresses among them. The delimiter is the one by which it is found. Throws
 * Problem config/import.
 */
export function readTable(text: string): CsvTable {
  let best: { readonly delimiter: string; readonly at: number; readonly header: Header } | null = null;
  for (const delimiter of delimitersOf(text)) {
    let left = SEARCHED;
    for (const [at, record] of csvRecords(text, delimiter, SEARCHED_WITH_BLANK).entries()) {
      if (!('why' in record) && record.fields.every((field) => field.trim() === '')) continue;
      left -= 1;
      if (left < 0) break;
      // With another delimiter, the line is one field.
      if ('why' in record || (record.fields.length === 1 && /[,;\t|]/.test(record.fields[0] ?? ''))) continue;
      const columns = columnsOf(record.fields);
      if (columns.hosts.length === 0) continue;
      const more = best === null ? 1 : known(columns) - known(best.header.columns);
      // Of two equal lines, one that is a comment may be an older version of the other.
      if (more > 0 || (more === 0 && best !== null && isComment(best.header.record) && !isComment(record)))
        best = { delimiter, at, header: { record, columns } };
    }
  }
  const records = csvRecords(text, best?.delimiter);
  if (best === null) return { header: null, above: records, rows: [] };
  return { header: best.header, above: records.slice(0, best.at), rows: records.slice(best.at + 1) };
}

function isComment({ fields }: CsvRecord): boolean {
  return fields[0]?.trimStart().startsWith('#') === true;
}

function known({ fields, hosts }: Columns): number {
  return [...fields.values(), hosts].filter(({ length }) => length > 0).length;
}

function columnsOf(header: readonly string[]): Columns {
  const titles = header.map(titleForms);
  const indexes = (wanted: readonly string[]): readonly number[] =>
    wanted.flatMap((title) => titles.flatMap((forms, index) => (forms.includes(title) ? [index] : [])));
  const fields = new Map<CsvField, readonly number[]>();
  for (const [field, wanted] of Object.entries(COLUMN_TITLES)) {
    if (isField(field)) fields.set(field, indexes(wanted));
  }
  const hosts = HOST_TITLES.flatMap(({ titles: wanted, instead }) =>
    indexes(wanted).map((index) => ({ index, ...(instead === undefined ? {} : { instead }) })),
  );
  const hasPrimary = hosts.some(({ instead }) => instead === undefined);
  const used = new Set([...fields.values()].flat().concat(hosts.map(({ index }) => index)));
  const unknown = header.filter((title, index) => title.trim() !== '' && !used.has(index));
  // A list of host names may have no other address column.
  const named = titles.findIndex((forms) => forms.includes(NAME_AS_HOST));
  if (hosts.length === 0) return { fields, hosts: named === -1 ? [] : [{ index: named }], unknown };
  // Without a column for the primary address, the other one is no replacement.
  return { fields, hosts: hasPrimary ? hosts : hosts.map(({ index }) => ({ index })), unknown };
}

function isField(text: string): text is CsvField {
  return Object.hasOwn(COLUMN_TITLES, text);
}
