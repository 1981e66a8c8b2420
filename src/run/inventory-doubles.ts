import { type Found, meet, whereIs } from './inventory-listed.ts';

/** A listed unit after doubles were dealt with. */
export interface Single {
  readonly found: Found;
  /** Addresses at which other units answer with the same serial number; that number identifies none of them. */
  readonly rivals: readonly string[];
}

/** One more address of a card that is in the list by another one. */
export interface SecondAddress {
  readonly found: Found;
  readonly instead: Found;
}

/** Which of several addresses of one card the inventory has; null where it has none of them. */
export type Known = (serial: string, ways: readonly Found[]) => Found | null;

/**
 * Takes a list apart where it names one serial number at several addresses: one card with several addresses is one unit,
 * several cards are several units that cannot be told apart by it.
 */
export function withoutDoubles(
  list: readonly Found[],
  known: Known,
): { readonly singles: readonly Single[]; readonly seconds: readonly SecondAddress[] } {
  const seconds: SecondAddress[] = [];
  const kept = new Set(list);
  const bySerial = new Map<string, Found[]>();
  for (const found of list) {
    if (found.serial === null) continue;
    const same = bySerial.get(found.serial) ?? [];
    bySerial.set(found.serial, same);
    if (same.some((other) => samePlace(other, found))) kept.delete(found);
    else same.push(found);
  }
  dropNameless(list, kept);

  const rivals = new Map<Found, readonly string[]>();
  for (const [serial, ways] of bySerial) {
    const units = byCard(ways).map((own) => {
      const [first = null] = own;
      const best = own.length > 1 ? (known(serial, own) ?? first) : first;
      for (const found of own) {
        if (best === null || found === best) continue;
        kept.delete(found);
        seconds.push({ found, instead: best });
      }
      return best;
    });
    if (units.length < 2) continue;
    for (const unit of units) {
      if (unit === null) continue;
      rivals.set(
        unit,
        units.flatMap((other) => (other === null || other === unit ? [] : [whereIs(other)])),
      );
    }
  }
  const singles = list
    .filter((found) => kept.has(found))
    .map((found) => ({ found, rivals: rivals.get(found) ?? [] }));
  return { singles, seconds };
}

/** A line without a serial number says nothing new beside one with a serial number at the same address. */
function dropNameless(list: readonly Found[], kept: Set<Found>): void {
  const named = new Map<string, Found[]>();
  for (const found of kept) {
    if (found.serial === null) continue;
    for (const host of found.hosts) named.set(host, [...(named.get(host) ?? []), found]);
  }
  for (const found of list) {
    if (found.serial !== null) continue;
    const others = [...found.hosts].flatMap((host) => named.get(host) ?? []);
    if (others.some((other) => samePlace(other, found))) kept.delete(found);
  }
}

function samePlace(a: Found, b: Found): boolean {
  return meet(a.hosts, b.hosts) && (a.port === b.port || a.port === null || b.port === null);
}

/** Ways to one card together; a card that does not tell its serial number is one of its own. */
function byCard(ways: readonly Found[]): readonly (readonly Found[])[] {
  const cards = new Map<string | Found, Found[]>();
  for (const found of ways) {
    const key = found.card ?? found;
    cards.set(key, [...(cards.get(key) ?? []), found]);
  }
  return [...cards.values()];
}

/** A listed unit at an address that the list has for other serial numbers too. */
export interface Contested {
  readonly found: Found;
  readonly others: readonly Found[];
}

/** Takes out what the list contradicts itself about: one address with several serial numbers. */
export function withoutContested(singles: readonly Single[]): {
  readonly certain: readonly Single[];
  readonly contested: readonly Contested[];
} {
  const byPlace = new Map<string, Found[]>();
  const placesOf = (found: Found): readonly string[] =>
    [...found.hosts].map((host) => `${host} ${found.port}`);
  for (const { found } of singles) {
    for (const place of placesOf(found)) byPlace.set(place, [...(byPlace.get(place) ?? []), found]);
  }
  const certain: Single[] = [];
  const contested: Contested[] = [];
  for (const single of singles) {
    const { found } = single;
    const there = new Set(placesOf(found).flatMap((place) => byPlace.get(place) ?? []));
    const others = [...there].filter((other) => other.serial !== null && other.serial !== found.serial);
    if (found.serial === null || others.length === 0) certain.push(single);
    else contested.push({ found, others });
  }
  return { certain, contested };
}
