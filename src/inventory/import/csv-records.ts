import { unreadable } from './imported.ts';

/** A record of a CSV text. */
export interface CsvRecord {
  /** The line on which it begins; a field may hold line breaks. */
  readonly line: number;
  readonly fields: readonly string[];
}

const HINT = 'Quote a field that holds the delimiter, a quote or a line break, and double the quotes in it.';
/** Limits far above any list of units. */
const MOST_FIELDS = 1000;
const MOST_RECORDS = 200_000;
const DELIMITERS = [',', ';', '\t'] as const;

/**
 * The records of a CSV text (RFC 4180). The delimiter is the one that the first line uses most. Empty lines
 * are skipped. Throws Problem config/import with the line.
 */
export function csvRecords(text: string): readonly CsvRecord[] {
  const plain = text.replace(/^\uFEFF/, '');
  // Excel reads and writes a first line that declares the delimiter.
  const declared = /^sep=([,;\t])\r?\n/i.exec(plain);
  const delimiter = declared?.[1] ?? usedMost(plain);
  const unquoted = new RegExp(`[^"\\r\\n${delimiter}]*`, 'y');
  const records: CsvRecord[] = [];
  let at = declared?.[0].length ?? 0;
  let line = declared === null ? 1 : 2;
  while (at < plain.length) {
    const begin = line;
    const fields: string[] = [];
    for (;;) {
      if (plain[at] === '"') {
        const field = quotedField(plain, at, line);
        fields.push(field.text);
        at = field.end;
        line += field.text.split('\n').length - 1;
      } else {
        unquoted.lastIndex = at;
        const field = unquoted.exec(plain)?.[0] ?? '';
        fields.push(field);
        at += field.length;
        if (plain[at] === '"')
          throw unreadable(`line ${line}`, 'a quote in a field that is not quoted', HINT);
      }
      if (plain[at] !== delimiter) break;
      if (fields.length === MOST_FIELDS)
        throw unreadable(`line ${begin}`, `more than ${MOST_FIELDS} fields`, HINT);
      at += 1;
    }
    const lineEnd = /\r\n|\n|\r|$/y;
    lineEnd.lastIndex = at;
    const end = lineEnd.exec(plain);
    if (end === null) throw unreadable(`line ${line}`, 'expected a delimiter after the closing quote', HINT);
    at += end[0].length;
    line += 1;
    if (fields.length === 1 && fields[0]?.trim() === '') continue;
    if (records.length === MOST_RECORDS)
      throw unreadable(`line ${begin}`, `more than ${MOST_RECORDS} rows`, HINT);
    records.push({ line: begin, fields });
  }
  return records;
}

function quotedField(
  text: string,
  from: number,
  line: number,
): { readonly text: string; readonly end: number } {
  let at = from + 1;
  const parts: string[] = [];
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) throw unreadable(`line ${line}`, 'an opening quote has no closing quote', HINT);
    parts.push(text.slice(at, quote));
    if (text[quote + 1] !== '"') return { text: parts.join('"'), end: quote + 1 };
    at = quote + 2;
  }
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
