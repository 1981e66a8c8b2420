import { type PlannedUnit, Problem, type ProblemJson } from '../core/index.ts';
import type { JournalEvent } from './journal-events.ts';
import { type HopRecord, lastVerified, type RunRecord, type UnitRecord } from './run-record.ts';

const NO_HOP: HopRecord = {
  before: null,
  after: null,
  step: null,
  state: null,
  transferred: null,
  startedAt: null,
  startedBy: null,
  startMethods: [],
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
 * The state of a run, from its journal alone. Pure; any prefix of a journal gives a state that was once true.
 * In a damaged journal, every unit that may have been started is unknown. Throws Problem config/run where the
 * plan itself is missing, and for a journal of another format.
 */
export function replay(events: readonly JournalEvent[]): RunRecord {
  const [first, ...rest] = events;
  if (first?.event === 'other-format')
    throw new Problem(first.problem.code, first.problem.message, { hint: first.problem.hint });
  if (first?.event === 'damaged')
    throw new Problem(first.problem.code, first.problem.message, { hint: PLAN_LOST });
  if (first?.event !== 'run') {
    throw new Problem(
      'config/run',
      'The journal does not begin with a plan: the run ended before it did anything.',
      {
        hint: 'Nothing was sent to any unit. Start a new run with upsfw upgrade.',
      },
    );
  }
  const units = new Map(first.plan.units.map((planned) => [planned.key, fresh(planned)]));
  let state: RunRecord['state'] = 'planned';
  let paused: ProblemJson | null = null;
  let byOperator = false;
  let problem: ProblemJson | null = null;
  for (const event of rest) {
    if (event.event === 'damaged' || event.event === 'unsaved') {
      problem = event.problem;
      if (event.event === 'damaged')
        for (const [key, record] of units) units.set(key, afterDamage(record, problem));
      continue;
    }
    if (event.event === 'closed') {
      state = event.state;
      paused = event.problem ?? null;
      byOperator = event.by === 'operator';
      continue;
    }
    state = 'running';
    paused = null;
    byOperator = false;
    if (event.event === 'run' || event.event === 'resumed' || event.event === 'other-format') continue;
    const record = units.get(event.unit);
    if (record !== undefined) units.set(event.unit, next(record, event));
  }
  const { run, inventory, images, rules, override = [], recovery = null, plan } = first;
  const record = { run, inventory, images, rules, override, recovery, plan, state, paused, problem };
  return { ...record, byOperator, units: [...units.values()] };
}

const PLAN_LOST =
  'The plan of the run is lost, so no unit of this state folder is started. Look at the units that it may have updated (upsfw audit). Once you know that none of them is in an update, move the folder of that run out of the state folder: it removes the record of all its units.';

/** A unit of a damaged journal: the plan settled it, its end is proven, or its state is unknown. */
function afterDamage(record: UnitRecord, problem: ProblemJson): UnitRecord {
  const { planned, outcome } = record;
  const neverBegun = planned.verdict.status !== 'outdated' || planned.hops.length === 0;
  // A unit that failed, was refused or stopped may have been retried after the damaged line.
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

type UnitEvent = Extract<JournalEvent, { unit: string }>;

function next(record: UnitRecord, event: UnitEvent): UnitRecord {
  switch (event.event) {
    case 'unit':
      return {
        ...reopened(record),
        attempt: event.attempt,
        before: lastVerified(record) === null ? event.before : (record.before ?? event.before),
        hops: record.hops.map((hop, index) =>
          index === (event.hop ?? 0) ? { ...hop, before: event.before } : hop,
        ),
      };
    case 'step':
      return {
        ...reopened(record),
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
    case 'retry':
      // A new attempt keeps nothing of an earlier one: the device is asked what it did, by every method that
      // it may have used. A verified hop needs no attempt; the next hop first asks whether the unit still
      // runs its firmware.
      return {
        ...fresh(record.planned),
        attempt: record.attempt,
        before: record.before,
        output: record.output,
        hops: record.hops.map((hop) => (hop.verified ? hop : forNewAttempt(hop))),
      };
  }
}

/** A staged image stays staged: a person may have started it in the meantime. */
function forNewAttempt(hop: HopRecord): HopRecord {
  const { startMethods, staged, before, transferred, eventMark } = hop;
  return staged
    ? { ...NO_HOP, startMethods, staged, before, transferred, eventMark }
    : { ...NO_HOP, startMethods };
}

/** Any new activity withdraws an earlier end, also that of a unit whose state was unknown. */
function reopened(record: UnitRecord): UnitRecord {
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
    return { ...moved, transferred: event.state === 'done' ? { method: event.method ?? 'unknown' } : null };
  }
  if (event.step === 'backup') return { ...moved, eventMark: event.mark ?? null };
  // Nothing was started, which settles the `committing` line before it.
  if (event.step === 'start' && (event.state === 'staged' || event.state === 'not-started')) {
    const staged = event.state === 'staged';
    return { ...moved, staged, startedAt: null, startedBy: null, objectBefore: null, refusal: null };
  }
  if (event.step === 'start') {
    return {
      ...moved,
      // A start after a verified end opens the hop again.
      verified: false,
      staged: false,
      startedAt: event.state === 'begun' ? hop.startedAt : (hop.startedAt ?? at),
      startedBy: event.method ?? hop.startedBy,
      objectBefore: event.state === 'committing' ? (event.object ?? null) : hop.objectBefore,
      refusal: event.problem?.code === 'device/start-refused' ? event.problem : hop.refusal,
      startMethods: [...new Set([...hop.startMethods, ...(event.methods ?? [])])],
    };
  }
  if (event.step === 'settle' && event.state === 'received') return { ...moved, received: true };
  if (event.step === 'verify')
    return { ...moved, verified: event.state === 'done', after: event.seen ?? null };
  return moved;
}
