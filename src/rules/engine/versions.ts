import { compare } from '../../core/index.ts';

/**
 * Compares two UPS versions of one line; null if one has an unknown format. The caller ensures that both
 * belong to one line: a rule with a bound also has a condition that names the line or the models.
 */
export function compareVersions(a: string, b: string): Order {
  const known = ORDERS.get(a)?.get(b);
  if (known !== undefined) return known;
  const of = (version: string) => ({ component: 'ups' as const, line: '', version });
  const order = compare(of(a), of(b)) ?? null;
  if (ORDERS.size >= MAX_VERSIONS) ORDERS.clear();
  const orders = ORDERS.get(a) ?? new Map<string, Order>();
  if (orders.size < MAX_VERSIONS) ORDERS.set(a, orders.set(b, order));
  return order;
}

type Order = -1 | 0 | 1 | null;

/** The same few versions are compared for every unit of a fleet. */
const ORDERS = new Map<string, Map<string, Order>>();
const MAX_VERSIONS = 1_000;

/** Compares two versions of one part of a card; null if one has an unknown format. */
export function compareCardVersions(a: string, b: string): -1 | 0 | 1 | null {
  const of = (version: string) => ({ component: 'card-os' as const, line: '', version: version.trim() });
  return compare(of(a), of(b)) ?? null;
}

/**
 * Compares a version with the bound of a rule. A bound of three or more places is one of a card, which
 * `expectedShape` ensures.
 */
export function compareWithBound(version: string, bound: string): -1 | 0 | 1 | null {
  return /\..*\./.test(bound) ? compareCardVersions(version, bound) : compareVersions(version, bound);
}

/** The highest version; null for an empty list. */
export function highest(versions: readonly string[]): string | null {
  return versions.reduce<string | null>(
    (best, version) => (best === null || compareVersions(version, best) === 1 ? version : best),
    null,
  );
}
