import { type Document, isMap, isNode, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { z } from 'zod';
import { sanitize } from '../core/index.ts';
import { check } from './check.ts';
import { composeYaml } from './compose.ts';
import type { FindingList, Place } from './findings.ts';

/** Finds the place of a value by its keys and indexes, or of the nearest value above it. */
export type Locate = (path: readonly PropertyKey[]) => Place;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly plain: unknown; readonly at: Locate }
  | {
      readonly ok: false;
      /** The caller may add its own findings. */
      readonly findings: FindingList;
      /** The document as parsed; undefined if it is not YAML. */
      readonly plain: unknown;
      readonly at: Locate;
    };

/** Parses the text; never throws because of it. */
export function parseYaml<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  const { document, plain, findings, placeOf } = composeYaml(text);
  const nodes = document === null ? null : new Nodes(document);
  const at: Locate = (path) => {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const node = nodes?.at(path.slice(0, depth));
      if (isNode(node) && node.range) return placeOf(node.range[0]);
    }
    return { line: 1, column: 1 };
  };
  if (nodes === null || findings.count > 0) return { ok: false, findings, plain, at };

  const keyAt = (path: readonly PropertyKey[], key: string): Place => {
    const found = nodes.pairAt(path, key)?.key;
    return isScalar(found) && found.range ? placeOf(found.range[0]) : at(path);
  };

  const quoteHint = (issue: z.core.$ZodIssue): string => {
    const node = nodes.at(issue.path);
    if (!isScalar(node) || typeof node.value !== 'number' || node.source === undefined) return '';
    return expectsText(issue) ? `; put it in quotes: "${node.source}"` : '';
  };

  const addIssue = (issue: z.core.$ZodIssue, above: readonly PropertyKey[]): void => {
    const path = [...above, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        findings.add(keyAt(path, key), () => `${pathPrefix(path)}unknown key "${sanitize(key, 64)}"`);
      }
      return;
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      for (const inner of intendedIssues(issue.errors)) addIssue(inner, path);
      return;
    }
    findings.add(at(path), () => `${pathPrefix(path)}${issue.message}${quoteHint({ ...issue, path })}`);
  };

  const checked = check(schema, plain);
  if (checked.ok) return { ok: true, value: checked.value, plain, at };
  for (const issue of checked.issues) addIssue(issue, []);
  return { ok: false, findings, plain, at };
}

/** Larger maps get an index. */
const SMALL_MAP = 32;

/** Finds nodes by their keys and indexes, in constant time even in large maps. */
class Nodes {
  readonly #document: Document;
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

  constructor(document: Document) {
    this.#document = document;
  }

  at(path: readonly PropertyKey[]): unknown {
    let node: unknown = this.#document.contents;
    for (const part of path) {
      if (isSeq(node)) node = node.items[Number(part)];
      else node = isMap(node) ? this.#pairOf(node, String(part))?.value : undefined;
    }
    return node;
  }

  pairAt(path: readonly PropertyKey[], key: string): Pair | undefined {
    const map = this.at(path);
    return isMap(map) ? this.#pairOf(map, key) : undefined;
  }

  #pairOf(map: YAMLMap, key: string): Pair | undefined {
    if (map.items.length > SMALL_MAP) return this.#pairsOf(map).get(key);
    return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  }

  #pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<string, Pair>();
    for (const pair of map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : null;
      if (key !== null && !pairs.has(key)) pairs.set(key, pair);
    }
    this.#pairs.set(map, pairs);
    return pairs;
  }
}

/** Of several shapes, the intended one has the deepest issues, then the fewest. */
function intendedIssues(shapes: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(0, ...issues.map((issue) => issue.path.length));
  const [first] = [...shapes].sort((a, b) => depth(b) - depth(a) || a.length - b.length);
  return first ?? [];
}

function expectsText(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_type') return issue.expected === 'string';
  if (issue.code === 'invalid_value') return issue.values.every((value) => typeof value === 'string');
  return issue.code === 'invalid_union';
}

function pathPrefix(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${sanitize(String(part), 64)}`;
  }
  return text === '' ? '' : `${text}: `;
}
