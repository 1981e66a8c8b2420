import type { Hop } from './hop.ts';
import type { Transport } from './target.ts';

export const REASON_OUTCOMES = ['pass', 'warn', 'block', 'unknown'] as const;
export type Outcome = (typeof REASON_OUTCOMES)[number];

/** A rule's answer about one unit and one image. */
export interface Reason {
  /** Stable, upper case; documented in docs/codes.md. */
  readonly code: string;
  /** ID of the rule. */
  readonly rule: string;
  readonly outcome: Outcome;
  /** Both sides of the comparison. */
  readonly because: string;
  /** What removes the reason; null for `pass`. */
  readonly remedy: string | null;
  readonly source: string;
}

/** In the order of every report. */
export const STATUSES = ['current', 'outdated', 'blocked', 'unsupported', 'unknown', 'unreachable'] as const;
export type Status = (typeof STATUSES)[number];

export interface Target {
  readonly version: string;
  readonly microLinkId: number;
  /** File name of the image; null if the folder does not contain it. */
  readonly image: string | null;
}

/**
 * The result for one unit. `blocked`: an update exists, and the reasons state what blocks it and what removes
 * the block.
 */
export interface Verdict {
  readonly status: Status;
  readonly target: Target | null;
  readonly hops: readonly Hop[];
  readonly transport: Transport | null;
  readonly wizard: string | null;
  readonly reasons: readonly Reason[];
}

/** True if no reason refuses the update. */
export function isAllowed(reasons: readonly Reason[]): boolean {
  return !reasons.some(isRefusal);
}

/** True if the reason refuses the update: it blocks it, or something is not known. */
export function isRefusal({ outcome }: Pick<Reason, 'outcome'>): boolean {
  return outcome === 'block' || outcome === 'unknown';
}

/** Reasons of a unit that answered and could not be evaluated; the problem of the look has the cause. */
const UNREAD_CODES: readonly string[] = ['LOST_UPS', 'NOT_READ'];

/** Whether a reason says that nothing of the unit was read, although something answered. */
export function isUnread({ code }: Pick<Reason, 'code'>): boolean {
  return UNREAD_CODES.includes(code);
}
