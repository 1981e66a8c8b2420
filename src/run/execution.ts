import type { Clock, Hop, Problem, StoredFile, UnitOutcome, UnitTarget } from '../core/index.ts';
import type { Inventory } from '../inventory/index.ts';
import type { Journal, Locks, RunArtifacts } from '../state/index.ts';
import type { EarlierStarts } from './earlier-starts.ts';
import type { Drivers } from './look-all.ts';
import type { EvaluateRules, RunPolicy } from './unit-work.ts';

/** What the operator wants of a run that is under way. */
export interface Control {
  /** True: begin no further unit, and no further hop of a unit that is at work. */
  stopNew: boolean;
  /** Aborted: units before their commit end now. */
  readonly abort: AbortSignal;
  /** Why the run itself begins no further unit; null or absent where it does, or where the operator stopped it. */
  pausedBy?: Problem | null;
  /** True: it was the operator who stopped it. */
  byOperator?: boolean;
}

/** Everything that a run needs while it is carried out. */
export interface Execution {
  readonly policy: RunPolicy;
  readonly journal: Journal;
  readonly inventory: Inventory;
  /** Resolved targets by key; the partners of the chosen units are among them. */
  readonly targets: ReadonlyMap<string, UnitTarget>;
  readonly drivers: Drivers;
  readonly locks: Locks;
  readonly earlier: EarlierStarts;
  readonly clock: Clock;
  readonly simulationSpeed: number;
  readonly evaluateRules: EvaluateRules;
  readonly image: (hop: Hop) => Promise<StoredFile>;
  /** What is kept of a unit beside the journal. */
  readonly artifacts: RunArtifacts;
  readonly control: Control;
  /** Called as units move on; for showing only. */
  readonly progress: (key: string, note: string, fraction: number | null) => void;
  /** Called when a unit has ended; for showing only. */
  readonly ended: (key: string, outcome: UnitOutcome) => void;
}
