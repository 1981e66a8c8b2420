import { unreadable } from './imported.ts';

/** A record of a CSV text. */
export interface CsvRecord {
  /** The line on which it begins; a field may hold line breaks. */
  readonly line: number;
  readonly fields: readonly string[];
  /** What is wrong in a record whose fields can be read anyway; null where nothing is. */
  readonly doubtful: string | null;
}

/** A line that is no record, and why. Reading continues on the next line. */
export interface BadRecord {
  readonly line: number;
  readonly why: string;
}

const HINT = 'Quote a field that holds the delimiter, a quote or a line break, and double the quotes in it.';
/** Limits far above any list of units. */
const MOST_FIELDS = 1000;
const MOST_RECORDS = 200_000;
/** Of these, a text is no CSV. */
const MOST_BAD = 10_000;
/** In characters. The end of a quote is not searched further, so that each line is read a few times. */
const LONGEST_RECORD = 262_144;
const DELIMITERS = [',', ';', '\t', '|'] as const;
const LINE_END = /\r\n|\n|\r/g;

/** Excel reads and writes a first line that declares the delimiter. */
const DECLARED = /^"?sep=([,;\t|])"?(?:\r\n|\n|\r)/i;

/** The delimiters that a text may have: the declared one alone; else first the one of the first line. */
export function delimitersOf(text: string): readonly string[] {
  const plain = text.replace(/^\uFEFF/, '');
  const declared = DECLARED.exec(plain)?.[1];
  return declared === undefined ? [...new Set([usedMost(plain), ...DELIMITERS])] : [declared];
}

/**
 * The records of a CSV text (RFC 4180), or the first `most`. Empty lines are skipped. Where a record cannot
 * be read, only its first line is lost. Throws Problem config/import for a text over the limits.
 */
export function csvRecords(
  text: string,
  delimiter = delimitersOf(text)[0] ?? ',',
  most = Number.POSITIVE_INFINITY,
): readonly (CsvRecord | BadRecord)[] {
  const plain = text.replace(/^\uFEFF/, '');
  const declared = DECLARED.exec(plain);
  const reader = new RecordReader(plain, delimiter);
  const records: (CsvRecord | BadRecord)[] = [];
  let at = declared?.[0].length ?? 0;
  let line = declared === null ? 1 : 2;
  let bad = 0;
  while (at < plain.length && records.length < most) {
    const read = reader.read(at);
    if ('why' in read) {
      bad += 1;
      if (bad > MOST_BAD)
        throw unreadable(`line ${line}`, `the list has more than ${MOST_BAD} lines with mistakes`, HINT);
      records.push({ line: line + read.linesBefore, why: read.why });
      const end = nextLine(plain, at);
      at = end;
      line += 1;
    } else {
      const isEmpty = read.fields.length === 1 && read.fields[0]?.trim() === '';
      if (!isEmpty) records.push({ line, fields: read.fields, doubtful: read.doubtful });
      at = read.end;
      line += read.lines;
    }
    if (records.length > MOST_RECORDS)
      throw unreadable(`line ${line}`, `more than ${MOST_RECORDS} rows`, HINT);
  }
  return records;
}

interface ReadRecord {
  readonly fields: readonly string[];
  readonly doubtful: string | null;
  readonly end: number;
  /** Lines that it takes. */
  readonly lines: number;
}

interface Failed {
  readonly why: string;
  /** Lines of the record before the one with the mistake. */
  readonly linesBefore: number;
}

class RecordReader {
  readonly #text: string;
  readonly #delimiter: string;
  /** A field without quotes, to the delimiter or the end of the line. */
  readonly #unquoted: RegExp;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
    this.#unquoted = new RegExp(`[^\\r\\n${delimiter}]*`, 'y');
  }

  /** The record that begins at an offset. */
  read(begin: number): ReadRecord | Failed {
    const text = this.#text;
    const fields: string[] = [];
    let at = begin;
    let lines = 0;
    let doubtful: string | null = null;
    for (;;) {
      if (at - begin > LONGEST_RECORD)
        return { why: `a record of more than ${LONGEST_RECORD} characters`, linesBefore: 0 };
      at = this.#quoteAfterSpaces(at);
      if (text[at] === '"') {
        const field = this.#quoted(at, begin + LONGEST_RECORD);
        if (field === null) return { why: 'an opening quote has no closing quote', linesBefore: lines };
        fields.push(field.text);
        at = field.end;
        lines += field.text.match(LINE_END)?.length ?? 0;
        while (text[at] === ' ') at += 1;
        if (!this.#endsField(at))
          return { why: 'expected a delimiter after the closing quote', linesBefore: lines };
      } else {
        this.#unquoted.lastIndex = at;
        const field = this.#unquoted.exec(text)?.[0] ?? '';
        if (field.includes('"')) doubtful = 'a quote in a field that is not quoted';
        fields.push(field);
        at += field.length;
      }
      if (text[at] !== this.#delimiter) break;
      if (fields.length === MOST_FIELDS)
        return { why: `more than ${MOST_FIELDS} fields`, linesBefore: lines };
      at += 1;
    }
    return { fields, doubtful, end: nextLine(text, at), lines: lines + 1 };
  }

  /** Spaces around a quoted field are no part of it. */
  #quoteAfterSpaces(at: number): number {
    let quote = at;
    while (this.#text[quote] === ' ') quote += 1;
    return this.#text[quote] === '"' ? quote : at;
  }

  #endsField(at: number): boolean {
    const next = this.#text[at];
    return next === undefined || next === this.#delimiter || next === '\n' || next === '\r';
  }

  #quoted(from: number, limit: number): { readonly text: string; readonly end: number } | null {
    const text = this.#text;
    let at = from + 1;
    const parts: string[] = [];
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote === -1 || quote > limit) return null;
      parts.push(text.slice(at, quote));
      if (text[quote + 1] !== '"') return { text: parts.join('"'), end: quote + 1 };
      at = quote + 2;
    }
  }
}

/** The begin of the line after an offset. */
function nextLine(text: string, at: number): number {
  LINE_END.lastIndex = at;
  const found = LINE_END.exec(text);
  return found === null ? text.length : found.index + found[0].length;
}

/** The delimiter of the first line, outside of quotes; a comma where it has none. */
function usedMost(text: string): string {
  const [first = ''] = text
    .slice(0, 65_536)
    .replaceAll(/"[^"]*"/g, '')
    .split(/[\r\n]/, 1);
  const counted = DELIMITERS.map((one) => ({ one, count: first.split(one).length }));
  return counted.reduce((best, next) => (next.count > best.count ? next : best)).one;
}
