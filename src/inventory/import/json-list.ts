import type { z } from 'zod';
import { JsonLimitError, parseJson } from '../../core/index.ts';
import { refuseHuge, unreadable } from './imported.ts';

const MOST_FINDINGS = 5;

/**
 * Parses a list that is JSON. Throws Problem config/import with the line, or with the path of what has another shape. No
 * value of the text gets into the message: it may be a secret.
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
    // The error of JSON.parse repeats the text around the place, so it is not kept as the cause.
    const { offset, expected } = firstFault(plain);
    throw unreadable(placeAt(plain, offset), `expected ${expected}`, hint);
  }
  const checked = checkedBy(schema, value, hint);
  if (checked.success) return checked.data;
  const issues = checked.error.issues;
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more like it)` : '';
  const said = issues.length > MOST_FINDINGS ? more : others(issues.slice(1));
  throw unreadable(spelled(first?.path ?? []), `${first?.message ?? 'it has another shape'}${said}`, hint);
}

function checkedBy<T>(schema: z.ZodType<T>, value: unknown, hint: string): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value);
  } catch (thrown) {
    // The schema library cannot hand on faults by the hundred thousand.
    if (thrown instanceof RangeError) throw unreadable('the top', 'its entries are of another shape', hint);
    throw thrown;
  }
}

function others(issues: readonly z.core.$ZodIssue[]): string {
  return issues.map((issue) => `; ${spelled(issue.path)}: ${issue.message}`).join('');
}

function spelled(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`;
  }
  return text === '' ? 'the top' : text;
}

function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

const SPACE = /[ \t\r\n]*/y;
const TOKEN = /[{}[\],:]|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a string of JSON holds none
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

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or the end of it' | 'end';

/** Where a text stops being JSON; only the errors of some engines say that. */
function firstFault(text: string): { readonly offset: number; readonly expected: string } {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  let offset = 0;
  const afterValue = (): Wanted => (open.length === 0 ? 'end' : ', or the end of it');
  for (;;) {
    offset += matched(SPACE, text, offset)?.length ?? 0;
    const end = tokenEnd(text, offset);
    const inner = open.at(-1);
    if (end === null) return { offset, expected: named(wanted, inner) };
    const token = text.slice(offset, end);
    const closes = (token === '}' && inner === '{') || (token === ']' && inner === '[');
    if (closes && (wanted === ', or the end of it' || wanted.includes(' or '))) {
      open.pop();
      wanted = afterValue();
    } else if (wanted.startsWith('value') && (token === '{' || token === '[')) {
      open.push(token);
      wanted = token === '{' ? 'key or }' : 'value or ]';
    } else if (wanted.startsWith('value') && !/^[}\],:]$/.test(token)) wanted = afterValue();
    else if (wanted.startsWith('key') && token.startsWith('"')) wanted = ':';
    else if (wanted === ':' && token === ':') wanted = 'value';
    else if (wanted === ', or the end of it' && token === ',') wanted = inner === '{' ? 'key' : 'value';
    else return { offset, expected: named(wanted, inner) };
    offset = end;
  }
}

function named(wanted: Wanted, inner: '{' | '[' | undefined): string {
  if (wanted === 'end') return 'nothing more after the list';
  if (wanted === ', or the end of it') return inner === '{' ? 'a comma or }' : 'a comma or ]';
  if (wanted.startsWith('key')) return `a key in double quotes${wanted.endsWith('}') ? ' or }' : ''}`;
  if (wanted === ':') return 'a colon';
  return `a JSON value${wanted.endsWith(']') ? ' or ]' : ''}`;
}
