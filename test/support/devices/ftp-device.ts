import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { Client } from 'basic-ftp';
import { ACCESS } from '../../../src/sim/access.ts';
import type { SimulatedDevice } from '../../../src/sim/device/device.ts';
import type { Endpoint } from '../../../src/sim/endpoints/endpoint.ts';
import { openFtpEndpoint } from '../../../src/sim/endpoints/ftp/conversation.ts';
import { closeDevices, type DeviceOptions, makeDevice } from './device.ts';

/** A device with its FTP server. */
export interface FtpDevice {
  readonly device: SimulatedDevice;
  readonly port: number;
}

const endpoints: Endpoint[] = [];
const sockets: Socket[] = [];

export async function makeFtp(options: DeviceOptions = {}): Promise<FtpDevice> {
  const { device } = await makeDevice(options);
  const { port } = await keepEndpoint(openFtpEndpoint(device, '127.0.0.1'));
  return { device, port };
}

/** Registers an endpoint to be closed after the test. */
export async function keepEndpoint(opening: Promise<Endpoint>): Promise<Endpoint> {
  const endpoint = await opening;
  endpoints.push(endpoint);
  return endpoint;
}

/** Closes everything that a test opened. */
export async function closeFtp(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
  closeDevices();
}

export async function login(client: Client, port: number): Promise<void> {
  await client.connect('127.0.0.1', port);
  await client.login(ACCESS.user, ACCESS.password);
  await client.send('TYPE I');
}

/** Downloads a file with a client. */
export async function fetched(client: Client, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const into = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  await client.downloadTo(into, path);
  return Buffer.concat(chunks);
}

/** A connection that exchanges lines. */
export interface Line {
  readonly socket: Socket;
  /** Everything received so far. */
  text(): string;
  /** Resolves when the received text matches; rejects if the connection closes first. */
  until(pattern: RegExp): Promise<void>;
  /** Sends a line and returns the last line of the reply. */
  send(line: string): Promise<string>;
  closed(): Promise<void>;
}

export async function dial(port: number): Promise<Line> {
  const socket = createConnection(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  await once(socket, 'connect');
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) {
      const more = new Promise<void>((resolve) => {
        socket.once('data', () => resolve());
      });
      await Promise.race([more, closed]);
      if (socket.destroyed && !pattern.test(text)) throw new Error(`closed after ${JSON.stringify(text)}`);
    }
  };
  return {
    socket,
    text: () => text,
    until,
    async send(line) {
      text = '';
      socket.write(`${line}\r\n`);
      await until(/^\d{3} .*\r\n/m);
      return text.trimEnd().split('\r\n').at(-1) ?? '';
    },
    closed: () => closed,
  };
}

/** Connects to a card that has just come up, whose port opens a moment later. */
export async function dialWhenOpen(port: number): Promise<Line> {
  for (;;) {
    try {
      return await dial(port);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) throw error;
    }
  }
}

/** A connection that is logged in. */
export async function dialIn(port: number): Promise<Line> {
  const line = await dial(port);
  await line.until(/^220 .*\r\n/);
  await line.send(`USER ${ACCESS.user}`);
  await line.send(`PASS ${ACCESS.password}`);
  return line;
}

/** The data connection after PASV; the address in the reply is only compared. */
export async function dialPassive(line: Line, host = '127,0,0,1'): Promise<Line> {
  const answer = await line.send('PASV');
  const [, named, high, low] = /\((\d+,\d+,\d+,\d+),(\d+),(\d+)\)/.exec(answer) ?? [];
  if (named !== host) throw new Error(`the card names another host: ${answer}`);
  return dial(Number(high) * 256 + Number(low));
}
