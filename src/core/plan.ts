import { createHash } from 'node:crypto';
import { Problem, type ProblemJson } from './problem.ts';
import type { Transport } from './target.ts';
import type { Card, CardPart, Unit } from './unit.ts';
import type { Verdict } from './verdict.ts';

/**
 * What a step does. Exactly one step of a hop commits: `start`. An image for the UPS lies on the card before it is started
 * (`transfer`); a file for the card itself is taken as soon as it has arrived, so there the upload is the start.
 */
export const STEP_NAMES = ['backup', 'transfer', 'start', 'settle', 'verify'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** What a UPS runs at one end of a hop; null where it runs nothing and waits in its boot loader. */
export interface InstalledUpsFirmware {
  readonly version: string | null;
  readonly microLinkId: number;
}

/** What a part of a card runs at one end of a hop; `from` may not be known, which is null. */
export interface InstalledCardFirmware {
  readonly version: string | null;
  readonly platform: string;
}

interface HopBase {
  readonly image: { readonly file: string; readonly sha256: string; readonly sizeBytes: number };
  readonly transport: Transport;
  readonly steps: readonly StepName[];
}

/** One image over one path. It may change the line (1001 to 1013) and close the path that it came by. */
export interface UpsHop extends HopBase {
  readonly component: 'ups';
  /** The unit is known to receive an image first and to install it when its panel lets it: received is not installed. */
  readonly twoStep: boolean;
  readonly from: InstalledUpsFirmware;
  readonly to: InstalledUpsFirmware & { readonly version: string };
}

/** One firmware file for the card, which restarts with it; the UPS behind it is not touched. */
export interface CardHop extends HopBase {
  readonly component: CardPart;
  readonly from: InstalledCardFirmware;
  readonly to: InstalledCardFirmware & { readonly version: string };
}

export type Hop = UpsHop | CardHop;

/** Whether a hop is about the UPS, and not about its card. */
export function isUpsHop(hop: Hop): hop is UpsHop {
  return hop.component === 'ups';
}

/** One end of a hop, in words: `UPS 09.4 (ID18)`, `card-os v6.9.6 (hw05)`. */
export function describeEnd(hop: Hop, end: 'from' | 'to'): string {
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
  readonly switchOutput: 'off' | null;
  /** Why the unit could not be looked at; null where it could. */
  readonly problem: ProblemJson | null;
}

/** What a plan is about: the UPS (and its card where that stands in the way), the card alone, or both. */
export const PLAN_COMPONENTS = ['ups', 'card', 'all'] as const;
export type PlanComponent = (typeof PLAN_COMPONENTS)[number];

export interface Plan {
  /** Hash of what it is carried out by, see {@link planId}: same facts, same plan. */
  readonly id: string;
  readonly component: PlanComponent;
  /** Hash over the rule files and the catalogue that judged. */
  readonly rules: string;
  readonly units: readonly PlannedUnit[];
}

/** What of a unit a plan depends on. Volatile facts (load, runtime) are not among it: they are judged before each start. */
export const PLAN_FACTS = [
  'serial number',
  'firmware',
  'card',
  'route',
  'images',
  'output during the update',
] as const;
export type PlanFact = (typeof PLAN_FACTS)[number];

/** The facts of one planned unit, each as text. Device text is in it as the unit gave it. */
export function planFacts({
  unit,
  hops,
  switchOutput: output,
}: PlannedUnit): Readonly<Record<PlanFact, string>> {
  const { firmware, card } = unit;
  const route = hops.map(
    (hop) => `${describeEnd(hop, 'from')} -> ${describeEnd(hop, 'to')} over ${hop.transport}`,
  );
  return {
    'serial number': unit.serial ?? 'none',
    firmware: `UPS ${firmware.version ?? '?'} (ID${firmware.microLinkId ?? '?'})`,
    card: card === null ? 'none' : cardInWords(card),
    route: route.join(', then ') || 'none',
    // The name of an image file says nothing; that of a file for a card is all that tells its version.
    images:
      hops
        .map(({ component, image }) =>
          component === 'ups' ? `sha256 ${image.sha256}` : `${image.file} sha256 ${image.sha256}`,
        )
        .join(', then ') || 'none',
    'output during the update': output === 'off' ? 'switched off' : 'left as it is',
  };
}

function cardInWords({ model, serial, platform, boot, os, app }: Card): string {
  const parts = [
    ['serial number', serial],
    ['platform', platform],
    ['boot monitor', boot],
    ['OS', os],
    [app?.name ?? 'application', app?.version ?? null],
  ] as const;
  return `${model ?? '?'}: ${parts.map(([name, value]) => `${name} ${value ?? '?'}`).join(', ')}`;
}

/** The id of a plan: a hash over the facts that it is carried out by. A fresh plan of the same situation has the same id. */
export function planId(
  rules: string,
  units: readonly PlannedUnit[],
  component: PlanComponent = 'ups',
): string {
  const facts = units
    .map((planned) => ({ key: planned.key, facts: planFacts(planned) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return contentHash({ rules, component, facts }).slice(0, 16);
}

/** SHA-256 over a JSON value, in hex. The order of keys and the layout of the text do not count; every value does. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** More levels than any document of the tool has. */
const DEEPEST = 64;

/** JSON text with its keys in order. Keys without a value are left out, as in JSON. Throws Problem config/plan for deep nesting. */
export function canonicalJson(value: unknown, level = 0): string {
  if (level > DEEPEST) {
    throw new Problem('config/plan', `The content is nested deeper than ${DEEPEST} levels.`, {
      hint: 'Make a new plan: upsfw plan --out FILE.',
    });
  }
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one, level + 1)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one, level + 1)}`);
  return `{${fields.join(',')}}`;
}

/** How a unit ended. `unknown`: a person has to look at it. */
export const OUTCOMES = ['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped'] as const;
export type UnitOutcome = (typeof OUTCOMES)[number];

/** The state of a step of a hop. */
export const STEP_STATES = [
  'begun',
  'committing',
  'done',
  'failed',
  'unknown',
  'staged',
  'not-started',
  'received',
] as const;
export type StepState = (typeof STEP_STATES)[number];

/** What a run did to the output of a unit that it may switch. Only `on` says that the output is as it was before. */
export const OUTPUT_STATES = [
  'switching-off',
  'off',
  'not-switched',
  'switching-on',
  'on',
  'unknown',
] as const;
export type OutputState = (typeof OUTPUT_STATES)[number];
