import dgram, { type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';

/** What net-snmp expects of a datagram socket. */
class Facade extends EventEmitter {
  readonly #owner: SharedSocket;
  #key: string | null = null;

  constructor(owner: SharedSocket) {
    super();
    this.#owner = owner;
    // Without a listener an 'error' event ends the process.
    this.on('error', () => undefined);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  bind(): this {
    return this;
  }

  address(): { address: string; port: number; family: string } {
    return { address: '0.0.0.0', port: 0, family: 'IPv4' };
  }

  send(
    bytes: Buffer,
    offset: number,
    length: number,
    port: number,
    address: string,
    done: (error: Error | null) => void,
  ): void {
    this.#key = endpointKey(address, port);
    this.#owner.join(this.#key, this);
    this.#owner.send(bytes.subarray(offset, offset + length), port, address, done);
  }

  close(): void {
    if (this.#key !== null) this.#owner.leave(this.#key, this);
    this.emit('close');
  }
}

function endpointKey(address: string, port: number): string {
  return `${address}|${port}`;
}

const RECEIVE_BUFFER = 4 * 1024 * 1024;

/**
 * One UDP socket under all SNMP sessions of an address family. net-snmp itself takes an answer from anybody who hits
 * the request id; here an answer reaches a session only from the address and port that the session asked. One socket
 * also keeps a thousand sessions from needing a thousand descriptors.
 */
export class SharedSocket {
  readonly #socket: Socket;
  readonly #sessions = new Map<string, Set<Facade>>();
  #foreign = 0;

  constructor(type: 'udp4' | 'udp6') {
    this.#socket = dgram.createSocket({
      type,
      recvBufferSize: RECEIVE_BUFFER,
      // Names were looked up before; net-snmp is given addresses.
      lookup: (address, _options, done) => done(null, address, type === 'udp4' ? 4 : 6),
    });
    this.#socket.on('message', (message, from) => this.#deliver(message, from));
    // An error of one destination must not end the sessions to the others; they have their own deadlines.
    this.#socket.on('error', () => undefined);
    this.#socket.unref();
  }

  /** Datagrams that came from addresses that were not asked. */
  get foreignAnswers(): number {
    return this.#foreign;
  }

  /** For net-snmp's option of the same name. */
  get dgramModule(): { createSocket(): Facade } {
    return { createSocket: () => new Facade(this) };
  }

  join(key: string, session: Facade): void {
    const present = this.#sessions.get(key);
    if (present === undefined) this.#sessions.set(key, new Set([session]));
    else present.add(session);
    this.#socket.ref();
  }

  leave(key: string, session: Facade): void {
    const present = this.#sessions.get(key);
    present?.delete(session);
    if (present?.size === 0) this.#sessions.delete(key);
    if (this.#sessions.size === 0) this.#socket.unref();
  }

  send(bytes: Buffer, port: number, address: string, done: (error: Error | null) => void): void {
    this.#socket.send(bytes, port, address, (error) => done(error));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #deliver(message: Buffer, from: RemoteInfo): void {
    const sessions = this.#sessions.get(endpointKey(from.address, from.port));
    if (sessions === undefined) {
      this.#foreign += 1;
      return;
    }
    for (const session of [...sessions]) session.emit('message', message, from);
  }
}
