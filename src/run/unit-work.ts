import {
  type Clock,
  type Hop,
  type OperatorSettings,
  outcomeWithoutStart,
  type Problem,
  type Reason,
  type StepCheck,
  type StepContext,
  type StepResult,
  type StoredFile,
  type TranscriptEntry,
  type Unit,
  type UnitOutcome,
  type UnitTarget,
  type UpgradeDriver,
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
 * Evaluates the rules for a unit as it is now. `planned`: the unit of the plan. It shows the application of
 * a card that runs without one now.
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
 * What differs between a run over inventory units and the recovery of one unit in its boot loader. The
 * order of the steps, the journal and the point of no return are the same.
 */
export interface RunPolicy {
  /** Looks at the unit right before a hop. Throws UnitStop or Problem if another unit answers. */
  locate(record: UnitRecord, index: number, work: UnitWork): Promise<Located>;
  /**
   * Throws UnitStop or Problem if anything refuses a start now. `quick`: the same was checked moments ago.
   */
  preflight(
    record: UnitRecord,
    check: { readonly unit: Unit; readonly hop: Hop; readonly image: StoredFile; readonly quick: boolean },
    work: UnitWork,
  ): Promise<void>;
  /** True: the unit is looked at and checked again right before the start. */
  readonly checksAgain: boolean;
  /** How often a start that was not sent in time is attempted. */
  readonly maxStarts: number;
  /** Aborts the start step. */
  startSignal(work: UnitWork): AbortSignal;
  /** How the journal records a start step that is known to have failed. */
  readonly failedStart: 'not-started' | 'failed';
  /** The unit for the report when nothing was started; null if it was never identified. */
  seen(unit: Unit): Unit | null;
  /** The result of a unit that was stopped before a start. `journal`: why the journal cannot be written. */
  stopped(anyDone: boolean, journal: Problem | null): UnitResult;
  /** Why a start in the journal is known to have had no effect; null if the unit must be watched. */
  noEffect(check: StepCheck, context: StepContext): Problem | null;
  /**
   * The result of `settle` or `verify`, corrected with facts from the journal that the unit does not know.
   */
  review(result: StepResult, step: 'settle' | 'verify', journal: Journal): StepResult;
  /** The problem of a unit that is not ready for a start and gives no reason. `done`: it runs the target. */
  notReady(key: string, state: StepCheck['state']): Problem;
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
  /** How much faster a simulated unit runs; 1 for every real one. */
  readonly simulationSpeed: number;
  /** Aborted to end the work before the point of no return. */
  readonly abort: AbortSignal;
  /** True: make no further start; an update in progress is watched to its end. */
  readonly stopping: () => boolean;
  /** The rules, evaluated again right before a start. */
  readonly evaluateRules: EvaluateRules;
  /** Returns the image after checking that its file is unchanged. Throws Problem image/changed. */
  readonly image: (hop: Hop) => Promise<StoredFile>;
  /** Throws Problem refused/second-attempt if another run started the unit and does not know the result. */
  readonly assertNoEarlierStart: (unit: Unit) => Promise<void>;
  /**
   * Throws Problem refused/partner unless each partner is known to be healthy and idle. `unit`: the unit as
   * it was just seen. `quick`: skips what needs a login, because it was asked moments ago.
   */
  readonly assertPartnersHealthy: (unit: Unit, options?: { readonly quick: boolean }) => Promise<void>;
  readonly progress: (note: string, fraction: number | null) => void;
  /** Saves a file of the device in the folder of the run. */
  readonly keep: (name: string, bytes: Buffer) => Promise<void>;
  /** Records what was sent to the device and received from it. */
  readonly transcript: (entry: TranscriptEntry) => void;
}

/**
 * The outcome of a unit on which nothing was started. `sent`: a part of an image may have reached the device,
 * so a mistake in a file is a failed upload by now.
 */
export function outcomeBeforeStart(problem: Problem | null, sent = false): 'refused' | 'failed' {
  if (problem === null || (sent && problem.code.startsWith('image/'))) return 'failed';
  return outcomeWithoutStart(problem.code);
}

/** Ends the work on a unit with a given result. */
export class UnitStop extends Error {
  readonly result: UnitResult;

  constructor(result: UnitResult) {
    super('refused');
    this.result = result;
  }
}
