import { PHRASES } from '../phrases.ts';

/** An answer of the command line. */
export interface Reply {
  /** Such as `E000`; null if the answer has none. Text may come before and after it. */
  readonly code: string | null;
  readonly lines: readonly string[];
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: these match escape sequences
/** A moved cursor begins a new piece of text, as a line end does. */
const CURSOR = /\u001b\[[0-9;]{0,30}[Hf]/g;
const ESCAPES = /\u001b\[[0-9;?]{0,30}[A-Za-z]|\u001b./g;
const UNFINISHED = /\u001b(?:\[[0-9;?]{0,30})?$/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: these match escape sequences

/** Removes escape sequences. `held` is an incomplete one at the end; put it before the next text. */
export function withoutEscapes(text: string): { readonly clean: string; readonly held: string } {
  const held = UNFINISHED.exec(text.slice(-40))?.[0] ?? '';
  const whole = held === '' ? text : text.slice(0, -held.length);
  return { clean: whole.replace(CURSOR, '\n').replace(ESCAPES, ''), held };
}

/**
 * Reads the text between the echo of a command and the next prompt. Line ends are `\r\n`, `\r` or `\n`. The
 * reminder of a restart that a card prints before its prompts is not part of the answer.
 */
export function parseReply(text: string): Reply {
  const lines = withoutEscapes(text)
    .clean.split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd());
  while (lines[0] === '') lines.shift();
  while (lines.at(-1) === '' || PHRASES.nag.test(lines.at(-1) ?? '')) lines.pop();
  const coded = lines.map((line) => PHRASES.code.exec(line)?.[1]).find((code) => code !== undefined);
  return { code: coded ?? null, lines };
}

/** A file in a listing of the card. */
export interface ListedFile {
  readonly name: string;
  /** Null: the listing shows no readable size, so it confirms nothing. */
  readonly bytes: number | null;
}

/**
 * Both formats: `3137536 Nov  5  2020  name`, and the long Unix format with owner and group before the size.
 */
const LISTED = /(?:^|\s)(\d{1,10})\s+[A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d{4}|\d{1,2}:\d{2})\s+(\S[^\r\n]{0,199})$/;

/** Reads the files of a listing; folders and lines in other formats are skipped. */
export function parseListing(lines: readonly string[]): readonly ListedFile[] {
  return lines.flatMap((line) => {
    const found = LISTED.exec(line.slice(0, 400).trimEnd());
    const name = found?.[2] ?? '';
    return found === null || name.endsWith('/') ? [] : [{ name, bytes: Number(found[1]) }];
  });
}

const MAX_FIELD_LINE = 400;

/** The fields of `label: value` lines, by label in lowercase; the first of equal labels counts. */
export function parseFields(lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const found = /^\s*([A-Za-z][A-Za-z0-9 ()/-]{0,39}?)\s*:\s*(.*)$/.exec(line.slice(0, MAX_FIELD_LINE));
    const label = found?.[1]?.toLowerCase();
    // A value that is cut must not look like a whole one.
    const end = line.length > MAX_FIELD_LINE ? '\u2026' : '';
    if (label !== undefined && !fields.has(label)) fields.set(label, `${(found?.[2] ?? '').trim()}${end}`);
  }
  return fields;
}
