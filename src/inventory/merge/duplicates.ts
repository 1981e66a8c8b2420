import { type Found, overlap, whereIs } from './listed.ts';

/** A listed unit after the list was checked for duplicates. */
export interface UniqueUnit {
  readonly found: Found;
  /**
   * Addresses where other cards report the same serial number, which therefore identifies none of these
   * units.
   */
  readonly conflicts: readonly string[];
}

/** Another address of a card that the list holds already. */
export interface SecondAddress {
  readonly found: Found;
  readonly instead: Found;
}

/** A listed unit at an address for which the list has other serial numbers too. */
export interface Contested {
  readonly found: Found;
  readonly others: readonly Found[];
}

/** Selects the address of a card that the inventory has; null where it has none of them. */
export type SelectKnown = (serial: string, addresses: readonly Found[]) => Found | null;

/**
 * The list without repetitions: a serial number listed twice at one address, and an address without a serial
 * number where another line has one. `repeats`: what was removed, each with the line that counts.
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

/** Removes the units about which the list contradicts itself: one address with several serial numbers. */
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
 * Resolves serial numbers at several addresses. One card with several addresses is one unit; several cards
 * are several units which the number does not identify.
 */
export function withoutDuplicates(
  list: readonly Found[],
  selectKnown: SelectKnown,
): { readonly singles: readonly UniqueUnit[]; readonly seconds: readonly SecondAddress[] } {
  const bySerial = new Map<string, Found[]>();
  for (const found of list) {
    if (found.serial !== null) bySerial.set(found.serial, [...(bySerial.get(found.serial) ?? []), found]);
  }
  const seconds = new Map<Found, Found>();
  const conflicts = new Map<Found, readonly string[]>();
  for (const [serial, addresses] of bySerial) {
    const units = byCard(addresses).flatMap((own) => {
      const best = (own.length > 1 ? selectKnown(serial, own) : null) ?? own[0];
      if (best === undefined) return [];
      for (const found of own) if (found !== best) seconds.set(found, best);
      return [best];
    });
    for (const unit of units) {
      conflicts.set(
        unit,
        units.filter((other) => other !== unit).map((other) => whereIs(other)),
      );
    }
  }
  return {
    singles: list
      .filter((found) => !seconds.has(found))
      .map((found) => ({ found, conflicts: conflicts.get(found) ?? [] })),
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

/** A port that the list does not give may be any. */
function samePlace(a: Found, b: Found): boolean {
  return overlap(a.hosts, b.hosts) && (a.port === b.port || a.port === null || b.port === null);
}

/** Groups addresses by card. An address without the serial number of its card forms its own group. */
function byCard(addresses: readonly Found[]): readonly (readonly Found[])[] {
  const cards = new Map<string | Found, Found[]>();
  for (const found of addresses) {
    const key = found.card ?? found;
    cards.set(key, [...(cards.get(key) ?? []), found]);
  }
  return [...cards.values()];
}
