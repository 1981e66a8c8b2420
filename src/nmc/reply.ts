import { PHRASES } from './phrases.ts';

/** An answer of the command line. */
export interface Reply {
  /** `E000` and the like; null where the answer has none. Free text may stand before and after it. */
  readonly code: string | null;
  readonly lines: readonly string[];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out here
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]|\u001b./g;

/** True where what has arrived ends in a prompt. */
export function endsInPrompt(text: string): boolean {
  return PHRASES.prompt.test(text.slice(-200).replace(ESCAPES, ''));
}

/** Where the echo of a command ends in what has arrived; null while it has not come whole. */
export function afterEcho(text: string, command: string): string | null {
  const at = text.indexOf(command);
  return at === -1 ? null : text.slice(at + command.length);
}

/** Reads what stands between the echo of a command and the next prompt. Line ends are `\r\n`, `\r` or `\n`. */
export function parseReply(text: string): Reply {
  const lines = text
    .replace(ESCAPES, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd());
  if (endsInPrompt(text)) lines.pop();
  while (lines[0] === '') lines.shift();
  while (lines.at(-1) === '') lines.pop();
  const coded = lines.map((line) => PHRASES.code.exec(line)?.[1]).find((code) => code !== undefined);
  return { code: coded ?? null, lines };
}

/** A file in a listing of the card. */
export interface ListedFile {
  readonly name: string;
  readonly bytes: number;
}

/** Both shapes of listing: `3137536 Nov  5  2020  name`, and the long form of Unix with owner and group before the size. */
const LISTED = /(?:^|\s)(\d{1,10})\s+[A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d{4}|\d{1,2}:\d{2})\s+(\S[^\r\n]{0,199})$/;

/** Reads the files of a listing; folders and lines of any other form are left out. */
export function parseListing(lines: readonly string[]): readonly ListedFile[] {
  return lines.flatMap((line) => {
    const found = LISTED.exec(line.slice(0, 400).trimEnd());
    const name = found?.[2] ?? '';
    return found === null || name.endsWith('/') ? [] : [{ name, bytes: Number(found[1]) }];
  });
}

/** The fields of `label: value` lines, by label in small letters; the first of a label counts. */
export function parseFields(lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const found = /^\s*([A-Za-z][A-Za-z0-9 ()/-]{0,39}?)\s*:\s*(.*)$/.exec(line.slice(0, 400));
    const label = found?.[1]?.toLowerCase();
    if (label !== undefined && !fields.has(label)) fields.set(label, (found?.[2] ?? '').trim());
  }
  return fields;
}
