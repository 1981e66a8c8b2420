import { randomBytes } from 'node:crypto';
import { asProblem } from '../../core/index.ts';
import { createLocks, type Journal, recordsExits } from '../../state/index.ts';
import { type Exit, exitOfProblem } from '../exit-codes.ts';
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

/**
 * Executes a run, and records in its journal with which exit code this process ends. Without such a line,
 * `status` reports a crash.
 */
export async function withRecordedExit(journal: Journal, execute: () => Promise<Exit>): Promise<Exit> {
  let exit: Exit;
  try {
    exit = await execute();
  } catch (thrown) {
    await recordExit(journal, exitOfProblem(asProblem(thrown)));
    throw thrown;
  }
  await recordExit(journal, exit);
  return exit;
}

/** A journal of an older format keeps its format, so that the version that began it can read it. */
export async function recordExit(journal: Journal, code: Exit): Promise<void> {
  if (recordsExits(journal.events[0])) await journal.append({ event: 'exit', code });
}
