import { z } from 'zod';
import { JsonLimitError, parseJson } from '../../core/index.ts';
import { otherText } from './encoding.ts';
import { refuseHuge, unreadable } from './imported.ts';

const MOST_FINDINGS = 5;

/** Far above any list of units. */
const MOST_ENTRIES = 200_000;

/** The entries of a list, of any shape: a faulty one must not cost the others. */
export const Entries = z
  .array(z.unknown())
  .max(MOST_ENTRIES, { error: `it has more than ${MOST_ENTRIES} entries` });

/**
 * Parses a list in JSON. Throws Problem config/import with the line of a syntax error, or the path of a wrong
 * value. The message holds no value of the text, because it may be a secret.
 */
export function parseJsonList<T>(text: string, schema: z.ZodType<T>, hint: string): T {
  refuseHuge(text);
  const plain = text.replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = parseJson(plain);
  } catch (thrown) {
    if (thrown instanceof JsonLimitError)
      throw unreadable(placeAt(plain, thrown.offset), thrown.message, hint);
    const other = otherText(plain);
    if (other !== null) throw unreadable('line 1', `it ${other.why}`, other.hint);
    if (YAML.test(plain)) throw unreadable('line 1', 'it is YAML, expected JSON', hint);
    // The error of JSON.parse repeats the text around the place, so it is not kept as the cause.
    const { offset, expected } = firstSyntaxError(plain);
    throw unreadable(placeAt(plain, offset), `expected ${expected}`, hint);
  }
  const checked = checkedBy(schema, value, hint);
  if (checked.success) return checked.data;
  const issues = checked.error.issues;
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more findings)` : '';
  const rest = issues.length > MOST_FINDINGS ? more : others(issues.slice(1));
  throw unreadable(pathText(first?.path ?? []), `${first?.message ?? 'it has another shape'}${rest}`, hint);
}

function checkedBy<T>(schema: z.ZodType<T>, value: unknown, hint: string): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value);
  } catch (thrown) {
    // The schema library overflows the stack with hundreds of thousands of findings.
    if (thrown instanceof RangeError)
      throw unreadable('the top level', 'its entries have another shape', hint);
    throw thrown;
  }
}

function others(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map((issue) => `; ${pathText(issue.path)}: ${issue.message}`).join('');
}

function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`;
  }
  return text === '' ? 'the top level' : text;
}

function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

/** The begin of a YAML text: its mark, or a key at the begin of a line. */
const YAML = /^(?:#[^\n]{0,200}\n|\s){0,50}(?:---\s|[A-Za-z_][\w.-]{0,100}:(?:\s|$))/;

const SPACE = /[ \t\r\n]*/y;
const TOKEN = /[{}[\],:]|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings hold no control characters
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function matched(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** The end of the token at `at`, or null where there is none. */
function tokenEnd(text: string, at: number): number | null {
  if (text[at] !== '"') {
    const token = matched(TOKEN, text, at);
    return token === null ? null : at + token.length;
  }
  let end = at + 1;
  for (;;) {
    end += matched(PLAIN, text, end)?.length ?? 0;
    if (text[end] === '"') return end + 1;
    const escaped = matched(ESCAPE, text, end);
    if (escaped === null) return null;
    end += escaped.length;
  }
}

type ExpectedToken = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or the end of it' | 'end';

/** Where a text stops being JSON; not every engine reports that. */
function firstSyntaxError(text: string): { readonly offset: number; readonly expected: string } {
  const open: ('{' | '[')[] = [];
  let next: ExpectedToken = 'value';
  let offset = 0;
  const afterValue = (): ExpectedToken => (open.length === 0 ? 'end' : ', or the end of it');
  for (;;) {
    offset += matched(SPACE, text, offset)?.length ?? 0;
    const end = tokenEnd(text, offset);
    const inner = open.at(-1);
    if (end === null) return { offset, expected: named(next, inner) };
    const token = text.slice(offset, end);
    const closes = (token === '}' && inner === '{') || (token === ']' && inner === '[');
    if (closes && (next === ', or the end of it' || next.includes(' or '))) {
      open.pop();
      next = afterValue();
    } else if (next.startsWith('value') && (token === '{' || token === '[')) {
      open.push(token);
      next = token === '{' ? 'key or }' : 'value or ]';
    } else if (next.startsWith('value') && !/^[}\],:]$/.test(token)) next = afterValue();
    else if (next.startsWith('key') && token.startsWith('"')) next = ':';
    else if (next === ':' && token === ':') next = 'value';
    else if (next === ', or the end of it' && token === ',') next = inner === '{' ? 'key' : 'value';
    else return { offset, expected: named(next, inner) };
    offset = end;
  }
}

function named(next: ExpectedToken, inner: '{' | '[' | undefined): string {
  if (next === 'end') return 'nothing more after the list';
  if (next === ', or the end of it') return inner === '{' ? 'a comma or }' : 'a comma or ]';
  if (next.startsWith('key')) return `a key in double quotes${next.endsWith('}') ? ' or }' : ''}`;
  if (next === ':') return 'a colon';
  return `a JSON value${next.endsWith(']') ? ' or ]' : ''}`;
}
