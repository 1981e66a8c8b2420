import { joinList, sanitize } from '../../core/index.ts';
import { csvRecords } from './csv-records.ts';
import { collectUnits, type Imported, type RawUnit, refuseHuge, unreadable } from './imported.ts';

type Field = Exclude<keyof RawUnit, 'description'>;

/** Names of the columns, in lower case and with one space between words. */
const COLUMN_NAMES: Readonly<Record<Field, readonly string[]>> = {
  name: ['name', 'hostname', 'host name', 'unit', 'device'],
  host: ['host', 'ip', 'address', 'ip address', 'ipaddress', 'ip-address', 'ip_address'],
  site: ['site', 'location'],
  serial: ['serial', 'serial number', 'serial_number', 'serialnumber', 'serial no', 'serial no.'],
  role: ['role', 'device role'],
  model: ['model', 'type', 'device type'],
  port: ['port', 'snmp port', 'snmp_port', 'snmpport'],
};
const FIELDS = [
  'name',
  'host',
  'site',
  'serial',
  'port',
  'role',
  'model',
] as const satisfies readonly Field[];

const HINT = 'The first line names the columns: host (or ip, address), name, site, serial, port.';

/** Imports the rows of a CSV text whose first line names the columns. Throws Problem config/import. */
export function importCsv(text: string): Imported {
  refuseHuge(text);
  const [header, ...rows] = csvRecords(text);
  if (header === undefined) throw unreadable('line 1', 'the list is empty', HINT);
  const units = collectUnits();
  const { columns, unknown } = columnsOf(header.fields);
  if (columns.host === undefined) {
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
  for (const { line, fields } of rows) {
    const place = `line ${line}`;
    if (fields.slice(header.fields.length).some((field) => field.trim() !== '')) {
      units.leaveOut(place, `it has ${fields.length} fields, the first line has ${header.fields.length}`);
      continue;
    }
    const field = (name: Field): string | null => {
      const column = columns[name];
      return column === undefined ? null : withoutFormulaGuard(fields[column] ?? '');
    };
    if (fields.every((one) => one.trim() === '')) continue;
    units.add(place, {
      site: field('site'),
      name: field('name'),
      host: field('host'),
      serial: field('serial'),
      port: field('port'),
      role: field('role'),
      model: field('model'),
    });
  }
  return units.end();
}

function columnsOf(header: readonly string[]): {
  readonly columns: Partial<Record<Field, number>>;
  readonly unknown: readonly string[];
} {
  const columns: Partial<Record<Field, number>> = {};
  const unknown: string[] = [];
  for (const [index, title] of header.entries()) {
    const plain = title.trim().toLowerCase().replaceAll(/\s+/g, ' ');
    const field = FIELDS.find((one) => COLUMN_NAMES[one].includes(plain));
    if (field !== undefined && columns[field] === undefined) columns[field] = index;
    else if (plain !== '') unknown.push(title);
  }
  // A list of host names may have no other address column.
  const hostname = header.findIndex((title) => /^host ?name$/i.test(title.trim()));
  if (columns.host === undefined && hostname !== -1) columns.host = hostname;
  return { columns, unknown };
}

/** Removes the quote that keeps a spreadsheet from reading a field as a formula. */
function withoutFormulaGuard(text: string): string {
  return text.trim().replace(/^'(?=[=+\-@])/, '');
}
