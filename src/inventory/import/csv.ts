import { joinList, sanitize } from '../../core/index.ts';
import type { CsvField } from './csv-columns.ts';
import { readTable } from './csv-header.ts';
import { collectUnits, type Imported, refuseHuge, unreadable } from './imported.ts';
import { NOT_IN_SERVICE } from './netbox.ts';

const HINT = 'A line names the columns: host (or ip, address), name, site, serial, port.';

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?:\/\d{1,3})?$/i;
const MOST_PARTS = 1000;

/**
 * Imports the rows of a CSV text, one of whose first lines names the columns. Throws Problem config/import.
 */
export function importCsv(text: string): Imported {
  refuseHuge(text);
  const { header: found, above, rows } = readTable(text);
  if (found === null) {
    const [first] = above;
    if (first === undefined) throw unreadable('line 1', 'the list is empty', HINT);
    if ('why' in first) throw unreadable(`line ${first.line}`, first.why, HINT);
    // The line may hold data, and data may be a secret: it is not repeated.
    throw unreadable(
      `line ${first.line}`,
      `expected column names, one of them host, ip or address; found none in ${first.fields.length} columns`,
      HINT,
    );
  }
  const header = found.record;
  const titles = header.line === 1 ? 'the first line' : `line ${header.line}`;
  const { fields: columns, hosts, unknown } = found.columns;
  const units = collectUnits();
  for (const row of above) {
    if ('why' in row || row.fields.some((field) => ADDRESS.test(field.trim())))
      units.leaveOut(`line ${row.line}`, `it is above the column names in line ${header.line}`);
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
    // Empty, or the line under the titles of a drawn table.
    if (fields.every((one) => !/[\p{L}\p{N}]/u.test(one))) continue;
    if (fields.every((one, index) => one.trim() === (header.fields[index] ?? '').trim())) {
      units.passOver(place, 'it repeats the column names');
      continue;
    }
    if (fields.slice(header.fields.length).some((field) => field.trim() !== '')) {
      units.leaveOut(place, `it has ${fields.length} fields, ${titles} has ${header.fields.length}`);
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
        units.leaveOut(place, `${row.doubtful}, and its number of fields is not that of ${titles}`);
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
      `${short.length === 1 ? 'line' : 'lines'} ${lines}: fewer fields than in ${titles}; the missing ones count as empty`,
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

/** Removes what keeps a spreadsheet from reading a text as a formula or a number: `'007`, `="007"`. */
function withoutFormulaGuard(text: string): string {
  const plain = text.trim();
  return /^="([^"]*)"$/.exec(plain)?.[1]?.trim() ?? plain.replace(/^'(?=[=+\-@\d]|[A-Z0-9]{6,}$)/, '');
}
