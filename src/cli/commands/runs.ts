import { Problem } from '../../core/index.ts';
import {
  type RunCounts,
  type RunsDocument,
  type RunsEntry,
  type RunUnit,
  renderRuns,
} from '../../report/index.ts';
import {
  createLocks,
  type Holder,
  JOURNAL_FORMAT,
  type OtherFormatEvent,
  type RunRecord,
  readJournal,
  replay,
} from '../../state/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { countOutcomes, outcomeOf, stateOf } from '../documents/run.ts';
import { DONE, type Exit, exitOfRun } from '../exit-codes.ts';
import { newestFirst } from '../fleet/choose-run.ts';
import { runLockName } from '../fleet/run-lock.ts';
import type { Io } from '../io.ts';
import { type CommonArgs, CommonSchema, stateFolder } from '../options.ts';
import { printDocument } from '../print.ts';

export const runsCommand = defineCommand<CommonArgs>({
  usage: 'runs',
  describe: 'List the runs of the state folder, running ones first, then the newest (touches no device)',
  positionals: {},
  options: COMMON_OPTIONS,
  schema: CommonSchema,
  run: runs,
});

async function runs(args: CommonArgs, io: Io): Promise<Exit> {
  const state = stateFolder(args, io);
  const entries: RunsEntry[] = [];
  for (const run of await newestFirst(state)) entries.push(await entryOf(state, run));
  const isLive = (entry: RunsEntry): boolean => entry.state === 'running';
  const document: RunsDocument = {
    schema: 'upsfw/runs@1',
    generatedAt: io.clock.now().toISOString(),
    runs: [...entries.filter(isLive), ...entries.filter((entry) => !isLive(entry))],
  };
  printDocument(document, args, io, (one, style) => renderRuns(one, style, state));
  return DONE;
}

async function entryOf(state: string, run: string): Promise<RunsEntry> {
  const by = await createLocks(state).holder(runLockName(run));
  try {
    const events = await readJournal(state, run);
    if (events.length === 0) return { ...unread(run, by), state: by === null ? 'interrupted' : 'running' };
    const [first] = events;
    if (first?.event === 'other-format') return ofOtherFormat(run, by, first);
    const record = replay(events);
    const alive = by !== null;
    return {
      run,
      begunAt: events[0] !== undefined && 'at' in events[0] ? events[0].at : null,
      state: stateOf(record, alive),
      by,
      units: record.units.length,
      counts: countsOf(record, alive),
      exitCode: exitOfRun(record, { stopped: false, alive }),
      problem: null,
    };
  } catch (thrown) {
    // A run that cannot be read is listed: somebody has to look at its units.
    if (!(thrown instanceof Problem)) throw thrown;
    return { ...unread(run, by), problem: thrown.toJSON() };
  }
}

/** A run of an earlier version is listed by its format: its units count as in doubt. */
function ofOtherFormat(run: string, by: Holder | null, { format, problem }: OtherFormatEvent): RunsEntry {
  const entry = { ...unread(run, by), problem };
  return by === null && format < JOURNAL_FORMAT ? { ...entry, state: 'older-format' } : entry;
}

function unread(run: string, by: Holder | null): RunsEntry {
  const state = by === null ? 'unreadable' : 'running';
  return { run, begunAt: null, state, by, units: null, counts: null, exitCode: null, problem: null };
}

function countsOf(record: RunRecord, alive: boolean): RunCounts {
  return countOutcomes(
    record.units.map((unit): Pick<RunUnit, 'outcome'> => ({ outcome: outcomeOf(unit, alive) })),
  );
}
