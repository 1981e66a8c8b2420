import dgram, { type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Clock } from '../../core/index.ts';
import type { Probe } from '../client/probe.ts';
import type { AddressList } from './addresses.ts';

/** A question of a sweep. `last`: an address that answers it is asked nothing more. */
export interface SweepProbe extends Probe {
  readonly last: boolean;
}

export interface SweepOptions {
  readonly addresses: AddressList;
  readonly port: number;
  /** Asked in this order; a later one goes only to addresses that are not settled. */
  readonly probes: readonly SweepProbe[];
  /** Questions per second; null = as fast as the machine can. */
  readonly rate: number | null;
  /** How long to wait for an answer before the address is asked again or given up. */
  readonly waitMs: number;
  /** Further passes of each question over the silent addresses. */
  readonly retries: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once for each question that an address answers; null = the datagram answers none of them. */
  readonly onAnswer: (address: string, probe: number | null) => void;
  readonly onSent: (sent: number) => void;
}

export interface SweepResult {
  /** Addresses that were asked at least once. */
  readonly asked: number;
  /** Addresses that answered without being asked; only some are listed. */
  readonly foreign: { readonly count: number; readonly addresses: readonly string[] };
  /** Addresses to which nothing could be sent, by the error code of the system (`ENETUNREACH`). */
  readonly unsent: ReadonlyMap<string, { readonly count: number; readonly example: string }>;
}

const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Sent before answers are read: as many as the event loop reads at a time, so that the buffer loses none. */
const BURST = 32;
const STEP_MS = 5;
const LOOK_MS = 20;
const MAX_FOREIGN_LISTED = 10;
/** The kernel has no room at the moment. */
const RETRY_CODES: ReadonlySet<unknown> = new Set(['EAGAIN', 'ENOBUFS', 'EWOULDBLOCK']);

