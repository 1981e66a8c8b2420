import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A valid value, or the issues of an invalid one. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: Iterable<Issue> };

/** Longer arrays are checked in pieces of this size. */
const PIECE_SIZE = 1000;

/**
 * Checks a value against a schema, long arrays in pieces. The library keeps every issue and passes them on as
 * call arguments, which overflows at some hundred thousand. Issues are created on iteration, which is
 * possible once.
 */
export function check<T>(schema: z.ZodType<T>, plain: unknown): Checked<T> {
  const long = longArrays(plain);
  if (long.length > 0) {
    const issues = issuesInPieces(schema, plain, long);
    const first = issues.next();
    if (first.done !== true) return { ok: false, issues: withFirst(first.value, issues) };
  }
  try {
    const checked = schema.safeParse(plain);
    return checked.success ? { ok: true, value: checked.data } : { ok: false, issues: checked.error.issues };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { ok: false, issues: [TOO_MANY_ISSUES] };
  }
}

/** Replaces issues that are too many for the library. */
const TOO_MANY_ISSUES: Issue = {
  code: 'custom',
  path: [],
  message: 'has too many mistakes to list',
  input: undefined,
};

function* withFirst(first: Issue, rest: Generator<Issue>): Generator<Issue> {
  yield first;
  yield* rest;
}

function* issuesInPieces(
  schema: z.ZodType,
  plain: unknown,
  long: readonly LongArray[],
): Generator<Issue, undefined> {
  const issuesOf = (view: unknown): readonly Issue[] => {
    try {
      return schema.safeParse(view).error?.issues ?? [];
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      return [TOO_MANY_ISSUES];
    }
  };
  const emptied = createEmptied();
  const paths = new Set(long.map(({ path }) => JSON.stringify(path)));
  /**
   * True if the path leads to a long array or into one. Issues of the emptied array itself are not from the
   * file.
   */
  const isInLong = (path: Path, from: number): boolean => {
    for (let end = from; end <= path.length; end += 1) {
      if (paths.has(JSON.stringify(path.slice(0, end)))) return true;
    }
    return false;
  };
  yield* issuesOf(emptied(plain)).filter((issue) => !isInLong(issue.path, 0));
  for (const { path, items } of long) {
    for (let from = 0; from < items.length; from += PIECE_SIZE) {
      // The copies are not kept: there may be hundreds of thousands.
      const piece = items.slice(from, from + PIECE_SIZE).map(createEmptied());
      for (const issue of issuesOf(viewOf(plain, path, piece, emptied))) {
        const inner = issue.path.slice(path.length);
        const [index] = inner;
        // The view has one item in each array on the path. Issues of other places were reported above.
        if (typeof index !== 'number' || !leadsTo(issue.path, path)) continue;
        const found = [...path, from + index, ...inner.slice(1)];
        if (!isInLong(found, path.length + 1)) yield { ...issue, path: found };
      }
    }
  }
  return undefined;
}

interface LongArray {
  readonly path: Path;
  readonly items: readonly unknown[];
}

function longArrays(plain: unknown): readonly LongArray[] {
  const found: LongArray[] = [];
  const open: { readonly value: unknown; readonly path: Path }[] = [{ value: plain, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (isLong(value)) found.push({ path, items: value });
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner !== 'object' || inner === null) continue;
      open.push({ value: inner, path: [...path, Array.isArray(value) ? Number(key) : key] });
    }
  }
  return found;
}

function isLong(value: object): value is readonly unknown[] {
  return Array.isArray(value) && value.length > PIECE_SIZE;
}

/** Copies values with every long array emptied. Each value is copied once. */
function createEmptied(): (value: unknown) => unknown {
  const known = new WeakMap<object, unknown>();
  const emptied = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const before = known.get(value);
    if (before !== undefined) return before;
    const made = copied(value);
    known.set(value, made);
    return made;
  };
  const copied = (value: object): unknown => {
    if (isLong(value)) return [];
    if (Array.isArray(value)) return value.map(emptied);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, emptied(inner)]));
  };
  return emptied;
}

/** The value with a piece in place of the array at the path. Arrays on the path keep only the item on it. */
function viewOf(
  value: unknown,
  path: Path,
  piece: readonly unknown[],
  emptied: (value: unknown) => unknown,
): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return piece;
  if (Array.isArray(value)) return [viewOf(value[Number(part)], rest, piece, emptied)];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === part ? viewOf(inner, rest, piece, emptied) : emptied(inner),
    ]),
  );
}

/** True if the issue is inside the array of the current piece. In a view, all indexes on the path are 0. */
function leadsTo(issue: Path, array: Path): boolean {
  return array.every((part, depth) => issue[depth] === (typeof part === 'number' ? 0 : part));
}
