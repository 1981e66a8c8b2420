import type { Server as TcpServer } from 'node:net';

/** One protocol server of a device, on a real socket. */
export interface Endpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** The port of a listening server. */
export function portOf(server: Pick<TcpServer, 'address'>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
