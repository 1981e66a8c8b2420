import dgram, { type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';

/** Where an agent listens; port 0 = any that is free. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** What is done with datagrams on their way; both go through untouched where nothing is said. */
export interface WireHooks {
  /** Whether the agent hears of a datagram. */
  readonly accepts?: (message: Buffer) => boolean;
  /** Sends what becomes of an answer: it, something else, more than one, or nothing. */
  readonly transmit?: (bytes: Buffer, to: RemoteInfo, send: (bytes: Buffer) => void) => void;
}

/** The socket of an agent, in the form that net-snmp wants one; what it hears and says goes through the hooks. */
export class Wire extends EventEmitter {
  /** The port that it got. Rejects with the error of the system where the place is taken. */
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
    // Addresses are numbers here, and looking one up costs as much as all the rest of an answer.
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
