import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { type Login, type NetworkAccess, Secret } from '../../../src/core/index.ts';
import type { HostKeyStore } from '../../../src/nmc/index.ts';

export const USER = 'apc';
export const PASSWORD = 'correct horse';
export const LOGIN: Login = { user: USER, password: new Secret(PASSWORD) };

const KEY = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;

/** Behaviour of a test card; everything else is refused. */
export interface Behaviour {
  readonly shell?: (channel: ServerChannel, connection: Connection) => void;
  readonly exec?: (channel: ServerChannel, command: string, connection: Connection) => void;
  readonly authentication?: (attempt: ssh2.AuthContext, connection: Connection) => void;
  readonly hostKey?: string;
  readonly algorithms?: ssh2.Algorithms;
}

export interface TestCard {
  readonly network: NetworkAccess;
  readonly hostKeys: HostKeyStore;
  /** Connections so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** An SSH server on loopback that behaves as the test defines. */
export async function openCard(behaviour: Behaviour): Promise<TestCard> {
  const open = new Set<Connection>();
  let count = 0;
  const server = new ssh2.Server(
    { hostKeys: [behaviour.hostKey ?? KEY], algorithms: behaviour.algorithms ?? {} },
    (connection) => {
      count += 1;
      open.add(connection);
      connection.on('error', () => undefined);
      connection.on('close', () => open.delete(connection));
      connection.on('authentication', (attempt) => {
        if (behaviour.authentication !== undefined) behaviour.authentication(attempt, connection);
        else if (attempt.method !== 'password') attempt.reject(['password']);
        else if (attempt.username === USER && attempt.password === PASSWORD) attempt.accept();
        else attempt.reject(['password']);
      });
      connection.on('session', (accept) => {
        const session = accept();
        session.on('pty', (acceptPty) => acceptPty());
        session.on('shell', (acceptShell, reject) => {
          if (behaviour.shell === undefined) reject();
          else behaviour.shell(acceptShell(), connection);
        });
        session.on('exec', (acceptExec, reject, { command }) => {
          if (behaviour.exec === undefined) reject();
          else behaviour.exec(acceptExec(), command, connection);
        });
      });
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    network: networkTo(port),
    hostKeys: memoryOfKeys(),
    connections: () => count,
    close: async () => {
      for (const connection of open) connection.end();
      server.close();
      await once(server, 'close');
    },
  };
}

/** SSH access to a port on loopback. */
export function networkTo(port: number): NetworkAccess {
  return {
    host: '127.0.0.1',
    ports: { snmp: 161, ssh: port, ftp: 1, telnet: 23, http: 80, https: 443 },
    snmp: null,
    write: null,
    login: LOGIN,
    transfer: ['scp'],
    start: ['cli'],
    plaintext: false,
    legacySsh: false,
  };
}

export function memoryOfKeys(): HostKeyStore {
  const known = new Map<string, string>();
  return {
    get: async (name) => known.get(name) ?? null,
    add: async (name, fingerprint) => {
      known.set(name, fingerprint);
    },
  };
}

/** The Problem that a promise rejects with. */
export async function problemOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ ended: value }),
    (thrown: unknown) => thrown,
  );
}
