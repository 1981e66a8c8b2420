import { joinList, sanitize } from '../../core/index.ts';
import { COLUMN_TITLES, type CsvField, HOST_TITLES, NAME_AS_HOST, plainTitle } from './csv-columns.ts';
import { csvRecords } from './csv-records.ts';
import { collectUnits, type Imported, refuseHuge, unreadable } from './imported.ts';
import { NOT_IN_SERVICE } from './netbox.ts';

const HINT = 'The first line names the columns: host (or ip, address), name, site, serial, port.';

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?:\/\d{1,3})?$/i;
const MOST_PARTS = 1000;

/** The columns of a list: their indexes, in the order of preference. */
interface Columns {
  readonly fields: ReadonlyMap<CsvField, readonly number[]>;
  readonly hosts: readonly { readonly index: number; readonly instead?: string }[];
  /** Titles of the columns that are not imported. */
  readonly unknown: readonly string[];
}

/** Imports the rows of a CSV text whose first line names the columns. Throws Problem config/import. */
export function importCsv(text: string): Imported {
  refuseHuge(text);
  const [header, ...rows] = csvRecords(text);
  if (header === undefined) throw unreadable('line 1', 'the list is empty', HINT);
  if ('why' in header) throw unreadable(`line ${header.line}`, header.why, HINT);
  const units = collectUnits();
  const { fields: columns, hosts, unknown } = columnsOf(header.fields);
  if (hosts.length === 0) {
    // The line may hold data, and data may be a secret: it is not repeated.
    throw unreadable(
      `line ${header.line}`,
      `expected column names, one of them host, ip or address; found none in ${header.fields.length} columns`,
      HINT,
    );
  }
  if (unknown.length > 0) {
    const named = joinList(unknown.map((name) => `"${sanitize(name, 40)}"`));
    units.note(`line ${header.line}`, `columns that are not imported: ${named}`);
  }
  const short: number[] = [];
  for (const row of rows) {
    const place = `line ${row.line}`;
    if ('why' in row) {
      units.leaveOut(place, row.why);
      continue;
    }
    const { fields } = row;
    if (fields.every((one) => one.trim() === '')) continue;
    if (fields.slice(header.fields.length).some((field) => field.trim() !== '')) {
      units.leaveOut(place, `it has ${fields.length} fields, the first line has ${header.fields.length}`);
      continue;
    }
    const inside = rowsInside(fields);
    if (inside > 0) {
      const counted = inside === 1 ? 'another row' : `${inside} other rows`;
      units.leaveOut(place, `a quoted field holds ${counted}: its quote is not closed where it should be`);
      continue;
    }
    if (row.doubtful !== null) {
      if (fields.length !== header.fields.length) {
        units.leaveOut(place, `${row.doubtful}, and its number of fields is not that of the first line`);
        continue;
      }
      units.note(place, `${row.doubtful}; read as it is`);
    }
    if (fields.length < header.fields.length) short.push(row.line);
    const at = (index: number): string => withoutFormulaGuard(fields[index] ?? '');
    const field = (name: CsvField): string | null =>
      columns
        .get(name)
        ?.map(at)
        .find((one) => one !== '') ?? null;
    const status = field('status')?.toLowerCase() ?? '';
    if (NOT_IN_SERVICE.has(status)) units.note(place, `its status is ${status}; imported anyway`);
    units.add(place, {
      site: field('site'),
      name: field('name'),
      hosts: hosts.map(({ index, ...rest }) => ({ text: at(index), ...rest })),
      serial: field('serial'),
      port: field('port'),
      role: field('role'),
      model: field('model'),
      makers: [field('maker') ?? ''],
    });
  }
  if (short.length > 0) {
    const lines = joinList(short.map(String));
    units.note(
      'fields',
      `${short.length === 1 ? 'line' : 'lines'} ${lines}: fewer fields than in the first line; the missing ones count as empty`,
    );
  }
  return units.end();
}

/** Lines with an address inside of quoted fields: a quote that is closed too late takes whole rows. */
function rowsInside(fields: readonly string[]): number {
  const lines = fields.flatMap((field) => field.split(/[\r\n]+/).slice(1));
  return lines.filter((line) => {
    const parts = line.split(/[,;\t|]/, MOST_PARTS);
    return parts.length > 1 && parts.some((part) => ADDRESS.test(part.trim()));
  }).length;
}

function columnsOf(header: readonly string[]): Columns {
  const titles = header.map(plainTitle);
  const indexes = (wanted: readonly string[]): readonly number[] =>
    wanted.flatMap((title) => titles.flatMap((one, index) => (one === title ? [index] : [])));
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
  const named = titles.indexOf(NAME_AS_HOST);
  if (hosts.length === 0) return { fields, hosts: named === -1 ? [] : [{ index: named }], unknown };
  // Without a column for the primary address, the other one is no replacement.
  return { fields, hosts: hasPrimary ? hosts : hosts.map(({ index }) => ({ index })), unknown };
}

function isField(text: string): text is CsvField {
  return Object.hasOwn(COLUMN_TITLES, text);
}

/** Removes the quote that keeps a spreadsheet from reading a field as a formula. */
function withoutFormulaGuard(text: string): string {
  return text.trim().replace(/^'(?=[=+\-@])/, '');
}
