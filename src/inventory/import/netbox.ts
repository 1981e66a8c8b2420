import { z } from 'zod';
import { Entry, faultsText, fieldsOf, shapeOf } from './entry.ts';
import { collectUnits, type Imported, type RawAddress, unreadable } from './imported.ts';
import { Entries, parseJsonList } from './json-list.ts';

/** A row of a NetBox answer, which may have any shape. */
export type NetboxRow = unknown;

/** The answer of the REST API, of the GraphQL API, an array of devices, or one device. */
const List = z.preprocess(
  (value) => {
    if (Array.isArray(value)) return { results: value };
    const fields = fieldsOf(value);
    if (fields === null || Object.hasOwn(fields, 'results')) return value;
    const graph = fieldsOf(fields.data);
    if (graph !== null && Array.isArray(graph.device_list)) return { results: graph.device_list };
    return new Entry(fields).hasAny(DEVICE_FIELDS) ? { results: [value] } : value;
  },
  z.object({ next: z.string().nullish(), results: Entries }),
);

const HINT = 'Give the answer of GET /api/dcim/devices/, or an array of such devices.';

/** Fields of which a device has at least one, and the other lists of NetBox none. */
const DEVICE_FIELDS: ReadonlySet<string> = new Set([
  'device_type',
  'primary_ip',
  'primary_ip4',
  'primary_ip6',
  'oob_ip',
  'device_role',
  'serial',
]);

/** Where a device has its address, in the order of preference. `oob_ip`: NetBox 3.6 and newer. */
const ADDRESS_FIELDS = ['primary_ip', 'primary_ip4', 'primary_ip6', 'oob_ip'] as const;
/** Keys of an object with an address; the short forms of NetBox may have only `display`. */
const IN_ADDRESS = ['address', 'display'];
const IN_NAMED = ['slug', 'name', 'display', 'model'];

/** Statuses of a device that is not in service. */
export const NOT_IN_SERVICE: ReadonlySet<string> = new Set([
  'offline',
  'decommissioning',
  'inventory',
  'planned',
]);

/** Imports the devices of one answer of NetBox. Throws Problem config/import. */
export function importNetbox(text: string): Imported {
  const list = readNetboxPage(text);
  return netboxUnits(list.rows, list.next === null ? null : 'the file holds only this page of the list');
}

/** Reads one answer of NetBox: its rows and the address of the next page. Throws Problem config/import. */
export function readNetboxPage(text: string): {
  readonly rows: readonly NetboxRow[];
  readonly next: string | null;
} {
  const list = parseJsonList(text, List, HINT);
  const isDevice = (row: unknown): boolean => {
    const fields = fieldsOf(row);
    return fields !== null && new Entry(fields).hasAny(DEVICE_FIELDS);
  };
  if (list.results.length > 0 && !list.results.some(isDevice)) {
    throw unreadable(
      'results[0]',
      `expected a device of NetBox, found ${shapeOf(list.results[0])} of another kind`,
      HINT,
    );
  }
  return { rows: list.results, next: list.next ?? null };
}

/** The model of a device; its type may be a text, or an object that gives only the manufacturer. */
function modelOf(device: Entry, type: Entry): string | null {
  const model = type.text('model') ?? type.text('display') ?? type.text('slug');
  return model ?? (type.hasAny(['manufacturer']) ? null : device.label('device_type', IN_NAMED));
}

/** The units of a list of devices. `incomplete`: why the list is not complete; null where it is. */
export function netboxUnits(rows: readonly NetboxRow[], incomplete: string | null): Imported {
  const units = collectUnits();
  for (const [index, row] of rows.entries()) {
    const fields = fieldsOf(row);
    if (fields === null) {
      units.leaveOut(`results[${index}]`, `it is ${shapeOf(row)} and no device`);
      continue;
    }
    const device = new Entry(fields);
    const name = device.text('name');
    if (typeof device.value('name') === 'number') device.fault('name', 'is a number; read as text');
    const place = `results[${index}]${name ? ` (${name})` : ''}`;
    const hosts = ADDRESS_FIELDS.map((key): RawAddress => {
      const text = device.label(key, IN_ADDRESS);
      return key === 'oob_ip' ? { text, instead: 'OOB IP address' } : { text };
    });
    const type = new Entry(fieldsOf(device.value('device_type')) ?? {});
    const maker = new Entry(fieldsOf(type.value('manufacturer')) ?? {});
    const role = device.value('role') === undefined ? 'device_role' : 'role';
    const status = device.label('status', ['value', 'label', 'name'])?.toLowerCase() ?? '';
    const raw = {
      // Nautobot 2 has locations in place of sites.
      site: device.label('site', IN_NAMED) ?? device.label('location', IN_NAMED),
      name,
      hosts,
      serial: device.text('serial'),
      port: null,
      role: device.label(role, ['name', 'slug', 'display']),
      model: modelOf(device, type),
      makers: [
        maker.text('slug'),
        maker.text('name') ?? (maker.hasAny(['slug']) ? null : type.label('manufacturer', ['display'])),
      ].flatMap((text) => text ?? []),
    };
    const faults = faultsText(device);
    if (faults !== null) units.note(place, faults);
    if (NOT_IN_SERVICE.has(status) && hosts.some(({ text }) => text !== null))
      units.note(place, `its status is ${status}; imported anyway`);
    units.add(place, raw, 'it has no primary IP address');
  }
  if (incomplete !== null) units.note('next', incomplete);
  return units.end();
}
