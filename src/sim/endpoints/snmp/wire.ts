import dgram, { type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';

/** Where an agent listens; port 0: any free one. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Hooks for datagrams in both directions; without a hook they pass unchanged. */
export interface WireHooks {
  /** Whether the agent receives a datagram. */
  readonly accepts?: (message: Buffer) => boolean;
  /** Sends an answer: unchanged, changed, several times or not at all. */
  readonly transmit?: (bytes: Buffer, to: RemoteInfo, send: (bytes: Buffer) => void) => void;
}

/** The socket of an agent in the form that net-snmp expects, with hooks in both directions. */
export class Wire extends EventEmitter {
  /** The port in use. Rejects with the system's error if the address or port is taken. */
  readonly ready: Promise<number>;
  readonly #closed: Promise<void>;
  readonly #socket: Socket;
  readonly #place: Place;
  readonly #hooks: WireHooks;
  #isClosed = false;

  constructor(place: Place, hooks: WireHooks) {
    super();
    this.#place = place;
    this.#hooks = hooks;
    // Addresses are numeric here, and a lookup would cost as much as the rest of an answer.
    this.#socket = dgram.createSocket({
      type: 'udp4',
      lookup: (address, _family, found) => found(null, address, 4),
    });
    this.ready = once(this.#socket, 'listening').then(() => this.#socket.address().port);
    this.#closed = new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
    });
    this.#socket.on('message', (message, from) => {
      if (hooks.accepts?.(message) ?? true) this.emit('message', message, from);
    });
    this.#socket.on('error', (error) => this.emit('error', error));
  }

  bind(): void {
    this.#socket.bind(this.#place.port, this.#place.address);
  }

  unref(): void {}

  address(): { address: string; port: number } {
    return this.#socket.address();
  }

  send(
    bytes: Buffer,
    offset: number,
    length: number,
    port: number,
    address: string,
    done: (error: Error | null, bytes: number) => void,
  ): void {
    const whole = bytes.subarray(offset, offset + length);
    const put = (changed: Buffer): void => {
      if (!this.#isClosed) this.#socket.send(changed, port, address);
    };
    if (this.#hooks.transmit === undefined) put(whole);
    else this.#hooks.transmit(whole, { address, port, family: 'IPv4', size: length }, put);
    done(null, length);
  }

  /** May be called more than once. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  /** Closes, and resolves when the port is free. */
  async end(): Promise<void> {
    this.close();
    await this.#closed;
  }
}
