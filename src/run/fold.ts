import type {
  Plan,
  PlannedUnit,
  ProblemJson,
  Reason,
  StartWay,
  StepName,
  TransferWay,
  Unit,
} from '../core/index.ts';
import { Problem } from '../core/index.ts';
import type { Ended, JournalEvent, OutputState, StepState } from './journal.ts';

/** What the journal holds of one hop of the present attempt. */
export interface HopRecord {
  /** The unit as it was before this hop; null where the hop was not begun. */
  readonly before: Unit | null;
  /** The unit as it was seen when the hop was verified. */
  readonly after: Unit | null;
  /** The last step that has a line, and its state. */
  readonly step: StepName | null;
  readonly state: StepState | null;
  readonly transferred: { readonly way: string } | null;
  /** When the start was written down; null = no start was ever made in this attempt. */
  readonly startedAt: Date | null;
  readonly startedBy: string | null;
  /** The ways that any attempt may have made a start by. */
  readonly startWays: readonly (StartWay | TransferWay)[];
  /** The image lies on the card, and a person may have started it: the tool had no way to. */
  readonly staged: boolean;
  /** The newest line of the card's event log before the hop. */
  readonly eventMark: string | null;
  /** Value of the card's update object right before the start; null where it is not known. */
  readonly objectBefore: string | null;
  /** The unit was seen to have received the image. Its card may forget that; only the new version or the operator ends it. */
  readonly received: boolean;
  /** The card's error answer to the start; null where it gave none. */
  readonly refusal: ProblemJson | null;
  readonly verified: boolean;
  readonly begunAt: Date | null;
  readonly endedAt: Date | null;
}

export interface UnitRecord {
  readonly planned: PlannedUnit;
  readonly attempt: number;
  /** The unit as it was before the first hop that was begun. */
  readonly before: Unit | null;
  /** The unit as it was seen last; null while it is at work, and where its state is not known. */
  readonly after: Unit | null;
  readonly outcome: Ended | 'pending';
  /** Begun, and without an end: a process that is gone was at it. */
  readonly open: boolean;
  readonly hops: readonly HopRecord[];
  /** What this run did to the output; null = it never touched it. */
  readonly output: OutputState | null;
  readonly problem: ProblemJson | null;
  readonly reasons: readonly Reason[];
}

export interface RunRecord {
  readonly run: string;
  readonly inventory: string;
  readonly images: string;
  readonly rules: readonly string[];
  /** What the operator overruled, with the reasons. */
  readonly overrule: readonly { readonly rule: string; readonly reason: string }[];
  /** The port of the unit that is recovered; null in a run over units of an inventory. */
  readonly recovery: { readonly port: string } | null;
  readonly plan: Plan;
  readonly state: 'planned' | 'running' | 'done' | 'stopped';
  /** Why the run paused itself when it was closed last; null where it did not, or goes on. */
  readonly paused: ProblemJson | null;
  /** What is wrong with the journal itself: it is damaged, or a line of it could not be written. Null where nothing is. */
  readonly problem: ProblemJson | null;
  readonly units: readonly UnitRecord[];
}

const NO_HOP: HopRecord = {
  before: null,
  after: null,
  step: null,
  state: null,
  transferred: null,
  startedAt: null,
  startedBy: null,
  startWays: [],
  staged: false,
  eventMark: null,
  objectBefore: null,
  received: false,
  refusal: null,
  verified: false,
  begunAt: null,
  endedAt: null,
};

/**
 * Where a run stands, from its journal alone. Pure; any prefix of a journal gives a state that was once true. Of a damaged journal every
 * unit that may have been started is unknown. Throws Problem config/run where the plan itself is missing.
 */
