import type { Transport } from './target.ts';
import type { CardPart } from './unit.ts';

/**
 * What a step does. Exactly one step of a hop commits: `start`. An image for the UPS lies on the card before it is started
 * (`transfer`); a file for the card itself is taken as soon as it has arrived, so there the upload is the start.
 */
export const STEP_NAMES = ['backup', 'transfer', 'start', 'settle', 'verify'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** The steps of a hop, in their order: through the card, for the card itself, and into a boot loader. */
export const HOP_STEPS = {
  ups: ['backup', 'transfer', 'start', 'settle', 'verify'],
  card: ['backup', 'start', 'settle', 'verify'],
  loader: ['start', 'settle', 'verify'],
} as const satisfies Readonly<Record<string, readonly StepName[]>>;

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
