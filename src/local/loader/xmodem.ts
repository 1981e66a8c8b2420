import xmodemCrc from 'crc/crc16xmodem';
import type { Clock } from '../../core/index.ts';
import type { ByteLine } from '../line/line.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { BYTE, type LoaderEvent, LoaderOutputParser, meaningOf, QUIET } from './output.ts';

/**
 * Bytes per block; the only size that a boot loader is known to accept.
 * Source: docs/sources/local.md#boot-loader
 */
export const BLOCK = 128;

const SOH = 0x01;
const EOT = 0x04;

/** Attempts for one block, and for the end of the file. */
const TRIES = 10;
/** Restarts of the receiver before the sender gives up. */
const MOST_RESTARTS = 10;
/**
 * A request that arrives sooner than this after the first block was sent before the block arrived.
 * Milliseconds.
 */
const STALE = 1_000;

/** Result of a transfer. */
export type SendResult =
  /**
   * The receiver acknowledged the last block and the end. `isRunning`: it reports that it runs an
   * application.
   */
  | { readonly end: 'taken'; readonly isRunning: boolean }
  /** All blocks were acknowledged; the end was not. */
  | { readonly end: 'not-acknowledged' }
  /** The receiver keeps asking for an image: nothing of this transfer counts. */
  | { readonly end: 'asks-again'; readonly reason: string }
  /** The receiver refuses a block and does not ask for a restart. */
  | { readonly end: 'refused'; readonly block: number }
  /** Nothing was sent: there was no request. */
  | { readonly end: 'not-asked' }
  /** The operator stopped it, and the receiver was sent a cancel. */
  | { readonly end: 'stopped' }
  /** The receiver stopped answering; `block` is the last block that it acknowledged. */
  | { readonly end: 'silent'; readonly block: number };

export interface SendOptions {
  readonly clock: Clock;
  readonly timeouts: LocalTimeouts;
  /** Aborted to cancel the transfer; has an effect only before the last block. */
  readonly stop: AbortSignal;
  readonly progress: (blocks: number, of: number, note: string) => void;
  /** Receives each line of text that the receiver prints, and each restart. */
  readonly log: (kind: 'received' | 'note', text: string) => void;
}

/** Frame of a block: number, its complement, data and CRC (XMODEM-CRC, Forsberg 1988, section 7.3). */
export function blockFrame(number: number, bytes: Uint8Array): Buffer {
  const sum = xmodemCrc(Buffer.from(bytes));
  const head = [SOH, number & 0xff, ~number & 0xff];
  return Buffer.from([...head, ...bytes, sum >> 8, sum & 0xff]);
}

/**
 * Sends an image by XMODEM-CRC. Starts over when the receiver does: real ones restart after some hundred
 * blocks, or keep asking after the end. Rejects with Problem link/closed if the cable is pulled.
 */
export async function sendImage(
  line: ByteLine,
  image: Uint8Array,
  options: SendOptions,
): Promise<SendResult> {
  return new Sender(line, image, options).run();
}

/** Result of a block. `silent` and `refused`: after all attempts. */
type Outcome = 'ack' | 'restart' | 'silent' | 'refused' | 'application';

/** Answer to one attempt. */
type Reply = Exclude<Outcome, 'silent' | 'refused'> | 'nak' | 'nothing';

class Sender {
  readonly #line: ByteLine;
  readonly #image: Uint8Array;
  readonly #options: SendOptions;
  readonly #blocks: number;
  readonly #parser = new LoaderOutputParser();
  #queue: LoaderEvent[] = [];
  #lastReason = '';

  constructor(line: ByteLine, image: Uint8Array, options: SendOptions) {
    this.#line = line;
    this.#image = image;
    this.#options = options;
    this.#blocks = Math.ceil(image.length / BLOCK);
  }

