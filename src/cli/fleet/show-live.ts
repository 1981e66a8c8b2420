import { Problem, unitKey } from '../../core/index.ts';
import { lookAll } from '../../run/index.ts';
import type { RunRecord } from '../../state/index.ts';
import { runNow } from '../documents/run.ts';
import type { Exit } from '../exit-codes.ts';
import { openDrivers } from './drivers.ts';
import { openFleetOfRun } from './open.ts';
import { type RunContext, showRun } from './show-run.ts';

/** Asks the devices of a run for their current condition, and shows it beside the journal. Only reads. */
export async function showLive(context: RunContext, record: RunRecord): Promise<Exit> {
  const { state, args, io } = context;
  if (record.recovery !== null) {
    throw new Problem('config/usage', 'This run recovered a unit at a port and has no inventory.', {
      hint: `Inspect the port: upsfw local inspect ${record.recovery.port}`,
    });
  }
  const fleet = await openFleetOfRun(record, args, io, { purpose: 'read', update: true });
  const open = openDrivers(state, io, 'read');
  try {
    const looks = await lookAll(open.drivers, fleet.chosen, {
      clock: io.clock,
      signal: io.stop,
      update: 'all',
    });
    io.stop.throwIfAborted();
    const planned = new Map(record.units.map((unit) => [unit.planned.key, unit.planned.unit]));
    const seen = new Map(
      fleet.chosen.flatMap((target, index) => {
        const [look, unit] = [looks[index], planned.get(unitKey(target))];
        return look === undefined || unit === undefined
          ? []
          : [[unitKey(target), runNow(look, unit)] as const];
      }),
    );
    return await showRun(context, record, { seen });
  } finally {
    await open.close();
  }
}
