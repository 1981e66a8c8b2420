import dgram, { type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';

const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** How a datagram was handed to the system: `full` = there is no room at the moment. */
export type Sending =
  | { readonly state: 'sent' }
  | { readonly state: 'full' | 'failed'; readonly code: string };

/** The system has no room at the moment, or for so many neighbours that do not answer. */
const FULL_CODES: ReadonlySet<unknown> = new Set(['EAGAIN', 'ENOBUFS', 'EWOULDBLOCK']);

/** The sockets of a sweep: one for each address family, opened when it is needed. */
export class SweepSockets {
  readonly #sockets = new Map<4 | 6, Socket>();
  /** What waits for a socket that is not open yet, by family. */
  readonly #unopened = new Map<4 | 6, Set<(sending: Sending) => void>>();
  readonly #onMessage: (message: Buffer, from: RemoteInfo) => void;
  readonly #create: (options: SocketOptions) => Socket;

  /** `create` replaces the network, for example in a test. */
  constructor(
    onMessage: (message: Buffer, from: RemoteInfo) => void,
    create: (options: SocketOptions) => Socket = dgram.createSocket,
  ) {
    this.#onMessage = onMessage;
    this.#create = create;
  }

  send(bytes: Buffer, port: number, address: string, done: (sending: Sending) => void): void {
    const family = isIPv6(address) ? 6 : 4;
    const socket = this.#socketFor(family);
    const waiting = this.#unopened.get(family);
    waiting?.add(done);
    socket.send(bytes, port, address, (error) => {
      if (waiting !== undefined && !waiting.delete(done)) return;
      done(error === null ? { state: 'sent' } : sendingOf(error));
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.values())
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
  }

  #socketFor(family: 4 | 6): Socket {
    const present = this.#sockets.get(family);
    if (present !== undefined) return present;
    const socket = this.#create({
      type: family === 4 ? 'udp4' : 'udp6',
      recvBufferSize: RECEIVE_BUFFER,
      // Every destination is an address already.
      lookup: (address, _options, done) => done(null, address, family),
    });
    socket.on('message', this.#onMessage);
    const waiting = new Set<(sending: Sending) => void>();
    this.#unopened.set(family, waiting);
    socket.once('listening', () => this.#unopened.delete(family));
    // An error of one destination must not affect the others. One that comes before the socket is open is
    // that of all of them: a system without IPv6 drops what waits, without a word to each.
    socket.on('error', (error) => {
      if (!this.#unopened.has(family)) return;
      const dropped = [...waiting];
      waiting.clear();
      for (const done of dropped) done(sendingOf(error));
    });
    this.#sockets.set(family, socket);
    return socket;
  }
}

/** How a datagram ended by the error of the system. */
function sendingOf(error: Error): Sending {
  const code: unknown = Reflect.get(error, 'code');
  const state = FULL_CODES.has(code) ? 'full' : 'failed';
  return { state, code: typeof code === 'string' ? code : 'error' };
}
