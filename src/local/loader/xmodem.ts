import xmodemCrc from 'crc/crc16xmodem';
import type { Clock } from '../../core/index.ts';
import type { ByteLine } from '../line/line.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { BYTE, type LoaderEvent, LoaderOutputParser, meaningOf, QUIET } from './output.ts';

/**
 * Bytes of a block; the one size that a boot loader was seen to take.
 * Source: docs/sources/local.md#boot-loader
 */
export const BLOCK = 128;

const SOH = 0x01;
const EOT = 0x04;

/** Times that one block is sent, and the end of the file is said. */
const TRIES = 10;
/** Times that the receiver may begin anew before the sender gives up: it does so by itself, and says so. */
const MOST_RESTARTS = 10;
/** A wish that came sooner after the first block was asked for before the block was there. Milliseconds. */
const STALE = 1_000;

/** How a transfer ended. */
export type Sent =
  /** The receiver has taken the last block and the end. `said`: it says that it runs an application again. */
  | { readonly end: 'taken'; readonly said: boolean }
  /** All blocks were taken, and the end was not answered as it should be. */
  | { readonly end: 'not-acknowledged' }
  /** The receiver goes on asking for an image: nothing of this one counts. */
  | { readonly end: 'asks-again'; readonly why: string }
  /** The receiver refuses the blocks, and does not ask for them anew. */
  | { readonly end: 'refused'; readonly block: number }
  /** Nothing was sent: nobody asks. */
  | { readonly end: 'not-asked' }
  /** The operator stopped it, and the receiver was told. */
  | { readonly end: 'stopped' }
  /** No answer any more, with so many blocks taken. */
  | { readonly end: 'silent'; readonly block: number };

export interface SendOptions {
  readonly clock: Clock;
  readonly timeouts: LocalTimeouts;
  /** Aborted when the transfer shall be cancelled; before the last block only. */
  readonly stop: AbortSignal;
  readonly progress: (blocks: number, of: number, note: string) => void;
  /** Told of each line of text that the receiver prints, and of each time that it begins anew. */
  readonly said: (kind: 'received' | 'note', text: string) => void;
}

/** Frame of a block: number, its complement, the bytes and their CRC (XMODEM-CRC, Forsberg 1988, section 7.3). */
export function blockFrame(number: number, bytes: Uint8Array): Buffer {
  const sum = xmodemCrc(Buffer.from(bytes));
  const head = [SOH, number & 0xff, ~number & 0xff];
  return Buffer.from([...head, ...bytes, sum >> 8, sum & 0xff]);
}

/**
 * Sends an image by XMODEM-CRC. Begins again where the receiver does: real ones restart after some hundred blocks, or go on asking
 * after the end. Rejects with Problem link/closed where the cable is pulled.
 */
export async function sendImage(line: ByteLine, image: Uint8Array, options: SendOptions): Promise<Sent> {
  return new Sender(line, image, options).run();
}

/** What became of a block. `silent`, `refused`: after all tries. */
type Outcome = 'ack' | 'restart' | 'silent' | 'refused' | 'application';

/** What came back for one try of it. */
type Reply = Exclude<Outcome, 'silent' | 'refused'> | 'nak' | 'nothing';

class Sender {
  readonly #line: ByteLine;
  readonly #image: Uint8Array;
  readonly #options: SendOptions;
  readonly #blocks: number;
  readonly #signs = new LoaderOutputParser();
  #queue: LoaderEvent[] = [];
  #lastWhy = '';

  constructor(line: ByteLine, image: Uint8Array, options: SendOptions) {
    this.#line = line;
    this.#image = image;
    this.#options = options;
    this.#blocks = Math.ceil(image.length / BLOCK);
  }

