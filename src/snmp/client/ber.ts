/** A malformed datagram. Thrown by the parser and caught where a datagram is decoded. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** Universal BER tags and the tags of SNMP (RFC 1157, RFC 2578 section 7.1, RFC 3416 section 3). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  ipAddress: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  nsapAddress: 0x45,
  counter64: 0x46,
  unsigned32: 0x47,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
  response: 0xa2,
  report: 0xa8,
} as const;

/** One element: its tag, and where its contents begin and end in the datagram. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** Agents pad lengths (`82 00 05`); a length with more octets is not valid. */
const MAX_LENGTH_OCTETS = 8;
/** A number cannot hold a longer integer exactly. */
const MAX_INTEGER_OCTETS = 8;
/** RFC 2578 section 3.5: at most 128 arcs of at most 2^32-1 each. */
const MAX_ARCS = 128;
const MAX_ARC = 0xffff_ffff;

/**
 * Reads BER elements in order. It never reads past the end of its element. It allocates nothing by a length
 * from a device, and recurses only where its caller does. Throws {@link MalformedError}.
 */
export class BerReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Octets not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** The tag of the next element; null at the end. */
  get nextTag(): number | null {
    return this.isAtEnd ? null : (this.#bytes[this.#at] ?? null);
  }

  /** Reads the next element; it has to be within the one around it. */
  element(): Element {
    const tag = this.#octet();
    if ((tag & 0x1f) === 0x1f) throw new MalformedError('a tag of more than one octet');
    const length = this.#length();
    const start = this.#at;
    if (length > this.#end - start) throw new MalformedError('an element that is longer than what holds it');
    this.#at = start + length;
    return { tag, start, end: this.#at };
  }

  /** The next element, which must have the tag. */
  expect(tag: number): Element {
    const element = this.element();
    if (element.tag === tag) return element;
    throw new MalformedError(`tag 0x${element.tag.toString(16)} instead of 0x${tag.toString(16)}`);
  }

  /** A reader for the contents of the next element, which must have the tag. */
  into(tag: number): BerReader {
    const { start, end } = this.expect(tag);
    return new BerReader(this.#bytes, start, end);
  }

  octets(): Buffer {
    const { start, end } = this.expect(TAG.octets);
    return this.#bytes.subarray(start, end);
  }

  /** A signed integer of 32 bits, as all versions, IDs, states and engine times are. */
  integer(): number {
    const value = integerOf(this.#bytes, this.expect(TAG.integer));
    if (value === null || value < -0x8000_0000 || value > 0x7fff_ffff)
      throw new MalformedError('an integer of more than 32 bits');
    return value;
  }

  oid(): string {
    return oidOf(this.#bytes, this.expect(TAG.oid));
  }

  /** Throws if anything follows. */
  finish(): void {
    if (!this.isAtEnd) throw new MalformedError(`${this.left} octets after the end`);
  }

  #octet(): number {
    const octet = this.isAtEnd ? undefined : this.#bytes[this.#at];
    if (octet === undefined) throw new MalformedError('an end in the middle of an element');
    this.#at += 1;
    return octet;
  }

  #length(): number {
    const first = this.#octet();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0) throw new MalformedError('an element of indefinite length');
    if (count > MAX_LENGTH_OCTETS) throw new MalformedError(`a length of ${count} octets`);
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#octet();
    return length;
  }
}

/**
 * A two's complement integer of 1 to 8 octets; null if a number cannot hold it exactly. Throws {@link
 * MalformedError}.
 */
export function integerOf(bytes: Buffer, { start, end }: Element): number | null {
  const length = end - start;
  if (length === 0) throw new MalformedError('an integer without octets');
  if (length > MAX_INTEGER_OCTETS) throw new MalformedError(`an integer of ${length} octets`);
  let value = bytes.readInt8(start);
  for (let at = start + 1; at < end; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return Number.isSafeInteger(value) ? value : null;
}

/** An object identifier in its dotted form. Throws {@link MalformedError}. */
export function oidOf(bytes: Buffer, { start, end }: Element): string {
  const arcs: number[] = [];
  let arc = 0;
  let isWithin = false;
  for (let at = start; at < end; at += 1) {
    const octet = bytes[at] ?? 0;
    if (!isWithin && octet === 0x80) throw new MalformedError('an OID with a padded arc');
    arc = arc * 128 + (octet & 0x7f);
    if (arc > MAX_ARC) throw new MalformedError('an OID with an arc over 2^32-1');
    isWithin = octet >= 0x80;
    if (isWithin) continue;
    // X.690 section 8.19.4: the first octets hold the first two arcs.
    if (arcs.length === 0) {
      const first = Math.min(Math.floor(arc / 40), 2);
      arcs.push(first, arc - first * 40);
    } else arcs.push(arc);
    arc = 0;
    if (arcs.length > MAX_ARCS) throw new MalformedError(`an OID of more than ${MAX_ARCS} arcs`);
  }
  if (isWithin || arcs.length === 0) throw new MalformedError('an OID that ends within an arc');
  return arcs.join('.');
}
