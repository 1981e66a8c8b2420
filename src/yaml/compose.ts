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

/** Nothing that is written for this tool is nested even half as deep; a parser that is fed more runs out of stack. */
export const DEEPEST = 100;
/** In characters. An inventory of 20,000 units has some four million. */
export const LONGEST_YAML = 16 * 1024 * 1024;
/** Words, marks and blanks of a text; each value becomes a node. */
const MOST_TOKENS = 6_000_000;
/** Of these as many may be in memory together. What is written in one piece, like a long `[a, b]`, is. */
const MOST_KEPT = 2_000_000;
/** Values after aliases were followed. */
const MOST_VALUES = 2_000_000;
/**
 * Thousands of units may have their credential from one alias; a bomb, where aliases stand for aliases, needs millions. The
 * library looks through all anchors for each alias, so neither may be many.
 */
export const MOST_ALIASES = 20_000;

/** A text as YAML, or what keeps it from being that. */
export interface Composed {
  /** Null where the limits of this file were reached. */
  readonly document: Document | null;
  /** The value; undefined where there are findings. */
  readonly plain: unknown;
  readonly findings: FindingList;
  readonly placeOf: (offset: number) => Place;
}

/** Reads YAML text within limits of size, depth and number of values. Never throws for what the text holds. */
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
  if (text.length > LONGEST_YAML) {
    return failed(0, `the text has ${text.length} characters, more than ${LONGEST_YAML} are not read`);
  }
  const early = new EarlyItems(text, (offset, message) => findings.add(placeOf(offset), () => message));
  let document: Document;
  try {
    document = documentOf(text, lines, early);
  } catch (thrown) {
    if (thrown instanceof Beyond) return failed(thrown.offset, thrown.message);
    throw thrown;
  }
  for (const error of document.errors) findings.add(placeOf(error.pos[0]), () => error.message);
  early.putInto(document);
  repeatedKeys(document, (offset) => findings.add(placeOf(offset), () => 'Map keys must be unique'));
  if (findings.count > 0) return { document, plain: undefined, findings, placeOf };
  try {
    const plain: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    const beyond = beyondLimits(plain);
    return beyond === null ? { document, plain, findings, placeOf } : failed(0, beyond, document);
  } catch (thrown) {
    return failed(0, thrown instanceof Error ? thrown.message : 'the text cannot be read', document);
  }
}

/** A limit that was reached at a place of the text. */
class Beyond extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** The check of the library compares each key with each other one: a map of a million keys would never end. */
const OPTIONS = { prettyErrors: false, uniqueKeys: false } as const;

function documentOf(text: string, lines: LineCounter, early: EarlyItems): Document {
  let found: Document | null = null;
  for (const document of new Composer(OPTIONS).compose(tokens(text, lines, early), true, text.length)) {
    if (found !== null) throw new Beyond(document.range[0], 'the text holds more than one document');
    found = document;
  }
  if (found === null) throw new Beyond(0, 'the text holds no document');
  return found;
}

/** The tokens of the text. Throws Beyond as soon as they are nested too deep, before anything walks down into them. */
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
      if (lexeme === '-' && early.takeFrom(parser.stack.at(-1))) kept = 0;
    }
    isScalarText = lexeme === CST.SCALAR;
    if (parser.stack.length > DEEPEST) {
      throw new Beyond(parser.offset, `nested deeper than ${DEEPEST} levels`);
    }
    if (kept > MOST_KEPT || count > MOST_TOKENS) {
      throw new Beyond(parser.offset, 'the text holds more values than are read');
    }
    if (names > MOST_ALIASES * 2) {
      throw new Beyond(parser.offset, `the text has more than ${MOST_ALIASES * 2} anchors and aliases`);
    }
  }
  yield* parser.end();
}

const ITEMS_AT_ONCE = 64;

/**
 * Makes nodes of the items of a long block sequence while the text is still read. The tokens of an item take ten times the
 * memory of its node, and the library would keep those of the whole text to its end.
 */
class EarlyItems {
  /** Nodes by the place where their sequence begins. */
  readonly #nodes = new Map<number, Node[]>();
  readonly #fault: (offset: number, message: string) => void;
  /** A directive changes how all that follows it is read, and this reads pieces on their own. */
  readonly #isOff: boolean;

  constructor(text: string, fault: (offset: number, message: string) => void) {
    this.#fault = fault;
    this.#isOff = /^%/m.test(text);
  }

  /** Takes the finished items out of a sequence, where they are many. The parser still looks at its last two. */
  takeFrom(sequence: CST.Token | undefined): boolean {
    if (this.#isOff || sequence?.type !== 'block-seq' || sequence.items.length < ITEMS_AT_ONCE + 2)
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
      for (const { pos, message } of document.errors) this.#fault(pos[0], message);
      if (!isSeq<Node>(document.contents)) continue;
      const known = this.#nodes.get(offset) ?? [];
      for (const node of document.contents.items) known.push(node);
      this.#nodes.set(offset, known);
    }
    return true;
  }

  /** Puts the nodes to the place in the document where their items were. */
  putInto(document: Document): void {
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

/** Calls back with the place of each key that a map has already. */
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
 * What an alias stands for is there once in memory, and is walked through as often as it is named. Says what is too much;
 * null where nothing is.
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
      if (objects.some((one) => entered.has(one) && !known.has(one))) return 'a value that holds itself';
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
    if (depth > DEEPEST) return `nested deeper than ${DEEPEST} levels by its aliases`;
    if (values > MOST_VALUES) return `more than ${MOST_VALUES} values once its aliases are followed`;
    known.set(value, { values, depth });
  }
  return null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
