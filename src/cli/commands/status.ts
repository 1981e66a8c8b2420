import { z } from 'zod';
import { createLocks, readJournal, replay } from '../../state/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import type { Exit } from '../exit-codes.ts';
import { nameOthersInDoubt, runsLeft, runToShow } from '../fleet/choose-run.ts';
import { showRun } from '../fleet/show-run.ts';
import type { Io } from '../io.ts';
import { CommonSchema, stateFolder } from '../options.ts';

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
  const record = replay(await readJournal(state, await runToShow(state, args.run)));
  nameOthersInDoubt(await runsLeft(state), record.run, io);
  if (!args.live) return showRun(record, false, createLocks(state), args, io);
  const { showLive } = await import('../fleet/execute.ts');
  return showLive(record, state, args, io);
}
