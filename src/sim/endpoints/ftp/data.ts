import { createConnection, createServer, type Socket } from 'node:net';
import { portOf } from '../endpoint.ts';

/** A negotiated data connection: a passive one waits for the client, an active one connects to it. */
export interface DataChannel {
  /** Rejects if the client cannot be reached. */
  connect(): Promise<Socket>;
  close(): void;
}

/** Listens for one data connection; `ready` receives the port. */
export function openPassive(address: string, ready: (port: number) => void): DataChannel {
  const server = createServer();
  let waiting: Socket | null = null;
  const connected = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => {
      waiting = socket;
      socket.on('error', () => socket.destroy());
      server.close();
      resolve(socket);
    });
  });
  server.listen(0, address, () => ready(portOf(server)));
  return {
    connect: () => connected,
    close: () => {
      server.close();
      waiting?.destroy();
    },
  };
}

/**
 * Connects to the client when there is something to transfer, from the port below that of the control
 * connection or, if that is taken, from any port.
 * Source: docs/sources/card.md#ftp-and-scp
 */
export function openActive(address: string, controlPort: number, client: string, port: number): DataChannel {
  let current: Socket | null = null;
  const dial = (localPort: number): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = createConnection({ host: client, port, localAddress: address, localPort });
      current = socket;
      socket.on('error', (cause) => {
        socket.destroy();
        reject(cause);
      });
      socket.once('connect', () => resolve(socket));
    });
  return {
    connect: () => dial(controlPort - 1).catch(() => dial(0)),
    close: () => current?.destroy(),
  };
}

/** The argument of PORT and of the reply to PASV: four numbers of the address, two of the port. */
export function hostPort(host: string, port: number): string {
  return `${host.replaceAll('.', ',')},${port >> 8},${port & 0xff}`;
}

/** The port of such an argument; null if it is malformed or names another host than the client. */
export function readPort(argument: string, client: string): number | null {
  const found = /^(\d{1,3},\d{1,3},\d{1,3},\d{1,3}),(\d{1,3}),(\d{1,3})$/.exec(argument);
  const [high, low] = [Number(found?.[2]), Number(found?.[3])];
  if (found?.[1]?.replaceAll(',', '.') !== client || high > 255 || low > 255) return null;
  const port = high * 256 + low;
  return port === 0 ? null : port;
}

/** A loopback address that no device of a fleet has. */
export function otherHost(address: string): string {
  const [first, second = '0', ...rest] = address.split('.');
  return [first, Number(second) ^ 1, ...rest].join('.');
}
