import type { MicrolinkLayout } from '../personas.ts';
import { type Container, type FieldName, type Node, SECTIONS, type Usage } from './fields.ts';

/** Tokens of the descriptor. Source: docs/sources/local.md#microlink-descriptor */
const TOKEN = {
  close: 0xff,
  child: 0xfe,
  collection: 0xfd,
  size: 0xfc,
  mask: 0xfb,
  range: 0xfa,
  limit: 0xf9,
  block: 0xf8,
  nothing: 0xf7,
  closeToo: 0xf6,
  hidden: 0xf5,
  same: 0xf4,
} as const;

const DEFAULT_SIZE = 2;
/** Where the descriptor starts in page 0. */
export const HEADER_BYTES = 12;
/** Block for bytes of unknown meaning. */
const GAP_BLOCK = 5;
/** The two passwords are written and read together, so they must be in one page. */
const PASSWORDS = 8;

/** The place of a field in the data. */
export interface Slot {
  readonly holds: FieldName;
  /** The entry number in a collection. */
  readonly index: number;
  /** From the first byte of page 0. */
  readonly offset: number;
  readonly size: number;
  readonly live: boolean;
}

/** The places of all fields in the pages of a unit. */
export interface Layout {
  readonly descriptor: Buffer;
  readonly slots: readonly Slot[];
}

/** Lays out the fields in the order of a persona. Throws RangeError if its pages are too small. */
export function layOut(microlink: MicrolinkLayout): Layout {
  const { pageWidth, pageCount, dataAt, order, gaps } = microlink;
  const start = dataAt.page * pageWidth + dataAt.offset;
  const writer = new Writer(microlink, start);
  order.forEach((name, index) => {
    let gap = gaps[index] ?? 0;
    if (name === 'auth') {
      const inPage = (writer.offset + gap) % pageWidth;
      if (inPage > pageWidth - PASSWORDS) gap += pageWidth - inPage;
    }
    if (gap > 0) writer.gap(gap, index + 1);
    for (const node of SECTIONS[name]) writer.add(node);
    if (index % 3 === 1) writer.nothing();
  });
  writer.end();
  if (HEADER_BYTES + writer.tokens.length > start)
    throw new RangeError(`the descriptor has ${writer.tokens.length} bytes and overlaps the data`);
  if (writer.offset > pageWidth * pageCount)
    throw new RangeError(`${writer.offset} bytes do not fit into ${pageCount} pages`);
  return { descriptor: Buffer.from(writer.tokens), slots: writer.slots };
}

class Writer {
  readonly tokens: number[] = [];
  readonly slots: Slot[] = [];
  offset: number;
  readonly #microlink: MicrolinkLayout;

  constructor(microlink: MicrolinkLayout, start: number) {
    this.#microlink = microlink;
    this.offset = start;
  }

  nothing(): void {
    this.tokens.push(TOKEN.nothing);
  }

  /** A close outside of every block ends the descriptor. */
  end(): void {
    this.tokens.push(TOKEN.close);
  }

  gap(size: number, usage: number): void {
    this.add({
      open: 'block',
      id: GAP_BLOCK,
      body: [{ usage, holds: 'unknown', size, hidden: usage % 2 === 0 }],
    });
  }

  add(node: Node): void {
    if ('usage' in node) {
      this.#describe(node);
      this.#place(node, 0);
    } else this.#contain(node);
  }

  #contain({ open, id, body }: Container): void {
    if (open === 'block') this.tokens.push(TOKEN.block, id);
    if (open === 'child') this.tokens.push(TOKEN.child, id);
    if (open === 'same') this.tokens.push(TOKEN.same);
    if (open === 'groups') this.#collect(id, body);
    else for (const node of body) this.add(node);
    this.tokens.push(open === 'same' ? TOKEN.closeToo : TOKEN.close);
  }

  /** Described once, and placed once per outlet group. */
  #collect(id: number, body: readonly Node[]): void {
    const { outletGroups } = this.#microlink;
    this.tokens.push(TOKEN.collection, id, outletGroups);
    const usages = body.filter((node): node is Usage => 'usage' in node);
    for (const usage of usages) this.#describe(usage);
    for (let index = 0; index < outletGroups; index += 1)
      for (const usage of usages) this.#place(usage, index + 1);
  }

  #describe(usage: Usage): void {
    const size = this.#sizeOf(usage);
    if (usage.hidden === true) this.tokens.push(TOKEN.hidden);
    this.tokens.push(usage.usage);
    // Public captures also spell out the default size before a mask.
    if (size !== DEFAULT_SIZE || usage.limits === 'mask') this.tokens.push(TOKEN.size, size);
    if (usage.limits === 'mask') this.tokens.push(TOKEN.mask, ...Array.from({ length: size }, () => 0xff));
    if (usage.limits === 'limit') this.tokens.push(TOKEN.limit, 0x7f, ...bytes(size - 1, 0xf8));
    if (usage.limits === 'range') this.tokens.push(TOKEN.range, ...bytes(size, 0x00), ...bytes(size, 0xfe));
  }

  #place(usage: Usage, index: number): void {
    const { holds, live = false } = usage;
    const size = this.#sizeOf(usage);
    this.slots.push({ holds, index, offset: this.offset, size, live });
    this.offset += size;
  }

  #sizeOf({ size }: Usage): number {
    return typeof size === 'number' ? size : this.#microlink.widths[size];
  }
}

function bytes(length: number, value: number): number[] {
  return Array.from({ length }, () => value);
}
