import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { ACCESS } from '../../../src/sim/access.ts';
import type { Endpoint } from '../../../src/sim/endpoints/endpoint.ts';
import { openSshEndpoint } from '../../../src/sim/endpoints/ssh/endpoint.ts';
import { type DeviceOptions, makeDevice, type TestDevice } from './device.ts';

/** Algorithms of the old profile that the client library does not offer by default. */
export const LEGACY = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1'],
} satisfies ConnectConfig['algorithms'];

/** A device with its SSH endpoint. */
export interface SshDevice extends TestDevice {
  readonly endpoint: Endpoint;
  /** Logs in; rejects with the client library's error. */
  login(options?: Partial<ConnectConfig>): Promise<Client>;
}

/** Everything that a stream has received so far, and a method to wait for more. */
export interface Received {
  readonly text: string;
  readonly pieces: readonly string[];
  readonly closed: boolean;
  until(predicate: (received: Received) => boolean): Promise<string>;
}

const endpoints: Endpoint[] = [];
const clients: Client[] = [];
const sockets: Socket[] = [];

export async function openSshDevice(options: DeviceOptions = {}): Promise<SshDevice> {
  const bench = await makeDevice({ persona: 'smx1500-nmc3', ...options });
  const endpoint = await openSshEndpoint(bench.device, '127.0.0.1');
  endpoints.push(endpoint);
  return {
    ...bench,
    endpoint,
    async login(own = {}) {
      const client = new ssh2.Client();
      clients.push(client);
      // One failure may cause another.
      client.on('error', () => undefined);
      const ready = once(client, 'ready');
      client.connect({
        host: '127.0.0.1',
        port: endpoint.port,
        username: ACCESS.user,
        password: ACCESS.password,
        readyTimeout: 0,
        ...own,
      });
      await ready;
      return client;
    },
  };
}

export async function closeSshDevices(): Promise<void> {
  for (const client of clients.splice(0)) client.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
}

/** A plain TCP connection to an endpoint. */
export async function rawSocket(
  port: number,
): Promise<{ readonly socket: Socket; readonly received: Received }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  const received = listen(socket);
  await once(socket, 'connect');
  return { socket, received };
}

/** Resolves when the connection is closed. */
export function gone(client: Client): Promise<void> {
  return new Promise((resolve) => {
    client.once('close', () => resolve());
  });
}

export function openShell(
  client: Client,
): Promise<{ readonly channel: ClientChannel; readonly received: Received }> {
  return new Promise((resolve, reject) => {
    client.shell((failure, channel) => {
      if (failure) reject(failure);
      else resolve({ channel, received: listen(channel) });
    });
  });
}

export function openExec(
  client: Client,
  command: string,
): Promise<{ readonly channel: ClientChannel; readonly received: Received }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (failure, channel) => {
      if (failure) reject(failure);
      else resolve({ channel, received: listen(channel) });
    });
  });
}

/** Sends a file by the old protocol, up to its last byte; the card's final reply is still to come. */
export async function sendFile(
  client: Client,
  command: string,
  name: string,
  bytes: Buffer,
): Promise<{ readonly channel: ClientChannel; readonly received: Received }> {
  const { channel, received } = await openExec(client, command);
  const first = await received.until(({ text, closed }) => text.length >= 1 || closed);
  if (first !== '\0') return { channel, received };
  channel.write(`C0644 ${bytes.length} ${name}\n`);
  const second = await received.until(({ text, closed }) => text.length >= 2 || closed);
  if (second !== '\0\0') return { channel, received };
  channel.write(Buffer.concat([bytes, Buffer.alloc(1)]));
  return { channel, received };
}

/** Fetches a file by the old protocol; returns the header line and the bytes, or an error. */
export async function fetchFile(client: Client, command: string): Promise<string> {
  const { channel, received } = await openExec(client, command);
  channel.write('\0');
  await received.until(({ text, closed }) => text.includes('\n') || closed);
  const size = /^C0644 (\d+) \S+\n/.exec(received.text);
  if (size === null) return received.text;
  channel.write('\0');
  const whole = size[0].length + Number(size[1]) + 1;
  await received.until(({ text, closed }) => text.length >= whole || closed);
  channel.write('\0');
  await received.until(({ closed }) => closed);
  return received.text;
}

/** Bits of the modulus in an SSH RSA host key: kind, exponent, modulus. */
export function rsaBits(key: Buffer): number {
  let at = 0;
  const next = (): Buffer => {
    const length = key.readUInt32BE(at);
    at += 4 + length;
    return key.subarray(at - length, at);
  };
  next();
  next();
  const modulus = next();
  return (modulus[0] === 0 ? modulus.length - 1 : modulus.length) * 8;
}

function listen(stream: Socket | ClientChannel): Received {
  const pieces: string[] = [];
  let closed = false;
  let look: () => void = () => undefined;
  stream.on('data', (chunk: Buffer) => {
    pieces.push(chunk.toString('latin1'));
    look();
  });
  stream.on('close', () => {
    closed = true;
    look();
  });
  const received: Received = {
    get text() {
      return pieces.join('');
    },
    pieces,
    get closed() {
      return closed;
    },
    until: (predicate) =>
      new Promise((resolve) => {
        look = () => {
          if (predicate(received)) resolve(received.text);
        };
        look();
      }),
  };
  return received;
}
