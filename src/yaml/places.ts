import { isCollection, isNode, isScalar, isSeq, Scalar, type YAMLSeq } from 'yaml';

/** Distance of an offset from the start of its line, in characters. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** Column of the last dash of a block sequence; null for one in brackets. */
export function dashColumn(text: string, sequence: YAMLSeq): number | null {
  if (sequence.srcToken?.type !== 'block-seq') return null;
  const dash = sequence.srcToken.items
    .flatMap((item) => item.start)
    .findLast((token) => token.type === 'seq-item-ind');
  return dash === undefined ? null : columnOf(text, dash.offset);
}

/** The end of the comment lines that are indented deeper than the dash: they belong to its item. */
export function afterOwnComments(text: string, lineEnd: number, column: number): number {
  let end = lineEnd;
  for (;;) {
    const line = /^\r?\n(?:[ \t]*\r?\n)*( *)#[^\r\n]*/.exec(text.slice(end, end + 4096));
    if (line === null || (line[1] ?? '').length <= column) return end;
    end = endOfLine(text, end + line[0].length);
  }
}

/** Where the content of a node ends, without the comments and empty lines after it. */
export function endOf(node: unknown): number | null {
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isSeq(node)) return endOf(last);
    return isPairLike(last) ? endOfPair(last) : null;
  }
  if (!isNode(node) || !node.range) return null;
  const isBlock = isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED);
  // A block scalar ends after its line end; the end of its last line is needed.
  return isBlock && node.range[1] > node.range[0] ? node.range[1] - 1 : node.range[1];
}

function isPairLike(value: unknown): value is { readonly key: unknown; readonly value: unknown } {
  return typeof value === 'object' && value !== null && 'key' in value && 'value' in value;
}

/** Where the content of a pair ends. */
export function endOfPair(pair: { readonly key: unknown; readonly value: unknown }): number | null {
  const key = endOf(pair.key);
  const value = endOf(pair.value);
  return key === null || value === null ? (value ?? key) : Math.max(key, value);
}

/** The offset before the line end at or after `offset`. */
export function endOfLine(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  const end = found < 0 ? text.length : found;
  return end > 0 && found >= 0 && text[end - 1] === '\r' ? end - 1 : end;
}

/** The line end at an offset; at the end of the text, that of the line before. */
export function newlineAt(text: string, offset: number): string {
  const next = /^\r?\n/.exec(text.slice(offset, offset + 2));
  if (next !== null) return next[0];
  const last = text.lastIndexOf('\n');
  return last > 0 && text[last - 1] === '\r' ? '\r\n' : '\n';
}
