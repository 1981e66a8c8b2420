import {
  type Hop,
  isAt,
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
import {
  assertAllowed,
  freshLook,
  outcomeBeforeStart,
  refuseOutsideWindow,
  type UnitResult,
  UnitStop,
  type UnitWork,
} from './preflight.ts';
import { type CommitMethod, type Moment, momentOf, StartGate } from './start-gate.ts';
import { recordStep, withTimeout } from './step.ts';

/** The start of one hop: the last look, the judgment, the line on disk, and the one request behind it. */

const NEVER = new AbortController().signal;

/** A start that did not leave in time is tried again this often, each time after a new look. */
const MOST_TRIES = 3;

/** A hop at work. */
export interface HopWork extends UnitWork {
  readonly index: number;
  readonly hop: Hop;
  readonly steps: readonly Step[];
}

/** Called with true when the line of a start is on disk, and with false when that start is known not to have been made. */
export type OnCommit = (made: boolean) => void;

/**
 * What came of the start of a hop. `behind`: the unit no longer runs what the hop begins with, so nothing was started.
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
  for (let tries = 1; ; tries += 1) {
    // Minutes have gone by since the first look. What counts is how the unit is now.
    let ready = await readyToStart(record, work, context);
    if (ready.behind) return { kind: 'behind', unit: ready.unit };
    if (
      isUpsHop(work.hop) &&
      record.planned.switchOutput === 'off' &&
      ready.unit.condition.outputOn !== false
    ) {
      await switchOff(context, work);
      ready = await readyToStart(record, work, context);
      if (ready.behind) return { kind: 'behind', unit: ready.unit };
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
      { ...asItIs, signal: NEVER, commit: (method) => gate.commit(method) },
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
      if (tries < MOST_TRIES) continue;
      return {
        kind: 'ended',
        ending: { outcome: 'refused', after: unit, problem: result.problem, reasons: [] },
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
    // Without its line no request can have left: whatever the step says, nothing was started.
    if (!committed || result.state === 'failed') {
      await takeBack(work, onCommit, result);
      const { problem } = result;
      return {
        kind: 'ended',
        ending: { outcome: outcomeBeforeStart(problem), after: unit, problem, reasons: [] },
      };
    }
    await recordStep(work, work.index, 'start', result.state, result);
    return { kind: 'started', result, context: asItIs, method };
  }
}

/** The unit right before its start. */
interface Ready {
  /** It no longer runs what the hop begins with. */
  readonly behind: boolean;
  readonly unit: Unit;
  /** Value of the update object; null where it could not be read. */
  readonly object: string | null;
  /** When it was read. */
  readonly at: Moment;
}

/** Looks and judges again right before the start. Throws where anything speaks against it. */
async function readyToStart(record: UnitRecord, work: HopWork, context: StepContext): Promise<Ready> {
  const { index, hop } = work;
  const at = momentOf(work.clock);
  const unit = await freshLook(record, index, work);
  if (!isAt(unit, hop, 'from')) return { behind: true, unit, object: null, at };
  await work.noEarlierStart(unit);
  assertAllowed(unit, hop, await work.image(hop), record, work);
  await work.assertPartnersHealthy(unit);
  const { object } = await refuseBusy(unit, work, context);
  work.abort.throwIfAborted();
  return { behind: false, unit, object: object ?? null, at };
}

/**
 * Asks the unit whether an update runs or an image waits that is not of this run. Throws a Refusal where one does, or where it
 * cannot be told: nothing was started.
 */
export async function refuseBusy(unit: Unit, work: HopWork, context: StepContext): Promise<StepCheck> {
  const standing = await work.path.query('start', context);
  if (standing.state === 'todo') return standing;
  const problem = standing.problem ?? busy(unitKey(context.target));
  throw new UnitStop({ outcome: outcomeBeforeStart(problem), after: unit, problem, reasons: [] });
}

function openGate(record: UnitRecord, work: HopWork, { object, at }: Ready, onCommit: OnCommit): StartGate {
  const { index, hop, clock, abort } = work;
  return new StartGate({
    clock,
    judgedAt: at,
    async judge(again) {
      abort.throwIfAborted();
      if (!again) return refuseOutsideWindow(work);
      const unit = await freshLook(record, index, work);
      if (!isAt(unit, hop, 'from')) throw changed(record);
      await work.noEarlierStart(unit);
      assertAllowed(unit, hop, await work.image(hop), record, work);
      await work.assertPartnersHealthy(unit, { quick: true });
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

function busy(key: string): Problem {
  return new Problem('device/busy', `${key} is at an update that this run did not start.`, {
    hint: 'Wait until it has ended, look at the unit, and make a new plan.',
  });
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
