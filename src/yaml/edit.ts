import { isDeepStrictEqual } from 'node:util';
import { type Document, parseDocument } from 'yaml';
import { MAX_ALIASES } from './compose.ts';
import {
  appended,
  type Context,
  replaced,
  type Splice,
  valueAt,
  type YamlEdit,
  type YamlPath,
} from './splices.ts';
import { isRecord, type WriteOptions } from './write.ts';

/**
 * Changes single values of a YAML text and keeps every other byte: comments, empty lines, quotes, line ends.
 * Null if that is impossible, for example because a value with an anchor is used in another place too.
 */
export function editYaml(text: string, edits: readonly YamlEdit[], options: WriteOptions): string | null {
  const document = parseDocument(text, { keepSourceTokens: true, prettyErrors: false });
  const before = plainOf(document);
  if (before === null) return null;
  const expected = changed(before.value, edits);
  if (!expected.ok) return null;

  const splices: Splice[] = [];
  for (const edit of grouped(edits)) {
    const context: Context = { text, options, depth: edit.path.length };
    const made =
      edit.kind === 'append'
        ? appended(document.contents, edit.path, edit.values, context)
        : replaced(document.contents, edit, expected.value, context);
    if (made === null) return null;
    splices.push(...made);
  }
  const result = spliced(text, splices);
  if (result === null) return null;
  // Proof of the result: it is parsed again.
  const after = plainOf(parseDocument(result, { prettyErrors: false }));
  return after !== null && isDeepStrictEqual(after.value, expected.value) ? result : null;
}

/** The document as a value without sharing: an aliased value is copied. */
function plainOf(document: Document.Parsed): { readonly value: unknown } | null {
  if (document.errors.length > 0) return null;
  try {
    const value: unknown = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: MAX_ALIASES })));
    return { value };
  } catch {
    return null;
  }
}

function changed(value: unknown, edits: readonly YamlEdit[]): { ok: true; value: unknown } | { ok: false } {
  const copy: unknown = structuredClone(value);
  for (const { kind, path, value: given } of edits) {
    const parent = valueAt(copy, kind === 'append' ? path : path.slice(0, -1));
    const key = path.at(-1);
    if (kind === 'append') {
      if (!Array.isArray(parent)) return { ok: false };
      parent.push(structuredClone(given));
    } else {
      if (!isRecord(parent) || typeof key !== 'string') return { ok: false };
      parent[key] = structuredClone(given);
    }
  }
  // Undefined values are not written.
  const expected: unknown = JSON.parse(JSON.stringify(copy));
  return { ok: true, value: expected };
}

type Work =
  | Extract<YamlEdit, { kind: 'set' }>
  | { readonly kind: 'append'; readonly path: YamlPath; readonly values: readonly unknown[] };

/** New items of one sequence are written together. */
function grouped(edits: readonly YamlEdit[]): readonly Work[] {
  const appends = new Map<string, { kind: 'append'; path: YamlPath; values: unknown[] }>();
  const work: Work[] = [];
  for (const edit of edits) {
    if (edit.kind === 'set') {
      work.push(edit);
      continue;
    }
    const id = JSON.stringify(edit.path);
    const known = appends.get(id);
    if (known !== undefined) {
      known.values.push(edit.value);
      continue;
    }
    const first = { kind: 'append' as const, path: edit.path, values: [edit.value] };
    appends.set(id, first);
    work.push(first);
  }
  return work;
}

function spliced(text: string, splices: readonly Splice[]): string | null {
  // Two edits below one alias produce the same splice, which is needed once.
  const seen = new Set<string>();
  const isNew = ({ start, end }: Splice): boolean => {
    const id = `${start}:${end}`;
    if (start === end) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  };
  const sorted = splices.filter(isNew).sort((a, b) => a.start - b.start || b.depth - a.depth);
  const parts: string[] = [];
  let done = 0;
  for (const splice of sorted) {
    if (splice.start < done) return null;
    parts.push(text.slice(done, splice.start), splice.text);
    done = splice.end;
  }
  parts.push(text.slice(done));
  return parts.join('');
}
