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
