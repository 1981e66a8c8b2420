import { isAlias, isMap, isNode, isScalar, isSeq, type Pair, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { afterOwnComments, columnOf, dashColumn, endOf, endOfLine, endOfPair, newlineAt } from './places.ts';
import { inline, isPlain, isRecord, itemLines, pairText, type WriteOptions } from './write.ts';

/** Keys and indexes that lead to a value. */
export type YamlPath = readonly (string | number)[];

/** One change of a YAML text. Values are JSON values. */
export type YamlEdit =
  | {
      readonly kind: 'set';
      readonly path: YamlPath;
      readonly value: unknown;
      /** A new key is written after the last of these keys that exists, else after all others. */
      readonly after?: readonly string[];
    }
  /** A new last item of the sequence at `path`. */
  | { readonly kind: 'append'; readonly path: YamlPath; readonly value: unknown };

/** Replaces the text from `start` up to `end`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Of two splices at one place, the deeper one comes first, so that it stays inside its parent. */
  readonly depth: number;
}

/** What is needed to place one splice. */
export interface Context {
  readonly text: string;
  readonly options: WriteOptions;
  readonly depth: number;
}

/** The value at a path; undefined if there is none. */
export function valueAt(value: unknown, path: YamlPath): unknown {
  let here = value;
  for (const key of path) {
    if (Array.isArray(here) && typeof key === 'number') here = here[key];
    else if (isRecord(here) && typeof key === 'string') here = here[key];
    else return undefined;
  }
  return here;
}

function ownPair(map: YAMLMap, key: string): Pair | null {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key) ?? null;
}

/**
 * The splices that set one value; null if it cannot be placed. `expected` is the document with all edits
 * made.
 */
export function replaced(
  root: unknown,
  edit: Extract<YamlEdit, { kind: 'set' }>,
  expected: unknown,
  context: Context,
): readonly Splice[] | null {
  let node = root;
  for (const [index, key] of edit.path.entries()) {
    const value = valueAt(expected, edit.path.slice(0, index + 1));
    if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
    } else if (isMap(node) && typeof key === 'string') {
      const pair = ownPair(node, key);
      // The whole value: its current content may come from a merged map.
      if (pair === null) return insertedPair(node, pairNames(edit, index), key, value, context);
      node = pair.value;
    } else {
      return null;
    }
    if (isAlias(node)) {
      // Only this place changes, not the anchored value.
      const [start, end] = node.range ?? [0, 0];
      return end === 0 ? null : [{ start, end, text: inline(value, context.options), depth: context.depth }];
    }
  }
  return isScalar(node) ? replacedScalar(node, edit.value, context) : null;
}

function pairNames(edit: Extract<YamlEdit, { kind: 'set' }>, index: number): readonly string[] {
  return index === edit.path.length - 1 ? (edit.after ?? []) : [];
}

function replacedScalar(node: Scalar, value: unknown, context: Context): readonly Splice[] | null {
  if (!node.range) return null;
  const { text, options, depth } = context;
  const [start, end] = node.range;
  switch (node.type) {
    case Scalar.BLOCK_LITERAL:
    case Scalar.BLOCK_FOLDED: {
      // The header, its comment and the line ends stay.
      const old = String(node.value).trimEnd();
      const head = text.indexOf('\n', start);
      const from = head < 0 ? -1 : text.indexOf(old, head);
      if (old === '' || from < 0 || from + old.length > end || typeof value !== 'string') return null;
      return [{ start: from, end: from + old.length, text: value, depth }];
    }
    case Scalar.QUOTE_DOUBLE:
      return [
        {
          start,
          end,
          text: typeof value === 'string' ? JSON.stringify(value) : inline(value, options),
          depth,
        },
      ];
    case Scalar.QUOTE_SINGLE: {
      const written =
        typeof value === 'string' && isPlainInQuotes(value) ? `'${value}'` : inline(value, options);
      return [{ start, end, text: written, depth }];
    }
    default:
      return start === end ? null : [{ start, end, text: inline(value, options), depth }];
  }
}

function isPlainInQuotes(value: string): boolean {
  return isPlain(value) || /^[A-Za-z0-9.:%_-]+$/.test(value);
}

function insertedPair(
  map: YAMLMap,
  after: readonly string[],
  key: string,
  value: unknown,
  context: Context,
): readonly Splice[] | null {
  const { text, options, depth } = context;
  if (!map.range) return null;
  const neighbour =
    map.items.findLast((pair) => isScalar(pair.key) && after.includes(String(pair.key.value))) ??
    map.items.at(-1);
  if (neighbour === undefined) {
    // Only braces can be empty.
    const start = map.range[0] + 1;
    return [{ start, end: start, text: ` ${pairText(key, value, options)} `, depth }];
  }
  const end = endOfPair(neighbour);
  const head = neighbour.key;
  if (end === null || !isScalar(head) || !head.range) return null;
  if (map.flow === true) {
    const json = head.type === Scalar.QUOTE_DOUBLE;
    return [{ start: end, end, text: `, ${pairText(key, value, options, json)}`, depth }];
  }
  const start = endOfLine(text, end);
  const indent = ' '.repeat(columnOf(text, head.range[0]));
  return [
    { start, end: start, text: newlineAt(text, start) + indent + pairText(key, value, options), depth },
  ];
}

