import { z } from 'zod';
import { collectUnits, type Imported, type RawUnit } from './imported.ts';
import { parseJsonList } from './json-list.ts';

const Address = z.object({ address: z.string() }).nullish();

const Role = z.object({ name: z.string().optional(), slug: z.string().optional() }).nullish();

const Device = z.object({
  name: z.string().nullish(),
  serial: z.string().nullish(),
  site: z.object({ name: z.string().optional(), slug: z.string().optional() }).nullish(),
  primary_ip: Address,
  primary_ip4: Address,
  primary_ip6: Address,
  device_type: z
    .object({
      model: z.string().optional(),
      manufacturer: z.object({ name: z.string().optional(), slug: z.string().optional() }).nullish(),
    })
    .nullish(),
  role: Role,
  /** The name of `role` before NetBox 3.6. */
  device_role: Role,
  status: z.object({ value: z.string().optional() }).nullish(),
});
/** The part of a NetBox device that an inventory needs. */
export type NetboxDevice = z.infer<typeof Device>;

const List = z.preprocess(
  (value) => (Array.isArray(value) ? { results: value } : value),
  z.object({ next: z.string().nullish(), results: z.array(Device) }),
);

const HINT = 'Give the answer of GET /api/dcim/devices/, or an array of such devices.';

/** Statuses of a device that is not in service. */
const NOT_IN_SERVICE: ReadonlySet<string> = new Set(['offline', 'decommissioning']);

/** Imports the devices of one answer of NetBox. Throws Problem config/import. */
export function importNetbox(text: string): Imported {
  const list = readNetboxPage(text);
  return netboxUnits(list.devices, list.next === null ? null : 'the file holds only this page of the list');
}

/** Reads one answer of NetBox: its devices and the address of the next page. Throws Problem config/import. */
export function readNetboxPage(text: string): {
  readonly devices: readonly NetboxDevice[];
  readonly next: string | null;
} {
  const list = parseJsonList(text, List, HINT);
  return { devices: list.results, next: list.next ?? null };
}

/** The units of a list of devices. `incomplete`: why the list is not complete; null where it is. */
export function netboxUnits(devices: readonly NetboxDevice[], incomplete: string | null): Imported {
  const units = collectUnits();
  for (const [index, device] of devices.entries()) {
    const place = `results[${index}]${device.name ? ` (${device.name})` : ''}`;
    const maker = device.device_type?.manufacturer;
    const makers = [maker?.slug, maker?.name].filter((name) => name !== undefined && name !== '');
    if (makers.length > 0 && !makers.some((name) => isApc(name ?? ''))) {
      units.passOver(place, `its manufacturer is ${makers.at(-1)}, not APC or Schneider Electric`);
      continue;
    }
    const address = device.primary_ip ?? device.primary_ip4 ?? device.primary_ip6;
    const role = device.role ?? device.device_role;
    const status = device.status?.value ?? '';
    if (address && NOT_IN_SERVICE.has(status)) units.note(place, `its status is ${status}; imported anyway`);
    const unit: RawUnit = {
      site: device.site?.slug ?? device.site?.name ?? null,
      name: device.name ?? null,
      host: address?.address ?? null,
      serial: device.serial ?? null,
      port: null,
      role: role?.name ?? role?.slug,
      model: device.device_type?.model,
    };
    units.add(place, unit, 'it has no primary IP address');
  }
  if (incomplete !== null) units.note('next', incomplete);
  return units.end();
}

function isApc(maker: string): boolean {
  return /^(?:apc|schneider|american[- ]power)(?![a-z])/i.test(maker.trim());
}
