import { Problem } from '../core/index.ts';
import type { Io } from './io.ts';

const VARIABLE = 'UPSFW_SIM_SPEED';

/**
 * How much faster simulated units live, from the environment; 1 where it is not set. It reaches only units that say
 * themselves that they are simulated: a real unit has its full time, whatever the environment says.
 */
export function simulationSpeed(io: Io): number {
  const text = io.environment[VARIABLE];
  if (text === undefined || text === '') return 1;
  const speed = Number(text);
  if (Number.isFinite(speed) && speed >= 1 && speed <= 10_000) return speed;
  throw new Problem('config/usage', `${VARIABLE} is "${text}", not a number from 1 to 10000.`, {
    hint: 'Set it to the --speed of upsfw simulate, or leave it unset.',
  });
}
