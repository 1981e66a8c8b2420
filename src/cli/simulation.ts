import { join, resolve } from 'node:path';
import { Problem } from '../core/index.ts';
import type { Io } from './io.ts';

const SPEED_VARIABLE = 'UPSFW_SIM_SPEED';

/**
 * How much faster simulated units live, from the environment; 1 where it is not set. It reaches only units that say
 * themselves that they are simulated: a real unit has its full time, whatever the environment says.
 */
export function simulationSpeed(io: Io): number {
  const text = io.environment[SPEED_VARIABLE];
  if (text === undefined || text === '') return 1;
  const speed = Number(text);
  if (Number.isFinite(speed) && speed >= 1 && speed <= 10_000) return speed;
  throw new Problem('config/usage', `${SPEED_VARIABLE} is "${text}", not a number from 1 to 10000.`, {
    hint: 'Set it to the --speed of upsfw simulate, or leave it unset.',
  });
}

const SYSFS_VARIABLE = 'UPSFW_SIM_SYSFS';

/**
 * Where the devices of this machine are told of, for rehearsals with simulated units: the folders `sys` and `dev` of the one that the
 * environment names. Empty where it names none, which stands for the real ones.
 */
export function simulatedDeviceRoots(io: Pick<Io, 'environment'>): {
  readonly sysfsRoot?: string;
  readonly devRoot?: string;
} {
  const folder = io.environment[SYSFS_VARIABLE];
  if (folder === undefined || folder === '') return {};
  return { sysfsRoot: join(resolve(folder), 'sys'), devRoot: join(resolve(folder), 'dev') };
}
