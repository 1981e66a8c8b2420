import type {
  Clock,
  Hop,
  OperatorSettings,
  Problem,
  ProblemCode,
  Reason,
  StepCheck,
  StepContext,
  StepResult,
  StoredFile,
  TranscriptEntry,
  Unit,
  UnitOutcome,
  UnitTarget,
  UpgradeDriver,
} from '../core/index.ts';
import type { Journal, UnitRecord } from '../state/index.ts';

/** How the work on a unit ended. */
export interface UnitResult {
  readonly outcome: UnitOutcome;
  readonly after: Unit | null;
  readonly problem: Problem | null;
  readonly reasons: readonly Reason[];
}

/**
 * The rules, asked about a unit as it is now. `planned`: the unit that the plan was made for, which is the only one to tell of a
 * card that runs without its application what it is made for.
 */
export type EvaluateRules = (
  unit: Unit,
  image: StoredFile,
  hop: Hop,
  operator: OperatorSettings,
  planned: Unit,
) => readonly Reason[];

/** The unit right before a hop. `isPast`: it no longer runs the firmware that the hop begins with. */
export interface Located {
  readonly unit: Unit;
  readonly isPast: boolean;
}

/**
 * What differs between a run over the units of an inventory and the recovery of one unit in its boot loader. The order of the
 * steps, the journal and the point of no return are the same for both.
 */
export interface RunPolicy {
  /** Looks at the unit right before a hop. Throws UnitStop or Problem if another unit answers. */
  locate(record: UnitRecord, index: number, work: UnitWork): Promise<Located>;
  /** Throws UnitStop or Problem if anything refuses a start now. `quick`: the same was checked moments ago. */
  preflight(
    record: UnitRecord,
    check: { readonly unit: Unit; readonly hop: Hop; readonly image: StoredFile; readonly quick: boolean },
    work: UnitWork,
  ): Promise<void>;
  /** True: the unit is looked at and checked again right before the start. */
  readonly checksAgain: boolean;
  /** How often a start that did not leave in time is tried. */
  readonly maxStarts: number;
  /** Aborts the start step. */
  startSignal(work: UnitWork): AbortSignal;
  /** How the journal records a start step that is known to have failed. */
  readonly failedStart: 'not-started' | 'failed';
  /** The outcome of a unit on which nothing was started. */
  outcomeBeforeStart(problem: Problem | null, during: 'check' | 'start'): 'refused' | 'failed';
  /** The unit for the report when nothing was started; null if it was never identified. */
  seen(unit: Unit): Unit | null;
  /** The result of a unit that was stopped before a start: by the operator, or because its journal cannot be written. */
  stopped(anyDone: boolean, journal: Problem | null): UnitResult;
  /** Why a start in the journal is known to have had no effect; null if the unit must be watched. */
  noEffect(check: StepCheck, context: StepContext): Problem | null;
  /** The result of `settle` or `verify`, corrected by what the journal knows beside the answer of the unit. */
  review(result: StepResult, step: 'settle' | 'verify', journal: Journal): StepResult;
  /** The problem of a unit that is not ready for a start and gives no reason. */
  notReady(key: string): Problem;
  /** The result of a unit that this run does not begin any more; null if it stays pending. */
  notBegun(): UnitResult | null;
}

/** What the work on one unit needs from its run. */
export interface UnitWork {
  readonly policy: RunPolicy;
  readonly target: UnitTarget;
  readonly driver: UpgradeDriver;
  readonly journal: Journal;
  readonly clock: Clock;
  /** How much faster a simulated unit lives; 1 for every real one. */
  readonly simulationSpeed: number;
  /** Aborted when work before the commit shall end. */
  readonly abort: AbortSignal;
  /** True: no further start is to be made; what is under way goes on to its end. */
  readonly stopping: () => boolean;
  /** The rules, asked again right before a start. */
  readonly evaluateRules: EvaluateRules;
  /** Checks that the file is still the one of the plan. Throws Problem image/changed. */
  readonly image: (hop: Hop) => Promise<StoredFile>;
  /** Throws Problem refused/second-attempt where another run made a start on the unit and does not know its end. */
  readonly noEarlierStart: (unit: Unit) => Promise<void>;
  /**
   * Throws Problem refused/partner where a unit with the same load is not healthy, not idle, or not known to be. `unit`: the unit
   * as it was just seen. `quick`: leaves out what needs a login, because it was asked moments ago.
   */
  readonly assertPartnersHealthy: (unit: Unit, options?: { readonly quick: boolean }) => Promise<void>;
  readonly progress: (note: string, fraction: number | null) => void;
  /** Keeps a file of the device in the folder of the run. */
  readonly keep: (name: string, bytes: Buffer) => Promise<void>;
  /** Told of what is said with the device. */
  readonly transcript: (said: TranscriptEntry) => void;
}

const NO_FAILURE: readonly ProblemCode[] = ['config/state', 'device/busy', 'device/not-installed'];

/**
 * How a unit ends of which nothing was started. What the tool did not do for a reason of its own, because a file of its state folder
 * could not be written, or because somebody else is at the unit, is no failure of it: a resume goes on with it unasked.
 */
export function outcomeBeforeStart(problem: Problem | null): 'refused' | 'failed' {
  if (problem === null) return 'failed';
  const isNoFailure = problem.code.startsWith('refused/') || NO_FAILURE.includes(problem.code);
  return isNoFailure ? 'refused' : 'failed';
}

/** Ends the work on a unit with an ending of its own. */
export class UnitStop extends Error {
  readonly ending: UnitResult;

  constructor(ending: UnitResult) {
    super('refused');
    this.ending = ending;
  }
}
