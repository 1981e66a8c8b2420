import { relative, resolve } from 'node:path';
import { sanitize } from '../../core/index.ts';
import { type RunNow, renderStatus, type StatusOptions } from '../../report/index.ts';
import { loadRules } from '../../rules/index.ts';
import {
  createLocks,
  inDoubt,
  type RunRecord,
  stoppedBetweenHops,
  type UnitRecord,
  wasPostponed,
} from '../../state/index.ts';
import { runDocument } from '../documents/run.ts';
import { type Exit, exitOfRun } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { CommonArgs } from '../options.ts';
import { printDocument } from '../print.ts';
import { runLockName } from './run-lock.ts';

/** Showing a run needs no device: this file imports no protocol. */

/** What every command on runs works with. */
export interface RunContext {
  /** The state folder. */
  readonly state: string;
  readonly args: CommonArgs & { readonly details?: boolean };
  readonly io: Io;
}

/** A run of more units shows only those that need a person, unless `--details` is given. */
const MAX_IN_DETAIL = 10;
const DEFAULT_WIDTH = 80;
const MIN_WIDTH = 40;

/**
 * `stopped`: the operator ended this command. `isEnding`: this process executed the run and ends now. `seen`:
 * what the devices answer now, where they were asked.
 */
export interface ShowOptions {
  readonly stopped?: boolean;
  readonly isEnding?: boolean;
  readonly seen?: ReadonlyMap<string, RunNow>;
}

/** Prints a run and gives its exit code. */
export async function showRun(
  { state, args, io }: RunContext,
  record: RunRecord,
  { stopped = false, isEnding = false, seen }: ShowOptions = {},
): Promise<Exit> {
  const alive = await createLocks(state).heldElsewhere(runLockName(record.run));
  const exitCode = exitOfRun(record, { stopped, alive });
  const document = runDocument(
    record,
    await loadRules(),
    exitCode,
    { alive, isEnding },
    io.clock.now(),
    seen,
  );
  const width = Math.max(io.terminal?.columns ?? DEFAULT_WIDTH, MIN_WIDTH);
  const details = args.details === true || record.units.length <= MAX_IN_DETAIL;
  printDocument(document, args, io, (one, style) =>
    renderStatus(one, { ...style, width }, { details, isEnding, ...nextStep(record, alive) }),
  );
  return exitCode;
}

/** The next command, and what to do before it, chosen by the worst outcome of the run. */
function nextStep(record: RunRecord, alive: boolean): Pick<StatusOptions, 'next' | 'first'> {
  const { run, units, recovery } = record;
  if (alive) return { next: `upsfw status ${run} --live`, first: 'Another process is working on this run.' };
  const found = (outcome: UnitRecord['outcome']): UnitRecord | undefined =>
    units.find((unit) => unit.outcome === outcome);
  const resume = `upsfw resume ${run}`;
  if (units.some(inDoubt)) return { next: resume, first: 'Look at the units that are unknown.' };
  const failed = found('failed');
  if (recovery !== null && failed !== undefined)
    return { next: `upsfw local inspect ${recovery.port}`, first: null };
  // A unit that was never reached has no hop to retry: it needs a new plan.
  const retry = units
    .filter(({ outcome, planned }) => outcome === 'failed' && planned.hops.length > 0)
    .map(({ planned }) => ` --retry ${planned.key}`)
    .join('');
  const isPostponed = units.some((unit) => wasPostponed(unit) || stoppedBetweenHops(unit));
  if (isPostponed || found('stopped') !== undefined || found('pending') !== undefined)
    return {
      next: `${resume}${retry}`,
      first: found('refused') === undefined ? null : 'Clear what blocks the units.',
    };
  if (retry !== '') return { next: `${resume}${retry}`, first: 'Remove the cause of each failure.' };
  if (failed !== undefined)
    return { next: newPlan(record), first: 'Make the units reachable that did not answer.' };
  if (found('refused') !== undefined) return { next: newPlan(record), first: 'Clear what blocks the units.' };
  return { next: `upsfw report ${run} --format md --out report.md`, first: null };
}

/** The command for a new plan, with the inventory of the run unless it is the default one. */
function newPlan({ inventory }: RunRecord): string {
  if (resolve(inventory) === resolve('inventory.yaml')) return 'upsfw plan --out plan.json';
  const near = relative('', inventory);
  const path = sanitize(near === '' || near.startsWith('..') ? inventory : near, 400);
  return `upsfw plan -i ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`} --out plan.json`;
}
