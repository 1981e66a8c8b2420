import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnitTarget } from '../../../src/core/index.ts';
import { systemClock } from '../../../src/files/index.ts';
import { readBytes } from '../../../src/images/index.ts';
import {
  createLocalDriver,
  type LocalDriver,
  type LocalLook,
  type LocalTimeouts,
} from '../../../src/local/index.ts';
import {
  type LocalFault,
  type LocalPersonaName,
  type LocalUnits,
  type SimulatedLocalDevice,
  startLocalUnits,
} from '../../../src/sim/index.ts';

/** A simulated unit at a port, and the driver that looks at it. */
export interface LocalUnit {
  readonly device: SimulatedLocalDevice;
  readonly port: string;
  /** The simulated `/sys`. */
  readonly sysfsRoot: string;
  readonly target: UnitTarget;
  readonly path: LocalDriver;
  look(authenticate?: boolean): Promise<LocalLook>;
  close(): Promise<void>;
}

/** Shorter than for a real unit, because there is no real line. */
export const SHORT_TIMEOUTS: Partial<LocalTimeouts> = {
  listen: 0.7,
  firstAnswer: 0.5,
  record: 0.4,
  usbRecord: 0.4,
  modbus: 0.2,
  upsLink: 0.3,
  wanted: 20,
  block: 0.5,
  end: 3,
  afterEnd: 1,
  again: 0.1,
  settle: 600,
};

export async function openLocalUnit(
  persona: LocalPersonaName,
  faults: readonly LocalFault[] = [],
  timeouts: Partial<LocalTimeouts> = {},
  speed = 60,
): Promise<LocalUnit> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-local-'));
  let units: LocalUnits;
  try {
    units = await startLocalUnits({
      units: [{ name: 'closet', site: 's', persona, faults }],
      speed,
      folder,
    });
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
  const [running] = units.units;
  if (running === undefined) throw new Error('no unit runs');
  const { device, port } = running;
  const path = createLocalDriver({
    clock: systemClock,
    readBytes,
    sysfsRoot: units.sysfsRoot,
    devRoot: units.devRoot,
    timeouts: { ...SHORT_TIMEOUTS, ...timeouts },
  });
  const target = localTarget(device.persona.port === 'usb' ? { usb: 'any' } : { serialPort: port });
  return {
    device,
    port,
    sysfsRoot: units.sysfsRoot,
    target,
    path,
    look: (authenticate = false) => path.lookAt(target, new AbortController().signal, { authenticate }),
    async close() {
      await units.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function localTarget(local: UnitTarget['local']): UnitTarget {
  return {
    site: 's',
    name: 'closet',
    serial: null,
    network: null,
    local,
    window: null,
    switchOutput: null,
    feeds: [],
    redundantWith: [],
  };
}
