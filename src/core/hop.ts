import type { Transport } from './target.ts';
import type { Card, CardPart, Unit } from './unit.ts';

/**
 * The steps of a hop. The point of no return is `start`. An image for the UPS is on the card before its start
 * (`transfer`). A card installs its own file as soon as it has arrived, so there the upload is the start.
 */
export const STEP_NAMES = ['backup', 'transfer', 'start', 'settle', 'verify'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** The steps of a hop, in their order: through the card, for the card itself, and into a boot loader. */
export const HOP_STEPS = {
  ups: ['backup', 'transfer', 'start', 'settle', 'verify'],
  card: ['backup', 'start', 'settle', 'verify'],
  loader: ['start', 'settle', 'verify'],
} as const satisfies Readonly<Record<string, readonly StepName[]>>;

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

/**
 * Version of one part of a card, as the card gives it. A card with a single file is known by its application.
 */
export function cardPartVersion(card: Card | null, part: CardPart): string | null {
  if (card === null) return null;
  if (part === 'card-boot') return card.boot;
  return part === 'card-os' ? card.os : (card.app?.version ?? null);
}

/** The card after one of its parts was updated. A card with a single file takes the version as a whole. */
export function cardAfter(card: Card, part: CardPart, version: string): Card {
  if (part === 'card-boot') return { ...card, boot: version };
  if (part === 'card-os') return { ...card, os: version };
  return { ...card, app: { name: card.app?.name ?? null, version } };
}

/** Cards write `v6.9.6`, file names 696 or 6.9.6: the letter has no meaning. */
export function sameCardVersion(a: string | null, b: string | null): boolean {
  const plain = (text: string | null): string | null => text?.trim().toLowerCase().replace(/^v/, '') ?? null;
  return plain(a) !== null && plain(a) === plain(b);
}

/**
 * Whether a unit runs what one end of a hop states. A card part of unknown earlier version counts as `from`
 * until it is at `to`.
 */
export function isAt(unit: Unit, hop: Hop, end: 'from' | 'to'): boolean {
  if (isUpsHop(hop)) {
    const { version, microLinkId } = unit.firmware;
    return version === hop[end].version && microLinkId === hop[end].microLinkId;
  }
  const version = cardPartVersion(unit.card, hop.component);
  // Between two files of a set, a card may run without its application. That file is still to come.
  if (end === 'from' && version === null && hop.component === 'card-app') return unit.card !== null;
  if (end === 'to') return sameCardVersion(version, hop.to.version);
  if (sameCardVersion(version, hop.to.version)) return false;
  return hop.from.version === null ? unit.card !== null : sameCardVersion(version, hop.from.version);
}

/** What a unit runs of the component that a hop updates. Printable text. */
export function describeInstalled(unit: Unit, hop: Hop): string {
  if (!isUpsHop(hop)) return `${hop.component} ${cardPartVersion(unit.card, hop.component) ?? '?'}`;
  const { version, microLinkId } = unit.firmware;
  return `UPS ${version ?? '?'} (ID${microLinkId ?? '?'})`;
}
