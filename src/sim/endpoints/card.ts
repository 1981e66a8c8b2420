import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { SimulatedDevice } from '../device/device.ts';
import { type Endpoint, portOf } from './endpoint.ts';

/** Another process may have the port of a card that was down. */
const RETRY_MS = 50;

/**
 * A TCP endpoint that follows its card. While the card is down, its port is closed and every connection ends.
 * The port number stays the same.
 */
export async function openCardEndpoint(
  device: SimulatedDevice,
  address: string,
  onSocket: (socket: Socket) => void,
): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = 0;
  let closed = false;
  let syncing: Promise<void> = Promise.resolve();
  const shouldListen = (): boolean => !closed && device.cardUp;
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  const listen = async (): Promise<void> => {
    const next = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // Clients may leave at any time.
      socket.on('error', () => socket.destroy());
      if (shouldListen()) onSocket(socket);
      else socket.destroy();
    });
    next.listen(port, address);
    try {
      await once(next, 'listening');
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (shouldListen()) await listen();
      return;
    }
    port = portOf(next);
    server = next;
  };
  const close = async (): Promise<void> => {
    const last = server;
    server = null;
    if (last === null) return;
    const gone = new Promise<void>((resolve) => {
      last.close(() => resolve());
    });
    hangUp();
    await gone;
  };
  const sync = (): Promise<void> => {
    if (!shouldListen()) hangUp();
    syncing = syncing.then(async () => {
      if (shouldListen() === (server !== null)) return;
      await (shouldListen() ? listen() : close());
    });
    return syncing;
  };
  const onChange = (): void => {
    void sync();
  };

  device.on('change', onChange);
  await sync();
  return {
    get port() {
      return port;
    },
    async close() {
      closed = true;
      device.off('change', onChange);
      await sync();
    },
  };
}
