import { type Found, meet, whereIs } from './listed.ts';

/** A listed unit after doubles were dealt with. */
export interface UniqueUnit {
  readonly found: Found;
  /** Addresses at which other units answer with the same serial number; that number identifies none of them. */
  readonly rivals: readonly string[];
}

/** One more address of a card that is in the list by another one. */
export interface SecondAddress {
  readonly found: Found;
  readonly instead: Found;
}

/** A listed unit at an address that the list has for other serial numbers too. */
export interface Contested {
  readonly found: Found;
  readonly others: readonly Found[];
}

/** Which of several addresses of one card the inventory has; null where it has none of them. */
export type Known = (serial: string, ways: readonly Found[]) => Found | null;

/**
 * The list without what it says twice: a serial number at one address again, and an address without a serial number where
 * another line gives one. `repeats` are what is taken out, each with the line that counts.
 */
export function withoutRepeats(list: readonly Found[]): {
  readonly kept: readonly Found[];
  readonly repeats: readonly SecondAddress[];
} {
  const repeats: SecondAddress[] = [];
  const earlier = new Map<string, Found[]>();
  const named = new Map<string, Found[]>();
  const kept: Found[] = [];
  for (const found of list) {
    if (found.serial !== null) {
      const same = earlier.get(found.serial) ?? [];
      const before = same.find((other) => samePlace(other, found));
      if (before !== undefined) {
        repeats.push({ found, instead: before });
        continue;
      }
      earlier.set(found.serial, [...same, found]);
      index(named, found);
    }
    kept.push(found);
  }
  const single = kept.filter((found) => {
    const [instead] = found.serial === null ? neighbours(named, found) : [];
    if (instead !== undefined) repeats.push({ found, instead });
    return instead === undefined;
  });
  return { kept: single, repeats };
}

/** Takes out what the list contradicts itself about: one address with several serial numbers. */
export function withoutContested(list: readonly Found[]): {
  readonly certain: readonly Found[];
  readonly contested: readonly Contested[];
} {
  const named = new Map<string, Found[]>();
  for (const found of list) if (found.serial !== null) index(named, found);
  const certain: Found[] = [];
  const contested: Contested[] = [];
  for (const found of list) {
    const others = neighbours(named, found).filter((other) => other.serial !== found.serial);
    if (found.serial === null || others.length === 0) certain.push(found);
    else contested.push({ found, others });
  }
  return { certain, contested };
}

/**
 * Takes a list apart where it names one serial number at several addresses: one card with several addresses is one unit,
 * several cards are several units that cannot be told apart by it.
 */
export function withoutDoubles(
  list: readonly Found[],
  known: Known,
): { readonly singles: readonly UniqueUnit[]; readonly seconds: readonly SecondAddress[] } {
  const bySerial = new Map<string, Found[]>();
  for (const found of list) {
    if (found.serial !== null) bySerial.set(found.serial, [...(bySerial.get(found.serial) ?? []), found]);
  }
  const seconds = new Map<Found, Found>();
  const rivals = new Map<Found, readonly string[]>();
  for (const [serial, ways] of bySerial) {
    const units = byCard(ways).flatMap((own) => {
      const best = (own.length > 1 ? known(serial, own) : null) ?? own[0];
      if (best === undefined) return [];
      for (const found of own) if (found !== best) seconds.set(found, best);
      return [best];
    });
    for (const unit of units) {
      rivals.set(
        unit,
        units.filter((other) => other !== unit).map((other) => whereIs(other)),
      );
    }
  }
  return {
    singles: list
      .filter((found) => !seconds.has(found))
      .map((found) => ({ found, rivals: rivals.get(found) ?? [] })),
    seconds: [...seconds].map(([found, instead]) => ({ found, instead })),
  };
}

function index(places: Map<string, Found[]>, found: Found): void {
  for (const host of found.hosts) {
    const there = places.get(host);
    if (there === undefined) places.set(host, [found]);
    else there.push(found);
  }
}

function neighbours(places: ReadonlyMap<string, readonly Found[]>, found: Found): readonly Found[] {
  const there = new Set([...found.hosts].flatMap((host) => places.get(host) ?? []));
  return [...there].filter((other) => other !== found && samePlace(other, found));
}

/** A port that the list does not know may be any. */
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