export function fold(events: readonly JournalEvent[]): RunRecord {
  const [first, ...rest] = events;
  if (first?.event === 'damaged')
    throw new Problem(first.problem.code, first.problem.message, { hint: PLAN_LOST });
  if (first?.event !== 'run') {
    throw new Problem(
      'config/run',
      'The journal does not begin with a plan: the run ended before it did anything.',
      {
        hint: 'Nothing was sent to any unit. Start again with upsfw upgrade.',
      },
    );
  }
  const units = new Map(first.plan.units.map((planned) => [planned.key, fresh(planned)]));
  let state: RunRecord['state'] = 'planned';
  let paused: ProblemJson | null = null;
  let problem: ProblemJson | null = null;
  for (const event of rest) {
    if (event.event === 'damaged' || event.event === 'unsaved') {
      problem = event.problem;
      if (event.event === 'damaged')
        for (const [key, record] of units) units.set(key, inDoubtOf(record, problem));
      continue;
    }
    if (event.event === 'closed') {
      state = event.state;
      paused = event.problem ?? null;
      continue;
    }
    state = 'running';
    paused = null;
    if (event.event === 'run' || event.event === 'resumed') continue;
    const record = units.get(event.unit);
    if (record !== undefined) units.set(event.unit, next(record, event));
  }
  const { run, inventory, images, rules, overrule = [], recovery = null, plan } = first;
  const record = { run, inventory, images, rules, overrule, recovery, plan, state, paused, problem };
  return { ...record, units: [...units.values()] };
}

const PLAN_LOST =
  'What the run planned is not known any more, so no unit of this state folder is started. Look at the units that it may have been about (upsfw audit), then move the folder of that run out of the state folder.';

/** A unit of a journal that lost a line: the plan ended it, its end is proven, or nothing is known of it any more. */
function inDoubtOf(record: UnitRecord, problem: ProblemJson): UnitRecord {
  const { planned, outcome } = record;
  const neverBegun = planned.verdict.status !== 'outdated' || planned.hops.length === 0;
  // A unit that failed, was refused or stopped may have been taken up again behind the damage.
  if (neverBegun || outcome === 'upgraded' || outcome === 'current') return record;
  return { ...record, outcome: 'unknown', open: false, after: null, problem, reasons: [] };
}

function fresh(planned: PlannedUnit): UnitRecord {
  return {
    planned,
    attempt: 0,
    before: null,
    after: null,
    outcome: 'pending',
    open: false,
    hops: planned.hops.map(() => NO_HOP),
    output: null,
    problem: null,
    reasons: [],
  };
}

/**
 * The hop whose start is on record while its end is not known; null where there is none. A start that ended as `failed`
 * is known, and so is one that was verified.
 */
export function startInDoubt(record: UnitRecord): number | null {
  // Stopped with a start on record: the unit has the image and may install it at any time.
  if (!['pending', 'unknown', 'stopped'].includes(record.outcome)) return null;
  const index = record.hops.findIndex(endIsOpen);
  return index === -1 ? null : index;
}

/** A start of the hop is on record, and no verified end. */
export function endIsOpen(hop: HopRecord): boolean {
  return hop.startedAt !== null && !hop.verified;
}

/** The last hop that was verified; null where none was. */
export function lastVerified(record: UnitRecord): number | null {
  const index = record.hops.findLastIndex((hop) => hop.verified);
  return index === -1 ? null : index;
}

/**
 * The unit was left between two hops, before a start of the next one: refused there or stopped by the operator. What stood
 * against it may have gone.
 */
export function leftBetweenHops(record: UnitRecord): boolean {
  const left = record.outcome === 'refused' || record.outcome === 'stopped';
  return left && lastVerified(record) !== null && !record.hops.some(endIsOpen);
}

/** Planned, and refused or stopped before any start: what stood against it may have gone. */
export function wasPutOff({ planned, hops, outcome }: UnitRecord): boolean {
  const isStarted = hops.some(({ startedAt }) => startedAt !== null);
  const isLeft = outcome === 'refused' || outcome === 'stopped';
  return !isStarted && planned.verdict.status === 'outdated' && isLeft;
}

type UnitEvent = Extract<JournalEvent, { unit: string }>;

