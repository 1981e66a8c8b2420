import { unitKey } from '../../core/index.ts';
import { createLocks, createPapers, type Journal, takeUpRecovery } from '../../run/index.ts';
import type { Exit } from '../command.ts';
import type { Io } from '../io.ts';
import type { CommonArgs } from '../options.ts';
import { openPaths } from '../paths.ts';
import { rehearsalSpeed } from '../rehearsal.ts';
import { closePapers } from '../run-it.ts';
import { showRun } from '../show-run.ts';
import { portLock } from './port-lock.ts';
import { portTarget } from './port-target.ts';

/** A recovery has no inventory: its port is asked what became of the unit, and nothing is sent. */
export async function askRecovery(
  journal: Journal,
  port: string,
  state: string,
  args: CommonArgs,
  io: Io,
): Promise<Exit> {
  const target = portTarget(port);
  const locks = createLocks(state);
  const open = openPaths(state, io);
  const lock = await locks.take(await portLock(target), `resume ${journal.run}`);
  const papers = createPapers(state, journal.run);
  try {
    const record = await takeUpRecovery({
      journal,
      target,
      path: open.paths.local,
      clock: io.clock,
      rehearsalSpeed: rehearsalSpeed(io),
      papers,
      stop: new AbortController().signal,
      progress: (note) => io.talk(`${unitKey(target)}: ${note}\n`),
    });
    await closePapers(papers, io);
    return await showRun(record, false, locks, args, io);
  } finally {
    await lock.release();
    await open.close();
  }
}
