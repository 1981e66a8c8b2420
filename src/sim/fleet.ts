import { createHash, randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ACCESS } from './access.ts';
import { SimulatedDevice } from './device/device.ts';
import { buildImage, DEMO_IMAGES, type ImageRecipe } from './device/image-builder.ts';
import type { Face } from './faces/face.ts';
import { openFtpFace } from './faces/ftp-face.ts';
import { openSnmpFace } from './faces/snmp-face.ts';
import { openSshFace } from './faces/ssh-face.ts';
import { openTelnetFace } from './faces/telnet-face.ts';
import { openHttpFace, openHttpsFace } from './faces/web-face.ts';
import type { Fault } from './faults.ts';
import { loadPersona, type Persona, type PersonaName } from './personas.ts';

/** A unit of a simulated fleet. */
export interface SimulatedUnit {
  readonly name: string;
  readonly site: string;
  readonly persona: PersonaName | Persona;
  /** UPS version installed, where it is not that of the persona. */
  readonly installed?: string;
  /** Ways to start in the inventory, where they are not those of the persona. */
  readonly start?: readonly ('snmp' | 'cli')[];
  readonly feeds?: readonly string[];
  readonly faults?: readonly Fault[];
}

export interface FleetOptions {
  readonly units?: readonly SimulatedUnit[];
  /** How many seconds pass for a device in one second of the world. */
  readonly speed: number;
  /** `many`: a loopback address a unit, as Linux has them; `one`: 127.0.0.1 for all. */
  readonly addresses?: 'many' | 'one';
}

export interface RunningUnit {
  readonly unit: SimulatedUnit;
  readonly device: SimulatedDevice;
  readonly address: string;
  /** Null where the card has no such face. */
  readonly ports: {
    readonly snmp: number;
    readonly ssh: number | null;
    readonly ftp: number | null;
    readonly telnet: number | null;
    readonly http: number | null;
    readonly https: number | null;
  };
}

