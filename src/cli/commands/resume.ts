import { z } from 'zod';
import { asProblem, describeEnd, joinList, Problem } from '../../core/index.ts';
import { TIMEOUTS } from '../../nmc/index.ts';
import { type Ahead, type Outlook, outlookOf, wasNeverPlanned } from '../../run/index.ts';
import {
  createLocks,
  openStateFolder,
  type RunRecord,
  readJournal,
  reopenJournal,
  replay,
  type UnitRecord,
  wasPostponed,
} from '../../state/index.ts';
import { confirm } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import type { Exit } from '../exit-codes.ts';
import { nameOthersInDoubt, runsLeft, runToResume } from '../fleet/choose-run.ts';
import { openPaths } from '../fleet/drivers.ts';
import { executeRun, showLive, withRunLock } from '../fleet/execute.ts';
import { openFleetOfRun } from '../fleet/open.ts';
import { showRun } from '../fleet/show-run.ts';
import type { Io } from '../io.ts';
import { CommonSchema, stateFolder } from '../options.ts';
import { askRecovery } from './local/ask-recovery.ts';

const ResumeArgs = CommonSchema.extend({
  run: z.string().min(1).optional(),
  retry: z.array(z.string().min(1)),
  yes: z.boolean(),
  inventory: z.string().min(1).optional(),
});
type ResumeArgs = z.infer<typeof ResumeArgs>;

export const resumeCommand = defineCommand<ResumeArgs>({
  usage: 'resume [run]',
  describe: 'Go on with an interrupted run, from what the devices answer (writes)',
  positionals: {
    run: {
      describe: 'Name of the run (default: the newest with a unit in doubt, or with something left to do)',
    },
  },
  options: {
    ...COMMON_OPTIONS,
    retry: {
      type: 'string',
      array: true,
      default: [],
      describe: 'Allow a second attempt on this unit, which failed safely (repeatable)',
    },
    yes: {
      type: 'boolean',
      default: false,
      describe: 'Do not ask; required where there is no terminal and a start is to be made',
    },
    inventory: { alias: 'i', type: 'string', describe: 'Inventory file (default: that of the run)' },
  },
  schema: ResumeArgs,
  run: resume,
});

async function resume(args: ResumeArgs, io: Io): Promise<Exit> {
  const state = stateFolder(args, io);
  const left = await runsLeft(state);
  const { run, isDone } = await runToResume(state, left, args.run, args.retry);
  nameOthersInDoubt(left, run, io);
  if (isDone) return showDone(run, state, args, io);
  await openStateFolder(state);
  const record = replay(await readJournal(state, run));
  if (record.problem !== null) return lookOnly(record, state, args, io);
  return withRunLock(state, run, () => goOn(run, state, args, io));
}

/** The journal is damaged: nothing is begun, written down or sent, and the units are looked at where they have an inventory. */
async function lookOnly(record: RunRecord, state: string, args: ResumeArgs, io: Io): Promise<Exit> {
  io.info('Nothing of this run is gone on with: its journal is damaged. Its units are only looked at.\n');
  try {
    if (record.recovery === null) return await showLive(record, state, args, io);
  } catch (thrown) {
    const { message, hint } = asProblem(thrown);
    io.info(`The units cannot be looked at: ${message} ${hint}\n`);
  }
  return showRun(record, false, createLocks(state), args, io);
}

/** No run has anything left to do: the newest is shown, and nothing is written down. */
async function showDone(run: string, state: string, args: ResumeArgs, io: Io): Promise<Exit> {
  io.info(`Nothing is left to do in any run. The newest is ${run}.\n`);
  return showRun(replay(await readJournal(state, run)), false, createLocks(state), args, io);
}

async function goOn(run: string, state: string, args: ResumeArgs, io: Io): Promise<Exit> {
  const journal = await reopenJournal(state, run, io.clock);
  try {
    const record = replay(journal.events);
    if (record.recovery !== null) {
      if (args.retry.length > 0) throw recoveryHasNoRetry(record.recovery.port);
      await journal.append({ event: 'resumed' });
      return await askRecovery(journal, record.recovery.port, state, args, io);
    }
    const retry = [
      ...args.retry.map((name) => allowedRetry(record, name)),
      ...record.units.filter(wasPostponed),
    ].map(({ planned }) => planned.key);
    const outlook = outlookOf(journal.events, retry);
    if (outlook.starts.length > 0 && !args.yes && io.ask === null) throw nobodyToAsk(run, outlook);
    const fleet = await openFleetOfRun(record, args, io, { purpose: 'write' });
    const open = openPaths(state, io);
    try {
      await confirmed(run, outlook, args, io);
      await journal.append({ event: 'resumed' });
      for (const unit of retry) await journal.append({ event: 'retry', unit });
      return await executeRun(journal, fleet, open, { ...args, stateFolder: state }, io);
    } finally {
      await open.close();
    }
  } finally {
    await journal.close();
  }
}

