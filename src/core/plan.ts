import { createHash } from 'node:crypto';
import { describeEnd, type Hop } from './hop.ts';
import { Problem, type ProblemJson } from './problem.ts';
import type { Card, Unit } from './unit.ts';
import type { Verdict } from './verdict.ts';

/** One unit of a plan. Units without hops are in the plan with their verdict, so that none is hidden. */
export interface PlannedUnit {
  /** `site/name`. */
  readonly key: string;
  readonly unit: Unit;
  /** Without its hops: a unit that is not to be updated has none. */
  readonly verdict: Omit<Verdict, 'hops'>;
  readonly hops: readonly Hop[];
  /** `off`: the operator allows switching the output off during the update, and on again afterwards. */
  readonly switchOutput: 'off' | null;
  /** Why the unit could not be read; null if it was read. */
  readonly problem: ProblemJson | null;
}

/** What a plan updates: the UPS (and its card if needed for that), the card only, or both. */
export const PLAN_COMPONENTS = ['ups', 'card', 'all'] as const;
export type PlanComponent = (typeof PLAN_COMPONENTS)[number];

export interface Plan {
  /** Hash of the facts that the plan depends on, see {@link planId}: same facts, same plan. */
  readonly id: string;
  readonly component: PlanComponent;
  /** Hash of the rule files and the catalogue that the verdicts are based on. */
  readonly rules: string;
  readonly units: readonly PlannedUnit[];
}

/**
 * What a plan depends on in a unit. Volatile facts (load, runtime) are evaluated before each start instead.
 */
export const PLAN_FACTS = [
  'serial number',
  'firmware',
  'card',
  'route',
  'images',
  'output during the update',
] as const;
export type PlanFact = (typeof PLAN_FACTS)[number];

/** The facts of one planned unit, each as text. Device text is not sanitized. */
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
    card: card === null ? 'none' : describeCard(card),
    route: route.join(', then ') || 'none',
    // The name of an image file is no evidence; that of a card file is the only source of its version.
    images:
      hops
        .map(({ component, image }) =>
          component === 'ups' ? `sha256 ${image.sha256}` : `${image.file} sha256 ${image.sha256}`,
        )
        .join(', then ') || 'none',
    'output during the update': output === 'off' ? 'switched off' : 'left as it is',
  };
}

function describeCard({ model, serial, platform, boot, os, app }: Card): string {
  const parts = [
    ['serial number', serial],
    ['platform', platform],
    ['boot monitor', boot],
    ['OS', os],
    [app?.name ?? 'application', app?.version ?? null],
  ] as const;
  return `${model ?? '?'}: ${parts.map(([name, value]) => `${name} ${value ?? '?'}`).join(', ')}`;
}

/**
 * The ID of a plan: a hash over the facts that it depends on. A new plan of the same situation has the same
 * ID.
 */
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

/** SHA-256 of a JSON value, in hex. Order of keys and layout of the text do not matter. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** More levels than any document of the tool has. */
const MAX_DEPTH = 64;

/**
 * JSON text with sorted keys; undefined values are left out, as in JSON. Throws Problem config/plan for deep
 * nesting.
 */
export function canonicalJson(value: unknown, level = 0): string {
  if (level > MAX_DEPTH) {
    throw new Problem('config/plan', `The content is nested deeper than ${MAX_DEPTH} levels.`, {
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

/** What a run did to the output of a unit. Only `on` means that the output is as it was before. */
export const OUTPUT_STATES = [
  'switching-off',
  'off',
  'not-switched',
  'switching-on',
  'on',
  'unknown',
] as const;
export type OutputState = (typeof OUTPUT_STATES)[number];
