import { unitKey } from '../../../core/index.ts';
import { takeUpRecovery } from '../../../run/index.ts';
import { createArtifacts, createLocks, type Journal } from '../../../state/index.ts';
import type { Exit } from '../../exit-codes.ts';
import { openPaths } from '../../fleet/drivers.ts';
import { closePapers } from '../../fleet/execute.ts';
import { showRun } from '../../fleet/show-run.ts';
import type { Io } from '../../io.ts';
import type { CommonArgs } from '../../options.ts';
import { simulationSpeed } from '../../simulation.ts';
import { portLock, portTarget } from './port-target.ts';

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
  const papers = createArtifacts(state, journal.run);
  try {
    const record = await takeUpRecovery({
      journal,
      target,
      path: open.paths.local,
      clock: io.clock,
      simulationSpeed: simulationSpeed(io),
      artifacts: papers,
      stop: new AbortController().signal,
      progress: (note) => io.info(`${unitKey(target)}: ${note}\n`),
    });
    await closePapers(papers, io);
    return await showRun(record, false, locks, args, io);
  } finally {
    await lock.release();
    await open.close();
  }
}
