import { z } from 'zod';
import { gather, type Imported } from './imported.ts';
import { parseJsonList } from './json-list.ts';

/** Numbers were texts in the answers of older versions, and switches were numbers. */
const Digits = z.union([z.string(), z.number()], { error: 'expected a number' });
const Switch = z
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
  disabled: Switch.nullish(),
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

const HINT = 'Give what GET /api/v0/devices of LibreNMS answers, or an array of such devices.';

const USUAL_PORT = '161';

/** Takes the APC devices of an answer of LibreNMS; its secrets stay there. Throws Problem config/import. */
export function importLibrenms(text: string): Imported {
  const { devices } = parseJsonList(text, List, HINT);
  const units = gather();
  let withSecrets = 0;
  for (const [index, device] of devices.entries()) {
    const place = `devices[${index}]${device.hostname ? ` (${device.hostname})` : ''}`;
    if (!device.os) {
      units.leaveOut(place, 'its os is not said, not "apc"');
      continue;
    }
    if (device.os !== 'apc') {
      units.passOver(place, `its os is "${device.os}", not "apc"`);
      continue;
    }
    if (device.disabled) units.note(place, 'it is disabled in LibreNMS; it is taken all the same');
    if ([device.community, device.authpass, device.cryptopass].some((one) => one)) withSecrets += 1;
    const port = String(device.port ?? '');
    units.add(place, {
      site: device.location ?? null,
      name: device.sysName || device.hostname || null,
      host: device.overwrite_ip || device.hostname || device.ip || null,
      serial: device.serial ?? null,
      // It stands at every device there, so it says nothing about this one.
      port: port === USUAL_PORT ? null : port,
      model: device.hardware,
      description: device.sysDescr,
    });
  }
  if (withSecrets > 0) {
    units.note(
      'devices',
      `communities and pass phrases of ${withSecrets} devices are left out: give them by env:NAME`,
    );
  }
  return units.end();
}
