import type { Transport } from './target.ts';
import type { CardPart } from './unit.ts';

export type Outcome = 'pass' | 'warn' | 'block' | 'unknown';

/** What one rule says about one unit and one image. */
export interface Reason {
  /** Stable, in capitals; documented in docs/codes.md. */
  readonly code: string;
  /** Id of the rule. */
  readonly rule: string;
  readonly outcome: Outcome;
  /** Both sides of the comparison. */
  readonly because: string;
  /** What lifts it; null for `pass`. */
  readonly remedy: string | null;
  readonly source: string;
}

export type Status = 'current' | 'outdated' | 'blocked' | 'unsupported' | 'unknown' | 'unreachable';

export interface Target {
  readonly version: string;
  readonly microLinkId: number;
  /** File name of the image; null where the folder holds none. */
  readonly image: string | null;
}

/** One image of a route for the UPS: what would be sent, and where it leads. */
export interface RouteOutline {
  readonly from: string;
  readonly to: string;
  readonly image: string;
  readonly microLinkIdAfter: number;
  readonly transport: Transport;
  /** The unit is known to receive an image first and to install it when its panel lets it. */
  readonly twoStep: boolean;
}

export interface UpsHopOutline extends RouteOutline {
  readonly component: 'ups';
}

/** One firmware file for the card. `from` is null where the version of that part is not known. */
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

/** The judgement on a unit. `blocked`: an update exists, and the reasons say what stops it and what lifts it. */
export interface Verdict {
  readonly status: Status;
  readonly target: Target | null;
  readonly hops: readonly HopOutline[];
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
