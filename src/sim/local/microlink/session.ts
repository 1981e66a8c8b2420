import { randomBytes, randomInt } from 'node:crypto';
import type { SimulatedLocalDevice } from '../device.ts';
import { isChecked, runSums, withCheck } from './check.ts';
import { Pages, type Passwords } from './pages.ts';

/** A page as sent: ID, data, check bytes. */
export interface PageRecord {
  readonly page: number;
  readonly bytes: Buffer;
}

/** ID, offset and length before the data of a write, check bytes after them. */
export const WRITE_OVERHEAD = 5;
const QUIET_SECONDS = 20;

/**
 * The unit's side of Microlink over either transport. It never sends first.
 * Source: docs/sources/local.md#microlink-records, docs/sources/local.md#microlink-password
 */
export class MicrolinkSession {
  readonly #device: SimulatedLocalDevice;
  readonly #pages: Pages;
  readonly #live: readonly number[];
  /** The next page; null before the first FD. */
  #next: number | null = null;
  #liveIndex = 0;
  #records = 0;
  #isQuiet = false;
  #passwords: Passwords = newPasswords();

  constructor(device: SimulatedLocalDevice) {
    this.#device = device;
    this.#pages = new Pages(device);
    this.#live = this.#pages.livePages;
  }

  get pageWidth(): number {
    return this.#pages.layout.pageWidth;
  }

  /** The page in the middle. */
  get middle(): number {
    return this.#pages.layout.pageCount >> 1;
  }

  /** FD: starts over with new nonces and ends the authentication. */
  start(): PageRecord | null {
    if (!this.#listens()) return null;
    this.#device.authenticated = false;
    this.#passwords = newPasswords();
    const first = this.#device.has('microlink-no-page-zero') ? 1 : 0;
    this.#next = first + 1;
    return this.#record(first);
  }

  /** FE: the next page. After the last page there is none without authentication. */
  next(): PageRecord | null {
    if (!this.#listens() || this.#next === null) return null;
    if (this.#device.authenticated) {
      const page = this.#live[this.#liveIndex % this.#live.length] ?? 0;
      this.#liveIndex += 1;
      return this.#record(page);
    }
    if (this.#next >= this.#pages.layout.pageCount) return null;
    this.#next += 1;
    return this.#record(this.#next - 1);
  }

  /** A write; the answer is the whole page. A malformed write, or one out of bounds, gets no answer. */
  write(frame: Buffer): PageRecord | null {
    const [page = 0, offset = 0, length = 0] = frame;
    const { pageCount, pageWidth } = this.#pages.layout;
    const fits = frame.length === length + WRITE_OVERHEAD && offset + length <= pageWidth && length > 0;
    if (!this.#listens() || !isChecked(frame) || !fits || page >= pageCount) return null;
    this.#device.writes += 1;
    const slave = this.#pages.slot('slave');
    const isPassword = page * pageWidth + offset === slave.offset && length === slave.size;
    if (isPassword) this.#offer(frame.subarray(3, 3 + length));
    // Other writes could act on a unit; a look must not send any.
    else this.#device.dangerous += 1;
    this.#device.changed();
    return this.#record(page);
  }

  /** The unit stops answering. */
  fallSilent(): void {
    this.#isQuiet = true;
  }

  #offer(slave: Buffer): void {
    const { master } = this.#passwords;
    const device = this.#device;
    const expected = this.#responseTo(master.subarray(0, HALF));
    device.authenticated = slave.subarray(HALF).equals(expected);
    const proof = Buffer.alloc(HALF);
    if (device.authenticated) {
      this.#responseTo(slave.subarray(0, HALF)).copy(proof);
      if (device.has('microlink-false-answer')) proof[0] = ((proof[0] ?? 0) + 1) % 255;
    } else if (device.has('microlink-locks')) this.fallSilent();
    this.#passwords = { slave: Buffer.from(slave), master: Buffer.concat([freshNonce(), proof]) };
  }

  #responseTo(nonce: Uint8Array): Buffer {
    return responseTo(nonce, this.#pages.page(0, this.#passwords), this.#pages.serialField());
  }

  #listens(): boolean {
    if (this.#records >= this.middle && this.#device.spend('microlink-goes-quiet')) {
      this.#isQuiet = true;
      this.#device.after(QUIET_SECONDS, () => {
        this.#isQuiet = false;
      });
    }
    return !this.#isQuiet;
  }

  #record(page: number): PageRecord | null {
    if (this.#isQuiet) return null;
    this.#records += 1;
    return { page, bytes: withCheck(Buffer.from([page, ...this.#pages.page(page, this.#passwords)])) };
  }
}

/** The content before any authentication: a nonce, and leftovers. */
function newPasswords(): Passwords {
  return { master: Buffer.concat([freshNonce(), Buffer.alloc(HALF)]), slave: randomBytes(2 * HALF) };
}

/** Bytes of page 0 that enter a response; two of them are also its start. */
const HEAD = 8;
/** Length of a nonce, and of the response to it. */
export const HALF = 2;

/**
 * The response to a nonce: running sums that start with the Micro-Link ID and cover the head of page 0, the
 * padded serial number and the nonce.
 * Source: docs/sources/local.md#microlink-password
 */
export function responseTo(nonce: Uint8Array, pageZero: Uint8Array, serialField: Uint8Array): Buffer {
  const start = runSums(pageZero.subarray(0, HEAD), [pageZero[4] ?? 0, pageZero[3] ?? 0]);
  return Buffer.from(runSums(nonce, runSums(serialField, start)));
}

/** Random bytes; 00 and FF are excluded because the sums cannot tell them apart. */
export function freshNonce(): Buffer {
  return Buffer.from(Array.from({ length: HALF }, () => randomInt(1, 0xff)));
}
