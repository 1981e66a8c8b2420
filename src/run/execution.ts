import type { Clock, Hop, Problem, StoredFile, UnitOutcome, UnitTarget } from '../core/index.ts';
import type { Inventory } from '../inventory/index.ts';
import type { Journal, Locks, RunArtifacts } from '../state/index.ts';
import type { EarlierStarts } from './earlier-starts.ts';
import type { Drivers } from './look-all.ts';
import type { EvaluateRules, RunPolicy } from './unit-work.ts';

/** How the operator controls a run in progress. */
export interface Control {
  /** True: begin no further unit, and no further hop of a unit. */
  stopNew: boolean;
  /** Aborted: units before their point of no return end now. */
  readonly abort: AbortSignal;
  /** Why the run paused; null or absent if it did not, or if the operator stopped it. */
  pausedBy?: Problem | null;
  /** True: the operator stopped the run. */
  byOperator?: boolean;
}

/** What a run needs while it is executed. */
export interface Execution {
  readonly policy: RunPolicy;
  readonly journal: Journal;
  readonly inventory: Inventory;
  /** Resolved targets by key, including the partners of the chosen units. */
  readonly targets: ReadonlyMap<string, UnitTarget>;
  readonly drivers: Drivers;
  readonly locks: Locks;
  readonly earlier: EarlierStarts;
  readonly clock: Clock;
  readonly simulationSpeed: number;
  readonly evaluateRules: EvaluateRules;
  readonly image: (hop: Hop) => Promise<StoredFile>;
  /** The files that a run keeps for a unit, apart from the journal. */
  readonly artifacts: RunArtifacts;
  readonly control: Control;
  /** Reports the progress of a unit, for display only. */
  readonly progress: (key: string, note: string, fraction: number | null) => void;
  /** Reports the outcome of a unit, for display only. */
  readonly ended: (key: string, outcome: UnitOutcome) => void;
}
