import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCESS } from './access.ts';
import { SimulatedDevice } from './device/device.ts';
import { buildImage, DEMO_IMAGES, type ImageRecipe } from './device/image-builder.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import { openFtpEndpoint } from './endpoints/ftp/conversation.ts';
import { type Hostile, openHostile } from './endpoints/hostile.ts';
import { openOtherDevice } from './endpoints/other-device.ts';
import { openSnmpEndpoint } from './endpoints/snmp/endpoint.ts';
import type { Place } from './endpoints/snmp/wire.ts';
import { openSshEndpoint } from './endpoints/ssh/endpoint.ts';
import { openTelnetEndpoint } from './endpoints/telnet.ts';
import { openHttpEndpoint, openHttpsEndpoint } from './endpoints/web.ts';
import { inventoryText } from './inventory.ts';
import { freePort, layOut, MANY_ADDRESSES } from './network.ts';
import { loadOtherDevices, type OtherDevice, type OtherDeviceName } from './other-devices.ts';
import { loadPersona, type Persona } from './personas.ts';
import type { RunningUnit } from './running-unit.ts';
import { DEMO_UNITS, type SimulatedUnit } from './units.ts';

export interface FleetOptions {
  readonly units?: readonly SimulatedUnit[];
  /** Seconds that pass for a device per second of real time. */
  readonly speed: number;
  /** `many`: one loopback address per unit, as Linux allows; `one`: 127.0.0.1 for all. */
  readonly addresses?: 'many' | 'one';
  /**
   * One UDP port for all SNMP agents; `free`: any free one. Needs `many` addresses. Otherwise each agent has
   * its own port.
   */
  readonly snmpPort?: number | 'free';
  /** The units have no other endpoints; for fleets of thousands. */
  readonly onlySnmp?: boolean;
  /** Other devices beside the units, SNMP only. */
  readonly otherDevices?: readonly OtherDeviceName[];
  /** Misbehaving agents beside them. */
  readonly hostile?: readonly Hostile[];
}

/** A device that is not a unit of the fleet and not in the inventory. */
export interface RunningOtherDevice extends Place {
  readonly name: OtherDeviceName;
  /** What a tool should identify it as. */
  readonly kind: OtherDevice['kind'];
  readonly snmp: OtherDevice['snmp'];
}

export interface RunningHostile extends Place {
  readonly name: Hostile;
}

export interface SimulatedFleet {
  readonly units: readonly RunningUnit[];
  readonly otherDevices: readonly RunningOtherDevice[];
  readonly hostile: readonly RunningHostile[];
  /** The range of a sweep, `127.20.4.0/24`, and the shared port; null if each agent has its own port. */
  readonly network: { readonly range: string; readonly port: number | null };
  /** The device of a unit by its name. */
  device(name: string): SimulatedDevice;
  /** An inventory file for the fleet; its secrets are references to `environment`. */
  inventory(images: string): string;
  readonly environment: Readonly<Record<string, string>>;
  /** Writes images into a folder and returns their names; by default those of the demo. */
  writeImages(folder: string, recipes?: Readonly<Record<string, ImageRecipe>>): Promise<readonly string[]>;
  /** May be called more than once. */
  close(): Promise<void>;
}

/**
 * Starts a fleet. Rejects with RangeError for a port that several agents cannot share, and with the system's
 * error if an address or port is not available.
 */