export interface SimulatedFleet {
  readonly units: readonly RunningUnit[];
  /** The device of a unit by its name. */
  device(name: string): SimulatedDevice;
  /** An inventory file for the fleet; its secrets are references to `environment`. */
  inventory(images: string): string;
  readonly environment: Readonly<Record<string, string>>;
  /** Writes images into a folder and gives their names; without recipes those that the demonstration wants. */
  writeImages(folder: string, recipes?: Readonly<Record<string, ImageRecipe>>): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Three sites: two units that can be upgraded in different ways, and three that cannot or need not. */
export const DEMO_UNITS: readonly SimulatedUnit[] = [
  { name: 'rack-12-a', site: 'berlin', persona: 'smt1500-nmc2', feeds: ['rack-12'] },
  { name: 'rack-12-b', site: 'berlin', persona: 'smx1500-current', feeds: ['rack-12'] },
  { name: 'lab-1', site: 'oslo', persona: 'smx1500-nmc3' },
  { name: 'front-1', site: 'porto', persona: 'smt1500c-shut' },
  { name: 'archive-1', site: 'porto', persona: 'sua1500-legacy' },
];

export async function startFleet(options: FleetOptions): Promise<SimulatedFleet> {
  const units = options.units ?? DEMO_UNITS;
  const many = (options.addresses ?? (process.platform === 'linux' ? 'many' : 'one')) === 'many';
  const block = `127.${randomInt(16, 250)}.${randomInt(1, 250)}`;
  const faces: Face[] = [];
  const running: RunningUnit[] = [];
  const close = async (): Promise<void> => {
    for (const { device } of running) device.close();
    await Promise.all(faces.map((face) => face.close()));
  };
  try {
    for (const [index, unit] of units.entries()) {
      const address = many ? `${block}.${(index % 250) + 1}` : '127.0.0.1';
      running.push(await startUnit(unit, address, options.speed, faces));
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    units: running,
    device(name) {
      const found = running.find((one) => one.unit.name === name);
      if (found === undefined) throw new RangeError(`the fleet has no unit ${name}`);
      return found.device;
    },
    inventory: (images) => inventoryText(running, images),
    environment: {
      UPSFW_SIM_READ: ACCESS.read,
      UPSFW_SIM_WRITE: ACCESS.write,
      UPSFW_SIM_AUTH: ACCESS.v3Auth,
      UPSFW_SIM_PRIV: ACCESS.v3Priv,
      UPSFW_SIM_PASSWORD: ACCESS.password,
    },
    writeImages,
    close,
  };
}

async function startUnit(
  unit: SimulatedUnit,
  address: string,
  speed: number,
  faces: Face[],
): Promise<RunningUnit> {
  const loaded = await loadPersona(unit.persona);
  const persona: Persona = {
    ...loaded,
    ups: { ...loaded.ups, version: unit.installed ?? loaded.ups.version },
    inventory: { ...loaded.inventory, start: [...(unit.start ?? loaded.inventory.start)] },
  };
  const device = new SimulatedDevice({
    name: unit.name,
    site: unit.site,
    serial: serialOf(unit),
    persona,
    speed,
    faults: unit.faults ?? [],
  });
  const keep = (face: Face): number => {
    faces.push(face);
    return face.port;
  };
  const https = persona.https ? keep(await openHttpsFace(device, address)) : null;
  return {
    unit,
    device,
    address,
    ports: {
      snmp: keep(await openSnmpFace(device, address)),
      ssh: persona.ssh === 'none' ? null : keep(await openSshFace(device, address)),
      ftp: persona.ftp ? keep(await openFtpFace(device, address)) : null,
      telnet: persona.telnet ? keep(await openTelnetFace(device, address)) : null,
      http: persona.http === 'off' ? null : keep(await openHttpFace(device, address, https)),
      https,
    },
  };
}

/** `AS`, year and week, six digits: the shape of real ones, made from site and name. */
function serialOf(unit: SimulatedUnit): string {
  const digits = BigInt(
    `0x${createHash('sha256').update(`${unit.site}/${unit.name}`).digest('hex').slice(0, 12)}`,
  );
  return `AS1532${String(digits % 1_000_000n).padStart(6, '0')}`;
}

function inventoryText(running: readonly RunningUnit[], images: string): string {
  const sites = [...new Set(running.map(({ unit }) => unit.site))].map((site) => ({
    name: site,
    units: running.filter(({ unit }) => unit.site === site).map(inventoryUnit),
  }));
  const document = {
    version: 1,
    images,
    defaults: {
      snmp: { version: '2c', community: 'env:UPSFW_SIM_READ' },
      write: { version: '2c', community: 'env:UPSFW_SIM_WRITE' },
      login: { user: ACCESS.user, password: 'env:UPSFW_SIM_PASSWORD' },
    },
    sites,
  };
  return `# A simulated fleet on this machine. Made by upsfw; nothing in it is real.\n${stringify(document)}`;
}

function inventoryUnit({ unit, device, address, ports }: RunningUnit): Record<string, unknown> {
  const { inventory, snmp } = device.persona;
  const used = Object.entries(ports).filter(([, port]) => port !== null);
  return {
    name: unit.name,
    host: address,
    ports: Object.fromEntries(used),
    ...(unit.feeds === undefined ? {} : { feeds: unit.feeds }),
    ...credentials(snmp),
    transfer: inventory.transfer,
    start: inventory.start,
    plaintext: inventory.plaintext,
    ...(inventory.legacySsh ? { ssh: { legacy: true } } : {}),
  };
}

function credentials(version: 'v1' | 'v2c' | 'v3'): Record<string, unknown> {
  if (version === 'v2c') return {};
  if (version === 'v1') {
    return {
      snmp: { version: '1', community: 'env:UPSFW_SIM_READ' },
      write: { version: '1', community: 'env:UPSFW_SIM_WRITE' },
    };
  }
  const user = {
    version: '3',
    user: ACCESS.v3User,
    auth: 'sha',
    authKey: 'env:UPSFW_SIM_AUTH',
    priv: 'aes',
    privKey: 'env:UPSFW_SIM_PRIV',
  };
  return { snmp: user, write: user };
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
