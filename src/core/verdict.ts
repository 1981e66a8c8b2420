import type { Hop } from './hop.ts';
import type { Transport } from './target.ts';

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

/** The judgement on a unit. `blocked`: an update exists, and the reasons say what stops it and what lifts it. */
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
