/** Where the bytes of a field are in all pages joined. */
export interface FieldPlace {
  readonly offset: number;
  readonly size: number;
}

/**
 * Fields by path, such as `2:4.9.40`; the numbers are hexadecimal.
 * Source: docs/sources/local.md#microlink-descriptor
 */
export type FieldMap = ReadonlyMap<string, FieldPlace>;

export interface Descriptor {
  readonly fields: FieldMap;
  /** False if it ended at something unknown; the fields before that are valid. */
  readonly whole: boolean;
}

/** Tokens that are not usages. */
const TOKEN = {
  block: 0xf8,
  child: 0xfe,
  collection: 0xfd,
  nested: 0xf4,
  closes: [0xff, 0xf6],
  nothing: 0xf7,
  skips: 0xf5,
  size: 0xfc,
  /** Follow a usage, each with one value of its size. */
  oneValue: [0xfb, 0xf9],
  /** Follows a usage, with two values of its size. */
  twoValues: 0xfa,
} as const;
const LAST_USAGE = 0xdf;
const DEFAULT_SIZE = 2;

/** A real descriptor has some hundred fields; a forged one could be endless. */
const MOST_FIELDS = 4096;
const DEEPEST = 16;

/** Walks the tokens between `from` and `to`; each usage takes its size from the data that start at `to`. */
export function walkDescriptor(pages: Uint8Array, from: number, to: number): Descriptor {
  const walk = new Walk(pages, from, to);
  return { whole: walk.run(), fields: walk.fields };
}

class Walk {
  readonly fields = new Map<string, FieldPlace>();
  readonly #bytes: Uint8Array;
  readonly #total: number;
  #at: number;
  #data: number;
  #left = MOST_FIELDS;

  constructor(pages: Uint8Array, from: number, to: number) {
    this.#bytes = pages.subarray(0, to);
    this.#total = pages.length;
    this.#at = from;
    this.#data = to;
  }

  /** False if an unknown token ends the walk. */
  run(): boolean {
    return this.#body('', 0);
  }

  /** Reads tokens up to the one that closes, or up to the end of the descriptor. */
  #body(path: string, depth: number): boolean {
    if (depth > DEEPEST) return false;
    while (this.#at < this.#bytes.length) {
      const token = this.#next();
      if (TOKEN.closes.some((close) => close === token)) return true;
      if (!this.#token(token, path, depth)) return false;
    }
    // Only the outermost body may end with the descriptor.
    return depth === 0;
  }

  #token(token: number, path: string, depth: number): boolean {
    switch (token) {
      case TOKEN.nothing:
        return true;
      case TOKEN.block:
        return this.#body(`${hex(this.#next())}:`, depth + 1);
      case TOKEN.child:
        return this.#body(`${path}${hex(this.#next())}.`, depth + 1);
      case TOKEN.nested:
        return this.#body(path, depth + 1);
      case TOKEN.collection:
        return this.#collection(path, depth);
      case TOKEN.skips:
        return this.#usage(this.#next(), null);
      default:
        return this.#usage(token, path);
    }
  }

  /** One body for all entries: it is read again for each, and takes new data each time. */
  #collection(path: string, depth: number): boolean {
    const name = hex(this.#next());
    const entries = this.#next();
    const body = this.#at;
    if (entries === 0) return false;
    for (let entry = 0; entry < entries; entry += 1) {
      this.#at = body;
      if (!this.#body(`${path}${name}[${entry}].`, depth + 1)) return false;
    }
    return true;
  }

  /** `path` null: the unit does not allow reading it. */
  #usage(usage: number, path: string | null): boolean {
    this.#left -= 1;
    if (usage < 1 || usage > LAST_USAGE || this.#left < 0) return false;
    let size = DEFAULT_SIZE;
    for (;;) {
      const token = this.#bytes[this.#at];
      if (token === TOKEN.size) {
        this.#at += 1;
        size = this.#next();
      } else if (TOKEN.oneValue.some((one) => one === token)) this.#at += 1 + size;
      else if (token === TOKEN.twoValues) this.#at += 1 + 2 * size;
      else break;
    }
    if (this.#data + size > this.#total) return false;
    if (path !== null) this.fields.set(`${path}${hex(usage)}`, { offset: this.#data, size });
    this.#data += size;
    return true;
  }

  #next(): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase();
}
