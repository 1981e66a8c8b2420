/** A setting of a section, with the line on which it is. */
export interface NutSetting {
  /** Null: the key alone, as a flag. */
  readonly value: string | null;
  readonly line: number;
}

/** A section of ups.conf, which is one unit of NUT. */
export interface NutSection {
  readonly name: string;
  readonly line: number;
  /** The last setting of each key, as NUT uses it. */
  readonly settings: ReadonlyMap<string, NutSetting>;
  /**
   * The line of an unfinished section name, such as `[name`, after which a setting of this section is set
   * again. NUT gives it to this section, although it may be of another unit. Null: there is none.
   */
  readonly torn: number | null;
}

/** A line that is not read, or not whole. `why` repeats no value. */
export interface OddLine {
  readonly line: number;
  readonly why: string;
}

export interface NutConf {
  readonly sections: readonly NutSection[];
  readonly odd: readonly OddLine[];
  /** Odd lines above the limit, which are only counted. */
  readonly moreOdd: number;
  /** The first line that is neither empty nor a comment; null where there is none. */
  readonly firstLine: number | null;
}

const LONGEST_LINE = 10_000;
const MOST_ODD = 1000;
/** Far above any file; the rest is not read. */
const MOST_SECTIONS = 200_000;
/** The begin of a section or of a setting: a quote or a backslash before it does not reach over it. */
const ENTRY = /^[ \t]*(?:\[|[A-Za-z][\w.-]{0,40}[ \t]*=)/;
const NOT_READ = 'NUT skips it: it is neither a section like [name] nor a setting like port = 10.0.0.1';

/**
 * Reads ups.conf as NUT does. Words are separated by spaces and `=`; quotes enclose one word; a backslash
 * escapes the next character; # begins a comment; the single quote is a character like any other. A section
 * is a first word in brackets. A setting is `key`, or `key = value` with one word as value.
 *
 * `keys`: the settings that matter to the caller; only these are named where a part of them is not read. NUT
 * reads a quote without end over the following lines; here it ends with its line, so that no section is lost.
 * Source: docs/sources/practice.md#the-file-upsconf-of-nut
 */
export function readNutConf(text: string, keys: ReadonlySet<string>): NutConf {
  const reader = new LineReader(text);
  const sections = new Map<string, OpenSection>();
  const odd: OddLine[] = [];
  let moreOdd = 0;
  let firstLine: number | null = null;
  const addOdd = (line: number, why: string): void => {
    if (odd.length < MOST_ODD) odd.push({ line, why });
    else moreOdd += 1;
  };
  let open: OpenSection | null = null;
  let bracket: number | null = null;
  for (let read = reader.next(); read !== null; read = reader.next()) {
    const { line, words, fault } = read;
    if (fault !== null) addOdd(line, fault);
    if (words.length > 0 || fault !== null) firstLine ??= line;
    const [first, second, value, ...more] = words;
    if (first === undefined) continue;
    if (first.startsWith('[') && first.endsWith(']') && first.length > 1) {
      const name = first.slice(1, -1);
      // NUT adds a section of the same name to the first one.
      const section = sections.get(name) ?? { name, line, settings: new Map(), torn: null };
      if (sections.size < MOST_SECTIONS) sections.set(name, section);
      open = section;
      bracket = null;
      continue;
    }
    if (first.startsWith('[')) bracket = line;
    if (words.length > 1 && (second !== '=' || value === undefined)) {
      addOdd(
        line,
        second === '=' && words.length === 2 && keys.has(first)
          ? `NUT skips it: ${first} has no value`
          : NOT_READ,
      );
      continue;
    }
    if (first.startsWith('[')) addOdd(line, NOT_READ);
    const matters = keys.has(first);
    if (matters && more.length > 0) {
      addOdd(line, `NUT reads only the first word after ${first} =; put double quotes around more than one`);
    }
    if (matters && value?.startsWith("'") === true) {
      addOdd(line, `the single quote is a part of ${first} for NUT: use double quotes`);
    }
    if (open === null) {
      if (matters) addOdd(line, `NUT does not read ${first} before the first section`);
      continue;
    }
    const before = open.settings.get(first);
    if (matters && before !== undefined && before.value !== value) {
      open.torn ??= bracket;
      addOdd(line, `${first} is set in line ${before.line} too; NUT uses the last one`);
    }
    open.settings.set(first, { value: value ?? null, line });
  }
  return { sections: [...sections.values()], odd, moreOdd, firstLine };
}

interface OpenSection {
  readonly name: string;
  readonly line: number;
  readonly settings: Map<string, NutSetting>;
  torn: number | null;
}

interface Line {
  /** The number of its first line in the file. */
  readonly line: number;
  readonly words: readonly string[];
  /** What was not read as NUT would. */
  readonly fault: string | null;
}

/** The lines of a file as words. A word may go on over the end of a line, as in NUT. */
class LineReader {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    const plain = text.replace(/^\uFEFF/, '');
    this.#text = plain.includes('\n') ? plain : plain.replaceAll('\r', '\n');
  }

  next(): Line | null {
    if (this.#at >= this.#text.length) return null;
    const line = this.#line;
    const end = this.#lineEnd(this.#at);
    if (end - this.#at > LONGEST_LINE) {
      this.#at = end + 1;
      this.#line += 1;
      return { line, words: [], fault: `it has more than ${LONGEST_LINE} characters; not read` };
    }
    const words: string[] = [];
    let fault: string | null = null;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '\n' || char === '#') break;
      if (/\s/.test(char)) this.#at += 1;
      else if (char === '=') {
        words.push(char);
        this.#at += 1;
      } else if (char === '"') {
        const quoted = this.#quoted();
        words.push(quoted.word);
        fault ??= quoted.fault;
      } else {
        const bare = this.#bare();
        words.push(bare.word);
        fault ??= bare.fault;
      }
    }
    this.#at = this.#lineEnd(this.#at) + 1;
    this.#line += 1;
    return { line, words, fault };
  }

  #lineEnd(from: number): number {
    const end = this.#text.indexOf('\n', from);
    return end === -1 ? this.#text.length : end;
  }

  /** Whether the text after a line break continues what is before it, and does not begin another entry. */
  #continues(lineBreak: number): boolean {
    const begin = lineBreak + 1;
    return begin < this.#text.length && !ENTRY.test(this.#text.slice(begin, begin + 100));
  }

  #quoted(): { readonly word: string; readonly fault: string | null } {
    const begin = this.#at + 1;
    const limit = begin + LONGEST_LINE;
    let word = '';
    let lines = 0;
    for (let at = begin; at < limit; at += 1) {
      const char = this.#text[at];
      if (char === undefined || (char === '\n' && !this.#continues(at))) break;
      if (char === '"') {
        this.#at = at + 1;
        this.#line += lines;
        return { word, fault: null };
      }
      if (char === '\n') lines += 1;
      else if (char !== '\\') word += visible(char);
      else {
        at += 1;
        const next = this.#text[at];
        if (next === '\n') {
          if (!this.#continues(at)) break;
          lines += 1;
        } else word += visible(next ?? '');
      }
    }
    const end = this.#lineEnd(begin);
    this.#at = end;
    const fault = 'a quote is not closed; read to the end of the line, where NUT reads on';
    return { word: [...this.#text.slice(begin, end)].map(visible).join('').trim(), fault };
  }

  #bare(): { readonly word: string; readonly fault: string | null } {
    let word = '';
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '=' || char === '#' || /\s/.test(char)) return { word, fault: null };
      this.#at += 1;
      if (char !== '\\') {
        word += visible(char);
        continue;
      }
      const next = this.#text[this.#at];
      if (next === '\n') {
        if (!this.#continues(this.#at)) return { word, fault: 'a backslash ends the line; NUT reads on' };
        this.#line += 1;
      }
      this.#at += 1;
      if (next !== undefined && next !== '\n') word += visible(next);
    }
  }
}

/** NUT drops control characters. */
function visible(char: string): string {
  return char < ' ' ? '' : char;
}
