/** Why the bytes of a list are no text that can be read, and what to do. Both continue a sentence. */
export interface Unreadable {
  readonly ok: false;
  readonly why: string;
  readonly hint: string;
}

/** The text of a list. */
export type Decoded = { readonly ok: true; readonly text: string } | Unreadable;

const AS_CSV = 'Export the sheet as CSV ("CSV UTF-8" in a spreadsheet).';
const UNPACK = 'Unpack it first.';
const AS_UTF8 = 'Save it as UTF-8 ("CSV UTF-8" in a spreadsheet).';

/** The first bytes of files that are no text, in hexadecimal. */
const SIGNATURES: readonly { readonly begin: RegExp; readonly why: string; readonly hint: string }[] = [
  {
    begin: /^504b(?:0304|0506|0708)/,
    why: 'is a ZIP file, such as a workbook of Excel (.xlsx) or LibreOffice (.ods)',
    hint: AS_CSV,
  },
  {
    begin: /^d0cf11e0a1b11ae1/,
    why: 'is an old Office file, such as a workbook of Excel (.xls)',
    hint: AS_CSV,
  },
  { begin: /^25504446/, why: 'is a PDF file', hint: 'Export the list as CSV or JSON instead.' },
  { begin: /^1f8b/, why: 'is compressed with gzip', hint: UNPACK },
  { begin: /^425a683\d314159/, why: 'is compressed with bzip2', hint: UNPACK },
  { begin: /^fd377a585a00/, why: 'is compressed with xz', hint: UNPACK },
  { begin: /^28b52ffd/, why: 'is compressed with zstd', hint: UNPACK },
  { begin: /^377abcaf271c/, why: 'is a 7z archive', hint: UNPACK },
  {
    begin: /^53514c69746520666f726d617420/,
    why: 'is a database of SQLite',
    hint: 'Export the table as CSV.',
  },
  { begin: /^89504e47/, why: 'is a picture (PNG)', hint: 'Export the list as CSV or JSON instead.' },
  { begin: /^ffd8ff/, why: 'is a picture (JPEG)', hint: 'Export the list as CSV or JSON instead.' },
];

/** Begins of texts that are no list. */
const OTHER_TEXTS: readonly { readonly begin: RegExp; readonly why: string; readonly hint: string }[] = [
  {
    begin: /^\s{0,1000}(?:<!--[^>]{0,2000}-->\s{0,100})?<(?:!doctype\s+html|html|head|body)\b/i,
    why: 'is an HTML page and no list; it may be a login page',
    hint: 'Log in, or request the list with an API token, and save it again.',
  },
  {
    begin: /^\s{0,1000}<\?xml\b/i,
    why: 'is an XML file and no list',
    hint: 'Export the list as CSV or JSON instead.',
  },
  { begin: /^\{\\rtf/, why: 'is an RTF document and no list', hint: 'Save it as plain text in UTF-8.' },
];

const SIGNATURE_BYTES = 16;
const SAMPLE_BYTES = 8192;
const BEGIN_CHARACTERS = 4096;

/**
 * The text in the bytes of a list: UTF-8, or UTF-16 with or without byte order mark. Old code pages cannot be
 * recognized with certainty, so they are refused, because a wrong guess changes names. Never throws.
 */
export function decodeList(bytes: Buffer): Decoded {
  const begin = bytes.subarray(0, SIGNATURE_BYTES).toString('hex');
  const known = SIGNATURES.find((one) => one.begin.test(begin));
  if (known !== undefined) return { ok: false, why: known.why, hint: known.hint };
  if (begin.startsWith('fffe0000') || begin.startsWith('0000feff'))
    return { ok: false, why: 'is UTF-32 text', hint: AS_UTF8 };
  const encoding = utf16Of(bytes);
  const text = decodedAs(encoding ?? 'utf-8', bytes);
  if (text === null) return encoding === null ? notUtf8(bytes) : brokenUtf16();
  if (text.includes('\0')) {
    return {
      ok: false,
      why: `is not plain text: it has a NUL byte in line ${lineOf(text, text.indexOf('\0'))}`,
      hint: 'Give a text file in UTF-8. A binary file cannot be imported.',
    };
  }
  const other = otherText(text);
  return other === null ? { ok: true, text } : { ok: false, ...other };
}

/** What a text is instead of a list, by its begin; null where it may be one. */
export function otherText(text: string): { readonly why: string; readonly hint: string } | null {
  const start = text.slice(0, BEGIN_CHARACTERS);
  const other = OTHER_TEXTS.find((one) => one.begin.test(start));
  return other === undefined ? null : { why: other.why, hint: other.hint };
}

type Utf16 = 'utf-16le' | 'utf-16be';

/** UTF-16, by its mark, or by a NUL in every second byte of nearly all characters; null for anything else. */
function utf16Of(bytes: Buffer): Utf16 | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, Math.min(SAMPLE_BYTES, bytes.length - (bytes.length % 2)));
  if (sample.length < 4 || bytes.length % 2 !== 0) return null;
  const nul = [0, 0];
  for (const [index, byte] of sample.entries()) if (byte === 0) nul[index % 2] = (nul[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = nul;
  const most = sample.length * 0.45;
  if (even === 0 && odd >= most) return 'utf-16le';
  return odd === 0 && even >= most ? 'utf-16be' : null;
}

function decodedAs(encoding: Utf16 | 'utf-8', bytes: Buffer): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function brokenUtf16(): Unreadable {
  return { ok: false, why: 'is UTF-16 text that is cut or damaged', hint: AS_UTF8 };
}

function notUtf8(bytes: Buffer): Unreadable {
  const at = firstInvalid(bytes);
  const line = bytes.subarray(0, at).reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 1);
  if (bytes.subarray(0, SAMPLE_BYTES).includes(0)) {
    return { ok: false, why: 'is not UTF-8 text but a binary file', hint: 'Export the list as CSV or JSON.' };
  }
  return {
    ok: false,
    why: `is not UTF-8 text: line ${line} has a byte of another encoding, probably Windows-1252 or Latin-1`,
    hint: `${AS_UTF8} Or convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE`,
  };
}

/** The place of the first byte that is not UTF-8, by halves of what is known to be valid. */
function firstInvalid(bytes: Buffer): number {
  let [valid, end] = [0, bytes.length];
  const isValid = (to: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(valid, to), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  while (end - valid > 8) {
    const middle = valid + Math.floor((end - valid) / 2);
    if (!isValid(middle)) {
      end = middle;
      continue;
    }
    // Begin with a whole character again.
    let next = middle;
    while (next > valid && ((bytes[next] ?? 0) & 0xc0) === 0x80) next -= 1;
    if (next === valid) break;
    valid = next;
  }
  for (let to = valid + 1; to <= end; to += 1) if (!isValid(to)) return to - 1;
  return end;
}

function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
