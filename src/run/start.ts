import {
  type Hop,
  isUpsHop,
  Problem,
  type Step,
  type StepCheck,
  type StepContext,
  type StepResult,
  type Unit,
  unitKey,
} from '../core/index.ts';
import type { UnitRecord } from '../state/index.ts';
import { outputOff, switchOff } from './output.ts';
import { refuseOutsideWindow } from './preflight.ts';
import { type CommitMethod, type Moment, momentOf, StartGate } from './start-gate.ts';
import { recordStep, withTimeout } from './step.ts';
import { type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';

/** The start of one hop: the last look, the judgment, the line on disk, and the one request behind it. */

/** A hop at work. */
export interface HopWork extends UnitWork {
  readonly index: number;
  readonly hop: Hop;
  readonly steps: readonly Step[];
}

/** Called with true when the line of a start is on disk, and with false when that start is known not to have been made. */
export type OnCommit = (made: boolean) => void;

/**
 * What came of the start of a hop. `alreadyAt`: the unit no longer runs what the hop begins with, so nothing was started.
 * `ended`: nothing was started, and the unit ends with this. `started`: a start was made or may have been; `method` is how.
 */
export type StartOutcome =
  | { readonly kind: 'behind'; readonly unit: Unit }
  | { readonly kind: 'ended'; readonly ending: UnitResult }
  | {
      readonly kind: 'started';
      readonly result: StepResult;
      readonly context: StepContext;
      readonly method: CommitMethod | null;
    };

/** Starts the hop once. Throws a Refusal or a Problem where something speaks against it; nothing was started then. */
export async function startHop(
  record: UnitRecord,
  work: HopWork,
  context: StepContext,
  onCommit: OnCommit,
): Promise<StartOutcome> {
  const { policy } = work;
  for (let tries = 1; ; tries += 1) {
    // Minutes have passed since the first look. The condition of the unit now is what counts.
    let ready = policy.checksAgain ? await readyToStart(record, work, context) : asBefore(work, context);
    if (ready.isPast) return { kind: 'behind', unit: ready.unit };
    if (
      isUpsHop(work.hop) &&
      record.planned.switchOutput === 'off' &&
      ready.unit.condition.outputOn !== false
    ) {
      await switchOff(context, work);
      ready = await readyToStart(record, work, context);
      if (ready.isPast) return { kind: 'behind', unit: ready.unit };
    }
    const { unit, object } = ready;
    const isOff = unit.condition.outputOn === false && isUpsHop(work.hop);
    const asItIs: StepContext = {
      ...context,
      before: isOff ? outputOff(context.before) : context.before,
      remembered: { ...context.remembered, objectBefore: object },
    };
    const gate = openGate(record, work, ready, onCommit);
    const result = await withTimeout(
      'start',
      { ...asItIs, signal: policy.startSignal(work), commit: (method) => gate.commit(method) },
      work.steps,
      work,
    );
    gate.close();
    const { committed, method, refused } = gate;
    if (refused !== null) {
      if (committed) await takeBack(work, onCommit);
      throw refused.why;
    }
    if (result.state === 'not-started') {
      await takeBack(work, onCommit);
      if (tries < policy.maxStarts && !work.abort.aborted) continue;
      work.abort.throwIfAborted();
      return {
        kind: 'ended',
        ending: { outcome: 'refused', after: policy.seen(unit), problem: result.problem, reasons: [] },
      };
    }
    if (result.state === 'staged') {
      await recordStep(work, work.index, 'start', 'staged', result);
      onCommit(false);
      return {
        kind: 'ended',
        ending: { outcome: 'stopped', after: unit, problem: result.problem, reasons: [] },
      };
    }
    const { problem } = result;
    const after = policy.seen(unit);
    // Without its line no request can have left: whatever the step says, nothing was started.
    if (!committed || (result.state === 'failed' && policy.failedStart === 'not-started')) {
      await takeBack(work, onCommit, result);
      return {
        kind: 'ended',
        ending: { outcome: policy.outcomeBeforeStart(problem, 'start'), after, problem, reasons: [] },
      };
    }
    if (result.state === 'failed') {
      await recordStep(work, work.index, 'start', 'failed', result);
      return { kind: 'ended', ending: { outcome: 'failed', after, problem, reasons: [] } };
    }
    await recordStep(work, work.index, 'start', result.state, result);
    return { kind: 'started', result, context: asItIs, method };
  }
}

/** The unit right before its start. */
interface Ready {
  /** It no longer runs what the hop begins with. */
  readonly isPast: boolean;
  readonly unit: Unit;
  /** Value of the update object; null where it could not be read. */
  readonly object: string | null;
  /** When it was read. */
  readonly at: Moment;
}

/** Looks at the unit and checks it again right before the start. Throws if anything refuses the start. */
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

/** The unit as it was checked at the begin of the hop, for a policy that checks it once. */
function asBefore(work: HopWork, { before }: StepContext): Ready {
  return { isPast: false, unit: before, object: null, at: momentOf(work.clock) };
}

/**
 * Asks the unit whether an update runs or an image waits that is not of this run. Throws a Refusal where one does, or where it
 * cannot be told: nothing was started.
 */
export async function refuseBusy(unit: Unit, work: HopWork, context: StepContext): Promise<StepCheck> {
  const standing = await work.driver.query('start', context);
  if (standing.state === 'todo') return standing;
  const problem = standing.problem ?? work.policy.notReady(unitKey(context.target));
  throw new UnitStop({
    outcome: work.policy.outcomeBeforeStart(problem, 'check'),
    after: work.policy.seen(unit),
    problem,
    reasons: [],
  });
}

function openGate(record: UnitRecord, work: HopWork, { object, at }: Ready, onCommit: OnCommit): StartGate {
  const { index, hop, clock, abort, policy } = work;
  return new StartGate({
    clock,
    judgedAt: at,
    async judge(again) {
      abort.throwIfAborted();
      if (!again) return refuseOutsideWindow(work);
      const { unit, isPast } = await policy.locate(record, index, work);
      if (isPast) throw changed(record);
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
    takeBack: () => takeBack(work, onCommit),
  });
}

async function takeBack(work: HopWork, onCommit: OnCommit, result: StepResult | null = null): Promise<void> {
  await recordStep(work, work.index, 'start', 'not-started', result);
  onCommit(false);
}

function changed({ planned }: UnitRecord): Problem {
  return new Problem(
    'refused/stale-plan',
    `${planned.key} changed its firmware while the start was prepared.`,
    {
      hint: 'Nothing was started; the image may lie on the card. Make a new plan: upsfw plan.',
    },
  );
}
