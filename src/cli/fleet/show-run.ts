import { type RunNow, renderStatus, type StatusOptions } from '../../report/index.ts';
import { loadRules } from '../../rules/index.ts';
import {
  inDoubt,
  type Locks,
  type RunRecord,
  stoppedBetweenHops,
  type UnitRecord,
  wasPostponed,
} from '../../state/index.ts';
import { runDocument } from '../documents/run.ts';
import { type Exit, exitOfRun } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { CommonArgs } from '../options.ts';

/** Showing a run needs no device: this file stays free of every protocol. */

/** The name of the lock that the process at work on a run holds. */
export function runLockName(run: string): string {
  return `run-${run}`;
}

/** With more units than this a run shows only the units that need a person. */
const MOST_IN_DETAIL = 10;

/** Prints a run and gives its exit code. `seen`: what the devices say now, where they were asked. */
export async function showRun(
  record: RunRecord,
  stopped: boolean,
  locks: Locks,
  args: CommonArgs & { readonly details?: boolean },
  io: Io,
  seen?: ReadonlyMap<string, RunNow>,
): Promise<Exit> {
  const alive = await locks.heldElsewhere(runLockName(record.run));
  const exitCode = exitOfRun(record, { stopped, alive });
  const document = runDocument(record, await loadRules(), exitCode, alive, io.clock.now(), seen);
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const width = Math.max(io.terminal?.columns ?? USUAL_WIDTH, NARROWEST);
    const details = args.details === true || record.units.length <= MOST_IN_DETAIL;
    io.out(
      renderStatus(
        document,
        { format: 'text', color: io.color && args.color, width },
        { details, ...nextStep(record, alive) },
      ),
    );
  }
  return exitCode;
}

const USUAL_WIDTH = 80;
const NARROWEST = 40;

/** What to do and to type after a look at a run, by what is worst in it. */
function nextStep(record: RunRecord, alive: boolean): Pick<StatusOptions, 'next' | 'first'> {
  const { run, units, recovery } = record;
  if (alive) return { next: `upsfw status ${run} --live`, first: 'Another process is at work on this run.' };
  const found = (outcome: UnitRecord['outcome']): UnitRecord | undefined =>
    units.find((unit) => unit.outcome === outcome);
  const resume = `upsfw resume ${run}`;
  if (units.some(inDoubt)) return { next: resume, first: 'Look at the units that are unknown.' };
  const failed = found('failed');
  if (recovery !== null && failed !== undefined)
    return { next: `upsfw local inspect ${recovery.port}`, first: null };
  // A unit that was not even reached has no hop to try again: it needs a new plan.
  const again = units
    .filter(({ outcome, planned }) => outcome === 'failed' && planned.hops.length > 0)
    .map(({ planned }) => ` --retry ${planned.key}`)
    .join('');
  const isPutOff = units.some((unit) => wasPostponed(unit) || stoppedBetweenHops(unit));
  if (isPutOff || found('stopped') !== undefined || found('pending') !== undefined)
    return { next: `${resume}${again}`, first: 'Lift what stands against the units.' };
  if (again !== '') return { next: `${resume}${again}`, first: 'Lift the cause of each failure.' };
  if (failed !== undefined)
    return { next: 'upsfw plan --out plan.json', first: 'Bring the units that did not answer within reach.' };
  if (found('refused') !== undefined)
    return { next: 'upsfw plan --out plan.json', first: 'Lift what blocks the units.' };
  return { next: `upsfw report ${run} --format md --out report.md`, first: null };
}
