import { compare } from '../../core/index.ts';

/**
 * Compares two UPS versions of one line; null if one has an unknown format. The caller ensures that both
 * belong to one line: a rule with a bound also has a condition that names the line or the models.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 | null {
  const of = (version: string) => ({ component: 'ups' as const, line: '', version });
  return compare(of(a), of(b)) ?? null;
}

/** The highest version; null for an empty list. */
export function highest(versions: readonly string[]): string | null {
  return versions.reduce<string | null>(
    (best, version) => (best === null || compareVersions(version, best) === 1 ? version : best),
    null,
  );
}
