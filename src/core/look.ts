import type { Clock } from './clock.ts';
import type { Problem } from './problem.ts';
import type { DeviceKind, Unit } from './unit.ts';

/** One entry of a session transcript. Device text as received, without secrets. */
export interface TranscriptEntry {
  readonly at: Date;
  /** `host:port` and protocol. */
  readonly where: string;
  readonly kind: 'sent' | 'received' | 'note';
  readonly text: string;
}

/**
 * What a unit does with firmware now, according to its card. `idle`: no update runs or waits. `waiting`: the
 * unit has received an image that is not installed yet. `unknown`: the card did not answer, or its answers
 * are not conclusive.
 */
export const ACTIVITIES = ['idle', 'updating', 'waiting', 'unknown'] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** Result of looking at an address. Looking never throws because of a device: silence is a `problem`. */
export interface Look {
  readonly unit: Unit;
  readonly kind: DeviceKind | null;
  /** What answered, as printable text; null if nothing did. */
  readonly description: string | null;
  /** The name that the device reports; absent or null if it has none. */
  readonly systemName?: string | null;
  readonly problem: Problem | null;
  /** Signs of the device that contradict its kind, as printable text; absent or null without any. */
  readonly doubt?: string | null;
  /** What the unit does with firmware; absent if not asked for. */
  readonly activity?: Activity;
  /** The source that decided `activity`, as printable text. */
  readonly activityNote?: string;
}

export interface LookContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Receives every entry of every session, for the transcript of a run. */
  readonly transcript?: (entry: TranscriptEntry) => void;
  /**
   * True: the versions of the card matter. Another source is read if the first one does not give all of them.
   */
  readonly card?: boolean;
  /**
   * Also reads whether an update runs or waits. `all`: update object, command line and event log, which needs
   * a login or two. `object`: the update object only.
   */
  readonly update?: 'all' | 'object';
  /**
   * Called after the first answer of a unit on the network, before any read that costs more than a packet.
   * Resolves when this unit's turn has come; other units are read meanwhile. Absent: no wait.
   */
  readonly awaitTurn?: () => Promise<void>;
}
