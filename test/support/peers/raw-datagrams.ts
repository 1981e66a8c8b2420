import dgram from 'node:dgram';
import { once } from 'node:events';
import * as snmp from 'net-snmp';
import { ACCESS } from '../../../src/sim/access.ts';

/** A datagram and its source address. */
export interface Reply {
  readonly bytes: Buffer;
  readonly from: string;
}

/** The bytes of a GET, captured from a client. */
export async function requestBytes(oids: readonly string[]): Promise<Buffer> {
  const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address();
  const session = snmp.createSession('127.0.0.1', ACCESS.read, { port, version: snmp.Version2c, retries: 0 });
  const received = once(receiver, 'message');
  session.get([...oids], () => undefined);
  const [bytes]: unknown[] = await received;
  session.close();
  receiver.close();
  if (!Buffer.isBuffer(bytes)) throw new Error('the client sent no datagram');
  return bytes;
}

/** Sends a datagram and waits for this many replies, from any address. */
export async function repliesTo(
  place: { readonly address: string; readonly port: number },
  bytes: Buffer,
  count: number,
): Promise<readonly Reply[]> {
  const socket = dgram.createSocket('udp4');
  const replies: Reply[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (reply, { address }) => {
        replies.push({ bytes: reply, from: address });
        if (replies.length === count) resolve();
      });
      socket.send(bytes, place.port, place.address);
    });
    return replies;
  } finally {
    socket.close();
  }
}

/** The ID of a request or answer, after version and community. */
export function requestIdOf(bytes: Buffer): number {
  const message = valueAt(bytes, 0).start;
  const version = valueAt(bytes, message);
  const community = valueAt(bytes, version.end);
  const id = valueAt(bytes, valueAt(bytes, community.end).start);
  return bytes.readIntBE(id.start, id.end - id.start);
}

/** The length that a message declares, in bytes. */
export function lengthOf(bytes: Buffer): number {
  return valueAt(bytes, 0).end;
}

/** Where the value of a BER element starts and ends. */
function valueAt(bytes: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = bytes[at + 1] ?? 0;
  const more = first > 0x80 ? first - 0x80 : 0;
  const start = at + 2 + more;
  return { start, end: start + (more === 0 ? first : bytes.readUIntBE(at + 2, more)) };
}