function next(record: UnitRecord, event: UnitEvent): UnitRecord {
  switch (event.event) {
    case 'unit':
      return {
        ...atWork(record),
        attempt: event.attempt,
        before: lastVerified(record) === null ? event.before : (record.before ?? event.before),
        hops: record.hops.map((hop, index) =>
          index === (event.hop ?? 0) ? { ...hop, before: event.before } : hop,
        ),
      };
    case 'step':
      return {
        ...atWork(record),
        hops: record.hops.map((hop, index) => (index === event.hop ? nextHop(hop, event) : hop)),
      };
    case 'output':
      return { ...record, output: event.state };
    case 'end':
      return {
        ...record,
        open: false,
        outcome: event.outcome,
        after: event.after,
        problem: event.problem,
        reasons: event.reasons,
      };
    case 'again':
      // A new attempt begins with an empty memory: what an earlier one did is asked of the device, by every way it may have
      // gone. A hop that was verified needs no attempt; whether the unit is still where it led is asked before the next one.
      return {
        ...fresh(record.planned),
        attempt: record.attempt,
        before: record.before,
        output: record.output,
        hops: record.hops.map((hop) => (hop.verified ? hop : forNewAttempt(hop))),
      };
  }
}

/** A staged image stays one: a person may have started it in the meantime. */
function forNewAttempt(hop: HopRecord): HopRecord {
  const { startWays, staged, before, transferred, eventMark } = hop;
  return staged ? { ...NO_HOP, startWays, staged, before, transferred, eventMark } : { ...NO_HOP, startWays };
}

/** Whether this run has switched the output of a unit and is not known to have brought it back. */
export function outputIsOwed(record: UnitRecord): boolean {
  return record.output !== null && record.output !== 'on' && record.output !== 'not-switched';
}

/** Any line of work takes back an end that was written before it, also that of a unit whose state was not known. */
function atWork(record: UnitRecord): UnitRecord {
  return { ...record, outcome: 'pending', open: true, after: null, problem: null, reasons: [] };
}

type StepEvent = Extract<JournalEvent, { event: 'step' }>;

function nextHop(hop: HopRecord, event: StepEvent): HopRecord {
  const at = new Date(event.at);
  const moved: HopRecord = {
    ...hop,
    step: event.step,
    state: event.state,
    begunAt: hop.begunAt ?? at,
    endedAt: event.state === 'begun' || event.state === 'committing' ? hop.endedAt : at,
  };
  if (event.step === 'transfer') {
    return { ...moved, transferred: event.state === 'done' ? { way: event.way ?? 'unknown' } : null };
  }
  if (event.step === 'backup') return { ...moved, eventMark: event.mark ?? null };
  // Nothing was started, so the line before it, which says that a start may follow, is answered.
  if (event.step === 'start' && (event.state === 'staged' || event.state === 'not-started')) {
    const staged = event.state === 'staged';
    return { ...moved, staged, startedAt: null, startedBy: null, objectBefore: null, refusal: null };
  }
  if (event.step === 'start') {
    return {
      ...moved,
      // A start that is newer than a verified end opens the hop again.
      verified: false,
      staged: false,
      startedAt: event.state === 'begun' ? hop.startedAt : (hop.startedAt ?? at),
      startedBy: event.way ?? hop.startedBy,
      objectBefore: event.state === 'committing' ? (event.object ?? null) : hop.objectBefore,
      refusal: event.problem?.code === 'device/start-refused' ? event.problem : hop.refusal,
      startWays: [...new Set([...hop.startWays, ...(event.ways ?? [])])],
    };
  }
  if (event.step === 'settle' && event.state === 'received') return { ...moved, received: true };
  if (event.step === 'verify')
    return { ...moved, verified: event.state === 'done', after: event.seen ?? null };
  return moved;
}

/** A start was made and no end is on record: somebody must go and look. */
export function inDoubt(record: UnitRecord): boolean {
  return record.outcome === 'unknown' || (record.open && record.hops.some(endIsOpen));
}

/** Refused behind a hop that was done: the unit is not where the plan leads, and not as it was either. */
export function leftHalfWay(unit: UnitRecord): boolean {
  return unit.outcome === 'refused' && lastVerified(unit) !== null;
}

/** The image lies on the card or in the unit, and a person has to start or install it. */
export function waitsForHands({ outcome, hops }: UnitRecord): boolean {
  return outcome === 'stopped' && hops.some((hop) => hop.staged || endIsOpen(hop));
}
