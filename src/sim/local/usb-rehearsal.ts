import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_PERSONAS } from './personas.ts';
import { type LocalUnits, type SimulatedLocalUnit, startLocalUnits } from './start.ts';

/** One of each persona, at one site. */
const UNITS: readonly SimulatedLocalUnit[] = LOCAL_PERSONAS.map((persona, index) => ({
  name: `closet-${index + 1}`,
  site: 'closet',
  persona,
}));

/** Units at ports in a folder of their own, which goes with them. */
export interface LocalSimulation extends LocalUnits {
  readonly folder: string;
}

/** Starts a unit of each persona. Rejects with Problem config/usage as `startLocalUnits` does. */
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
