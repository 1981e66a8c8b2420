import { z } from 'zod';
import { Problem, unitKey } from '../core/index.ts';
import { createLocks, fold, lookAll, readJournal } from '../run/index.ts';
import { defineCommand, type Exit } from './command.ts';
import { runNow } from './documents.ts';
import { openFleetOfRun } from './fleet.ts';
import type { Io } from './io.ts';
import { COMMON_OPTIONS, CommonSchema, stateFolder } from './options.ts';
import { openPaths } from './paths.ts';
import { showRun } from './run-it.ts';
import { runToShow } from './runs.ts';

const StatusArgs = CommonSchema.extend({
  run: z.string().min(1).optional(),
  live: z.boolean(),
  details: z.boolean(),
});
type StatusArgs = z.infer<typeof StatusArgs>;

export const statusCommand = defineCommand<StatusArgs>({
  usage: 'status [run]',
  describe: 'Where each unit of a run stands; --live asks the devices too (only reads)',
  positionals: { run: { describe: 'Name of the run (default: the one at work, or the newest)' } },
  options: {
    ...COMMON_OPTIONS,
    live: {
      type: 'boolean',
      default: false,
      describe: 'Ask the devices for their firmware and update state now',
    },
    details: {
      type: 'boolean',
      default: false,
      describe: 'Every unit with its hops, also those that are done',
    },
  },
  schema: StatusArgs,
  run: status,
});

async function status(args: StatusArgs, io: Io): Promise<Exit> {
  const state = stateFolder(args, io);
  const record = fold(await readJournal(state, await runToShow(state, args.run)));
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
      update: true,
    });
    const planned = new Map(record.units.map((unit) => [unit.planned.key, unit.planned.unit]));
    const seen = new Map(
      fleet.chosen.flatMap((target, index) => {
        const [look, unit] = [looks[index], planned.get(unitKey(target))];
        return look === undefined || unit === undefined
          ? []
          : [[unitKey(target), runNow(look, unit)] as const];
      }),
    );
    return await showRun(record, false, locks, args, io, seen);
  } finally {
    await open.close();
  }
}
