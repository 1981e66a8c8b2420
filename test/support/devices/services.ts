import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import ssh2, { type Algorithms } from 'ssh2';

/** A small server on loopback for the looks at services. */
export interface Peer {
  readonly port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function listening(server: Server, sockets: ReadonlySet<Socket> = new Set()): Promise<Peer> {
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function tracked(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Sends a greeting, and answers each line by its first word. */
export function tcpPeer(
  greeting: string,
  answers: Readonly<Record<string, string>> = {},
): Promise<Peer & { readonly lines: string[] }> {
  const lines: string[] = [];
  const server = createTcp((socket) => {
    if (greeting !== '') socket.write(greeting);
    socket.on('data', (chunk) => {
      for (const line of chunk
        .toString('latin1')
        .split(/\r?\n/)
        .filter((one) => one !== '')) {
        lines.push(line);
        socket.write(answers[line.split(' ')[0] ?? ''] ?? '502 Not here.\r\n');
      }
    });
  });
  return listening(server, tracked(server)).then((peer) => ({ ...peer, lines }));
}

export function httpPeer(listener: RequestListener): Promise<Peer> {
  const server = createHttp(listener);
  return listening(server, tracked(server));
}

/** HTTPS with one of the certificates of test/nmc/tls, weak ones included. */
export function httpsPeer(name: 'good' | 'other' | 'weak', port = 0): Promise<Peer> {
  const pem = (end: string): Buffer => readFileSync(new URL(`./tls/${name}.${end}`, import.meta.url));
  const server = createHttps(
    { key: pem('key'), cert: pem('crt'), ciphers: 'DEFAULT@SECLEVEL=0' },
    (_request, response) => response.end('page'),
  );
  const sockets = tracked(server);
  server.listen(port, HOST);
  return once(server, 'listening').then(() => ({
    port: portOf(server),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  }));
}

/** An SSH server that counts login attempts. */
export async function sshPeer(algorithms: Algorithms, bits: number): Promise<Peer & { logins: number }> {
  const key = ssh2.utils.generateKeyPairSync('rsa', { bits }).private;
  const counted = { logins: 0 };
  const server = new ssh2.Server({ hostKeys: [key], algorithms }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => {
      counted.logins += 1;
      attempt.reject();
    });
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: portOf(server),
    get logins() {
      return counted.logins;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A closed port. */
export async function closedPort(): Promise<number> {
  const peer = await tcpPeer('');
  await peer.close();
  return peer.port;
}

/** A card's command line with the answers of the test. It keeps every line that is typed. */
export async function shellPeer(
  answer: (line: string) => { readonly lines: readonly string[]; readonly prompt: boolean },
): Promise<
  Peer & {
    readonly typed: string[];
    readonly sessions: () => number;
    readonly exits: (count: number) => Promise<void>;
  }
> {
  const key = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
  const typed: string[] = [];
  let sessions = 0;
  let left = 0;
  let wake = (): void => undefined;
  const server = new ssh2.Server({ hostKeys: [key] }, (connection) => {
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => attempt.accept());
    connection.on('session', (accept) => {
      sessions += 1;
      const session = accept();
      session.on('pty', (acceptPty) => acceptPty());
      session.on('shell', (acceptShell) => {
        const channel = acceptShell();
        let line = '';
        channel.write('\r\napc>');
        channel.on('data', (chunk: Buffer) => {
          for (const character of chunk.toString('latin1')) {
            channel.write(character);
            if (character !== '\r') {
              line += character;
              continue;
            }
            typed.push(line);
            if (line === 'exit') {
              left += 1;
              wake();
              channel.end();
              return;
            }
            const { lines, prompt } = answer(line);
            line = '';
            channel.write(`\r\n${lines.map((one) => `${one}\r\n`).join('')}${prompt ? '\r\napc>' : ''}`);
          }
        });
      });
    });
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: portOf(server),
    typed,
    sessions: () => sessions,
    /** Resolves when so many sessions have ended with `exit`. */
    exits: (count) =>
      new Promise((resolve) => {
        wake = () => {
          if (left >= count) resolve();
        };
        wake();
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
