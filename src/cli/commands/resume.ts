import { z } from 'zod';
import { asProblem, describeEnd, joinList, Problem } from '../../core/index.ts';
import { TIMEOUTS } from '../../nmc/index.ts';
import { type RemainingUnit, type RemainingWork, remainingWork, wasNeverPlanned } from '../../run/index.ts';
import {
  openStateFolder,
  type RunRecord,
  readJournal,
  reopenJournal,
  replay,
  type UnitRecord,
  wasPostponed,
} from '../../state/index.ts';
import { confirm, requireTerminal } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import type { Exit } from '../exit-codes.ts';
import { nameOthersInDoubt, runsLeft, runToResume } from '../fleet/choose-run.ts';
import { openDrivers } from '../fleet/drivers.ts';
import { executeRun } from '../fleet/execute.ts';
import { openFleetOfRun } from '../fleet/open.ts';
import { withRecordedExit, withRunLock } from '../fleet/run-lock.ts';
import { showLive } from '../fleet/show-live.ts';
import { type RunContext, showRun } from '../fleet/show-run.ts';
import type { Io } from '../io.ts';
import { CommonSchema, RUN_INVENTORY, stateFolder } from '../options.ts';
import { resumeRecovery } from './local/resume-recovery.ts';

const ResumeArgs = CommonSchema.extend({
  run: z.string().min(1).optional(),
  retry: z.array(z.string().min(1)),
  yes: z.boolean(),
  inventory: z.string().min(1).optional(),
});
type ResumeArgs = z.infer<typeof ResumeArgs>;

export const resumeCommand = defineCommand<ResumeArgs>({
  usage: 'resume [run]',
  describe: 'Resume an interrupted run from what the devices answer (writes)',
  positionals: {
    run: {
      describe: 'Name of the run (default: the newest that is not done)',
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
      describe: 'Do not ask; required without a terminal if an update will be started',
    },
    ...RUN_INVENTORY,
  },
  schema: ResumeArgs,
  run: resume,
});

async function resume(args: ResumeArgs, io: Io): Promise<Exit> {
  const context: ResumeContext = { state: stateFolder(args, io), args, io };
  const { state } = context;
  const left = await runsLeft(state);
  const { run, isDone } = await runToResume(state, left, args, args.retry, io);
  nameOthersInDoubt(left, run, io);
  if (isDone) return showDone(context, run);
  await openStateFolder(state);
  const record = replay(await readJournal(state, run));
  if (record.problem !== null) return inspectOnly(context, record);
  return withRunLock(state, run, () => continueRun(context, run));
}

interface ResumeContext extends RunContext {
  readonly args: ResumeArgs;
}

/**
 * The journal is damaged: nothing is started, written or sent. The units are asked where they have an
 * inventory.
 */
async function inspectOnly(context: ResumeContext, record: RunRecord): Promise<Exit> {
  const { io } = context;
  io.info('The journal of this run is damaged, so the run is not resumed. Its units are only asked.\n');
  try {
    if (record.recovery === null) return await showLive(context, record);
  } catch (thrown) {
    const { message, hint } = asProblem(thrown);
    io.info(`The units cannot be asked: ${message} ${hint}\n`);
  }
  return showRun(context, record);
}

/** No run has anything left to do: shows the newest and writes nothing. */
async function showDone(context: ResumeContext, run: string): Promise<Exit> {
  context.io.info(`No run has anything left to do. The newest is ${run}.\n`);
  return showRun(context, replay(await readJournal(context.state, run)));
}

