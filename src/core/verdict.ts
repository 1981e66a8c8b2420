import type { Transport } from './target.ts';
import type { CardPart } from './unit.ts';

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

/** One image of a route for the UPS: what to send, and the result. */
export interface RouteOutline {
  readonly from: string;
  readonly to: string;
  readonly image: string;
  readonly microLinkIdAfter: number;
  readonly transport: Transport;
  /** The unit is known to install an image later, when its panel allows it. */
  readonly twoStep: boolean;
}

export interface UpsHopOutline extends RouteOutline {
  readonly component: 'ups';
}

/** One firmware file for the card. `from` is null if the version of that part is not known. */
export interface CardHopOutline {
  readonly component: CardPart;
  readonly from: string | null;
  readonly to: string;
  readonly image: string;
  readonly microLinkIdAfter: null;
  readonly transport: Transport;
}

/** One hop of a verdict. */
export type HopOutline = UpsHopOutline | CardHopOutline;

/**
 * The result for one unit. `blocked`: an update exists, and the reasons state what blocks it and what removes
 * the block.
 */
export interface Verdict {
  readonly status: Status;
  readonly target: Target | null;
  readonly hops: readonly HopOutline[];
  readonly transport: Transport | null;
  readonly wizard: string | null;
  readonly reasons: readonly Reason[];
}

/** True if no reason blocks the update and none is unknown. */
export function isAllowed(reasons: readonly Reason[]): boolean {
  return reasons.every((reason) => reason.outcome === 'pass' || reason.outcome === 'warn');
}
