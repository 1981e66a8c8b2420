import {
  Composer,
  CST,
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
} from 'yaml';
import { FindingList, type Place } from './findings.ts';

/**
 * More than twice the depth of any file of this tool. Deeper input would overflow the stack of the parser.
 */
export const MAX_DEPTH = 100;
/** In characters. An inventory of 20,000 units has about four million. */
export const MAX_YAML_LENGTH = 16 * 1024 * 1024;
/** Words, marks and spaces; each value becomes a node. */
const MAX_TOKENS = 6_000_000;
/** Limit of tokens in memory at once. A flow collection such as a long `[a, b]` is not split. */
const MAX_KEPT_TOKENS = 2_000_000;
/** Values after aliases are resolved. */
const MAX_VALUES = 2_000_000;
/**
 * Thousands of units may share one credential by alias; an alias bomb needs millions. The library searches
 * all anchors for each alias, so both are limited.
 */
export const MAX_ALIASES = 20_000;

/** A text parsed as YAML, or its findings. */
export interface Composed {
  /** Null if a limit was exceeded. */
  readonly document: Document | null;
  /** The value; undefined if there are findings. */
  readonly plain: unknown;
  readonly findings: FindingList;
  readonly placeOf: (offset: number) => Place;
}

/** Parses YAML text within limits of size, depth and number of values. Never throws because of the text. */
export function composeYaml(text: string): Composed {
  const lines = new LineCounter();
  const findings = new FindingList();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const failed = (offset: number, message: string, document: Document | null = null): Composed => {
    findings.add(placeOf(offset), () => message);
    return { document, plain: undefined, findings, placeOf };
  };
  if (text.length > MAX_YAML_LENGTH) {
    return failed(0, `the text has ${text.length} characters; the limit is ${MAX_YAML_LENGTH}`);
  }
  const early = new EarlyItems(text, (offset, message) => findings.add(placeOf(offset), () => message));
  let document: Document;
  try {
    document = documentOf(text, lines, early);
  } catch (thrown) {
    if (thrown instanceof YamlLimitError) return failed(thrown.offset, thrown.message);
    throw thrown;
  }
  for (const error of document.errors) findings.add(placeOf(error.pos[0]), () => error.message);
  early.insertInto(document);
  repeatedKeys(document, (offset) => findings.add(placeOf(offset), () => 'Map keys must be unique'));
  if (findings.count > 0) return { document, plain: undefined, findings, placeOf };
  try {
    const plain: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    const beyond = beyondLimits(plain);
    return beyond === null ? { document, plain, findings, placeOf } : failed(0, beyond, document);
  } catch (thrown) {
    return failed(0, thrown instanceof Error ? thrown.message : 'the text cannot be read', document);
  }
}

/** A limit was exceeded at this offset of the text. */
class YamlLimitError extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** The library compares every key with every other one, which takes forever for a map of a million keys. */
const OPTIONS = { prettyErrors: false, uniqueKeys: false } as const;

function documentOf(text: string, lines: LineCounter, early: EarlyItems): Document {
  let found: Document | null = null;
  for (const document of new Composer(OPTIONS).compose(tokens(text, lines, early), true, text.length)) {
    if (found !== null)
      throw new YamlLimitError(document.range[0], 'the text contains more than one document');
    found = document;
  }
  if (found === null) throw new YamlLimitError(0, 'the text contains no document');
  return found;
}

/** The tokens of the text. Throws YamlLimitError on deep nesting, before anything recurses into it. */
function* tokens(text: string, lines: LineCounter, early: EarlyItems): ReturnType<Parser['parse']> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let count = 0;
  let kept = 0;
  let names = 0;
  let isScalarText = false;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    count += 1;
    kept += 1;
    if (!isScalarText) {
      if (lexeme.startsWith('*') || lexeme.startsWith('&')) names += 1;
      if (lexeme === '-' && early.composeFrom(parser.stack.at(-1))) kept = 0;
    }
    isScalarText = lexeme === CST.SCALAR;
    if (parser.stack.length > MAX_DEPTH) {
      throw new YamlLimitError(parser.offset, `nested deeper than ${MAX_DEPTH} levels`);
    }
    if (kept > MAX_KEPT_TOKENS || count > MAX_TOKENS) {
      throw new YamlLimitError(parser.offset, 'the text contains too many values');
    }
    if (names > MAX_ALIASES * 2) {
      throw new YamlLimitError(
        parser.offset,
        `the text has more than ${MAX_ALIASES * 2} anchors and aliases`,
      );
    }
  }
  yield* parser.end();
}