  async run(): Promise<SendResult> {
    const { stop } = this.#options;
    for (let restart = 0; restart <= MOST_RESTARTS; restart += 1) {
      if (stop.aborted) return this.#cancel();
      if (!(await this.#waitForRequest())) {
        if (stop.aborted) return this.#cancel();
        return restart === 0 ? { end: 'not-asked' } : { end: 'silent', block: 0 };
      }
      const sent = await this.#pass(restart);
      if (sent !== null) return sent;
    }
    await this.#sendCancel();
    return { end: 'asks-again', reason: this.#lastReason };
  }

  /** Sends all blocks once; null if the receiver wants them again from the first. */
  async #pass(restart: number): Promise<SendResult | null> {
    const { stop, progress } = this.#options;
    for (let block = 1; block <= this.#blocks; block += 1) {
      if (stop.aborted) return this.#cancel();
      progress(block - 1, this.#blocks, restart === 0 ? 'sending' : `sending again (${restart})`);
      const outcome = await this.#block(block);
      if (outcome === 'silent') return { end: 'silent', block: block - 1 };
      if (outcome === 'refused') {
        await this.#sendCancel();
        return { end: 'refused', block };
      }
      if (outcome === 'application') return { end: 'taken', isRunning: true };
      if (outcome === 'restart') return null;
    }
    progress(this.#blocks, this.#blocks, 'all blocks taken');
    return this.#end();
  }

  async #block(number: number): Promise<Outcome> {
    const start = (number - 1) * BLOCK;
    const frame = blockFrame(number, this.#image.subarray(start, start + BLOCK));
    let last: Reply = 'nothing';
    for (let tried = 0; tried < TRIES; tried += 1) {
      // A late answer to an earlier block must not count for this one.
      this.#line.discard();
      this.#queue = [];
      await this.#line.write(frame);
      last = await this.#replyTo(number);
      if (last !== 'nak' && last !== 'nothing') return last;
    }
    return last === 'nak' ? 'refused' : 'silent';
  }

  async #replyTo(number: number): Promise<Reply> {
    const { clock, timeouts } = this.#options;
    const sentAt = clock.monotonic();
    let requests = 0;
    let cancels = 0;
    for (;;) {
      const event = await this.#nextEvent(sentAt + timeouts.block * 1000 - clock.monotonic());
      if (event === null)
        return requests > 0 ? this.#restart(number, 'it asked for the first block') : 'nothing';
      if (event.kind === 'ack') return 'ack';
      if (event.kind === 'nak') return 'nak';
      if (event.kind === 'text') {
        const meaning = meaningOf(event.text);
        if (meaning === 'application') return 'application';
        if (meaning !== 'other') return this.#restart(number, `it printed "${event.text}"`);
      } else if (event.kind === 'can') {
        cancels += 1;
        // One may be noise; two end the transfer.
        if (cancels >= 2) return this.#restart(number, 'it cancelled the transfer');
      } else if (number > 1) {
        requests += 1;
        if (requests >= 2) return this.#restart(number, 'it asked for the first block');
        // The first block may cross the request that it answers.
      } else if (clock.monotonic() - sentAt >= STALE) return 'nothing';
    }
  }

  #restart(number: number, reason: string): 'restart' {
    this.#lastReason = `at block ${number} of ${this.#blocks} ${reason}`;
    this.#options.log('note', `the receiver restarted: ${this.#lastReason}`);
    return 'restart';
  }

  /** Sends the end until it is answered; null if the receiver wants all blocks again. */
  async #end(): Promise<SendResult | null> {
    const { timeouts } = this.#options;
    for (let tried = 0; tried < TRIES; tried += 1) {
      await this.#line.write(Uint8Array.of(EOT));
      const reply = await this.#replyToEnd(timeouts.end * 1000);
      if (reply === 'ack') return this.#afterEnd();
      if (reply === 'application') return { end: 'taken', isRunning: true };
      if (reply === 'restart') return null;
      if (reply === 'nothing') return { end: 'not-acknowledged' };
    }
    return { end: 'not-acknowledged' };
  }

  /** Real ones were seen to keep asking after the end, and to accept the image at a later attempt. */
  async #afterEnd(): Promise<SendResult | null> {
    const reply = await this.#replyToEnd(this.#options.timeouts.afterEnd * 1000);
    return reply === 'restart' ? null : { end: 'taken', isRunning: reply === 'application' };
  }

  async #replyToEnd(milliseconds: number): Promise<Reply> {
    const { clock } = this.#options;
    const until = clock.monotonic() + milliseconds;
    let requests = 0;
    for (;;) {
      const event = await this.#nextEvent(until - clock.monotonic());
      if (event === null) return 'nothing';
      if (event.kind === 'ack' || event.kind === 'nak') return event.kind;
      if (event.kind === 'request') {
        requests += 1;
        if (requests >= 2) return this.#restart(this.#blocks, 'after the end it kept asking');
      }
      if (event.kind !== 'text') continue;
      const meaning = meaningOf(event.text);
      if (meaning === 'application') return 'application';
      if (meaning !== 'other') return this.#restart(this.#blocks, `after the end it printed "${event.text}"`);
    }
  }

  /** Waits until the receiver asks for an image. */
  async #waitForRequest(): Promise<boolean> {
    const { clock, timeouts, stop } = this.#options;
    const until = clock.monotonic() + timeouts.wanted * 1000;
    while (!stop.aborted && clock.monotonic() < until) {
      const event = await this.#nextEvent(QUIET * 2);
      if (event?.kind === 'request') return true;
    }
    return false;
  }

  /** The next event of the receiver; null if none arrives in time. */
  async #nextEvent(milliseconds: number): Promise<LoaderEvent | null> {
    const { clock } = this.#options;
    const until = clock.monotonic() + milliseconds;
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        if (next.kind === 'text') this.#options.log('received', next.text);
        return next;
      }
      const left = until - clock.monotonic();
      if (left <= 0) return null;
      const bytes = await this.#line.read(Math.min(left, QUIET));
      this.#queue.push(...(bytes === null ? this.#parser.settle() : this.#parser.feed(bytes)));
    }
  }

  async #cancel(): Promise<SendResult> {
    await this.#sendCancel();
    return { end: 'stopped' };
  }

  /** The receiver returns to waiting after two cancels. */
  async #sendCancel(): Promise<void> {
    await this.#line.write(Uint8Array.of(BYTE.can, BYTE.can, BYTE.can));
  }
}
