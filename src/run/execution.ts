import type { Clock, Hop, Reason, StoredImage, Unit, UnitTarget } from '../core/index.ts';
import type { EarlierStarts } from './earlier-starts.ts';
import type { Inventory } from './inventory.ts';
import type { Ended, Journal } from './journal.ts';
import type { Locks } from './locks.ts';
import type { Paths } from './look-all.ts';

/** What the operator wants of a run that is under way. */
export interface Control {
  /** True: begin no further unit, and no further hop of a unit that is at work. */
  stopNew: boolean;
  /** Aborted: units before their commit end now. */
  readonly abort: AbortSignal;
}

/** Everything that a run needs while it is carried out. */
export interface Execution {
  readonly journal: Journal;
  readonly inventory: Inventory;
  /** Resolved targets by key; the partners of the chosen units are among them. */
  readonly targets: ReadonlyMap<string, UnitTarget>;
  readonly paths: Paths;
  readonly locks: Locks;
  readonly earlier: EarlierStarts;
  readonly clock: Clock;
  readonly rehearsalSpeed: number;
  readonly against: (unit: Unit, image: StoredImage, hop: Hop) => readonly Reason[];
  readonly image: (hop: Hop) => Promise<StoredImage>;
  readonly control: Control;
  /** Called as units move on; for showing only. */
  readonly progress: (key: string, note: string, fraction: number | null) => void;
  /** Called when a unit has ended; for showing only. */
  readonly ended: (key: string, outcome: Ended) => void;
}
