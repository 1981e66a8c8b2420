import { randomBytes } from 'node:crypto';
import { createLocks } from '../../state/index.ts';
import type { Io } from '../io.ts';

/** A new name for a run. Two runs may begin in the same millisecond. */
export function createRunName(io: Io): string {
  const stamp = io.clock.now().toISOString().replace(/[-:.]/g, '');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}

export function runLockName(run: string): string {
  return `run-${run}`;
}

/** Locks a run while its journal is open: two processes must not append to one file. */
export async function withRunLock<T>(state: string, run: string, act: () => Promise<T>): Promise<T> {
  const lock = await createLocks(state).take(runLockName(run), `run ${run}`);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}