async function continueRun(context: ResumeContext, run: string): Promise<Exit> {
  const { state, args, io } = context;
  const journal = await reopenJournal(state, run, io.clock);
  try {
    const record = replay(journal.events);
    if (record.recovery !== null) {
      if (args.retry.length > 0) throw recoveryHasNoRetry(record.recovery.port);
      const { port } = record.recovery;
      await journal.append({ event: 'resumed' });
      return await withRecordedExit(journal, () => resumeRecovery(context, journal, port));
    }
    const retry = [
      ...args.retry.map((name) => allowedRetry(record, name)),
      ...record.units.filter(wasPostponed),
    ].map(({ planned }) => planned.key);
    const remaining = remainingWork(journal.events, retry);
    const count = remaining.starts.length;
    if (count > 0) {
      const what = count === 1 ? 'an update' : `${count} updates`;
      const message = `Run ${run} would start ${what}, and there is no terminal to ask on. Nothing was sent.`;
      requireTerminal(io, args.yes, message, `Check with upsfw status ${run}, then add --yes.`);
    }
    const fleet = await openFleetOfRun(record, args, io, { purpose: 'write' });
    const open = openDrivers(state, io);
    try {
      // Watching needs no question: it starts nothing, and restores outputs only as the run was told to.
      await confirm(io, args.yes || count === 0, {
        text: remainingText(run, remaining, io),
        question: `Resume and start ${count === 1 ? 'this update' : `these ${count} updates`}?`,
        declined: 'The run was not resumed. Nothing was sent.',
      });
      await journal.append({ event: 'resumed' });
      for (const unit of retry) await journal.append({ event: 'retry', unit });
      return await withRecordedExit(journal, () => executeRun({ ...context, fleet, open }, journal));
    } finally {
      await open.close();
    }
  } finally {
    await journal.close();
  }
}

/** What resuming will do, for the operator to confirm. */
function remainingText(
  run: string,
  { starts, watches, outputs, failed, unplanned }: RemainingWork,
  io: Io,
): string {
  const lines = [`Run ${run}`];
  const list = (heading: string, units: readonly string[]): void => {
    if (units.length > 0) lines.push('', heading, ...units.map((unit) => `  ${unit}`));
  };
  list('Only watched, because their start is in the journal:', watches.map(describeRemaining));
  if (watches.length > 0 && starts.length > 0) {
    const minutes = Math.round({ ...TIMEOUTS, ...io.timeouts }.settle / 60);
    lines.push(
      '',
      `No unit is started before these have ended. Each is watched for up to ${minutes} minutes.`,
    );
  }
  list('Started, if no rule blocks them:', starts.map(describeRemaining));
  list('Switched on again, because this run may have switched their output off:', outputs);
  if (lines.length === 1) lines.push('', 'Nothing is left to start or to watch.');
  if (failed.length > 0)
    lines.push('', `Skipped, because they failed: ${listSome(failed)}. To retry one: --retry UNIT.`);
  if (unplanned.length > 0)
    lines.push('', `Skipped, because the plan has no update for them: ${listSome(unplanned)}. ${NEW_PLAN}`);
  return `${lines.join('\n')}\n`;
}

const NEW_PLAN = 'Make a new plan: upsfw plan --out FILE.';
const MAX_NAMED = 10;

/** `2 units (a/b and a/c)`, with a limit on the names. */
function listSome(keys: readonly string[]): string {
  const more = keys.length - MAX_NAMED;
  const names = more > 0 ? [...keys.slice(0, MAX_NAMED), `${more} more`] : keys;
  return `${keys.length === 1 ? '1 unit' : `${keys.length} units`} (${joinList(names)})`;
}

/** `a/b  UPS 09.4 (ID18) -> UPS 15.0 (ID18)`. */
function describeRemaining({ key, hops, staged }: RemainingUnit): string {
  const [first] = hops;
  const route =
    first === undefined ? [] : [describeEnd(first, 'from'), ...hops.map((hop) => describeEnd(hop, 'to'))];
  const note = staged ? ' (its image is on the card: if a person started it, it is only watched)' : '';
  return `${key}  ${route.join(' -> ')}${note}`;
}

function recoveryHasNoRetry(port: string): Problem {
  return new Problem('config/usage', 'This run recovered a unit at a port: --retry cannot be used with it.', {
    hint: `Send the image again: upsfw local recover ${port} IMAGE --expect-id ID.`,
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
      `The plan of this run has no update for ${found.planned.key}: the unit did not answer when the plan was made.`,
      { hint: NEW_PLAN },
    );
  }
  if (found.outcome === 'failed') return found;
  // A card may forget that its unit has received an image; the operator at the panel decides.
  if (found.outcome === 'stopped' && found.hops.some(({ received }) => received)) return found;
  const state = found.outcome === 'pending' && found.open ? 'in doubt' : found.outcome;
  throw new Problem(
    'refused/second-attempt',
    `${found.planned.key} is ${state}: only a unit that failed safely can be retried.`,
    {
      hint: 'Run upsfw resume without --retry: it asks the unit for its state.',
    },
  );
}
