import { join, resolve } from 'node:path';
import type { Io } from './io.ts';

const VARIABLE = 'UPSFW_SIM_SYSFS';

/**
 * Where the devices of this machine are told of, for rehearsals with simulated units: the folders `sys` and `dev` of the one that the
 * environment names. Empty where it names none, which stands for the real ones.
 */
export function simulatedDeviceRoots(io: Pick<Io, 'environment'>): {
  readonly sysfsRoot?: string;
  readonly devRoot?: string;
} {
  const folder = io.environment[VARIABLE];
  if (folder === undefined || folder === '') return {};
  return { sysfsRoot: join(resolve(folder), 'sys'), devRoot: join(resolve(folder), 'dev') };
}
