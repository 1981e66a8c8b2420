import { randomBytes } from 'node:crypto';
import type { SimulatedLocalDevice } from '../device.ts';
import { openPty, type Pty } from './pty.ts';
import { receivedAt } from './wire.ts';

/** The port as an endpoint of a unit sees it. */
export interface Line {
  /** Sends to the other side. */
  send(bytes: Uint8Array): void;
  /** Whether a program has the port open; otherwise unasked bytes are lost. */
  isOpen(): boolean;
  /** Pulls the cable: the port disappears. */
  unplug(): void;
}

/** The protocol that answers at a port. */
export interface PortEndpoint {
  /** The current line rate; null for a port without one (USB). */
  readonly rate: number | null;
  receive(bytes: Buffer): void;
}

/** How long an agreed rate is trusted; a client does not change it during an exchange. */
const AGREED_MS = 250;
/** How long the result of the check for openers is valid. */
const OPENERS_MS = 200;
const BABBLE_MS = 20;
const BABBLE_BYTES = 64;
/** More unread bytes than this: nobody reads. */
const FULL = 4096;

/** A serial line, or the pipe of a USB unit, with a pseudo terminal as its other end. */
export class PortLine implements Line {
  readonly #device: SimulatedLocalDevice;
  readonly #endpoint: PortEndpoint;
  #pty: Pty | null = null;
  #agreedRate: { readonly rate: number; readonly until: number } | null = null;
  #openers: { readonly any: boolean; readonly until: number } | null = null;
  #babbleTimer: NodeJS.Timeout | null = null;
  #unplugging = Promise.resolve();
  /** Both directions keep their order, however long the checks take. */
  #incoming = Promise.resolve();
  #outgoing = Promise.resolve();

  private constructor(device: SimulatedLocalDevice, endpoint: PortEndpoint) {
    this.#device = device;
    this.#endpoint = endpoint;
  }

  /** Rejects with Problem config/usage if this machine has no pseudo terminals. */
  static async open(device: SimulatedLocalDevice, endpoint: PortEndpoint): Promise<PortLine> {
    const line = new PortLine(device, endpoint);
    line.#pty = await openPty((bytes) => line.#arrived(bytes));
    device.on('change', () => line.#updateBabble());
    line.#updateBabble();
    return line;
  }

  /** `/dev/pts/N`. */
  get path(): string {
    return this.#pty?.path ?? '';
  }

  get pids(): readonly number[] {
    return this.#pty?.pids ?? [];
  }

  send(bytes: Uint8Array): void {
    const rate = this.#endpoint.rate;
    const copy = Buffer.from(bytes);
    this.#send(async () => {
      const peerRate = await this.#peerRate(rate);
      if (rate === null) return copy;
      return peerRate === null ? Buffer.alloc(0) : receivedAt(copy, rate, peerRate);
    });
  }

  isOpen(): boolean {
    const now = Date.now();
    if (this.#openers === null || this.#openers.until < now)
      this.#openers = { any: this.#pty?.isOpen() ?? false, until: now + OPENERS_MS };
    return this.#openers.any;
  }

  unplug(): void {
    this.#unplugging = this.#pty?.unplug() ?? Promise.resolve();
  }

  async close(): Promise<void> {
    const pty = this.#pty;
    this.#pty = null;
    this.#updateBabble();
    await this.#unplugging;
    await pty?.close();
  }

  #arrived(bytes: Buffer): void {
    const rate = this.#endpoint.rate;
    this.#incoming = this.#incoming.then(async () => {
      const peerRate = await this.#peerRate(rate);
      this.#device.bytesArrived += bytes.length;
      if (this.#device.has('port-echoes')) this.#send(() => Promise.resolve(bytes));
      if (this.#device.has('port-echoes') || this.#device.has('port-babbles')) return;
      if (rate === null) this.#endpoint.receive(bytes);
      else if (peerRate !== null) this.#endpoint.receive(receivedAt(bytes, peerRate, rate));
    });
  }

  #send(bytes: () => Promise<Buffer>): void {
    this.#outgoing = this.#outgoing.then(async () => {
      const ready = await bytes();
      this.#pty?.write(ready);
    });
  }

  /** The line rate of the other side, read again unless it recently matched. */
  async #peerRate(ours: number | null): Promise<number | null> {
    if (ours === null || this.#pty === null) return null;
    const now = Date.now();
    if (this.#agreedRate !== null && this.#agreedRate.rate === ours && this.#agreedRate.until > now)
      return ours;
    const rate = await this.#pty.rate();
    this.#agreedRate = rate === ours ? { rate, until: Date.now() + AGREED_MS } : null;
    return rate;
  }

  #updateBabble(): void {
    const wanted = this.#device.has('port-babbles') && this.#pty !== null;
    if (wanted && this.#babbleTimer === null) {
      this.#babbleTimer = setInterval(() => {
        const pty = this.#pty;
        if (pty !== null && pty.backlog < FULL && this.isOpen()) pty.write(randomBytes(BABBLE_BYTES));
      }, BABBLE_MS);
    } else if (!wanted && this.#babbleTimer !== null) {
      clearInterval(this.#babbleTimer);
      this.#babbleTimer = null;
    }
  }
}
