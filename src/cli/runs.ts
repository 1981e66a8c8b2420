import { Problem } from '../core/index.ts';
import {
  type RunCounts,
  type RunsDocument,
  type RunsEntry,
  type RunUnit,
  renderRuns,
} from '../report/index.ts';
import {
  createLocks,
  fold,
  type Holder,
  type Locks,
  leftBetweenHops,
  listRuns,
  outputIsOwed,
  type RunRecord,
  readJournal,
  startInDoubt,
  type UnitRecord,
  wasPutOff,
} from '../run/index.ts';
import { defineCommand, type Exit } from './command.ts';
import { countOutcomes, outcomeOf, stateOf } from './documents.ts';
import { DONE, exitOfRun } from './exit-codes.ts';
import type { Io } from './io.ts';
import { COMMON_OPTIONS, type CommonArgs, CommonSchema, stateFolder } from './options.ts';
import { runLockName } from './run-it.ts';

export const runsCommand = defineCommand<CommonArgs>({
  usage: 'runs',
  describe: 'List the runs of the state folder, those at work first, then the newest (touches no device)',
  positionals: {},
  options: COMMON_OPTIONS,
  schema: CommonSchema,
  run: runs,
});

async function runs(args: CommonArgs, io: Io): Promise<Exit> {
  const state = stateFolder(args, io);
  const entries: RunsEntry[] = [];
  for (const run of await newestFirst(state)) entries.push(await entryOf(state, run));
  const isLive = ({ state: word }: RunsEntry): boolean => word === 'running';
  const document: RunsDocument = {
    schema: 'upsfw/runs@1',
    generatedAt: io.clock.now().toISOString(),
    runs: [...entries.filter(isLive), ...entries.filter((entry) => !isLive(entry))],
  };
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else io.out(renderRuns(document, { format: 'text', color: io.color && args.color }, state));
  return DONE;
}

/** Names of the runs, the newest first: a name begins with the time at which it was given. */
async function newestFirst(state: string): Promise<readonly string[]> {
  return [...(await listRuns(state))].reverse();
}

async function entryOf(state: string, run: string): Promise<RunsEntry> {
  const by = await createLocks(state).holder(runLockName(run));
  try {
    const events = await readJournal(state, run);
    if (events.length === 0) return { ...unread(run, by), state: by === null ? 'interrupted' : 'running' };
    const record = fold(events);
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

function unread(run: string, by: Holder | null): RunsEntry {
  const state = by === null ? 'unreadable' : 'running';
  return { run, begunAt: null, state, by, units: null, counts: null, exitCode: null, problem: null };
}

function countsOf(record: RunRecord, alive: boolean): RunCounts {
  return countOutcomes(
    record.units.map((unit): Pick<RunUnit, 'outcome'> => ({ outcome: outcomeOf(unit, alive) })),
  );
}

/**
 * The run that a command shows: the named one, the newest that a process is at, or the newest. Throws Problem config/run where
 * there is none.
 */
export async function runToShow(state: string, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const all = await newestFirst(state);
  const locks = createLocks(state);
  for (const run of all) if (await isAtWork(locks, run)) return run;
  return all[0] ?? noRun(state);
}

/**
 * The run that `resume` goes on with: the named one; else the newest run if something is left to do in it, or the newest older one
 * that did not come to its end. Runs that a process is at are passed over. Null where nothing is left to do in any; then the
 * newest run is the one to show. `again`: units that may have another attempt, so their run is one in which they failed.
 */
export async function runToResume(
  state: string,
  named: string | undefined,
  again: readonly string[],
): Promise<{ readonly run: string; readonly isDone: boolean }> {
  if (named !== undefined) return { run: named, isDone: false };
  const all = await newestFirst(state);
  const [newest = noRun(state)] = all;
  const locks = createLocks(state);
  const idle: string[] = [];
  for (const run of all) {
    if (await isAtWork(locks, run)) continue;
    const record = await recordOf(state, run);
    if (record === 'empty') continue;
    const isNewest = idle.length === 0;
    idle.push(run);
    // What cannot be read might hold a start, so nothing is chosen behind its back.
    if (record === null) return { run, isDone: false };
    const wanted =
      again.length > 0 ? again.every((name) => hasFailed(record, name)) : hasMoreToDo(record, isNewest);
    if (wanted) return { run, isDone: false };
  }
  const [last] = idle;
  if (again.length > 0) return { run: last ?? newest, isDone: false };
  return { run: last ?? newest, isDone: last !== undefined };
}

async function isAtWork(locks: Locks, run: string): Promise<boolean> {
  return (await locks.holder(runLockName(run))) !== null;
}

/** Null where the journal cannot be read; `empty` where the run ended before its first line, so that nothing was sent. */
async function recordOf(state: string, run: string): Promise<RunRecord | 'empty' | null> {
  try {
    const events = await readJournal(state, run);
    return events.length === 0 ? 'empty' : fold(events);
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === 'config/run') return null;
    throw thrown;
  }
}

/** Units that were only refused count for the newest run alone: nobody wants a month-old plan taken up unasked. */
function hasMoreToDo({ state, units }: RunRecord, isNewest: boolean): boolean {
  if (state !== 'done') return true;
  const isOpen = (unit: UnitRecord): boolean =>
    unit.outcome === 'pending' ||
    unit.outcome === 'unknown' ||
    startInDoubt(unit) !== null ||
    outputIsOwed(unit);
  return units.some((unit) => isOpen(unit) || (isNewest && (leftBetweenHops(unit) || wasPutOff(unit))));
}

function hasFailed({ units }: RunRecord, name: string): boolean {
  return units.some(
    ({ planned: { key }, outcome }) => outcome === 'failed' && (key === name || key.split('/')[1] === name),
  );
}

function noRun(state: string): never {
  throw new Problem('config/run', `There is no run in ${state}.`, {
    hint: 'upsfw upgrade --apply makes one; --state names another folder.',
  });
}
