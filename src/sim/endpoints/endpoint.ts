import type { Server as TcpServer } from 'node:net';

/** A face of a device on a real socket. */
export interface Endpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** The port that a listening server has. */
export function portOf(server: Pick<TcpServer, 'address'>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
