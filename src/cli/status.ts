import { z } from 'zod';
import { Problem, sameUnit, unitKey } from '../core/index.ts';
import { createLocks, fold, lookAll, readJournal } from '../run/index.ts';
import { defineCommand, type Exit } from './command.ts';
import { openFleetOfRun } from './fleet.ts';
import type { Io } from './io.ts';
import { COMMON_OPTIONS, CommonSchema, stateFolder } from './options.ts';
import { openPaths } from './paths.ts';
import { chosenRun } from './resume.ts';
import { showRun } from './run-it.ts';

const StatusArgs = CommonSchema.extend({ run: z.string().min(1).optional(), live: z.boolean() });
type StatusArgs = z.infer<typeof StatusArgs>;

export const statusCommand = defineCommand<StatusArgs>({
  usage: 'status [run]',
  describe: 'Where each unit of a run stands; --live asks the devices too (only reads)',
  positionals: { run: { describe: 'Name of the run (default: the last one)' } },
  options: {
    ...COMMON_OPTIONS,
    live: { type: 'boolean', default: false, describe: 'Ask the devices for their firmware now' },
  },
  schema: StatusArgs,
  run: status,
});

async function status(args: StatusArgs, io: Io): Promise<Exit> {
  const state = stateFolder(args, io);
  const record = fold(await readJournal(state, await chosenRun(state, args.run)));
  const locks = createLocks(state);
  if (!args.live) return showRun(record, false, locks, args, io);
  if (record.recovery !== null) {
    throw new Problem('config/usage', 'This run recovered a unit at a port, and has no inventory.', {
      hint: `Ask the port: upsfw local look ${record.recovery.port}`,
    });
  }
  const fleet = await openFleetOfRun(record, args, io, 'read');
  const open = openPaths(state, io);
  try {
    const looks = await lookAll(open.paths, fleet.chosen, {
      clock: io.clock,
      signal: new AbortController().signal,
    });
    const seen = new Map(fleet.chosen.map((target, index) => [unitKey(target), looks[index]?.unit ?? null]));
    const units = record.units.map((unit) => {
      const now = seen.get(unit.planned.key);
      // Another unit may have the address by now.
      return { ...unit, after: now && sameUnit(now, unit.planned.unit) ? now : null };
    });
    return await showRun({ ...record, units }, false, locks, args, io);
  } finally {
    await open.close();
  }
}
