import { realpath } from 'node:fs/promises';
import type { UnitTarget } from '../../core/index.ts';

/** The name of the lock on a port: one for all names that lead to it. */
export async function portLock({ local, name }: UnitTarget): Promise<string> {
  if (local === null || !('serialPort' in local)) return `port-${name}`;
  try {
    return `port-${await realpath(local.serialPort)}`;
  } catch {
    // A port that is not there, or is no file, is told of when it is opened.
    return `port-${local.serialPort}`;
  }
}
