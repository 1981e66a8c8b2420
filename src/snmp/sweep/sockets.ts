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
    this.#socketFor(isIPv6(address) ? 6 : 4).send(bytes, port, address, (error) => {
      if (error === null) {
        done({ state: 'sent' });
        return;
      }
      const code: unknown = Reflect.get(error, 'code');
      const state = FULL_CODES.has(code) ? 'full' : 'failed';
      done({ state, code: typeof code === 'string' ? code : 'error' });
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
    // An error of one destination must not affect the others.
    socket.on('error', () => undefined);
    this.#sockets.set(family, socket);
    return socket;
  }
}
