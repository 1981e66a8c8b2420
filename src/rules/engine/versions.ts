import { compare } from '../../core/index.ts';

/**
 * Orders two UPS versions of one line; null where one has no known shape. That both are of one line is for the caller to
 * know: a bound in a rule stands beside the condition that names the line or the models.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 | null {
  const of = (version: string) => ({ component: 'ups' as const, line: '', version });
  return compare(of(a), of(b)) ?? null;
}

/** The highest of some versions; null of none. */
export function highest(versions: readonly string[]): string | null {
  return versions.reduce<string | null>(
    (best, version) => (best === null || compareVersions(version, best) === 1 ? version : best),
    null,
  );
}
