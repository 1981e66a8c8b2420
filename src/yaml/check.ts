import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A value that fits its schema, or what is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: Iterable<Issue> };

/** An array with more items is checked in pieces of as many, once the value cannot be checked as a whole. */
const PIECE = 1000;

/**
 * Checks a value against a schema. The library hands issues from level to level as arguments of a call, and a call takes some
 * hundred thousand at most: a value with more faults than that is checked again, its long arrays piece by piece.
 */
export function check<T>(schema: z.ZodType<T>, plain: unknown): Checked<T> {
  try {
    const checked = schema.safeParse(plain);
    return checked.success ? { ok: true, value: checked.data } : { ok: false, issues: checked.error.issues };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return { ok: false, issues: issuesInPieces(schema, plain) };
  }
}

function* issuesInPieces(schema: z.ZodType, plain: unknown): Generator<Issue> {
  const issuesOf = (view: unknown): readonly Issue[] => {
    try {
      return schema.safeParse(view).error?.issues ?? [];
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      return [{ code: 'custom', path: [], message: 'has more faults than can be listed', input: undefined }];
    }
  };
  const long = longArrays(plain);
  // What is said of an emptied array itself is no fault of the file.
  const isEmptied = ({ path }: Issue): boolean => long.some((one) => isWithin(path, one.path));
  yield* issuesOf(emptied(plain)).filter((issue) => !isEmptied(issue));
  for (const { path, items } of long) {
    for (let from = 0; from < items.length; from += PIECE) {
      const piece = items.slice(from, from + PIECE).map(emptied);
      for (const issue of issuesOf(viewOf(plain, path, piece))) {
        const inner = issue.path.slice(path.length);
        const [index] = inner;
        // On its way the view has one item in each array; the issues of other places were told above.
        if (typeof index !== 'number' || !leadsTo(issue.path, path)) continue;
        const found = [...path, from + index, ...inner.slice(1)];
        if (!long.some((one) => one.path.length > path.length && isWithin(found, one.path))) {
          yield { ...issue, path: found };
        }
      }
    }
  }
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
    if (Array.isArray(value)) {
      for (const [index, inner] of value.entries()) open.push({ value: inner, path: [...path, index] });
    } else {
      for (const [key, inner] of Object.entries(value)) open.push({ value: inner, path: [...path, key] });
    }
  }
  return found;
}

function isLong(value: object): value is readonly unknown[] {
  return Array.isArray(value) && value.length > PIECE;
}

/** A copy in which every long array is empty. */
function emptied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isLong(value)) return [];
  if (Array.isArray(value)) return value.map(emptied);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, emptied(inner)]));
}

/** The value with a piece in the place of the array at the path, and nothing beside the way to it in other arrays. */
function viewOf(value: unknown, path: Path, piece: readonly unknown[]): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return piece;
  if (Array.isArray(value)) return [viewOf(value[Number(part)], rest, piece)];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === part ? viewOf(inner, rest, piece) : emptied(inner),
    ]),
  );
}

/** Whether the path of an issue in a view leads to the array whose piece is in it: indexes on the way are 0 there. */
function leadsTo(issue: Path, array: Path): boolean {
  return array.every((part, depth) => issue[depth] === (typeof part === 'number' ? 0 : part));
}

function isWithin(path: Path, above: Path): boolean {
  return above.every((part, depth) => path[depth] === part);
}
