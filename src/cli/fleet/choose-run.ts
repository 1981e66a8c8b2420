import { joinList, Problem, sanitize } from '../../core/index.ts';
import { loadInventory } from '../../inventory/index.ts';
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
import { isSameFile } from '../documents/plan-origin.ts';
import type { Io } from '../io.ts';
import { runLockName } from './run-lock.ts';

/** Chooses the run of a command that names none, and reports other runs with units in doubt. */

/** Names of the runs, newest first: a name begins with its creation time. */
export async function newestFirst(state: string): Promise<readonly string[]> {
  return [...(await listRuns(state))].reverse();
}

/** What a command line says about the run that it is about. */
export interface RunChoice {
  /** The name of the run. */
  readonly run?: string | undefined;
  /** The inventory that the run was made with, where no name is given. */
  readonly inventory?: string | undefined;
}

/**
 * The run to show: the named one, else the newest running one, else the newest. With an inventory, those of
 * that inventory come first. Says which run it is, where there are several. Throws Problem config/run without
 * any.
 */
export async function runToShow(
  state: string,
  { run: named, inventory }: RunChoice,
  io: Io,
): Promise<string> {
  await checkInventory(inventory);
  if (named !== undefined) return named;
  const all = await newestFirst(state);
  const own = inventory === undefined ? all : await madeWith(state, inventory, all);
  if (own.length === 0 && inventory !== undefined && all.length > 0) io.info(noRunWith(inventory));
  const runs = own.length === 0 ? all : own;
  const locks = createLocks(state);
  const running: string[] = [];
  for (const run of runs) if (await isRunning(locks, run)) running.push(run);
  const run = running[0] ?? runs[0] ?? noRun(state);
  if (all.length > 1) {
    const which = running[0] === undefined ? 'the newest' : 'which is running now,';
    io.info(`Run ${run}: ${which} of ${all.length} runs. To list them: upsfw runs\n`);
  }
  return run;
}

/** Throws Problem config/ where the inventory cannot be read: a wrong name would choose another run. */
async function checkInventory(inventory: string | undefined): Promise<void> {
  if (inventory !== undefined) await loadInventory(inventory);
}

/** The runs that were made with an inventory, in the given order. An unreadable one is of no inventory. */
async function madeWith(
  state: string,
  inventory: string,
  runs: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const run of runs) {
    const record = await recordOf(state, run);
    if (record === null || record === 'empty' || record.recovery !== null) continue;
    if (await isSameFile(record.inventory, inventory)) found.push(run);
  }
  return found;
}

function noRunWith(inventory: string): string {
  return `No run was made with the inventory ${sanitize(inventory, 400)}. The runs of other inventories count.\n`;
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
  /** Runs that another process executes. */
  readonly running: readonly string[];
}

/**
 * Reads the journals of a state folder. A run that is clearly done is not replayed: there may be hundreds.
 */
export async function runsLeft(state: string): Promise<RunsLeft> {
  const locks = createLocks(state);
  const inDoubt: RunInDoubt[] = [];
  const unfinished: string[] = [];
  const running: string[] = [];
  let newest: string | null = null;
  for (const run of await newestFirst(state)) {
    // Refused units count for the newest run only: an old plan must not be resumed without being named.
    if (newest !== null && (await isPlainlyDone(state, run))) continue;
    if (await isRunning(locks, run)) {
      running.push(run);
      continue;
    }
    const record = await recordOf(state, run);
    if (record === 'empty') continue;
    const isNewest = newest === null;
    newest ??= run;
    const units = record === null ? null : record.units.filter(endIsUnknown).length;
    if (units !== 0) inDoubt.push({ run, units });
    else if (record !== null && hasMoreToDo(record, isNewest)) unfinished.push(run);
  }
  return { newest, inDoubt, unfinished, running };
}

/**
 * The run that `resume` continues: the named one, else the newest that is not done. An older run with a unit
 * in doubt is named, and no other run starts such a unit. With an inventory, the runs of that inventory come
 * first. `isDone`: no run has work left, and `run` is the newest. `retry`: units to retry; their run is the
 * newest in which they failed. Says which run it is, and which ones are left alone.
 */
export async function runToResume(
  state: string,
  left: RunsLeft,
  { run: named, inventory }: RunChoice,
  retry: readonly string[],
  io: Io,
): Promise<{ readonly run: string; readonly isDone: boolean }> {
  await checkInventory(inventory);
  if (named !== undefined) return { run: named, isDone: false };
  for (const run of left.running) io.info(`Run ${run} is left alone: another process executes it.\n`);
  const newest = left.newest ?? (await newestFirst(state))[0] ?? noRun(state);
  if (retry.length > 0) {
    const failed = await runOfFailed(state, retry);
    if (failed !== null) io.info(`Run ${failed}: the newest in which ${joinList(retry)} failed.\n`);
    return { run: failed ?? newest, isDone: false };
  }
  const doubtful = left.inDoubt.map(({ run }) => run);
  const open = [...doubtful, ...left.unfinished].sort().reverse();
  const own = inventory === undefined ? open : await madeWith(state, inventory, open);
  if (own.length === 0 && inventory !== undefined && open.length > 0) io.info(noRunWith(inventory));
  const [run] = own.length === 0 ? open : own;
  if (run === undefined) return { run: newest, isDone: left.newest !== null };
  io.info(`Run ${run}: the newest that is not done.\n`);
  // Those in doubt are named on their own.
  const others = left.unfinished.filter((one) => one !== run);
  if (others.length > 0) io.info(`Not done either: ${joinList(others.slice(0, MAX_NAMED))}.\n`);
  return { run, isDone: false };
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
