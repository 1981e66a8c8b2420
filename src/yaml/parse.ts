import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';

/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a file. */
export interface Finding extends Place {
  readonly message: string;
}

/** Finds the place of a value by the keys and indexes that lead to it, or of the nearest thing above it. */
export type Locate = (path: readonly PropertyKey[]) => Place;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly plain: unknown; readonly at: Locate }
  | {
      readonly ok: false;
      readonly findings: readonly Finding[];
      /** The document as it stands; undefined where it is no YAML. */
      readonly plain: unknown;
      readonly at: Locate;
    };

/** Thousands of units may have their credential from one alias; a bomb, where aliases stand for aliases, needs millions. */
export const MOST_ALIASES = 20_000;

/** Parses the text; never throws for what the text holds. */
export function parseYaml<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };

  const at: Locate = (path) => {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return placeOf(node.range[0]);
    }
    return { line: 1, column: 1 };
  };

  const noYaml = (findings: readonly Finding[]): Parsed<T> => ({
    ok: false,
    findings,
    plain: undefined,
    at,
  });
  if (document.errors.length > 0) {
    return noYaml(document.errors.map((error) => ({ ...placeOf(error.pos[0]), message: error.message })));
  }

  const keyAt = (path: readonly PropertyKey[], key: string): Place => {
    const map = path.length === 0 ? document.contents : document.getIn(path, true);
    if (!isMap(map)) return at(path);
    const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    return isScalar(pair?.key) && pair.key.range ? placeOf(pair.key.range[0]) : at(path);
  };

  const quoteHint = (issue: z.core.$ZodIssue): string => {
    const node = document.getIn(issue.path, true);
    if (!isScalar(node) || typeof node.value !== 'number' || node.source === undefined) return '';
    return textIsMeant(issue) ? `; put it in quotes: "${node.source}"` : '';
  };

  const findingsOf = (issue: z.core.$ZodIssue): Finding[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        ...keyAt(issue.path, key),
        message: `${spelled(issue.path)}unknown key "${key}"`,
      }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      return nearest(issue.errors).flatMap((inner) =>
        findingsOf({ ...inner, path: [...issue.path, ...inner.path] }),
      );
    }
    return [{ ...at(issue.path), message: `${spelled(issue.path)}${issue.message}${quoteHint(issue)}` }];
  };

  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (thrown) {
    return noYaml([{ line: 1, column: 1, message: thrown instanceof Error ? thrown.message : 'unreadable' }]);
  }
  const checked = schema.safeParse(plain);
  if (checked.success) return { ok: true, value: checked.data, plain, at };
  const findings = checked.error.issues.flatMap(findingsOf);
  return { ok: false, findings: inOrder(findings), plain, at };
}

/** Findings as they stand in the file, from top to bottom. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Findings as lines `file:line:column: message`. */
export function listFindings(file: string, findings: readonly Finding[]): string {
  return findings
    .map((finding) => `${file}:${finding.line}:${finding.column}: ${finding.message}`)
    .join('\n');
}

/** Of several shapes the one that was meant is the one whose complaints lie deepest and are fewest. */
function nearest(shapes: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(0, ...issues.map((issue) => issue.path.length));
  const [first] = [...shapes].sort((a, b) => depth(b) - depth(a) || a.length - b.length);
  return first ?? [];
}

function textIsMeant(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_type') return issue.expected === 'string';
  if (issue.code === 'invalid_value') return issue.values.every((value) => typeof value === 'string');
  return issue.code === 'invalid_union';
}

function spelled(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`;
  }
  return text === '' ? '' : `${text}: `;
}
