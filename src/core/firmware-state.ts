import { type Hop, isUpsHop } from './hop.ts';
import type { Card, CardPart, Unit } from './unit.ts';

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
