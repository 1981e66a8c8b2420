// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what this file removes
/**
 * Characters that text from outside may not bring to a reader: control and format characters (the bidirectional ones among
 * them), line and paragraph separators, lone surrogates, private use, noncharacters, and whatever else shows nothing. U+2800
 * is a letter to Unicode and a blank to everybody who looks at it.
 */
const UNSEEN = String.raw`\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2800`;
/** A whole escape sequence goes, so that its parameters do not stay behind as text. */
const ESCAPE = String.raw`\u001b(?:\[[0-?]*[ -\/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)`;
const UNPRINTABLE = new RegExp(`${ESCAPE}|[${UNSEEN}]`, 'gu');
/** Blanks of any width; a reader cannot tell them from a space. */
const BLANK = /\p{Zs}/gu;
const HALF_PAIR_AT_END = /[\ud800-\udbff]$/;

/**
 * Makes text that came from a device, a file, a server or the command line fit for a terminal, a log or a report: one line
 * without escape sequences and without any character that is not seen, at most `limit` characters. Every blank becomes a space.
 */
export function sanitize(text: string, limit = 200): string {
  // The cut comes first: a device may send megabytes, and cleaning them would be work done for it.
  const clean = text
    .slice(0, limit * 4)
    .replace(UNPRINTABLE, ' ')
    .replace(BLANK, ' ')
    .replace(/ {2,}/g, (run) => (run.length > 8 ? '  ' : run))
    .trim();
  if (clean.length <= limit) return clean;
  return `${clean.slice(0, limit - 1).replace(HALF_PAIR_AT_END, '')}…`;
}

const UNPRINTABLE_IN_LINES = new RegExp(`${ESCAPE}|(?!\\n)[${UNSEEN}]`, 'gu');

/** The same for text of several lines: line feeds stay, nothing is cut. */
export function sanitizeLines(text: string): string {
  return text.replace(UNPRINTABLE_IN_LINES, ' ');
}

const STYLE = String.raw`\u001b\[[0-9;?]{0,30}[A-Za-z]|[\n\t]`;
const OUTPUT = new RegExp(`${STYLE}|[${UNSEEN}]`, 'gu');

/**
 * The last look at what a command prints: what {@link sanitize} takes out is taken out here too, in case that a piece of it
 * was not cleaned before. `styled`: colors, the moves of a live list and carriage returns of the tool itself stay.
 */
export function outputText(text: string, styled: boolean): string {
  return text.replace(OUTPUT, (found) => {
    if (found === '\n' || found === '\t') return found;
    return styled && (found.startsWith('\u001b[') || found === '\r') ? found : ' ';
  });
}

const UNSEEN_IN_JSON = new RegExp(`(?!\\n)[${UNSEEN}]`, 'gu');

/**
 * The same for the text of JSON documents: the character is written as its escape, so the reader of the document still gets
 * the string as it was, and the reader of the text sees what it holds.
 */
export function escapedJson(text: string): string {
  return text.replace(UNSEEN_IN_JSON, (found) =>
    Array.from({ length: found.length }, (_, unit) => escapeOf(found.charCodeAt(unit))).join(''),
  );
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

const MOST_NAMED = 8;

/** `a, b and c`, or `a, b and 3 more`: a list for a message, bounded however long the list is. */
export function joinList(names: readonly string[]): string {
  const named =
    names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`] : names;
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

/** Nothing that is written for this tool is nested even half as deep. */
const DEEPEST = 100;
/** In characters. */
const LONGEST = 64 * 1024 * 1024;
/** Arrays and objects; each takes some hundred bytes of memory. */
const MOST = 4_000_000;
const MARK = /["[\]{}]/g;

/** A limit of {@link parseJson} that was reached, and the place in the text. */
export class BeyondJson extends RangeError {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Parses JSON that came from a file, a server or standard input, within limits of length and depth: what walks over the value
 * later has a stack to lose. Throws SyntaxError for what is no JSON, and BeyondJson that says which limit was reached.
 */
export function parseJson(text: string): unknown {
  if (text.length > LONGEST) throw new BeyondJson(0, `it has more than ${LONGEST} characters`);
  refuseBeyond(text);
  return JSON.parse(text);
}

function refuseBeyond(text: string): void {
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
    if (depth > DEEPEST) throw new BeyondJson(found.index, `it is nested deeper than ${DEEPEST} levels`);
    if (count > MOST) throw new BeyondJson(found.index, `it has more than ${MOST} arrays and objects`);
  }
}

/** The place after the quote that ends a string; brackets in it do not count. */
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
