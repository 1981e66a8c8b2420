import { createHash } from 'node:crypto';
import type { ProblemJson } from './problem.ts';
import type { PathKind } from './target.ts';
import type { CardPart, Unit } from './unit.ts';
import type { Verdict } from './verdict.ts';

/**
 * What a step does. Exactly one step of a hop commits: `start`. An image for the UPS lies on the card before it is started
 * (`transfer`); a file for the card itself is taken as soon as it has arrived, so there the upload is the start.
 */
export type StepName = 'backup' | 'transfer' | 'start' | 'settle' | 'verify';

/** What a UPS runs at one end of a hop; null where it runs nothing and waits in its boot loader. */
export interface UpsStanding {
  readonly version: string | null;
  readonly microLinkId: number;
}

/** What a part of a card runs at one end of a hop; `from` may not be known, which is null. */
export interface CardStanding {
  readonly version: string | null;
  readonly platform: string;
}

interface HopBase {
  readonly image: { readonly file: string; readonly sha256: string; readonly sizeBytes: number };
  readonly path: PathKind;
  readonly steps: readonly StepName[];
}

/** One image over one path. It may change the line (1001 to 1013) and close the path that it came by. */
export interface UpsHop extends HopBase {
  readonly component: 'ups';
  /** The unit is known to receive an image first and to install it when its panel lets it: received is not installed. */
  readonly twoStep: boolean;
  readonly from: UpsStanding;
  readonly to: UpsStanding & { readonly version: string };
}

/** One firmware file for the card, which restarts with it; the UPS behind it is not touched. */
export interface CardHop extends HopBase {
  readonly component: CardPart;
  readonly from: CardStanding;
  readonly to: CardStanding & { readonly version: string };
}

export type Hop = UpsHop | CardHop;

/** Whether a hop is about the UPS, and not about its card. */
export function isUpsHop(hop: Hop): hop is UpsHop {
  return hop.component === 'ups';
}

/** One end of a hop, in words: `UPS 09.4 (ID18)`, `card-os v6.9.6 (hw05)`. */
export function standingInWords(hop: Hop, end: 'from' | 'to'): string {
  if (isUpsHop(hop)) return `UPS ${hop[end].version ?? 'boot loader'} (ID${hop[end].microLinkId})`;
  return `${hop.component} ${hop[end].version ?? '?'} (${hop[end].platform})`;
}

/** The part of a plan that belongs to one unit. Units without hops are in the plan with their verdict: not hidden. */
export interface PlannedUnit {
  /** `site/name`. */
  readonly key: string;
  readonly unit: Unit;
  readonly verdict: Verdict;
  readonly hops: readonly Hop[];
  /** `off`: the operator wants the output of this unit switched off while it is updated, and on again afterwards. */
  readonly output: 'off' | null;
  /** Why the unit could not be looked at; null where it could. */
  readonly problem: ProblemJson | null;
}

/** What a plan is about: the UPS (and its card where that stands in the way), the card alone, or both. */
export const PLAN_COMPONENTS = ['ups', 'card', 'all'] as const;
export type PlanComponent = (typeof PLAN_COMPONENTS)[number];

export interface Plan {
  /** Hash of identity, firmware, images and rules: same facts, same plan. */
  readonly id: string;
  readonly component: PlanComponent;
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
      hops: planned.hops.map((hop) => [hop.component, hop.from, hop.to, hop.image.sha256, hop.path]),
      output: planned.output,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return createHash('sha256').update(JSON.stringify({ rules, facts })).digest('hex').slice(0, 16);
}
