import type { Clock } from './clock.ts';
import type { Problem } from './problem.ts';
import type { DeviceKind, Unit } from './unit.ts';

/** One entry of what was said in a session with a device. Device text as it came, secrets taken out. */
export interface TranscriptEntry {
  readonly at: Date;
  /** `host:port` and protocol. */
  readonly where: string;
  readonly kind: 'sent' | 'received' | 'note';
  readonly text: string;
}

/**
 * What a unit does with firmware at this moment, by its card. `idle`: no update runs and none waits. `waiting`: the unit has
 * received an image that is not installed yet. `unknown`: the card could not be asked, or its answers do not decide.
 */
export const ACTIVITIES = ['idle', 'updating', 'waiting', 'unknown'] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** What a look at an address gives. It never throws for what a device does: silence is a `problem`. */
export interface Look {
  readonly unit: Unit;
  readonly kind: DeviceKind | null;
  /** What answered, in words fit for printing; null where nothing did. */
  readonly description: string | null;
  /** The name that the device gives as its own; absent or null where it has none. */
  readonly systemName?: string | null;
  readonly problem: Problem | null;
  /** What the unit does with firmware; absent where the look did not ask. */
  readonly activity?: Activity;
  /** The source that decided `activity`, as text fit for printing. */
  readonly activityNote?: string;
}

export interface LookContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of what is said in every session; for the transcript of a run. */
  readonly transcript?: (said: TranscriptEntry) => void;
  /** True: what the card itself runs matters, and is asked by a further way where the first does not tell all of it. */
  readonly card?: boolean;
  /**
   * Also asks whether an update runs or waits. `all`: its update object, command line and event log, which cost a login or two;
   * `object`: its update object alone.
   */
  readonly update?: 'all' | 'object';
  /**
   * Called by a look over the network when the unit has answered for the first time, and before it is asked by a way that costs more
   * than a packet. Resolves when it may be asked further: until then others were read in its place. Absent: at once.
   */
  readonly heard?: () => Promise<void>;
}
