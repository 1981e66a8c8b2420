import { z } from 'zod';
import { collectUnits, type Imported } from './imported.ts';
import { parseJsonList } from './json-list.ts';

/** Older versions send numbers as text, and booleans as numbers. */
const Digits = z.union([z.string(), z.number()], { error: 'expected a number' });
const Flag = z
  .union([z.boolean(), z.string(), z.number()], { error: 'expected true, false, 0 or 1' })
  .transform((value) => value === true || String(value) === '1');

const Device = z.object({
  hostname: z.string().nullish(),
  ip: z.string().nullish(),
  overwrite_ip: z.string().nullish(),
  sysName: z.string().nullish(),
  serial: z.string().nullish(),
  location: z.string().nullish(),
  os: z.string().nullish(),
  hardware: z.string().nullish(),
  sysDescr: z.string().nullish(),
  port: Digits.nullish(),
  disabled: Flag.nullish(),
  community: z.unknown().optional(),
  authpass: z.unknown().optional(),
  cryptopass: z.unknown().optional(),
});

const List = z.preprocess(
  (value) => (Array.isArray(value) ? { devices: value } : value),
  z.object({
    status: z.literal('ok', { error: 'LibreNMS answered with an error' }).optional(),
    devices: z.array(Device),
  }),
);

const HINT = 'Give the answer of GET /api/v0/devices, or an array of such devices.';

const DEFAULT_PORT = '161';

/** Imports the APC devices of an answer of LibreNMS, without its secrets. Throws Problem config/import. */
export function importLibrenms(text: string): Imported {
  const { devices } = parseJsonList(text, List, HINT);
  const units = collectUnits();
  let withSecrets = 0;
  for (const [index, device] of devices.entries()) {
    const place = `devices[${index}]${device.hostname ? ` (${device.hostname})` : ''}`;
    if (!device.os) {
      units.leaveOut(place, 'the list gives no os for it, not "apc"');
      continue;
    }
    if (device.os !== 'apc') {
      units.passOver(place, `its os is "${device.os}", not "apc"`);
      continue;
    }
    if (device.disabled) units.note(place, 'it is disabled in LibreNMS; imported anyway');
    if ([device.community, device.authpass, device.cryptopass].some((one) => one)) withSecrets += 1;
    const port = String(device.port ?? '');
    units.add(place, {
      site: device.location ?? null,
      name: device.sysName || device.hostname || null,
      host: device.overwrite_ip || device.hostname || device.ip || null,
      serial: device.serial ?? null,
      // LibreNMS gives the default port for every device, so it need not be known.
      port: port === DEFAULT_PORT ? null : port,
      model: device.hardware,
      description: device.sysDescr,
    });
  }
  if (withSecrets > 0) {
    units.note(
      'devices',
      `communities and passphrases of ${withSecrets} devices are not imported: add them as references such as env:NAME`,
    );
  }
  return units.end();
}