/** The splices that add items to a sequence; null if they cannot be placed. */
export function appended(
  root: unknown,
  path: YamlPath,
  values: readonly unknown[],
  context: Context,
): readonly Splice[] | null {
  let node = root;
  let owner: Owner | null = null;
  for (const key of path) {
    if (isSeq(node) && typeof key === 'number') node = node.items[key];
    else if (isMap(node) && typeof key === 'string') {
      const pair = ownPair(node, key);
      owner = { inBrackets: node.flow === true, key: pair?.key };
      node = pair?.value;
    } else return null;
  }
  if (!isSeq(node)) return null;
  if (node.flow === true && node.items.length === 0) return filled(node, owner, values, context);
  return node.flow === true
    ? appendedInBrackets(node, values, context)
    : appendedLines(node, values, context);
}

/** The key of a sequence, and whether that key is inside braces. */
interface Owner {
  readonly inBrackets: boolean;
  readonly key: unknown;
}

/**
 * First items of empty brackets: lines of their own, or inside the brackets if these are nested in others.
 */
function filled(
  sequence: YAMLSeq,
  owner: Owner | null,
  values: readonly unknown[],
  context: Context,
): readonly Splice[] | null {
  const { text, options, depth } = context;
  if (!sequence.range) return null;
  const [start, end] = sequence.range;
  if (text.slice(start + 1, end - 1).trim() !== '') return null;
  const key = owner?.key;
  const lineEnd = endOfLine(text, end);
  const isLast = /^[ \t]*(?:[ \t]#.*)?$/.test(text.slice(end, lineEnd));
  if (owner === null || owner.inBrackets || !isLast || !isScalar(key) || !key.range) {
    const items = values.map((value) => inline(value, options)).join(', ');
    return [{ start: start + 1, end: end - 1, text: items, depth }];
  }
  const before = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const newline = newlineAt(text, lineEnd);
  const indent = ' '.repeat(columnOf(text, key.range[0]) + 2);
  const lines = values.flatMap((value) => itemLines(text, value, null, options));
  return [
    { start: start - before, end, text: '', depth },
    { start: lineEnd, end: lineEnd, text: lines.map((line) => newline + indent + line).join(''), depth },
  ];
}

function appendedInBrackets(
  sequence: YAMLSeq,
  values: readonly unknown[],
  context: Context,
): readonly Splice[] | null {
  const { text, options, depth } = context;
  const last = sequence.items.at(-1);
  const end = endOf(last);
  if (end === null || !isNode(last) || !last.range) return null;
  const firstKey = isMap(last) ? last.items[0]?.key : undefined;
  const json = isScalar(firstKey) && firstKey.type === Scalar.QUOTE_DOUBLE;
  const items = values.map((value) => inline(value, options, json));

  const [start] = last.range;
  const indent = text.slice(start - columnOf(text, start), start);
  const rest = /^[ \t]*(,?)[ \t]*(?:[ \t]#[^\r\n]*)?(?=\r?\n)/.exec(text.slice(end));
  const isOnOwnLine = /^[ \t]*$/.test(indent) && rest !== null && !/^#/.test(text.slice(end));
  if (!isOnOwnLine) return [{ start: end, end, text: items.map((item) => `, ${item}`).join(''), depth }];
  const hasComma = rest[1] === ',';
  const lineEnd = endOfLine(text, end);
  const newline = newlineAt(text, lineEnd);
  const lines = items.map((item) => newline + indent + item).join(',') + (hasComma ? ',' : '');
  const added: Splice = { start: lineEnd, end: lineEnd, text: lines, depth };
  return hasComma ? [added] : [{ start: end, end, text: ',', depth }, added];
}

function appendedLines(
  sequence: YAMLSeq,
  values: readonly unknown[],
  context: Context,
): readonly Splice[] | null {
  const { text, options, depth } = context;
  const column = dashColumn(text, sequence);
  const end = endOf(sequence);
  if (column === null || end === null) return null;
  const start = afterOwnComments(text, endOfLine(text, end), column);
  const newline = newlineAt(text, start);
  const lines = values.flatMap((value) => itemLines(text, value, sequence, options));
  return [
    { start, end: start, text: lines.map((line) => newline + ' '.repeat(column) + line).join(''), depth },
  ];
}
