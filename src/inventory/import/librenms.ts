import { z } from 'zod';
import { Entry, faultsText, fieldsOf, shapeOf } from './entry.ts';
import { collectUnits, type Imported, unreadable } from './imported.ts';
import { Entries, parseJsonList } from './json-list.ts';

const List = z.preprocess(
  (value) => (Array.isArray(value) ? { devices: value } : value),
  z.object({
    status: z.literal('ok', { error: 'LibreNMS answered with an error' }).optional(),
    devices: Entries,
  }),
);

const HINT = 'Give the answer of GET /api/v0/devices, or an array of such devices.';

/** Fields of which every device has at least one. */
const DEVICE_FIELDS: ReadonlySet<string> = new Set(['hostname', 'os', 'sysName', 'device_id']);

const DEFAULT_PORT = '161';

/** Imports the APC devices of an answer of LibreNMS, without its secrets. Throws Problem config/import. */
export function importLibrenms(text: string): Imported {
  const { devices } = parseJsonList(text, List, HINT);
  const entries = devices.map((row) => {
    const fields = fieldsOf(row);
    return fields === null ? shapeOf(row) : new Entry(fields);
  });
  if (entries.length > 0 && !entries.some((one) => typeof one !== 'string' && one.hasAny(DEVICE_FIELDS))) {
    throw unreadable('devices[0]', 'expected a device of LibreNMS, found something else', HINT);
  }
  const units = collectUnits();
  let withSecrets = 0;
  for (const [index, device] of entries.entries()) {
    if (typeof device === 'string') {
      units.leaveOut(`devices[${index}]`, `it is ${device} and no device`);
      continue;
    }
    const hostname = device.text('hostname');
    const place = `devices[${index}]${hostname ? ` (${hostname})` : ''}`;
    const os = device.text('os');
    if (!os) {
      units.leaveOut(place, 'the list gives no os for it, not "apc"');
      continue;
    }
    if (os !== 'apc') {
      units.passOver(place, `its os is "${os}", not "apc"`);
      continue;
    }
    if (isOn(device.value('disabled'))) units.note(place, 'it is disabled in LibreNMS; imported anyway');
    if (['community', 'authpass', 'cryptopass'].some((key) => device.value(key))) withSecrets += 1;
    const port = device.text('port') ?? '';
    const raw = {
      site: device.label('location', ['location', 'name']),
      name: device.text('sysName') || hostname || null,
      hosts: [device.text('overwrite_ip'), hostname, device.text('ip')].map((one) => ({ text: one })),
      serial: device.text('serial'),
      // LibreNMS gives the default port for every device, so it need not be known.
      port: port === DEFAULT_PORT ? null : port,
      model: device.text('hardware'),
      description: device.text('sysDescr'),
    };
    const faults = faultsText(device);
    if (faults !== null) units.note(place, faults);
    units.add(place, raw);
  }
  if (withSecrets > 0) {
    units.note(
      'devices',
      `communities and passphrases of ${withSecrets} devices are not imported: add them as references such as env:NAME`,
    );
  }
  return units.end();
}

/** Older versions send booleans as numbers, or as text. */
function isOn(value: unknown): boolean {
  return value === true || value === 1 || value === '1';
}
