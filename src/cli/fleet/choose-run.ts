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
import { runLockName } from './run-lock.ts';

/** Chooses the run of a command that names none, and reports other runs with units in doubt. */

/** Names of the runs, newest first: a name begins with its creation time. */
export async function newestFirst(state: string): Promise<readonly string[]> {
  return [...(await listRuns(state))].reverse();
}

/**
 * The run to show: the named one, else the newest running one, else the newest. Throws Problem config/run
 * without any.
 */
export async function runToShow(state: string, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const all = await newestFirst(state);
  const locks = createLocks(state);
  for (const run of all) if (await isRunning(locks, run)) return run;
  return all[0] ?? noRun(state);
}

/** A run with units whose result is not known. */
export interface RunInDoubt {
  readonly run: string;
  /** Number of these units; null where the journal cannot be read and may contain any start. */
  readonly units: number | null;
}

/** Unfinished work of the runs of a state folder, newest first. Running runs are not included. */
export interface RunsLeft {
  /** The newest run. */
  readonly newest: string | null;
  readonly inDoubt: readonly RunInDoubt[];
  /** Runs with other work left. */
  readonly unfinished: readonly string[];
}

/**
 * Reads the journals of a state folder. A run that is clearly done is not replayed: there may be hundreds.
 */
export async function runsLeft(state: string): Promise<RunsLeft> {
  const locks = createLocks(state);
  const inDoubt: RunInDoubt[] = [];
  const unfinished: string[] = [];
  let newest: string | null = null;
  for (const run of await newestFirst(state)) {
    // Refused units count for the newest run only: an old plan must not be resumed without being named.
    if (newest !== null && (await isPlainlyDone(state, run))) continue;
    if (await isRunning(locks, run)) continue;
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
 * The run that `resume` continues: the named one, else the newest with a unit in doubt, because its result
 * must be known before another start, else the newest with work left. `isDone`: no run has work left, and
 * `run` is the newest. `retry`: units to retry; their run is the newest in which they failed.
 */
export async function runToResume(
  state: string,
  left: RunsLeft,
  named: string | undefined,
  retry: readonly string[],
): Promise<{ readonly run: string; readonly isDone: boolean }> {
  if (named !== undefined) return { run: named, isDone: false };
  const newest = left.newest ?? (await newestFirst(state))[0] ?? noRun(state);
  if (retry.length > 0) return { run: (await runOfFailed(state, retry)) ?? newest, isDone: false };
  const run = left.inDoubt[0]?.run ?? left.unfinished[0];
  return run === undefined ? { run: newest, isDone: left.newest !== null } : { run, isDone: false };
}

/**
 * The newest run in which all these units failed, or an unreadable newer one, because it may contain a start
 * of them.
 */
async function runOfFailed(state: string, retry: readonly string[]): Promise<string | null> {
  const locks = createLocks(state);
  for (const run of await newestFirst(state)) {
    if (await isRunning(locks, run)) continue;
    const record = await recordOf(state, run);
    if (record === 'empty') continue;
    if (record === null || retry.every((name) => hasFailed(record, name))) return run;
  }
  return null;
}

const MAX_NAMED = 10;

/** Reports which other runs have units in doubt. `shown`: the run of the command. */
export function nameOthersInDoubt({ inDoubt }: RunsLeft, shown: string, io: Io): void {
  const others = inDoubt.filter(({ run }) => run !== shown);
  for (const { run, units } of others.slice(0, MAX_NAMED)) io.info(`${describeDoubt(run, units)}\n`);
  const more = others.length - MAX_NAMED;
  if (more > 0) io.info(`${more} more runs have units in an unknown state. To list them: upsfw runs\n`);
}

function describeDoubt(run: string, units: number | null): string {
  if (units === null) return `Run ${run} cannot be read and may contain a start. See: upsfw status ${run}`;
  return `Run ${run} has ${units === 1 ? '1 unit' : `${units} units`} in an unknown state. To ask them: upsfw resume ${run}`;
}

async function isRunning(locks: Locks, run: string): Promise<boolean> {
  return (await locks.holder(runLockName(run))) !== null;
}

/**
 * Null where the journal cannot be read; `empty` where the run ended before its first line, and nothing was
 * sent.
 */
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
    hint: 'Start one with upsfw upgrade --apply, or name another folder with --state.',
  });
}
