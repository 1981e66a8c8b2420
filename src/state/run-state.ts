import { type PlannedUnit, Problem, type ProblemJson } from '../core/index.ts';
import { JOURNAL_FORMAT, type JournalEvent } from './journal-events.ts';
import { type HopRecord, lastVerified, type RunEnd, type RunRecord, type UnitRecord } from './run-record.ts';

const NO_HOP: HopRecord = {
  before: null,
  after: null,
  step: null,
  state: null,
  backup: null,
  transferred: null,
  uploads: [],
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
 * The state of a run, computed from its journal. `advance` applies one event in constant time; {@link
 * replay} applies all events of a file. Any prefix of a journal gives a state that was once true. In a
 * damaged journal, every unit that may have been started is unknown.
 */
export class RunState {
  #first: Extract<JournalEvent, { event: 'run' }> | null = null;
  #unreadable: Problem | null = null;
  readonly #units = new Map<string, UnitRecord>();
  #state: RunRecord['state'] = 'planned';
  #paused: ProblemJson | null = null;
  #byOperator = false;
  #problem: ProblemJson | null = null;
  #ended: RunEnd = { how: 'not-known' };

  /** Takes in the next event of the journal. */
  advance(event: JournalEvent): void {
    if (this.#first === null && this.#unreadable === null) {
      this.#begin(event);
      return;
    }
    if (event.event === 'exit') {
      this.#ended = { how: 'recorded', exitCode: event.code, at: event.at };
      return;
    }
    // A process that is ended by force may write further lines after its exit.
    if (event.event === 'resumed' && this.#recordsExits) this.#ended = { how: 'no-record' };
    if (event.event === 'damaged') this.#ended = { how: 'not-known' };
    if (event.event === 'damaged' || event.event === 'unsaved') {
      this.#problem = event.problem;
      if (event.event === 'damaged')
        for (const [key, record] of this.#units) this.#units.set(key, afterDamage(record, event.problem));
      return;
    }
    if (event.event === 'closed') {
      this.#state = event.state;
      this.#paused = event.problem ?? null;
      this.#byOperator = event.by === 'operator';
      return;
    }
    this.#state = 'running';
    this.#paused = null;
    this.#byOperator = false;
    if (event.event === 'run' || event.event === 'resumed' || event.event === 'other-format') return;
    const record = this.#units.get(event.unit);
    if (record !== undefined) this.#units.set(event.unit, next(record, event));
  }

  /** One unit of the run; undefined where the plan does not have it. */
  unit(key: string): UnitRecord | undefined {
    return this.#units.get(key);
  }

  /** All units, in the order of the plan. */
  get units(): readonly UnitRecord[] {
    return [...this.#units.values()];
  }

  /** The whole run. Throws Problem config/run where the journal does not begin with a plan. */
  record(): RunRecord {
    if (this.#unreadable !== null) throw this.#unreadable;
    if (this.#first === null) throw withoutPlan();
    const { run, inventory, images, rules, override = [], recovery = null, plan } = this.#first;
    return {
      run,
      inventory,
      images,
      rules,
      override,
      recovery,
      plan,
      state: this.#state,
      paused: this.#paused,
      problem: this.#problem,
      byOperator: this.#byOperator,
      ended: this.#ended,
      units: this.units,
    };
  }

  get #recordsExits(): boolean {
    return this.#first !== null && recordsExits(this.#first);
  }

  #begin(event: JournalEvent): void {
    if (event.event === 'run') {
      this.#first = event;
      this.#ended = { how: this.#recordsExits ? 'no-record' : 'not-known' };
      for (const planned of event.plan.units) this.#units.set(planned.key, fresh(planned));
      return;
    }
    this.#unreadable = whyUnreadable(event);
  }
}

/** Whether a journal that begins with this event may hold the event `exit`. */
export function recordsExits(first: JournalEvent | undefined): boolean {
  return first?.event === 'run' && first.format >= JOURNAL_FORMAT;
}

/** The state of a run from the events of its journal. Throws Problem config/run if the plan is missing. */
export function replay(events: readonly JournalEvent[]): RunRecord {
  const state = new RunState();
  for (const event of events) state.advance(event);
  return state.record();
}

function whyUnreadable(first: JournalEvent): Problem {
  if (first.event === 'other-format')
    return new Problem(first.problem.code, first.problem.message, { hint: first.problem.hint });
  if (first.event === 'damaged')
    return new Problem(first.problem.code, first.problem.message, { hint: PLAN_LOST });
  return withoutPlan();
}

function withoutPlan(): Problem {
  return new Problem(
    'config/run',
    'The journal does not begin with a plan: the run ended before it did anything.',
    { hint: 'Nothing was sent to any unit. Start again with upsfw upgrade.' },
  );
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
    return {
      ...moved,
      transferred: event.state === 'done' ? { method: event.method ?? 'unknown' } : null,
      uploads: [...hop.uploads, ...(event.uploads ?? [])],
    };
  }
  if (event.step === 'backup') {
    const { state, problem } = event;
    const backup = state === 'begun' ? null : { isComplete: state === 'done' && problem === null, problem };
    return { ...moved, backup, eventMark: event.mark ?? null };
  }
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
