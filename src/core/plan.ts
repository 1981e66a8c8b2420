import { createHash } from 'node:crypto';
import { Problem, type ProblemJson } from './problem.ts';
import type { Transport } from './target.ts';
import type { Card, CardPart, Unit } from './unit.ts';
import type { Verdict } from './verdict.ts';

/**
 * The steps of a hop. The point of no return is `start`. An image for the UPS is on the card before its start
 * (`transfer`). A card installs its own file as soon as it has arrived, so there the upload is the start.
 */
export const STEP_NAMES = ['backup', 'transfer', 'start', 'settle', 'verify'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** UPS firmware at one end of a hop. A null version means that the UPS waits in its boot loader. */
export interface InstalledUpsFirmware {
  readonly version: string | null;
  readonly microLinkId: number;
}

/** Firmware of a card part at one end of a hop. The version at `from` may not be known (null). */
export interface InstalledCardFirmware {
  readonly version: string | null;
  readonly platform: string;
}

interface HopBase {
  readonly image: { readonly file: string; readonly sha256: string; readonly sizeBytes: number };
  readonly transport: Transport;
  readonly steps: readonly StepName[];
}

/**
 * One image over one transport. It may change the firmware line (1001 to 1013) and close the transport that
 * it came by.
 */
export interface UpsHop extends HopBase {
  readonly component: 'ups';
  /** The unit is known to install an image later, when its panel allows it: received is not installed. */
  readonly twoStep: boolean;
  readonly from: InstalledUpsFirmware;
  readonly to: InstalledUpsFirmware & { readonly version: string };
}

/** One firmware file for the card, which then restarts. The UPS behind it is not touched. */
export interface CardHop extends HopBase {
  readonly component: CardPart;
  readonly from: InstalledCardFirmware;
  readonly to: InstalledCardFirmware & { readonly version: string };
}

export type Hop = UpsHop | CardHop;

/** True for a hop of the UPS, false for a hop of its card. */
export function isUpsHop(hop: Hop): hop is UpsHop {
  return hop.component === 'ups';
}

/** One end of a hop as text: `UPS 09.4 (ID18)`, `card-os v6.9.6 (hw05)`. */
export function describeEnd(hop: Hop, end: 'from' | 'to'): string {
  if (isUpsHop(hop)) return `UPS ${hop[end].version ?? 'boot loader'} (ID${hop[end].microLinkId})`;
  return `${hop.component} ${hop[end].version ?? '?'} (${hop[end].platform})`;
}

/** One unit of a plan. Units without hops are in the plan with their verdict, so that none is hidden. */
export interface PlannedUnit {
  /** `site/name`. */
  readonly key: string;
  readonly unit: Unit;
  readonly verdict: Verdict;
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
