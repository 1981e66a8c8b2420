import { createHash } from 'node:crypto';
import type { ProblemJson } from './problem.ts';
import type { PathKind } from './target.ts';
import type { Unit } from './unit.ts';
import type { Verdict } from './verdict.ts';

/** What a step does. Exactly one step of a hop commits: `start`. */
export type StepName = 'transfer' | 'start' | 'settle' | 'verify';

/** One image over one path. It may change the line (1001 to 1013) and close the path that it came by. */
export interface Hop {
  readonly from: { readonly version: string; readonly microLinkId: number };
  readonly to: { readonly version: string; readonly microLinkId: number };
  readonly image: { readonly file: string; readonly sha256: string; readonly sizeBytes: number };
  readonly path: PathKind;
  readonly steps: readonly StepName[];
}

/** The part of a plan that belongs to one unit. Units without hops are in the plan with their verdict: not hidden. */
export interface PlannedUnit {
  /** `site/name`. */
  readonly key: string;
  readonly unit: Unit;
  readonly verdict: Verdict;
  readonly hops: readonly Hop[];
  /** Why the unit could not be looked at; null where it could. */
  readonly problem: ProblemJson | null;
}

export interface Plan {
  /** Hash of identity, firmware, images and rules: same facts, same plan. */
  readonly id: string;
  /** Hash over the rule files and the catalogue that judged. */
  readonly rules: string;
  readonly units: readonly PlannedUnit[];
}

/** The id of a plan. Volatile facts (load, runtime) are left out: they are judged again before each start. */
export function planId(rules: string, units: readonly PlannedUnit[]): string {
  const facts = units
    .map((planned) => ({
      key: planned.key,
      serial: planned.unit.serial,
      version: planned.unit.firmware.version,
      microLinkId: planned.unit.firmware.microLinkId,
      hops: planned.hops.map((hop) => [hop.from, hop.to, hop.image.sha256, hop.path]),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return createHash('sha256').update(JSON.stringify({ rules, facts })).digest('hex').slice(0, 16);
}
