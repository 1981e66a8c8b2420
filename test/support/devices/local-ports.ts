import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalFault } from '../../../src/sim/local/faults.ts';
import {
  type LocalPersona,
  type LocalPersonaName,
  loadLocalPersona,
} from '../../../src/sim/local/personas.ts';
import { type LocalUnits, type RunningLocalUnit, startLocalUnits } from '../../../src/sim/local/start.ts';
import { closeRaw, openRaw, type RawPort } from '../peers/raw-port.ts';

/** Differences from a persona. */
export interface LocalPortOptions {
  readonly faults?: readonly LocalFault[];
  readonly speed?: number;
  readonly change?: (persona: LocalPersona) => LocalPersona;
  readonly installed?: string;
}

/** One unit, with its port open at the right rate. */
export interface LocalPort extends RunningLocalUnit {
  readonly raw: RawPort;
  readonly units: LocalUnits;
}

const running: LocalUnits[] = [];
const folders: string[] = [];

export async function startPorts(
  personas: readonly (LocalPersonaName | LocalPersona)[],
  { faults = [], speed = 600, installed }: LocalPortOptions = {},
): Promise<LocalUnits> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-test-local-'));
  folders.push(folder);
  const units = await startLocalUnits({
    units: personas.map((persona, index) => ({
      name: `unit-${index + 1}`,
      site: 'rack',
      persona,
      faults,
      ...(installed === undefined ? {} : { installed }),
    })),
    speed,
    folder,
  });
  running.push(units);
  return units;
}

export async function openPort(name: LocalPersonaName, options: LocalPortOptions = {}): Promise<LocalPort> {
  const persona = await loadLocalPersona(name);
  const units = await startPorts([options.change?.(persona) ?? persona], options);
  const [unit] = units.units;
  if (unit === undefined) throw new Error('no unit was started');
  const rate = persona.protocol === 'ups-link' ? 2400 : 9600;
  return { ...unit, raw: await openRaw(unit.port, rate), units };
}

/** Closes the ports first, then the units. */
export async function closePorts(): Promise<void> {
  await closeRaw();
  for (const units of running.splice(0)) await units.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}
