import type { RemoteInfo } from 'node:dgram';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { ForeignAnswers } from './foreign.ts';
import type { LostAnswers, SweepOptions, SweepProbe, SweepResult } from './options.ts';
import { Pace } from './pace.ts';
import { Places } from './places.ts';
import { type Sending, SweepSockets } from './sockets.ts';
import { Yardstick } from './yardstick.ts';

/** Sent before answers are read: as many as the event loop reads at a time, so that the buffer loses none. */
const BURST = 32;
const STEP_MS = 5;
const LOOK_MS = 20;
/** Before an attempt to send again where the system had no room. */
const FULL_PAUSE_MS = 100;
/** More answers than this share, and at least two, only in the last pass: devices may be missing. */
const MAX_LATE_SHARE = 0.04;
/** Further passes while so many answer only then, each at half the rate. */
const MAX_EXTRA_PASSES = 2;
/** With more than this share the pass before was too fast. */
const TOO_FAST_SHARE = 0.1;

/**
 * Asks very many addresses, most of which never answer, and finds out which are worth a look. When the signal
 * is aborted it ends early with what it has.
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const run = new Sweep(options);
  try {
    await run.all();
    return run.result();
  } finally {
    await run.close();
  }
}

class Sweep {
  readonly #options: SweepOptions;
  readonly #sockets: SweepSockets;
  /** Null = no limit. */
  readonly #pace: Pace | null;
  /** Null where the rate does not adapt. */
  readonly #yardstick: Yardstick | null;
  readonly #places: Places;
  readonly #unexpected = new Set<number>();
  readonly #foreign: ForeignAnswers;
  readonly #unsent = new Map<string, { count: number; example: string }>();
  /** Places that the system had no room for, with its error code. */
  readonly #full = new Map<number, string>();
  /** Answered questions by address and probe. */
  readonly #reported = new Set<string>();
  #asked = 0;
  #sent = 0;
  #burst = 0;
  #current = 0;
  /** First answers to the current question, and those of them in the current pass. */
  #heard = 0;
  #late = 0;
  #pass = { number: 0, begun: 0, rateBefore: 0, isSlowed: false };
  #lost: LostAnswers | null = null;

  constructor(options: SweepOptions) {
    const { addresses, probes, rate, waitMs, createSocket } = options;
    this.#options = options;
    this.#sockets = new SweepSockets((message, from) => this.#receive(message, from), createSocket);
    this.#pace = rate === 'max' ? null : new Pace(rate === 'auto' ? null : rate);
    this.#yardstick = rate === 'auto' && this.#pace !== null ? new Yardstick(this.#pace, waitMs) : null;
    const places = new Places(addresses.count);
    this.#places = places;
    this.#foreign = new ForeignAnswers(addresses, probes, (place) => places.wasAsked(place));
  }

  async all(): Promise<void> {
    const { probes, retries, clock, waitMs, signal } = this.#options;
    for (const [current, probe] of probes.entries()) {
      this.#current = current;
      this.#heard = 0;
      this.#places.begin(current);
      const extra = this.#yardstick === null || retries === 0 ? 0 : MAX_EXTRA_PASSES;
      for (let pass = 0; pass <= retries + extra && this.#places.silent > 0 && !signal.aborted; pass += 1) {
        if (pass > retries) {
          if (!this.#hasLoss()) break;
          this.#pace?.lostAt(this.#pass.rateBefore);
        }
        await this.#passOver(probe, pass);
        const isEnd = current === probes.length - 1 && pass >= retries;
        if (isEnd) await this.#until(clock.monotonic() + waitMs);
      }
      if (this.#hasLoss())
        this.#lost = { late: this.#late, answered: this.#heard, rate: this.#pace?.rate ?? null };
    }
    for (const [place, code] of this.#full) if (!this.#places.wasSent(place)) this.#noteUnsent(place, code);
    this.#reportSent();
  }

  result(): SweepResult {
    return { asked: this.#asked, foreign: this.#foreign.result(), unsent: this.#unsent, lost: this.#lost };
  }

  close(): Promise<void> {
    return this.#sockets.close();
  }

  /**
   * Sends to every silent address, in an order that spreads the packets over the networks.
   */
  async #passOver(probe: SweepProbe, number: number): Promise<void> {
    const { waitMs, clock, signal } = this.#options;
    const begun = clock.monotonic();
    const sentBefore = this.#sent;
    this.#late = 0;
    this.#pass = { ...this.#pass, number, begun, isSlowed: false };
    for (let step = 0; step < this.#places.steps && !signal.aborted; step += 1) {
      const place = this.#places.at(step, number);
      if (place === null || !this.#places.isSilent(place)) continue;
      await this.#until(this.#places.askedAt(place) + waitMs);
      if (this.#places.isSilent(place)) await this.#turn();
      if (this.#places.isSilent(place) && !signal.aborted) {
        if (this.#current === 0 && number === 0) this.#asked += 1;
        this.#ask(probe, place);
      }
    }
    await this.#repeatFull(probe);
    const seconds = Math.max(1, clock.monotonic() - begun) / 1000;
    this.#pass = { ...this.#pass, rateBefore: (this.#sent - sentBefore) / seconds };
  }

  /** Asks the addresses again that the system had no room for. */
  async #repeatFull(probe: SweepProbe): Promise<void> {
    const { signal } = this.#options;
    let before = Number.POSITIVE_INFINITY;
    // Ends where an attempt gets nothing through.
    while (this.#full.size > 0 && this.#full.size < before && !signal.aborted) {
      before = this.#full.size;
      await this.#rest(FULL_PAUSE_MS);
      for (const place of [...this.#full.keys()]) {
        if (this.#places.isSilent(place)) await this.#turn();
        if (this.#places.isSilent(place) && !signal.aborted) this.#ask(probe, place);
        else this.#full.delete(place);
      }
      await yieldToEventLoop();
    }
  }

  #hasLoss(share = MAX_LATE_SHARE): boolean {
    return this.#late >= 2 && this.#late > share * this.#heard;
  }

  /** Waits until one more question may be sent. */
  async #turn(): Promise<void> {
    const { clock, signal } = this.#options;
    while (this.#pace !== null && !signal.aborted) {
      const now = clock.monotonic();
      if (this.#pace.take(now)) {
        const again = this.#yardstick?.next(now) ?? null;
        if (again !== null) this.#repeat(again.place, again.probe);
        break;
      }
      await this.#rest(STEP_MS);
    }
    this.#burst += 1;
    if (this.#burst < BURST) return;
    await yieldToEventLoop();
    this.#reportSent();
  }

  async #rest(milliseconds: number): Promise<void> {
    const { clock, signal } = this.#options;
    this.#reportSent();
    await clock.sleep(milliseconds, signal);
    this.#yardstick?.look(clock.monotonic());
  }

  /** Called after each pause, so that a burst begins anew. */
  #reportSent(): void {
    this.#burst = 0;
    this.#options.onSent(this.#sent, this.#pace?.rate ?? null);
  }

  /** Waits until a time, or until no address is silent. */
  async #until(time: number): Promise<void> {
    const { clock, signal } = this.#options;
    while (this.#places.silent > 0 && !signal.aborted) {
      const left = time - clock.monotonic();
      if (left <= 0) return;
      await this.#rest(Math.min(left, LOOK_MS));
      this.#pace?.pause();
    }
  }

  #ask(probe: SweepProbe, place: number): void {
    const address = this.#options.addresses.at(place);
    this.#sent += 1;
    this.#places.noteAsked(place, this.#options.clock.monotonic());
    this.#send(probe, place, address, (sending) => {
      if (sending.state === 'sent') {
        this.#places.noteSent(place);
        this.#full.delete(place);
      } else if (sending.state === 'full') this.#full.set(place, sending.code);
      else this.#noteUnsent(place, sending.code);
    });
  }

  /** Asks an address again that answered before; only the rate depends on its answer. */
  #repeat(place: number, index: number): void {
    const probe = this.#options.probes[index];
    if (probe === undefined) return;
    this.#pace?.spend();
    this.#send(probe, place, this.#options.addresses.at(place), () => undefined);
  }

  #send(probe: SweepProbe, place: number, address: string, done: (sending: Sending) => void): void {
    const bytes = probe.bytesFor({ place, pass: this.#pass.number });
    this.#sockets.send(bytes, this.#options.port, address, (sending) => {
      if (sending.state === 'full') this.#pace?.refused();
      done(sending);
    });
  }

  #noteUnsent(place: number, code: string): void {
    const known = this.#unsent.get(code) ?? { count: 0, example: this.#options.addresses.at(place) };
    known.count += 1;
    this.#unsent.set(code, known);
    // An address that got no packet cannot answer.
    this.#places.settle(place);
  }

  #receive(message: Buffer, from: RemoteInfo): void {
    const { addresses, port, probes, clock, onAnswer } = this.#options;
    const place = from.port === port ? addresses.indexOf(from.address) : -1;
    if (place === -1) {
      this.#foreign.add(message, from);
      return;
    }
    this.#yardstick?.answered(place, clock.monotonic());
    if (this.#places.isSettled(place)) return;
    // A late answer belongs to the question that it repeats, not to the last one sent.
    const answered = probes.findIndex((probe, index) => index <= this.#current && probe.matches(message));
    if (answered === -1) {
      if (!this.#unexpected.has(place)) {
        this.#unexpected.add(place);
        onAnswer(from.address, null);
      }
      return;
    }
    const key = `${place}/${answered}`;
    const isFirst = !this.#reported.has(key);
    if (isFirst && answered === this.#current) this.#noteFirst(place, answered, message);
    if (probes[answered]?.last === true) this.#places.settle(place);
    else if (answered === this.#current) this.#places.noteAnswered(place);
    if (!isFirst) return;
    this.#reported.add(key);
    onAnswer(from.address, answered);
  }

  /** The first answer of an address to the current question. */
  #noteFirst(place: number, index: number, message: Buffer): void {
    const { probes, clock, waitMs } = this.#options;
    const { number, begun, rateBefore, isSlowed } = this.#pass;
    const now = clock.monotonic();
    const askedAt = this.#places.askedAt(place);
    // An answer to the question of an earlier pass was slow, not lost.
    const isOfThisPass = askedAt >= begun && (probes[index]?.placeOf(message)?.pass ?? number) === number;
    this.#heard += 1;
    this.#yardstick?.add(place, index, isOfThisPass ? now - askedAt : waitMs, now);
    if (number === 0 || !isOfThisPass) return;
    this.#late += 1;
    if (isSlowed || this.#yardstick === null || !this.#hasLoss(TOO_FAST_SHARE)) return;
    this.#pass = { ...this.#pass, isSlowed: true };
    this.#pace?.lostAt(rateBefore);
  }
}
