import { z } from 'zod';
import { readJournal, replay } from '../../state/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import type { Exit } from '../exit-codes.ts';
import { nameOthersInDoubt, runsLeft, runToShow } from '../fleet/choose-run.ts';
import { showRun } from '../fleet/show-run.ts';
import type { Io } from '../io.ts';
import { CommonSchema, RUN_INVENTORY, stateFolder } from '../options.ts';

const StatusArgs = CommonSchema.extend({
  run: z.string().min(1).optional(),
  inventory: z.string().min(1).optional(),
  live: z.boolean(),
  details: z.boolean(),
});
type StatusArgs = z.infer<typeof StatusArgs>;

export const statusCommand = defineCommand<StatusArgs>({
  usage: 'status [run]',
  describe: 'Show the state of each unit of a run; --live also asks the devices (only reads)',
  positionals: { run: { describe: 'Name of the run (default: the running one, or the newest)' } },
  options: {
    ...COMMON_OPTIONS,
    ...RUN_INVENTORY,
    live: {
      type: 'boolean',
      default: false,
      describe: 'Also ask the devices for their current firmware and update state',
    },
    details: {
      type: 'boolean',
      default: false,
      describe: 'Show every unit with its hops, including those that are done',
    },
  },
  schema: StatusArgs,
  run: status,
});

async function status(args: StatusArgs, io: Io): Promise<Exit> {
  const state = stateFolder(args, io);
  const record = replay(await readJournal(state, await runToShow(state, args, io)));
  nameOthersInDoubt(await runsLeft(state), record.run, io);
  const context = { state, args, io };
  if (!args.live) return showRun(context, record);
  const { showLive } = await import('../fleet/show-live.ts');
  return showLive(context, record);
}