const ITEMS_AT_ONCE = 64;

/**
 * Composes the items of a long block sequence while the text is still being parsed. The tokens of an item
 * need ten times the memory of its node, and the library would keep all of them.
 */
class EarlyItems {
  /** Nodes by the offset of their sequence. */
  readonly #nodes = new Map<number, Node[]>();
  readonly #onError: (offset: number, message: string) => void;
  /** A directive changes the meaning of the rest of the text, and this class composes pieces on their own. */
  readonly #hasDirective: boolean;

  constructor(text: string, onError: (offset: number, message: string) => void) {
    this.#onError = onError;
    this.#hasDirective = /^%/m.test(text);
  }

  /** Removes the finished items of a long sequence. The parser still needs the last two. */
  composeFrom(sequence: CST.Token | undefined): boolean {
    if (this.#hasDirective || sequence?.type !== 'block-seq' || sequence.items.length < ITEMS_AT_ONCE + 2)
      return false;
    const { offset, indent } = sequence;
    const items = sequence.items.splice(0, sequence.items.length - 2);
    const piece: CST.Document = {
      type: 'document',
      offset,
      start: [],
      value: { type: 'block-seq', offset, indent, items },
    };
    const composer = new Composer(OPTIONS);
    for (const document of [...composer.next(piece), ...composer.end()]) {
      for (const { pos, message } of document.errors) this.#onError(pos[0], message);
      if (!isSeq<Node>(document.contents)) continue;
      const known = this.#nodes.get(offset) ?? [];
      for (const node of document.contents.items) known.push(node);
      this.#nodes.set(offset, known);
    }
    return true;
  }

  /** Inserts the nodes where their items were in the document. */
  insertInto(document: Document): void {
    if (this.#nodes.size === 0) return;
    const open: unknown[] = [document.contents];
    while (open.length > 0) {
      const node = open.pop();
      if (isMap(node)) {
        for (const { key, value } of node.items) open.push(key, value);
      } else if (isSeq(node)) {
        const first = this.#nodes.get(node.range?.[0] ?? -1);
        if (first !== undefined) node.items = [...first, ...node.items];
        for (const item of node.items) open.push(item);
      }
    }
  }
}

/** Reports the offset of each key that repeats an earlier key of its map. */
function repeatedKeys(document: Document, found: (offset: number) => void): void {
  const open: unknown[] = [document.contents];
  while (open.length > 0) {
    const node = open.pop();
    if (!isCollection(node)) continue;
    if (!isMap(node)) {
      for (const item of node.items) open.push(item);
      continue;
    }
    const seen = new Set<unknown>();
    for (const { key, value } of node.items) {
      open.push(key, value);
      if (!isScalar(key)) continue;
      if (seen.has(key.value)) found(key.range?.[0] ?? 0);
      else seen.add(key.value);
    }
  }
}

interface Extent {
  readonly values: number;
  readonly depth: number;
}

/**
 * An aliased value is in memory once, but is visited at each of its aliases. Returns the limit that is
 * exceeded, or null.
 */
function beyondLimits(plain: unknown): string | null {
  const known = new Map<object, Extent>();
  const open: object[] = isObject(plain) ? [plain] : [];
  const entered = new Set<object>();
  for (let value = open.at(-1); value !== undefined; value = open.at(-1)) {
    const inner = Object.values(value);
    if (!entered.has(value)) {
      entered.add(value);
      const objects = inner.filter(isObject);
      if (objects.some((one) => entered.has(one) && !known.has(one))) return 'a value contains itself';
      for (const one of objects) if (!known.has(one)) open.push(one);
      continue;
    }
    open.pop();
    if (known.has(value)) continue;
    let values = 1;
    let depth = 1;
    for (const one of inner) {
      const extent = isObject(one) ? known.get(one) : undefined;
      values += extent?.values ?? 1;
      depth = Math.max(depth, 1 + (extent?.depth ?? 0));
    }
    if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels through its aliases`;
    if (values > MAX_VALUES) return `more than ${MAX_VALUES} values after its aliases are resolved`;
    known.set(value, { values, depth });
  }
  return null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
