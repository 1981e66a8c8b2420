import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../core/index.ts';
import { SimulatedLocalDevice } from './device.ts';
import type { LocalFault } from './faults.ts';
import { LOCAL_PERSONAS, type LocalPersona, type LocalPersonaName, loadLocalPersona } from './personas.ts';
import { LocalUnit } from './unit.ts';

/** A unit at a port of this machine. */
export interface SimulatedLocalUnit {
  readonly name: string;
  readonly site: string;
  readonly persona: LocalPersonaName | LocalPersona;
  readonly faults?: readonly LocalFault[];
  /** Installed version, if it differs from that of the persona. */
  readonly installed?: string;
}

export interface RunningLocalUnit {
  readonly unit: SimulatedLocalUnit;
  readonly device: SimulatedLocalDevice;
  /** `/dev/pts/N` of a serial unit; the hidraw node of a USB unit, below `devRoot`. */
  readonly port: string;
  /** The processes that hold the port; they end with it. */
  readonly pids: readonly number[];
}

export interface LocalUnits {
  readonly units: readonly RunningLocalUnit[];
  /** Replace `/sys` and `/dev` for USB units: `<folder>/sys` and `<folder>/dev`. */
  readonly sysfsRoot: string;
  readonly devRoot: string;
  /** The device of a unit by its name. */
  device(name: string): SimulatedLocalDevice;
  /** Removes the ports; the files in the folder stay. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Starts units at pseudo terminals of this machine; their time runs `speed` times faster. Rejects with
 * Problem config/usage on systems other than Linux, and if the program "script" is missing.
 */
export async function startLocalUnits(options: {
  readonly units: readonly SimulatedLocalUnit[];
  readonly speed: number;
  /** For the simulated roots of USB units; should be empty. */
  readonly folder: string;
}): Promise<LocalUnits> {
  if (process.platform !== 'linux')
    throw new Problem(
      'config/usage',
      `Units at ports can be simulated only on Linux; this is ${process.platform}.`,
      {
        hint: 'Run without --local.',
      },
    );
  const roots = { sysfsRoot: join(options.folder, 'sys'), devRoot: join(options.folder, 'dev') };
  const open: LocalUnit[] = [];
  const units: RunningLocalUnit[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(open.map((unit) => unit.close()));
  };
  try {
    for (const unit of options.units) {
      const device = await deviceOf(unit, options.speed);
      const usbUnits = units.filter((one) => one.device.persona.port === 'usb').length;
      const running = await LocalUnit.open(device, roots, usbUnits);
      open.push(running);
      units.push({ unit, device, port: running.port, pids: running.pids });
    }
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
  let closing: Promise<void> | null = null;
  return {
    units,
    ...roots,
    device(name) {
      const found = units.find(({ unit }) => unit.name === name);
      if (found === undefined) throw new RangeError(`there is no local unit ${name}`);
      return found.device;
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function deviceOf(unit: SimulatedLocalUnit, speed: number): Promise<SimulatedLocalDevice> {
  const persona = await loadLocalPersona(unit.persona);
  const version = unit.installed ?? persona.unit.version;
  return new SimulatedLocalDevice({
    name: unit.name,
    serial: serialOf(unit),
    persona: { ...persona, unit: { ...persona.unit, version } },
    speed,
    faults: unit.faults ?? [],
  });
}

/** A serial number in the usual form, derived from site and name. */
function serialOf({ site, name }: SimulatedLocalUnit): string {
  const digits = BigInt(`0x${createHash('sha256').update(`${site}/${name}`).digest('hex').slice(0, 12)}`);
  return `AS1533${String(digits % 1_000_000n).padStart(6, '0')}`;
}

/** One unit of each persona, at one site. */
const UNITS: readonly SimulatedLocalUnit[] = LOCAL_PERSONAS.map((persona, index) => ({
  name: `closet-${index + 1}`,
  site: 'closet',
  persona,
}));

/** Units at ports with their own folder, which is removed with them. */
export interface LocalSimulation extends LocalUnits {
  readonly folder: string;
}

/** Starts one unit of each persona. Rejects with Problem config/usage as `startLocalUnits` does. */
export async function startLocalSimulation(speed: number): Promise<LocalSimulation> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-local-'));
  const clear = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const units = await startLocalUnits({ units: UNITS, speed, folder });
    return {
      ...units,
      folder,
      async close() {
        await units.close();
        await clear();
      },
    };
  } catch (thrown) {
    await clear();
    throw thrown;
  }
}
