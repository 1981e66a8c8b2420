import type { Entry, Place } from './entries.ts';
import { type Found, isAddress, overlap, placeText } from './listed.ts';

/** A unit of the inventory that answered at another place. */
export interface Move {
  readonly found: Found;
  readonly entry: Entry;
  readonly from: Place;
  readonly to: Place;
}

/** A unit of the inventory that answered at another place, and why its entry stays unchanged. */
export interface NoMove {
  readonly found: Found;
  readonly entry: Entry;
  readonly kind: 'conflict' | 'left-out';
  readonly reason: string;
}

/** The move for a listed unit with the serial number of an entry; null where its address is unchanged. */
export function proposeMove(found: Found, entry: Entry): Move | NoMove | null {
  const { place } = entry;
  const answered = placeText(found.host, found.port);
  if (place === null) {
    const key = entry.unit.usb === undefined ? 'serialPort' : 'usb';
    const reason = `answered at ${answered}; the inventory reaches it through ${key}, which stays unchanged`;
    return { found, entry, kind: 'left-out', reason };
  }
  const isThere = overlap(place.hosts, found.hosts);
  const port = found.port ?? place.port;
  if (isThere && port === place.port) return null;
  if (!isThere && !isAddress(place.host)) {
    const known = [...place.hosts].slice(1);
    const resolved = known.length === 0 ? 'no known address' : known.join(', ');
    return {
      found,
      entry,
      kind: 'conflict',
      reason: `the name ${place.host} resolves to ${resolved}; the unit answered at ${answered}`,
    };
  }
  const to = isThere ? { ...place, port } : { host: found.host, hosts: found.hosts, port };
  return { found, entry, from: place, to };
}

/**
 * Selects the moves that can be made together: no other unit may remain at the new place of a unit. Two units
 * that exchange places both move. Of two units with the same new place, the first moves.
 */
export function resolveMoves(
  proposed: readonly Move[],
  entries: readonly Entry[],
): { readonly made: readonly Move[]; readonly blocked: readonly { move: Move; by: Entry }[] } {
  const blocked: { move: Move; by: Entry }[] = [];
  const moving = new Map(proposed.map((move) => [move.entry, move]));
  const order = new Map(proposed.map((move, index) => [move.entry, index]));
  const blocks = (other: Entry, move: Move): boolean => {
    if (other === move.entry) return false;
    const theirs = moving.get(other);
    const place = theirs?.to ?? other.place;
    if (place === null || place.port !== move.to.port || !overlap(place.hosts, move.to.hosts)) return false;
    return theirs === undefined || (order.get(other) ?? 0) < (order.get(move.entry) ?? 0);
  };
  const near = entriesNear(proposed, entries);
  // A blocked move leaves its unit at its old place, where it may block another move.
  for (let changed = true; changed; ) {
    changed = false;
    for (const move of proposed) {
      if (moving.get(move.entry) !== move) continue;
      const by = near(move).find((other) => blocks(other, move));
      if (by === undefined) continue;
      moving.delete(move.entry);
      blocked.push({ move, by });
      changed = true;
    }
  }
  return { made: proposed.filter((move) => moving.get(move.entry) === move), blocked };
}

/** The entries that are at the new place of a move, or may come there, in the order of the inventory. */
function entriesNear(proposed: readonly Move[], entries: readonly Entry[]): (move: Move) => readonly Entry[] {
  const byHost = new Map<string, Set<Entry>>();
  const add = (entry: Entry, place: Place | null): void => {
    for (const host of place?.hosts ?? []) {
      const there = byHost.get(host);
      if (there === undefined) byHost.set(host, new Set([entry]));
      else there.add(entry);
    }
  };
  const targets = new Map(proposed.map((move) => [move.entry, move.to]));
  for (const entry of entries) {
    add(entry, entry.place);
    add(entry, targets.get(entry) ?? null);
  }
  const order = new Map(entries.map((entry, index) => [entry, index]));
  return (move) => {
    const found = new Set([...move.to.hosts].flatMap((host) => [...(byHost.get(host) ?? [])]));
    return [...found].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  };
}
