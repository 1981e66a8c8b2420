import { isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { columnOf, dashColumn } from './places.ts';

/** How new values are written. */
export interface WriteOptions {
  /** Keys whose text values are always quoted. */
  readonly quoted: readonly string[];
}

/**
 * Text that no version of YAML reads as anything else, in block or flow style: a word, an IPv4 address,
 * `env:NAME`.
 */
const PLAIN = /^(?:[A-Za-z][A-Za-z0-9_.-]*|\d{1,3}(?:\.\d{1,3}){3}|env:[A-Za-z_][A-Za-z0-9_]*)$/;
const RESERVED_WORDS = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** True if a text needs no quotes in YAML. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text) && !RESERVED_WORDS.test(text);
}

/** True if a value has keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in one line. `json`: with quotes wherever JSON has them. */
export function inline(value: unknown, options: WriteOptions, json = false): string {
  if (typeof value === 'string') return json || !isPlain(value) ? JSON.stringify(value) : value;
  if (Array.isArray(value)) return `[${value.map((item) => inline(item, options, json)).join(', ')}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const pairs = Object.entries(value).filter(([, one]) => one !== undefined);
  if (pairs.length === 0) return '{}';
  return `{ ${pairs.map(([key, one]) => pairText(key, one, options, json)).join(', ')} }`;
}

/** `key: value` in one line. */
export function pairText(key: string, value: unknown, options: WriteOptions, json = false): string {
  const forced = json || options.quoted.includes(key);
  const written = typeof value === 'string' && forced ? JSON.stringify(value) : inline(value, options, json);
  return `${inline(key, options, json)}: ${written}`;
}

/** Offset of the first key of a map. */
function firstKey(map: YAMLMap): number | null {
  const key = map.items[0]?.key;
  return isNodeWithRange(key) ? key.range[0] : null;
}

function isNodeWithRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

/**
 * A new item of a block sequence as lines; the first one starts with the dash. It is formatted like the last
 * item of `sequence`, whose source is `text`: in braces or over several lines, with the same indentation.
 */
export function itemLines(
  text: string,
  value: unknown,
  sequence: YAMLSeq | null,
  options: WriteOptions,
): string[] {
  const model = sequence?.items.at(-1);
  const map = isMap(model) ? model : null;
  if (!isRecord(value) || map?.flow === true) return [`- ${inline(value, options)}`];
  const dash = sequence === null ? null : dashColumn(text, sequence);
  const key = map === null ? null : firstKey(map);
  const distance = dash === null || key === null ? 0 : columnOf(text, key) - dash;
  // If the first key is on the line after its dash, there is no distance to copy.
  const gap = distance < 2 || text.slice((key ?? 0) - distance, key ?? 0).includes('\n') ? 2 : distance;
  return mapLines(text, value, map, options).map((line, index) =>
    index === 0 ? `-${' '.repeat(gap - 1)}${line}` : `${' '.repeat(gap)}${line}`,
  );
}

function mapLines(
  text: string,
  value: Record<string, unknown>,
  model: YAMLMap | null,
  options: WriteOptions,
): string[] {
  return Object.entries(value).flatMap(([key, one]) => {
    if (one === undefined) return [];
    if (!Array.isArray(one) || !one.some(isRecord)) return [pairText(key, one, options)];
    const like = model?.get(key, true);
    const sequence = isSeq(like) ? like : null;
    if (sequence?.flow === true && sequence.items.length > 0) return [pairText(key, one, options)];
    const dash = sequence === null ? null : dashColumn(text, sequence);
    const first = model === null ? null : firstKey(model);
    const indent = dash === null || first === null ? 2 : Math.max(0, dash - columnOf(text, first));
    return [
      `${inline(key, options)}:`,
      ...one.flatMap((item: unknown) =>
        itemLines(text, item, sequence, options).map((line) => ' '.repeat(indent) + line),
      ),
    ];
  });
}
