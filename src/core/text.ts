// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what this file removes
/**
 * Characters that outside text must not pass on to a reader: control and format characters (with the
 * bidirectional ones), line and paragraph separators, lone surrogates, private use, noncharacters, and all
 * other invisible ones. U+2800 is a letter in Unicode but looks like a space.
 */
const INVISIBLE = String.raw`\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2800`;
/** An escape sequence is removed as a whole, so that its parameters do not stay behind as text. */
const ESCAPE = String.raw`\u001b(?:\[[0-?]*[ -\/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)`;
const UNPRINTABLE = new RegExp(`${ESCAPE}|[${INVISIBLE}]`, 'gu');
/** Spaces of any width; a reader cannot tell them apart. */
const SPACES = /\p{Zs}/gu;
const HALF_PAIR_AT_END = /[\ud800-\udbff]$/;

/** Text in which nothing can be invisible; most text is of this kind, and the test is quick. */
const PLAIN = /^[\n\x20-\x7e]*$/;

/**
 * Makes text from a device, file, server or command line fit for a terminal, log or report. The result is one
 * line of at most `limit` characters, without escape sequences and invisible characters.
 */
export function sanitize(text: string, limit = 200): string {
  // Cut first: a device may send megabytes.
  const clean = text
    .slice(0, limit * 4)
    .replace(UNPRINTABLE, ' ')
    .replace(SPACES, ' ')
    .replace(/ {2,}/g, (run) => (run.length > 8 ? '  ' : run))
    .trim();
  if (clean.length <= limit) return clean;
  return `${clean.slice(0, limit - 1).replace(HALF_PAIR_AT_END, '')}…`;
}

const UNPRINTABLE_IN_LINES = new RegExp(`${ESCAPE}|(?!\\n)[${INVISIBLE}]`, 'gu');

/** The same for text of several lines: line feeds stay, nothing is cut. */
export function sanitizeLines(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNPRINTABLE_IN_LINES, ' ');
}

const STYLE = String.raw`\u001b\[[0-9;?]{0,30}[A-Za-z]|[\n\t]`;
const OUTPUT = new RegExp(`${STYLE}|[${INVISIBLE}]`, 'gu');

/**
 * Final filter for everything a command prints, in case a piece was not sanitized before. `styled`: colors,
 * cursor moves and carriage returns of the tool itself stay.
 */
export function outputText(text: string, styled: boolean): string {
  if (PLAIN.test(text)) return text;
  return text.replace(OUTPUT, (found) => {
    if (found === '\n' || found === '\t') return found;
    return styled && (found.startsWith('\u001b[') || found === '\r') ? found : ' ';
  });
}

const UNSEEN_IN_JSON = new RegExp(`(?!\\n)[${INVISIBLE}]`, 'gu');

/** The same for JSON text: each such character becomes its escape. The parsed string is unchanged. */
export function escapedJson(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSEEN_IN_JSON, (found) =>
    Array.from({ length: found.length }, (_, unit) => escapeOf(found.charCodeAt(unit))).join(''),
  );
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

const MAX_NAMED = 8;

/** `a, b and c`, or `a, b and 3 more`: a bounded list for a message. */
export function joinList(names: readonly string[]): string {
  const named =
    names.length > MAX_NAMED ? [...names.slice(0, MAX_NAMED), `${names.length - MAX_NAMED} more`] : names;
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

/** More than twice the depth of anything the tool reads. */
const MAX_DEPTH = 100;
/** In characters. */
const MAX_LENGTH = 64 * 1024 * 1024;
/** Arrays and objects; each takes some hundred bytes of memory. */
const MAX_CONTAINERS = 4_000_000;
const MARK = /["[\]{}]/g;

/** A limit of {@link parseJson} was exceeded at this place in the text. */
export class JsonLimitError extends RangeError {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Parses JSON from a file, a server or standard input within limits of length and depth; deep nesting would
 * overflow the stack of later code. Throws SyntaxError for invalid JSON and JsonLimitError for a limit.
 */
export function parseJson(text: string): unknown {
  if (text.length > MAX_LENGTH) throw new JsonLimitError(0, `it has more than ${MAX_LENGTH} characters`);
  checkLimits(text);
  return JSON.parse(text);
}

function checkLimits(text: string): void {
  let depth = 0;
  let count = 0;
  MARK.lastIndex = 0;
  for (let found = MARK.exec(text); found !== null; found = MARK.exec(text)) {
    const [mark] = found;
    if (mark === '"') MARK.lastIndex = endOfString(text, found.index + 1);
    else if (mark === '[' || mark === '{') {
      depth += 1;
      count += 1;
    } else depth -= 1;
    if (depth > MAX_DEPTH)
      throw new JsonLimitError(found.index, `it is nested deeper than ${MAX_DEPTH} levels`);
    if (count > MAX_CONTAINERS)
      throw new JsonLimitError(found.index, `it has more than ${MAX_CONTAINERS} arrays and objects`);
  }
}

/** The place after the closing quote of a string. Brackets inside a string do not count. */
function endOfString(text: string, from: number): number {
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\' && quote - slashes > from) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}
