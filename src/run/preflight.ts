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
import { type RunPolicy, type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';
import { describeWindow, isOpen } from './window.ts';

/**
 * Looks at the unit right before a hop. Refuses a unit with another serial number than in the plan, and
 * firmware that is not on the rest of the route. The unit may be past the hop: somebody else may have
 * updated it. A hop of card firmware goes by the serial number of the card, because a card between two
 * files may not see its UPS.
 */
async function freshLook(record: UnitRecord, index: number, work: UnitWork): Promise<Unit> {
  const hop = record.planned.hops[index];
  const isCardHop = hop !== undefined && !isUpsHop(hop);
  const look = await work.driver.look(work.target, {
    clock: work.clock,
    signal: work.abort,
    transcript: work.transcript,
    card: isCardHop,
  });
  work.abort.throwIfAborted();
  if (isCardHop) return cardOf(look, hop, record);
  if (look.problem !== null) throw look.problem;
  const { unit } = look;
  const expected = usableSerial(record.planned.unit.serial);
  const serial = usableSerial(unit.serial);
  if (serial === null) {
    throw new Problem(
      'refused/identity',
      `The unit reports no usable serial number ("${unit.serial ?? 'none'}").`,
      {
        hint: 'Without it the unit cannot be recognized after the update. Update it over its serial or USB port.',
      },
    );
  }
  if (serial !== expected) throw stalePlan(`serial number ${expected ?? 'none'}`, serial);
  const left = record.planned.hops.slice(index);
  if (left.some((hop) => isAt(unit, hop, 'from') || isAt(unit, hop, 'to'))) return unit;
  const [next] = left;
  const problem =
    next === undefined
      ? stalePlan('another route', 'no hop of it')
      : stalePlan(describeEnd(next, 'from'), describeInstalled(unit, next));
  throw new UnitStop({ outcome: 'refused', after: unit, problem, reasons: [] });
}

/**
 * Whether a hop of the card may begin although the UPS is not seen. A card between two of its files may have
 * lost its UPS; before the first of them the UPS may be in an update, which a restart of the card would harm.
 */
function mayGoOn({ code }: Problem, { hops, planned }: UnitRecord): boolean {
  const isBetween = planned.hops.some((hop, at) => !isUpsHop(hop) && hops[at]?.verified === true);
  return code === 'device/no-application' || (code === 'device/lost-ups' && isBetween);
}

/**
 * The unit of the planned card, as far as the card sees it. Throws if another card or another UPS answers.
 */
function cardOf({ unit, problem }: Look, hop: Hop, record: UnitRecord): Unit {
  if (problem !== null && (unit.card === null || !mayGoOn(problem, record))) throw problem;
  const { planned } = record;
  const expected = usableSerial(planned.unit.card?.serial ?? null);
  const found = usableSerial(unit.card?.serial ?? null);
  if (expected === null || found !== expected) {
    throw stalePlan(
      `a card with serial number ${expected ?? 'none'}`,
      `a card with ${found ?? 'no usable serial number'}`,
    );
  }
  if (usableSerial(unit.serial) !== null && !sameUnit(unit, planned.unit)) {
    throw stalePlan(`serial number ${planned.unit.serial ?? 'none'}`, unit.serial ?? 'none');
  }
  if (isAt(unit, hop, 'from') || isAt(unit, hop, 'to')) return unit;
  const changed = stalePlan(describeEnd(hop, 'from'), describeInstalled(unit, hop));
  throw new UnitStop({ outcome: 'refused', after: unit, problem: changed, reasons: [] });
}

/**
 * The unit as it was before a hop of its card. If the card does not see its UPS between two files, the UPS
 * is taken from the last look of this run, for the comparison after the hop.
 */
export function withKnownUps(unit: Unit, record: UnitRecord): Unit {
  if (usableSerial(unit.serial) !== null) return unit;
  const { card, seenBy } = unit;
  const known =
    record.hops.findLast(({ before }) => before !== null)?.before ?? record.before ?? record.planned.unit;
  return { ...known, card, seenBy };
}

function stalePlan(planned: string, found: string): Problem {
  return new Problem(
    'refused/stale-plan',
    `The plan was made for ${planned}; the unit now reports ${found}.`,
    {
      hint: 'Make a new plan: upsfw plan.',
    },
  );
}

/** The firmware of a unit is no longer that of the plan, after the unit was looked at. */
export function changedMeanwhile(key: string): Problem {
  return new Problem(
    'refused/stale-plan',
    `The firmware of ${key} changed while its start was prepared. Nothing was started.`,
    {
      hint: 'The image may still be on the card. Make a new plan: upsfw plan.',
    },
  );
}

/** Throws Problem refused/window outside the window of the unit. */
export function refuseOutsideWindow({ target, clock }: Pick<UnitWork, 'target' | 'clock'>): void {
  const now = clock.now();
  if (target.window === null || isOpen(target.window, now)) return;
  throw new Problem(
    'refused/window',
    `The maintenance window is closed: ${describeWindow(target.window, now)}.`,
    {
      hint: 'Run upsfw resume inside the window, or change it in the inventory and make a new plan.',
    },
  );
}

/** Throws outside the window, and if a rule refuses the update. */
function assertAllowed(unit: Unit, hop: Hop, image: StoredFile, record: UnitRecord, work: UnitWork): void {
  refuseOutsideWindow(work);
  const operator: OperatorSettings = {
    switchOutput: record.planned.switchOutput,
    feeds: work.target.feeds,
    network: work.target.network,
  };
  const reasons = work.evaluateRules(unit, image, hop, operator, record.planned.unit);
  const refusals = reasons.filter(isRefusal);
  const [first] = refusals;
  if (first === undefined) return;
  throw new UnitStop({
    outcome: 'refused',
    after: unit,
    problem: new Problem(
      'refused/rule',
      `${record.planned.key}: ${refusals.map((one) => one.because).join('; ')}.`,
      {
        hint: first.remedy ?? 'See the reasons.',
      },
    ),
    reasons,
  });
}

/** The policy of a run over inventory units: each is identified by its serial number and checked twice. */
export const FLEET_POLICY: RunPolicy = {
  async locate(record, index, work) {
    const unit = await freshLook(record, index, work);
    const hop = record.planned.hops[index];
    return { unit, isPast: hop === undefined || !isAt(unit, hop, 'from') };
  },
  async preflight(record, { unit, hop, image, quick }, work) {
    await work.assertNoEarlierStart(unit);
    assertAllowed(unit, hop, image, record, work);
    await work.assertPartnersHealthy(unit, { quick });
  },
  checksAgain: true,
  maxStarts: 3,
  startSignal: () => NEVER,
  failedStart: 'not-started',
  seen: (unit) => unit,
  stopped: stoppedBeforeStart,
  noEffect: startNotSeen,
  review: (result) => result,
  notReady: (key, state) =>
    state === 'done'
      ? changedMeanwhile(key)
      : new Problem('device/busy', `${key} is in an update that this run did not start.`, {
          hint: 'Wait until it has ended, check the unit, and make a new plan: upsfw plan.',
        }),
  notBegun: () => null,
};

const NEVER = new AbortController().signal;

/** The problem of a start without effect: the unit shows no update, or reports that it failed. */
function startNotSeen({ state, problem }: StepCheck, { target }: StepContext): Problem | null {
  if (state !== 'failed' && state !== 'todo') return null;
  if (problem !== null) return problem;
  return new Problem(
    'device/start-not-seen',
    'The journal has a start, but the unit shows no update and runs its old firmware.',
    {
      hint: `Nothing was started, or the start had no effect. To retry: upsfw resume --retry ${unitKey(target)}`,
    },
  );
}

/** The result of a unit that was stopped before a start. `journal`: why the journal cannot be written. */
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