/**
 * Asks very many addresses, most of which will never answer, on one socket per address family. It only finds
 * out which addresses are worth a look. When the signal is aborted it ends early with what it has.
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
  readonly #sockets = new Map<4 | 6, Socket>();
  /** 1 for an address that is asked nothing more. */
  readonly #settled: Uint8Array;
  /** The question that an address answered last, counted from 1. */
  readonly #answered: Uint8Array;
  /** When an address was asked last, by the monotonic clock. */
  readonly #askedAt: Float64Array;
  readonly #unexpected = new Set<number>();
  readonly #foreign = new Set<string>();
  readonly #unsent = new Map<string, { count: number; example: string }>();
  readonly #retry: number[] = [];
  /** Answered questions by address and probe, for probes that are not the last one. */
  readonly #reported = new Set<string>();
  #foreignCount = 0;
  #asked = 0;
  #sent = 0;
  #current = 0;
  /** Number of addresses that have not answered the current question and are not settled. */
  #silent: number;

  constructor(options: SweepOptions) {
    const { count } = options.addresses;
    this.#options = options;
    this.#settled = new Uint8Array(count);
    this.#answered = new Uint8Array(count);
    this.#askedAt = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#silent = count;
  }

  async all(): Promise<void> {
    const { addresses, probes, retries, clock, waitMs, signal, onSent } = this.#options;
    for (const [current, probe] of probes.entries()) {
      this.#current = current;
      this.#silent = addresses.count - this.#settled.reduce((sum, one) => sum + one, 0);
      for (let pass = 0; pass <= retries && this.#silent > 0 && !signal.aborted; pass += 1)
        await this.#pass(probe, current === 0 && pass === 0);
    }
    onSent(this.#sent);
    await this.#until(clock.monotonic() + waitMs);
  }

  result(): SweepResult {
    return {
      asked: this.#asked,
      foreign: { count: this.#foreignCount, addresses: [...this.#foreign] },
      unsent: this.#unsent,
    };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.values())
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
  }

  /**
   * Sends to every silent address, in an order that spreads the packets over the networks. Each pass has the
   * same order, so that it has to wait only for its first addresses.
   */
  async #pass(probe: SweepProbe, first: boolean): Promise<void> {
    const { addresses, rate, waitMs, clock, signal, onSent } = this.#options;
    const begun = clock.monotonic();
    const stride = strideFor(addresses.count);
    let allowed = BURST;
    let sentNow = 0;
    const spend = async (): Promise<void> => {
      sentNow += 1;
      if (sentNow < allowed) return;
      onSent(this.#sent);
      if (rate === null) await yieldToEventLoop();
      while (rate !== null && !signal.aborted && (clock.monotonic() - begun) * rate < sentNow * 1000)
        await clock.sleep(STEP_MS, signal);
      allowed = sentNow + BURST;
    };
    let place = 0;
    for (let step = 0; step < addresses.count && !signal.aborted; step += 1) {
      if (this.#isSilent(place)) await this.#until((this.#askedAt[place] ?? 0) + waitMs);
      if (this.#isSilent(place) && !signal.aborted) {
        if (first) this.#asked += 1;
        this.#send(probe, place);
        await spend();
      }
      place = (place + stride) % addresses.count;
    }
    for (let place = this.#retry.pop(); place !== undefined && !signal.aborted; place = this.#retry.pop()) {
      await clock.sleep(STEP_MS, signal);
      this.#send(probe, place);
    }
  }

  #isSilent(place: number): boolean {
    return this.#settled[place] === 0 && this.#answered[place] !== this.#current + 1;
  }

  /** Waits until a time, or until no address is silent. */
  async #until(time: number): Promise<void> {
    const { clock, signal } = this.#options;
    while (this.#silent > 0 && !signal.aborted) {
      const left = time - clock.monotonic();
      if (left <= 0) return;
      await clock.sleep(Math.min(left, LOOK_MS), signal);
    }
  }

  #send({ bytes }: SweepProbe, place: number): void {
    const address = this.#options.addresses.at(place);
    const socket = this.#socketFor(isIPv6(address) ? 6 : 4);
    this.#sent += 1;
    this.#askedAt[place] = this.#options.clock.monotonic();
    socket.send(bytes, this.#options.port, address, (error) => {
      if (error === null) return;
      const code: unknown = Reflect.get(error, 'code');
      if (RETRY_CODES.has(code)) {
        this.#retry.push(place);
        return;
      }
      const errorCode = typeof code === 'string' ? code : 'error';
      const known = this.#unsent.get(errorCode);
      if (known === undefined) this.#unsent.set(errorCode, { count: 1, example: address });
      else known.count += 1;
      // An address that got no packet cannot answer.
      this.#settle(place);
    });
  }

  #socketFor(family: 4 | 6): Socket {
    const present = this.#sockets.get(family);
    if (present !== undefined) return present;
    const socket = dgram.createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      recvBufferSize: RECEIVE_BUFFER,
      // Every destination is an address already.
      lookup: (address, _options, done) => done(null, address, family),
    });
    socket.on('message', (message, from) => this.#receive(message, from));
    // An error of one destination must not affect the others.
    socket.on('error', () => undefined);
    this.#sockets.set(family, socket);
    return socket;
  }

  #receive(message: Buffer, from: RemoteInfo): void {
    const { addresses, port, probes, onAnswer } = this.#options;
    const place = from.port === port ? addresses.indexOf(from.address) : -1;
    if (place === -1) {
      this.#foreignCount += 1;
      if (this.#foreign.size < MAX_FOREIGN_LISTED) this.#foreign.add(from.address);
      return;
    }
    if (this.#settled[place] === 1) return;
    // A late answer belongs to the question that it repeats, not to the last one sent.
    const answered = probes.findIndex((probe, index) => index <= this.#current && probe.matches(message));
    if (answered === -1) {
      if (!this.#unexpected.has(place)) {
        this.#unexpected.add(place);
        onAnswer(from.address, null);
      }
      return;
    }
    const last = probes[answered]?.last === true;
    if (last) this.#settle(place);
    else if (answered === this.#current && this.#isSilent(place)) {
      this.#answered[place] = answered + 1;
      this.#silent -= 1;
    }
    const key = `${place}/${answered}`;
    if (last || !this.#reported.has(key)) {
      this.#reported.add(key);
      onAnswer(from.address, answered);
    }
  }

  #settle(place: number): void {
    if (this.#isSilent(place)) this.#silent -= 1;
    this.#settled[place] = 1;
  }
}

/** Coprime to the count and near the golden ratio, so that neighbours are far apart in time. */
function strideFor(count: number): number {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  let stride = Math.max(1, Math.round(count * 0.618));
  while (common(stride, count) !== 1) stride += 1;
  return stride;
}
