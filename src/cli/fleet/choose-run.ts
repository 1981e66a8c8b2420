import { Problem } from '../../core/index.ts';
import {
  createLocks,
  endIsUnknown,
  isPlainlyDone,
  type Locks,
  listRuns,
  type RunRecord,
  readJournal,
  replay,
  stoppedBetweenHops,
  type UnitRecord,
  wasPostponed,
} from '../../state/index.ts';
import type { Io } from '../io.ts';
import { runLockName } from './show-run.ts';

/** Which run a command is about that names none, and what is said of the others. */

/** Names of the runs, the newest first: a name begins with the time at which it was given. */
export async function newestFirst(state: string): Promise<readonly string[]> {
  return [...(await listRuns(state))].reverse();
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

/** A run with units of which the end is not known. */
export interface RunInDoubt {
  readonly run: string;
  /** How many there are; null where the journal cannot be read, so that it might hold a start of any unit. */
  readonly units: number | null;
}

/** What the runs of a state folder have left, each list with the newest first. Runs that a process is at are in none. */
export interface RunsLeft {
  /** The newest run. */
  readonly newest: string | null;
  readonly inDoubt: readonly RunInDoubt[];
  /** Those in which something else is left to do. */
  readonly unfinished: readonly string[];
}

/** Asks the journals of a state folder. One that is plainly done is not replayed, so that hundreds of them cost little. */
export async function runsLeft(state: string): Promise<RunsLeft> {
  const locks = createLocks(state);
  const inDoubt: RunInDoubt[] = [];
  const unfinished: string[] = [];
  let newest: string | null = null;
  for (const run of await newestFirst(state)) {
    // Units that were only refused count for the newest run alone: nobody wants a month-old plan taken up unasked.
    if (newest !== null && (await isPlainlyDone(state, run))) continue;
    if (await isAtWork(locks, run)) continue;
    const record = await recordOf(state, run);
    if (record === 'empty') continue;
    const isNewest = newest === null;
    newest ??= run;
    const units = record === null ? null : record.units.filter(endIsUnknown).length;
    if (units !== 0) inDoubt.push({ run, units });
    else if (record !== null && hasMoreToDo(record, isNewest)) unfinished.push(run);
  }
  return { newest, inDoubt, unfinished };
}

/**
 * The run that `resume` goes on with: the named one; else the newest with a unit in doubt, because no other start should be made
 * before its end is known; else the newest in which something is left to do. Null where nothing is left to do in any; then the newest
 * run is the one to show. `again`: units that may have another attempt, so their run is the newest in which they failed.
 */
export async function runToResume(
  state: string,
  left: RunsLeft,
  named: string | undefined,
  again: readonly string[],
): Promise<{ readonly run: string; readonly isDone: boolean }> {
  if (named !== undefined) return { run: named, isDone: false };
  const newest = left.newest ?? (await newestFirst(state))[0] ?? noRun(state);
  if (again.length > 0) return { run: (await runOfFailed(state, again)) ?? newest, isDone: false };
  const run = left.inDoubt[0]?.run ?? left.unfinished[0];
  return run === undefined ? { run: newest, isDone: left.newest !== null } : { run, isDone: false };
}

/** The newest run in which all these units failed; one that cannot be read comes first, because it might hold a start of them. */
async function runOfFailed(state: string, again: readonly string[]): Promise<string | null> {
  const locks = createLocks(state);
  for (const run of await newestFirst(state)) {
    if (await isAtWork(locks, run)) continue;
    const record = await recordOf(state, run);
    if (record === 'empty') continue;
    if (record === null || again.every((name) => hasFailed(record, name))) return run;
  }
  return null;
}

const MOST_NAMED = 10;

/** Says which other runs have units in doubt. `shown`: the run that the command is about. */
export function nameOthersInDoubt({ inDoubt }: RunsLeft, shown: string, io: Io): void {
  const others = inDoubt.filter(({ run }) => run !== shown);
  for (const { run, units } of others.slice(0, MOST_NAMED)) io.info(`${doubtInWords(run, units)}\n`);
  const more = others.length - MOST_NAMED;
  if (more > 0) io.info(`${more} more runs have units in an unknown state: upsfw runs\n`);
}

function doubtInWords(run: string, units: number | null): string {
  if (units === null) return `Run ${run} cannot be read, and may hold a start: upsfw status ${run}`;
  return `Run ${run} has ${units === 1 ? '1 unit' : `${units} units`} in an unknown state: upsfw resume ${run}`;
}

async function isAtWork(locks: Locks, run: string): Promise<boolean> {
  return (await locks.holder(runLockName(run))) !== null;
}

/** Null where the journal cannot be read; `empty` where the run ended before its first line, so that nothing was sent. */
async function recordOf(state: string, run: string): Promise<RunRecord | 'empty' | null> {
  try {
    const events = await readJournal(state, run);
    return events.length === 0 ? 'empty' : replay(events);
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === 'config/run') return null;
    throw thrown;
  }
}

function hasMoreToDo({ state, units }: RunRecord, isNewest: boolean): boolean {
  if (state !== 'done') return true;
  const isLeft = (unit: UnitRecord): boolean => stoppedBetweenHops(unit) || wasPostponed(unit);
  return units.some((unit) => unit.outcome === 'pending' || (isNewest && isLeft(unit)));
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
