import { join, resolve } from 'node:path';
import { Problem } from '../core/index.ts';
import type { Io } from './io.ts';

const SPEED = 'UPSFW_SIM_SPEED';
const SYSFS = 'UPSFW_SIM_SYSFS';

/**
 * How much faster than real time simulated units run, from the environment; 1 where it is not set. It applies
 * only to units that report themselves as simulated: a real unit always gets its full time.
 */
export function simulationSpeed(io: Pick<Io, 'environment'>): number {
  const text = io.environment[SPEED];
  if (text === undefined || text === '') return 1;
  const speed = Number(text);
  if (Number.isFinite(speed) && speed >= 1 && speed <= 10_000) return speed;
  throw new Problem('config/usage', `${SPEED} is "${text}", not a number from 1 to 10000.`, {
    hint: 'Set it to the --speed of upsfw simulate, or unset it.',
  });
}

/**
 * The `sys` and `dev` folders of simulated ports, from the environment. Empty where it is not set: the real
 * folders.
 */
export function simulatedDeviceRoots(io: Pick<Io, 'environment'>): {
  readonly sysfsRoot?: string;
  readonly devRoot?: string;
} {
  const folder = io.environment[SYSFS];
  if (folder === undefined || folder === '') return {};
  return { sysfsRoot: join(resolve(folder), 'sys'), devRoot: join(resolve(folder), 'dev') };
}
