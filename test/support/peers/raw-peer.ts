import dgram, { type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Problem, Secret, type SnmpAccess } from '../../../src/core/index.ts';
import { systemClock } from '../../../src/files/index.ts';
import {
  type ForgedUser,
  type Level,
  pduFor,
  type ReceivedRequest,
  readRequest,
  reportPdu,
  securedMessage,
} from '../../../src/sim/index.ts';
import { createSnmpHub, type SnmpHub, type SnmpSession } from '../../../src/snmp/index.ts';

export const USER: ForgedUser = {
  name: 'audit',
  auth: 'sha',
  authKey: 'the-auth-pass-phrase',
  privKey: 'the-priv-pass-phrase',
};
export const ENGINE = Buffer.from('8000013e0300c0b7010203', 'hex');

/** The user's credential for a level: 0 = no keys, 1 = authenticated, 3 = also encrypted. */
export function accessAt(level: Level, authKey = USER.authKey, privKey = USER.privKey): SnmpAccess {
  return {
    version: '3',
    user: USER.name,
    auth: level === 0 ? null : 'sha',
    authKey: level === 0 ? null : new Secret(authKey, 'env:UPS_AUTH'),
    priv: level === 3 ? 'aes' : null,
    privKey: level === 3 ? new Secret(privKey, 'env:UPS_PRIV') : null,
  };
}

export const community = (version: '1' | '2c' = '2c'): SnmpAccess => ({
  version,
  community: new Secret('public', 'env:UPS_READ'),
});

/** What a peer received. */
export interface Received {
  readonly bytes: Buffer;
  readonly request: ReceivedRequest;
}

export interface RawPeer {
  readonly port: number;
  readonly received: readonly Received[];
  /** Number of requests by kind. */
  count(pdu: number): number;
  close(): Promise<void>;
}

/** A UDP peer on loopback that answers each request with the datagrams from `answer`. */
export async function openPeer(
  answer: (request: ReceivedRequest, bytes: Buffer, count: number) => readonly Buffer[],
): Promise<RawPeer> {
  const socket: Socket = dgram.createSocket('udp4');
  const received: Received[] = [];
  socket.on('message', (bytes, from) => {
    const request = readRequest(bytes, USER);
    received.push({ bytes, request });
    for (const datagram of answer(request, bytes, received.length))
      socket.send(datagram, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    received,
    count: (pdu) => received.filter(({ request }) => request.pdu === pdu).length,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** Whether a request is an engine discovery. */
export function isDiscovery({ version, engineId }: ReceivedRequest): boolean {
  return version === 3 && engineId.length === 0;
}

/** The unauthenticated report that answers it (RFC 3414, section 4). */
export function discovered(request: ReceivedRequest, boots = 1, time = 1000, engineId = ENGINE): Buffer {
  const options = { id: request.id, engineId, boots, time, user: USER, level: 0, name: '' } as const;
  return securedMessage(reportPdu(4, request.requestId), options);
}

/** A report of a counter of RFC 3414, at a level. */
export function reported(request: ReceivedRequest, counter: number, level: Level, time = 1000): Buffer {
  return securedMessage(reportPdu(counter), { id: request.id, engineId: ENGINE, time, user: USER, level });
}

/** A valid SNMPv3 answer with a value for every object. */
export function answered(request: ReceivedRequest, values: readonly Buffer[], level: Level): Buffer {
  const pdu = pduFor(request, values);
  return securedMessage(pdu, { id: request.id, engineId: ENGINE, user: USER, level });
}

/** Asks a new peer with one credential, and closes everything. `timeoutMs` is the timeout of one attempt. */
export async function withPeer<T>(
  access: SnmpAccess,
  answer: (request: ReceivedRequest, bytes: Buffer, count: number) => readonly Buffer[],
  use: (session: SnmpSession, peer: RawPeer, hub: SnmpHub) => Promise<T>,
  { timeoutMs = TIMEOUT_MS, retries = 0 } = {},
): Promise<T> {
  const hub = createSnmpHub({ clock: systemClock, timeoutMs, retries });
  const peer = await openPeer(answer);
  try {
    const session = await hub.open(access, { host: '127.0.0.1', port: peer.port });
    try {
      return await use(session, peer, hub);
    } finally {
      session.close();
    }
  } finally {
    await hub.close();
    await peer.close();
  }
}

/** Long enough for a busy machine; cases that time out run in parallel. */
const TIMEOUT_MS = 2000;

/** Runs all cases of a table at the same time; results by name. */
export async function together<C extends readonly [string, ...unknown[]], T>(
  cases: readonly C[],
  run: (one: C) => Promise<T>,
): Promise<Readonly<Record<string, T>>> {
  return Object.fromEntries(await Promise.all(cases.map(async (one) => [one[0], await run(one)] as const)));
}

/** Code and message of what a promise rejects with. */
export async function problemOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  return thrown instanceof Problem
    ? { code: thrown.code, message: thrown.message }
    : { code: 'none', message: String(thrown) };
}
