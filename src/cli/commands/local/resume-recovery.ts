import { unitKey } from '../../../core/index.ts';
import { watchRecovery } from '../../../run/index.ts';
import { createArtifacts, createLocks, type Journal } from '../../../state/index.ts';
import type { Exit } from '../../exit-codes.ts';
import { openDrivers } from '../../fleet/drivers.ts';
import { closeArtifacts } from '../../fleet/execute.ts';
import { type RunContext, showRun } from '../../fleet/show-run.ts';
import { simulationSpeed } from '../../simulation.ts';
import { portLock, portTarget } from './port-target.ts';

/** Asks the port of a recovery for the state of its unit, and sends nothing. A recovery has no inventory. */
export async function resumeRecovery(context: RunContext, journal: Journal, port: string): Promise<Exit> {
  const { state, io } = context;
  const target = portTarget(port);
  const open = openDrivers(state, io);
  const lock = await createLocks(state).take(await portLock(target), `resume ${journal.run}`);
  const artifacts = createArtifacts(state, journal.run);
  try {
    const record = await watchRecovery({
      journal,
      target,
      driver: open.drivers.local,
      locks: createLocks(state),
      clock: io.clock,
      simulationSpeed: simulationSpeed(io),
      artifacts,
      stop: io.stop,
      progress: (note) => io.info(`${unitKey(target)}: ${note}\n`),
    });
    await closeArtifacts(artifacts, io);
    return await showRun(context, record, { isEnding: true });
  } finally {
    await lock.release();
    await open.close();
  }
}
