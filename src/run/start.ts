import {
  type Hop,
  isUpsHop,
  type Step,
  type StepCheck,
  type StepContext,
  type StepResult,
  type Unit,
  unitKey,
} from '../core/index.ts';
import type { UnitRecord } from '../state/index.ts';
import { outputOff, switchOff } from './output.ts';
import { changedMeanwhile, refuseOutsideWindow } from './preflight.ts';
import { type CommitMethod, type Moment, momentOf, StartGate } from './start-gate.ts';
import { recordStep, withTimeout } from './step.ts';
import { outcomeBeforeStart, type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';

/** The start of one hop: the last look, the checks, the line on disk, and the one request after it. */

/** What the work on one hop needs. */
export interface HopWork extends UnitWork {
  readonly index: number;
  readonly hop: Hop;
  readonly steps: readonly Step[];
}

/**
 * Called with true when the line of a start is on disk, and with false when it is known that nothing was
 * started.
 */
export type OnCommit = (made: boolean) => void;

/**
 * The result of the start of a hop. `past`: the unit no longer runs the firmware that the hop begins with,
 * so nothing was started. `ended`: the unit ends with this result. `started`: the start was or may have
 * been made.
 */
export type StartOutcome =
  | { readonly kind: 'past'; readonly unit: Unit }
  | { readonly kind: 'ended'; readonly unitResult: UnitResult }
  | {
      readonly kind: 'started';
      readonly result: StepResult;
      readonly context: StepContext;
      readonly method: CommitMethod | null;
    };

/** Starts the hop once. Throws UnitStop or Problem if a check refuses the start; then nothing was started. */
export async function startHop(
  record: UnitRecord,
  work: HopWork,
  context: StepContext,
  onCommit: OnCommit,
): Promise<StartOutcome> {
  const { policy } = work;
  for (let attempt = 1; ; attempt += 1) {
    // The first look was minutes ago. Only the present condition of the unit counts.
    let ready = policy.checksAgain ? await readyToStart(record, work, context) : asChecked(work, context);
    if (ready.isPast) return { kind: 'past', unit: ready.unit };
    if (
      isUpsHop(work.hop) &&
      record.planned.switchOutput === 'off' &&
      ready.unit.condition.outputOn !== false
    ) {
      await switchOff(context, work);
      ready = await readyToStart(record, work, context);
      if (ready.isPast) return { kind: 'past', unit: ready.unit };
    }
    const { unit, object } = ready;
    const isOff = unit.condition.outputOn === false && isUpsHop(work.hop);
    const startContext: StepContext = {
      ...context,
      before: isOff ? outputOff(context.before) : context.before,
      remembered: { ...context.remembered, objectBefore: object },
    };
    const gate = openGate(record, work, ready, onCommit);
    const result = await withTimeout(
      'start',
      { ...startContext, signal: policy.startSignal(work), commit: (method) => gate.commit(method) },
      work.steps,
      work,
    );
    gate.close();
    const { committed, method, refused } = gate;
    if (refused !== null) throw refused.why;
    if (result.state === 'not-started') {
      await retract(work, onCommit);
      if (attempt < policy.maxStarts && !work.abort.aborted) continue;
      work.abort.throwIfAborted();
      return {
        kind: 'ended',
        unitResult: { outcome: 'refused', after: policy.seen(unit), problem: result.problem, reasons: [] },
      };
    }
    if (result.state === 'staged') {
      await recordStep(work, work.index, 'start', 'staged', result);
      onCommit(false);
      return {
        kind: 'ended',
        unitResult: { outcome: 'stopped', after: unit, problem: result.problem, reasons: [] },
      };
    }
    const { problem } = result;
    const after = policy.seen(unit);
    // Without a line on disk no request can have been sent, so nothing was started, whatever the step
    // reports.
    if (!committed || (result.state === 'failed' && policy.failedStart === 'not-started')) {
      await retract(work, onCommit, result);
      return {
        kind: 'ended',
        unitResult: { outcome: outcomeBeforeStart(problem), after, problem, reasons: [] },
      };
    }
    if (result.state === 'failed') {
      await recordStep(work, work.index, 'start', 'failed', result);
      return { kind: 'ended', unitResult: { outcome: 'failed', after, problem, reasons: [] } };
    }
    await recordStep(work, work.index, 'start', result.state, result);
    return { kind: 'started', result, context: startContext, method };
  }
}

/** The unit right before its start. */
interface Ready {
  /** It no longer runs the firmware that the hop begins with. */
  readonly isPast: boolean;
  readonly unit: Unit;
  /** Value of the update object; null if it could not be read. */
  readonly object: string | null;
  /** When it was read. */
  readonly at: Moment;
}

/** Looks at the unit and checks it again right before the start. Throws if a check refuses the start. */
async function readyToStart(record: UnitRecord, work: HopWork, context: StepContext): Promise<Ready> {
  const { index, hop, policy } = work;
  const at = momentOf(work.clock);
  const { unit, isPast } = await policy.locate(record, index, work);
  if (isPast) return { isPast: true, unit, object: null, at };
  const image = await work.image(hop);
  await policy.preflight(record, { unit, hop, image, quick: false }, work);
  const { object } = await refuseBusy(unit, work, context);
  work.abort.throwIfAborted();
  return { isPast: false, unit, object: object ?? null, at };
}

/** The unit as checked at the beginning of the hop, for a policy that checks it once. */
function asChecked(work: HopWork, { before }: StepContext): Ready {
  return { isPast: false, unit: before, object: null, at: momentOf(work.clock) };
}

/**
 * Asks the unit whether an update is in progress, or whether an image of another run waits to be installed.
 * Throws UnitStop if there is one, or if it is not known; then nothing was started.
 */
export async function refuseBusy(unit: Unit, work: HopWork, context: StepContext): Promise<StepCheck> {
  const check = await work.driver.query('start', context);
  if (check.state === 'todo') return check;
  const problem = check.problem ?? work.policy.notReady(unitKey(context.target), check.state);
  throw new UnitStop({
    outcome: outcomeBeforeStart(problem),
    after: work.policy.seen(unit),
    problem,
    reasons: [],
  });
}

function openGate(record: UnitRecord, work: HopWork, { object, at }: Ready, onCommit: OnCommit): StartGate {
  const { index, hop, clock, abort, policy } = work;
  return new StartGate({
    clock,
    checkedAt: at,
    async check(again) {
      abort.throwIfAborted();
      if (!again) return refuseOutsideWindow(work);
      const { unit, isPast } = await policy.locate(record, index, work);
      if (isPast) throw changedMeanwhile(record.planned.key);
      await policy.preflight(record, { unit, hop, image: await work.image(hop), quick: true }, work);
      abort.throwIfAborted();
    },
    async write(method) {
      await recordStep(work, index, 'start', 'committing', null, {
        method,
        object: method === 'snmp' ? 'none' : object,
      });
      onCommit(true);
    },
    retract: () => retract(work, onCommit),
  });
}

async function retract(work: HopWork, onCommit: OnCommit, result: StepResult | null = null): Promise<void> {
  await recordStep(work, work.index, 'start', 'not-started', result);
  onCommit(false);
}