/**
 * Says what is ahead, and asks where a start of the tool is among it. Watching needs no question: it makes no start, and an
 * output that the run switched off is brought back as the run was told to. Throws Problem refused/confirmation.
 */
async function confirmed(run: string, outlook: Outlook, args: ResumeArgs, io: Io): Promise<void> {
  const text = outlookText(run, outlook, io);
  if (args.yes || outlook.starts.length === 0) {
    io.info(text);
    return;
  }
  const count = outlook.starts.length;
  if (await confirm(io, `${text}Go on and start ${count === 1 ? 'this update' : `these ${count} updates`}?`))
    return;
  throw new Problem('refused/confirmation', 'The run was not taken up. Nothing was sent.', {
    hint: 'Answer y or yes, or use --yes.',
  });
}

function nobodyToAsk(run: string, { starts }: Outlook): Problem {
  const what = starts.length === 1 ? 'an update' : `${starts.length} updates`;
  return new Problem(
    'refused/confirmation',
    `Run ${run} would start ${what}, and there is no terminal to ask on. Nothing was sent.`,
    { hint: `Look with upsfw status ${run}, then add --yes.` },
  );
}

function outlookText(run: string, { starts, watches, outputs, failed, unplanned }: Outlook, io: Io): string {
  const lines = [`Run ${run}`];
  const list = (heading: string, units: readonly string[]): void => {
    if (units.length > 0) lines.push('', heading, ...units.map((unit) => `  ${unit}`));
  };
  list('Will only be watched, because a start is on record:', watches.map(inWords));
  if (watches.length > 0 && starts.length > 0) {
    const minutes = Math.round({ ...TIMEOUTS, ...io.timeouts }.settle / 60);
    lines.push(
      '',
      'No unit is started before all of these have ended.',
      `Each is watched for up to ${minutes} minutes.`,
    );
  }
  list('Will be started, once nothing stands against it:', starts.map(inWords));
  list('Their output may be off by this run, and is switched on again:', outputs);
  if (lines.length === 1) lines.push('', 'Nothing is left to start or to watch.');
  if (failed.length > 0)
    lines.push('', `Left out, because they failed: ${someOf(failed)}. Another attempt: --retry UNIT.`);
  if (unplanned.length > 0)
    lines.push('', `Left out, because the plan holds no update for them: ${someOf(unplanned)}. ${NEW_PLAN}`);
  return `${lines.join('\n')}\n\n`;
}

const NEW_PLAN = 'Make a new plan: upsfw plan --out FILE.';
const MOST_NAMED = 10;

/** `2 units (a/b and a/c)`, with a bound on the names. */
function someOf(keys: readonly string[]): string {
  const more = keys.length - MOST_NAMED;
  const names = more > 0 ? [...keys.slice(0, MOST_NAMED), `${more} more`] : keys;
  return `${keys.length === 1 ? '1 unit' : `${keys.length} units`} (${joinList(names)})`;
}

function inWords({ key, hops, staged }: Ahead): string {
  const [first] = hops;
  const way =
    first === undefined ? [] : [describeEnd(first, 'from'), ...hops.map((hop) => describeEnd(hop, 'to'))];
  return `${key}  ${way.join(' -> ')}${staged ? ' (its image is on the card: a start made by a person is only watched)' : ''}`;
}

function recoveryHasNoRetry(port: string): Problem {
  return new Problem('config/usage', 'This run recovered a unit at a port; --retry does not go with it.', {
    hint: `Send the image anew: upsfw local recover ${port} IMAGE --expect-id ID.`,
  });
}

function allowedRetry(record: RunRecord, name: string): UnitRecord {
  const named = record.units.filter(
    ({ planned }) => planned.key === name || planned.key.split('/')[1] === name,
  );
  if (named.length > 1) {
    throw new Problem(
      'config/selection',
      `"${name}" names ${named.length} units of the run: ${named.map(({ planned }) => planned.key).join(', ')}.`,
      { hint: 'Name the unit with its site: --retry SITE/NAME.' },
    );
  }
  const [found] = named;
  if (found === undefined) {
    throw new Problem('config/selection', `The run has no unit "${name}".`, {
      hint: 'upsfw status lists its units.',
    });
  }
  if (found.outcome === 'failed' && wasNeverPlanned(found)) {
    throw new Problem(
      'config/selection',
      `The plan of the run holds no update for ${found.planned.key}: the unit did not answer when it was made.`,
      { hint: NEW_PLAN },
    );
  }
  if (found.outcome === 'failed') return found;
  // Whether a received image still waits at the panel, the operator may know better than a card that forgot it.
  if (found.outcome === 'stopped' && found.hops.some(({ received }) => received)) return found;
  const state = found.outcome === 'pending' && found.open ? 'in doubt' : found.outcome;
  throw new Problem(
    'refused/second-attempt',
    `${found.planned.key} is ${state}; a second attempt is for a unit that failed safely.`,
    {
      hint: 'Run upsfw resume without --retry: it asks the unit how it stands.',
    },
  );
}