  async run(): Promise<Sent> {
    const { stop } = this.#options;
    for (let restart = 0; restart <= MOST_RESTARTS; restart += 1) {
      if (stop.aborted) return this.#cancel();
      if (!(await this.#isAsked())) {
        if (stop.aborted) return this.#cancel();
        return restart === 0 ? { end: 'not-asked' } : { end: 'silent', block: 0 };
      }
      const sent = await this.#pass(restart);
      if (sent !== null) return sent;
    }
    await this.#tellCancel();
    return { end: 'asks-again', why: this.#lastWhy };
  }

  /** One way through all blocks; null where the receiver wants it again from the first. */
  async #pass(restart: number): Promise<Sent | null> {
    const { stop, progress } = this.#options;
    for (let block = 1; block <= this.#blocks; block += 1) {
      if (stop.aborted) return this.#cancel();
      progress(block - 1, this.#blocks, restart === 0 ? 'sending' : `sending again (${restart})`);
      const outcome = await this.#block(block);
      if (outcome === 'silent') return { end: 'silent', block: block - 1 };
      if (outcome === 'refused') {
        await this.#tellCancel();
        return { end: 'refused', block };
      }
      if (outcome === 'application') return { end: 'taken', said: true };
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
      // A late answer to an earlier block must not be taken for one to this.
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
    let wishes = 0;
    let cancels = 0;
    for (;;) {
      const sign = await this.#sign(sentAt + timeouts.block * 1000 - clock.monotonic());
      if (sign === null)
        return wishes > 0 ? this.#restart(number, 'it asked for the first block') : 'nothing';
      if (sign.kind === 'ack') return 'ack';
      if (sign.kind === 'nak') return 'nak';
      if (sign.kind === 'text') {
        const meaning = meaningOf(sign.text);
        if (meaning === 'application') return 'application';
        if (meaning !== 'other') return this.#restart(number, `it printed "${sign.text}"`);
      } else if (sign.kind === 'can') {
        cancels += 1;
        // One may be noise, two are the end.
        if (cancels >= 2) return this.#restart(number, 'it cancelled the transfer');
      } else if (number > 1) {
        wishes += 1;
        if (wishes >= 2) return this.#restart(number, 'it asked for the first block');
        // The first block crosses the wish that it answers.
      } else if (clock.monotonic() - sentAt >= STALE) return 'nothing';
    }
  }

  #restart(number: number, why: string): 'restart' {
    this.#lastWhy = `at block ${number} of ${this.#blocks} ${why}`;
    this.#options.said('note', `the receiver began anew: ${this.#lastWhy}`);
    return 'restart';
  }

  /** Says the end until it is answered; null where the receiver wants it all again. */
  async #end(): Promise<Sent | null> {
    const { timeouts } = this.#options;
    for (let tried = 0; tried < TRIES; tried += 1) {
      await this.#line.write(Uint8Array.of(EOT));
      const reply = await this.#replyToEnd(timeouts.end * 1000);
      if (reply === 'ack') return this.#afterEnd();
      if (reply === 'application') return { end: 'taken', said: true };
      if (reply === 'restart') return null;
      if (reply === 'nothing') return { end: 'not-acknowledged' };
    }
    return { end: 'not-acknowledged' };
  }

  /** Real ones were seen to go on asking after the end, and to take the image at a later try. */
  async #afterEnd(): Promise<Sent | null> {
    const reply = await this.#replyToEnd(this.#options.timeouts.afterEnd * 1000);
    return reply === 'restart' ? null : { end: 'taken', said: reply === 'application' };
  }

  async #replyToEnd(milliseconds: number): Promise<Reply> {
    const { clock } = this.#options;
    const until = clock.monotonic() + milliseconds;
    let wishes = 0;
    for (;;) {
      const sign = await this.#sign(until - clock.monotonic());
      if (sign === null) return 'nothing';
      if (sign.kind === 'ack' || sign.kind === 'nak') return sign.kind;
      if (sign.kind === 'want') {
        wishes += 1;
        if (wishes >= 2) return this.#restart(this.#blocks, 'after the end it went on asking');
      }
      if (sign.kind !== 'text') continue;
      const meaning = meaningOf(sign.text);
      if (meaning === 'application') return 'application';
      if (meaning !== 'other') return this.#restart(this.#blocks, `after the end it printed "${sign.text}"`);
    }
  }

  /** Waits until the receiver asks for an image. */
  async #isAsked(): Promise<boolean> {
    const { clock, timeouts, stop } = this.#options;
    const until = clock.monotonic() + timeouts.wanted * 1000;
    while (!stop.aborted && clock.monotonic() < until) {
      const sign = await this.#sign(QUIET * 2);
      if (sign?.kind === 'want') return true;
    }
    return false;
  }

  /** The next thing that the receiver says; null where nothing comes in time. */
  async #sign(milliseconds: number): Promise<LoaderEvent | null> {
    const { clock } = this.#options;
    const until = clock.monotonic() + milliseconds;
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        if (next.kind === 'text') this.#options.said('received', next.text);
        return next;
      }
      const left = until - clock.monotonic();
      if (left <= 0) return null;
      const bytes = await this.#line.read(Math.min(left, QUIET));
      this.#queue.push(...(bytes === null ? this.#signs.settle() : this.#signs.feed(bytes)));
    }
  }

  async #cancel(): Promise<Sent> {
    await this.#tellCancel();
    return { end: 'stopped' };
  }

  /** The receiver goes back to its wait by itself when it is told twice. */
  async #tellCancel(): Promise<void> {
    await this.#line.write(Uint8Array.of(BYTE.can, BYTE.can, BYTE.can));
  }
}