export async function startFleet(options: FleetOptions): Promise<SimulatedFleet> {
  const { units = DEMO_UNITS, otherDevices = [], hostile = [] } = options;
  const many = options.addresses === undefined ? MANY_ADDRESSES : options.addresses === 'many';
  const devices = units.length + otherDevices.length + hostile.length;
  if (options.snmpPort !== undefined && !many && devices > 1)
    throw new RangeError(`${devices} agents at one address cannot share a port`);
  const { addresses, range } = layOut(devices, many);
  const port = options.snmpPort === 'free' ? await freePort() : (options.snmpPort ?? 0);
  let next = 0;
  const place = (): Place => ({ address: addresses[next++] ?? '127.0.0.1', port });

  const endpoints: Endpoint[] = [];
  const started: Started = { units: [], otherDevices: [], hostile: [] };
  const closeAll = async (): Promise<void> => {
    for (const { device } of started.units) device.close();
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  };
  try {
    await startUnits(units, options, place, endpoints, started);
    await startOthers(otherDevices, hostile, place, endpoints, started);
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
  const devicesByName = new Map(started.units.map(({ unit, device }) => [unit.name, device]));
  let closing: Promise<void> | null = null;
  return {
    ...started,
    network: { range, port: port === 0 ? null : port },
    device(name) {
      const found = devicesByName.get(name);
      if (found === undefined) throw new RangeError(`the fleet has no unit ${name}`);
      return found;
    },
    inventory: (images) => inventoryText(started.units, images),
    environment: {
      UPSFW_SIM_READ: ACCESS.read,
      UPSFW_SIM_WRITE: ACCESS.write,
      UPSFW_SIM_AUTH: ACCESS.v3Auth,
      UPSFW_SIM_PRIV: ACCESS.v3Priv,
      UPSFW_SIM_PASSWORD: ACCESS.password,
    },
    writeImages,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** What has been started. */
interface Started {
  readonly units: RunningUnit[];
  readonly otherDevices: RunningOtherDevice[];
  readonly hostile: RunningHostile[];
}

async function startUnits(
  units: readonly SimulatedUnit[],
  options: FleetOptions,
  place: () => Place,
  endpoints: Endpoint[],
  started: Started,
): Promise<void> {
  // Each persona is read once, however many units have it.
  const personas = new Map<SimulatedUnit['persona'], Persona>();
  const serials = new Set<string>();
  for (const unit of units) {
    const persona = personas.get(unit.persona) ?? (await loadPersona(unit.persona));
    personas.set(unit.persona, persona);
    const device = deviceOf(unit, persona, options.speed, serials);
    const at = place();
    const running = options.onlySnmp === true ? startAgent : startEndpoints;
    started.units.push({ unit, device, address: at.address, ports: await running(device, at, endpoints) });
  }
}

async function startOthers(
  otherDevices: readonly OtherDeviceName[],
  hostile: readonly Hostile[],
  place: () => Place,
  endpoints: Endpoint[],
  started: Started,
): Promise<void> {
  if (otherDevices.length === 0 && hostile.length === 0) return;
  const known = await loadOtherDevices();
  for (const name of otherDevices) {
    const at = place();
    const { kind, snmp } = known[name];
    const port = keep(await openOtherDevice(name, known[name], at), endpoints);
    started.otherDevices.push({ name, kind, snmp, address: at.address, port });
  }
  for (const name of hostile) {
    const at = place();
    const port = keep(await openHostile(name, at), endpoints);
    started.hostile.push({ name, address: at.address, port });
  }
}

function deviceOf(
  unit: SimulatedUnit,
  persona: Persona,
  speed: number,
  serials: Set<string>,
): SimulatedDevice {
  const serial = serialOf(unit, serials);
  serials.add(serial);
  return new SimulatedDevice({
    name: unit.name,
    site: unit.site,
    serial,
    persona: {
      ...persona,
      ups: { ...persona.ups, version: unit.installed ?? persona.ups.version },
      inventory: { ...persona.inventory, start: [...(unit.start ?? persona.inventory.start)] },
    },
    speed,
    faults: unit.faults ?? [],
  });
}

function keep(endpoint: Endpoint, endpoints: Endpoint[]): number {
  endpoints.push(endpoint);
  return endpoint.port;
}

async function startAgent(
  device: SimulatedDevice,
  { address, port }: Place,
  endpoints: Endpoint[],
): Promise<RunningUnit['ports']> {
  const snmp = keep(await openSnmpEndpoint(device, address, port), endpoints);
  return { snmp, ssh: null, ftp: null, telnet: null, http: null, https: null };
}

async function startEndpoints(
  device: SimulatedDevice,
  place: Place,
  endpoints: Endpoint[],
): Promise<RunningUnit['ports']> {
  const { address } = place;
  const { persona } = device;
  const https = persona.https ? keep(await openHttpsEndpoint(device, address), endpoints) : null;
  return {
    ...(await startAgent(device, place, endpoints)),
    ssh: persona.ssh === 'none' ? null : keep(await openSshEndpoint(device, address), endpoints),
    ftp: persona.ftp ? keep(await openFtpEndpoint(device, address), endpoints) : null,
    telnet: persona.telnet ? keep(await openTelnetEndpoint(device, address), endpoints) : null,
    http: persona.http === 'off' ? null : keep(await openHttpEndpoint(device, address, https), endpoints),
    https,
  };
}

/**
 * A serial number in the usual form (`AS`, year and week, six digits), derived from site and name; unique in
 * a fleet.
 */
function serialOf(unit: SimulatedUnit, taken: ReadonlySet<string>): string {
  for (let text = `${unit.site}/${unit.name}`; ; text += '+') {
    const digits = BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 12)}`);
    const serial = `AS1532${String(digits % 1_000_000n).padStart(6, '0')}`;
    if (!taken.has(serial)) return serial;
  }
}

async function writeImages(
  folder: string,
  recipes: Readonly<Record<string, ImageRecipe>> = DEMO_IMAGES,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  for (const [name, recipe] of Object.entries(recipes))
    await writeFile(join(folder, name), buildImage(recipe));
  return Object.keys(recipes);
}
