import {
  describeEnd,
  describeInstalled,
  type Hop,
  isAt,
  isRefusal,
  isUpsHop,
  type Look,
  type OperatorSettings,
  Problem,
  type StepCheck,
  type StepContext,
  type StoredFile,
  sameUnit,
  type Unit,
  unitKey,
  usableSerial,
} from '../core/index.ts';
import type { UnitRecord } from '../state/index.ts';
import { outcomeBeforeStart, type RunPolicy, type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';
import { describeWindow, isOpen } from './window.ts';

/**
 * Looks at the unit right before a hop. Refuses where it is not the one of the plan, by its serial number, and where it
 * stands nowhere on what is left of its route. It may stand behind the hop: somebody else may have brought it further. A hop of
 * the card's own firmware goes by the serial number of the card: between two files it may not see its UPS.
 */
async function freshLook(record: UnitRecord, index: number, work: UnitWork): Promise<Unit> {
  const hop = record.planned.hops[index];
  const aboutCard = hop !== undefined && !isUpsHop(hop);
  const look = await work.driver.look(work.target, {
    clock: work.clock,
    signal: work.abort,
    transcript: work.transcript,
    card: aboutCard,
  });
  work.abort.throwIfAborted();
  if (aboutCard) return cardOf(look, hop, record);
  if (look.problem !== null) throw look.problem;
  const { unit } = look;
  const expected = usableSerial(record.planned.unit.serial);
  const serial = usableSerial(unit.serial);
  if (serial === null) {
    throw new Problem(
      'refused/identity',
      `The unit gives no usable serial number ("${unit.serial ?? 'none'}").`,
      {
        hint: 'Without one the tool cannot be sure to speak with the same unit before and after. Use the local way.',
      },
    );
  }
  if (serial !== expected) throw stale(`serial number ${expected ?? 'none'}`, serial);
  const left = record.planned.hops.slice(index);
  if (left.some((hop) => isAt(unit, hop, 'from') || isAt(unit, hop, 'to'))) return unit;
  const [next] = left;
  const problem =
    next === undefined
      ? stale('another route', 'nothing of it')
      : stale(describeEnd(next, 'from'), describeInstalled(unit, next));
  throw new UnitStop({ outcome: 'refused', after: unit, problem, reasons: [] });
}

/** The unit behind the card of the plan, as far as that card sees it. Throws where another card or another UPS answers. */
function cardOf({ unit, problem }: Look, hop: Hop, record: UnitRecord): Unit {
  if (problem !== null && (problem.code !== 'device/no-application' || unit.card === null)) throw problem;
  const { planned } = record;
  const expected = usableSerial(planned.unit.card?.serial ?? null);
  const found = usableSerial(unit.card?.serial ?? null);
  if (expected === null || found !== expected) {
    throw stale(
      `a card with serial number ${expected ?? 'none'}`,
      `a card with ${found ?? 'none that can be used'}`,
    );
  }
  if (usableSerial(unit.serial) !== null && !sameUnit(unit, planned.unit)) {
    throw stale(`serial number ${planned.unit.serial ?? 'none'}`, unit.serial ?? 'none');
  }
  if (isAt(unit, hop, 'from') || isAt(unit, hop, 'to')) return unit;
  const moved = stale(describeEnd(hop, 'from'), describeInstalled(unit, hop));
  throw new UnitStop({ outcome: 'refused', after: unit, problem: moved, reasons: [] });
}

/**
 * The unit as it was before a hop of its card. Of a card that does not see its UPS between two files, what is compared
 * afterwards is the UPS as it was seen last in this run.
 */
export function withKnownUps(unit: Unit, record: UnitRecord): Unit {
  if (usableSerial(unit.serial) !== null) return unit;
  const { card, seenBy } = unit;
  const known =
    record.hops.findLast(({ before }) => before !== null)?.before ?? record.before ?? record.planned.unit;
  return { ...known, card, seenBy };
}

function stale(planned: string, found: string): Problem {
  return new Problem('refused/stale-plan', `The plan was made for ${planned}; the unit now says ${found}.`, {
    hint: 'Make a new plan: upsfw plan.',
  });
}

/** Throws Problem refused/window outside of the window of the unit. */
export function refuseOutsideWindow({ target, clock }: Pick<UnitWork, 'target' | 'clock'>): void {
  const now = clock.now();
  if (target.window === null || isOpen(target.window, now)) return;
  throw new Problem('refused/window', `The window is closed: ${describeWindow(target.window, now)}.`, {
    hint: 'Run upsfw resume inside the window, or change it in the inventory and make a new plan.',
  });
}

/** Refuses outside of the window, and where a rule stands against the update. */
function assertAllowed(unit: Unit, hop: Hop, image: StoredFile, record: UnitRecord, work: UnitWork): void {
  refuseOutsideWindow(work);
  const operator: OperatorSettings = {
    switchOutput: record.planned.switchOutput,
    feeds: work.target.feeds,
    network: work.target.network,
  };
  const reasons = work.evaluateRules(unit, image, hop, operator, record.planned.unit);
  const standing = reasons.filter(isRefusal);
  const [first] = standing;
  if (first === undefined) return;
  throw new UnitStop({
    outcome: 'refused',
    after: unit,
    problem: new Problem(
      'refused/rule',
      `${record.planned.key}: ${standing.map((one) => one.because).join('; ')}.`,
      {
        hint: first.remedy ?? 'See the reasons.',
      },
    ),
    reasons,
  });
}

/** The policy of a run over units of an inventory: each is identified by its serial number and checked twice. */
export const FLEET_POLICY: RunPolicy = {
  async locate(record, index, work) {
    const unit = await freshLook(record, index, work);
    const hop = record.planned.hops[index];
    return { unit, isPast: hop === undefined || !isAt(unit, hop, 'from') };
  },
  async preflight(record, { unit, hop, image, quick }, work) {
    await work.noEarlierStart(unit);
    assertAllowed(unit, hop, image, record, work);
    await work.assertPartnersHealthy(unit, { quick });
  },
  checksAgain: true,
  maxStarts: 3,
  startSignal: () => NEVER,
  failedStart: 'not-started',
  outcomeBeforeStart,
  seen: (unit) => unit,
  stopped: stoppedBeforeStart,
  noEffect: startNotSeen,
  review: (result) => result,
  notReady: (key) =>
    new Problem('device/busy', `${key} is at an update that this run did not start.`, {
      hint: 'Wait until it has ended, look at the unit, and make a new plan.',
    }),
  notBegun: () => null,
};

const NEVER = new AbortController().signal;

/** A start without effect: the unit shows no update, or reports that it failed. */
function startNotSeen({ state, problem }: StepCheck, { target }: StepContext): Problem | null {
  if (state !== 'failed' && state !== 'todo') return null;
  if (problem !== null) return problem;
  return new Problem(
    'device/start-not-seen',
    'The journal has a start, but the unit shows no update and runs its old firmware.',
    {
      hint: `Nothing was started, or the start had no effect. Allow a second attempt: upsfw resume --retry ${unitKey(target)}`,
    },
  );
}

/** A unit that was stopped before a start: by the operator, or because its journal cannot be written (`journal`). */
function stoppedBeforeStart(anyDone: boolean, journal: Problem | null): UnitResult {
  const where = anyDone ? 'before the start of the next hop' : 'before the start; the unit is unchanged';
  const problem =
    journal === null
      ? new Problem('refused/stopped', `Stopped by the operator ${where}.`, {
          hint: 'To continue: upsfw resume.',
        })
      : new Problem(journal.code, `Stopped ${where}: ${journal.message}`, { hint: journal.hint });
  return { outcome: 'stopped', after: null, problem, reasons: [] };
}
