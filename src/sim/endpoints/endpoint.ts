import { once } from 'node:events';
import type { Server as TcpServer } from 'node:net';

/** A face of a device on a real socket. */
export interface Endpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** A server that can be listened with and closed like one of `node:net`. */
type Listener = Pick<TcpServer, 'listen' | 'address' | 'close'> & NodeJS.EventEmitter;

/** Listens on a free TCP port of the address; closing hangs up on everybody first. */
export async function openTcpFace(server: Listener, address: string, hangUp: () => void): Promise<Endpoint> {
  server.listen(0, address);
  await once(server, 'listening');
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        hangUp();
        server.close(() => resolve());
      }),
  };
}

/** The port that a listening server has. */
export function portOf(server: Pick<TcpServer, 'address'>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
