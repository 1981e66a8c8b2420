import type { Entry, Place } from './entries.ts';
import { type Found, isAddress, meet, placeText } from './listed.ts';

/** A unit of the inventory that answered at another place. */
export interface Move {
  readonly found: Found;
  readonly entry: Entry;
  readonly from: Place;
  readonly to: Place;
}

/** A unit of the inventory that answered somewhere, and why it stays where it is. */
export interface NoMove {
  readonly found: Found;
  readonly entry: Entry;
  readonly kind: 'conflict' | 'left-out';
  readonly reason: string;
}

/** What a listed unit whose serial number stands in the inventory leads to; null: it is where it should be. */
export function proposeMove(found: Found, entry: Entry): Move | NoMove | null {
  const { place } = entry;
  const answered = placeText(found.host, found.port);
  if (place === null) {
    const way = entry.unit.usb === undefined ? 'serialPort' : 'usb';
    const reason = `answered at ${answered}; the inventory reaches it by ${way}, and that stays`;
    return { found, entry, kind: 'left-out', reason };
  }
  const isThere = meet(place.hosts, found.hosts);
  const port = found.port ?? place.port;
  if (isThere && port === place.port) return null;
  if (!isThere && !isAddress(place.host)) {
    const known = [...place.hosts].slice(1);
    const leads = known.length === 0 ? 'an address that is not known' : known.join(', ');
    return {
      found,
      entry,
      kind: 'conflict',
      reason: `the name ${place.host} leads to ${leads}; the unit answered at ${answered}`,
    };
  }
  const to = isThere ? { ...place, port } : { host: found.host, hosts: found.hosts, port };
  return { found, entry, from: place, to };
}

/**
 * Which of the moves can be made together: nobody may be left at the place that a unit moves to. Two units that change
 * places move both; of two that want one place the first gets it.
 */
export function resolveMoves(
  wishes: readonly Move[],
  entries: readonly Entry[],
): { readonly made: readonly Move[]; readonly blocked: readonly { move: Move; by: Entry }[] } {
  const blocked: { move: Move; by: Entry }[] = [];
  const moving = new Map(wishes.map((move) => [move.entry, move]));
  const order = new Map(wishes.map((move, index) => [move.entry, index]));
  const isInTheWay = (other: Entry, move: Move): boolean => {
    if (other === move.entry) return false;
    const theirs = moving.get(other);
    const place = theirs?.to ?? other.place;
    if (place === null || place.port !== move.to.port || !meet(place.hosts, move.to.hosts)) return false;
    return theirs === undefined || (order.get(other) ?? 0) < (order.get(move.entry) ?? 0);
  };
  // A move that cannot be made leaves its unit where it is, where it may be in the way of another.
  for (let changed = true; changed; ) {
    changed = false;
    for (const move of wishes) {
      if (moving.get(move.entry) !== move) continue;
      const by = entries.find((other) => isInTheWay(other, move));
      if (by === undefined) continue;
      moving.delete(move.entry);
      blocked.push({ move, by });
      changed = true;
    }
  }
  return { made: wishes.filter((move) => moving.get(move.entry) === move), blocked };
}
