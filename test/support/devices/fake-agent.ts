import dgram from 'node:dgram';
import { once } from 'node:events';

/** An agent that answers only SNMPv2c GET, from a list of objects. */

export type FakeObject = readonly [oid: string, kind: 'text' | 'number' | 'oid', value: string | number];

export interface FakeAgent {
  readonly port: number;
  close(): Promise<void>;
}

const NO_SUCH_OBJECT = Buffer.from([0x80, 0]);

export async function openFakeAgent(port: number, objects: readonly FakeObject[]): Promise<FakeAgent> {
  const socket = dgram.createSocket('udp4');
  const known = new Map(objects.map(([oid, kind, value]) => [oid, encoded(kind, value)]));
  socket.on('message', (message, from) => socket.send(answerTo(message, known), from.port, from.address));
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    close: () => new Promise((done) => void socket.close(() => done())),
  };
}

function answerTo(message: Buffer, known: ReadonlyMap<string, Buffer>): Buffer {
  const [version, community, pdu] = parts(body(message));
  const [request, , , bindings] = parts(body(pdu));
  const answers = parts(body(bindings)).map((binding) => {
    const [oid = Buffer.alloc(2)] = parts(body(binding));
    return tlv(0x30, oid, known.get(nameOf(body(oid))) ?? NO_SUCH_OBJECT);
  });
  const none = tlv(0x02, Buffer.from([0]));
  const response = tlv(0xa2, request, none, none, tlv(0x30, ...answers));
  return tlv(0x30, version, community, response);
}

function tlv(tag: number, ...content: readonly (Buffer | undefined)[]): Buffer {
  const inside = Buffer.concat(content.map((part) => part ?? Buffer.alloc(0)));
  const { length } = inside;
  const head = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), inside]);
}

/** Start and length of the content. */
function measured(bytes: Buffer, at: number): { readonly begin: number; readonly end: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 128) return { begin: at + 2, end: at + 2 + first };
  const digits = first & 0x7f;
  const begin = at + 2 + digits;
  return { begin, end: begin + bytes.readUIntBE(at + 2, digits) };
}

function body(bytes: Buffer = Buffer.alloc(2)): Buffer {
  const { begin, end } = measured(bytes, 0);
  return bytes.subarray(begin, end);
}

function parts(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { end } = measured(bytes, at);
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

function nameOf(bytes: Buffer): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 128) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...rest] = numbers;
  return [Math.floor(first / 40), first % 40, ...rest].join('.');
}

function encoded(kind: FakeObject[1], value: string | number): Buffer {
  if (kind === 'text') return tlv(0x04, Buffer.from(String(value), 'latin1'));
  if (kind === 'number') return tlv(0x02, integer(Number(value)));
  const [first = 0, second = 0, ...rest] = String(value).split('.').map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A whole number in as few bytes as it needs, with room for its sign. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  let from = 0;
  const sign = value < 0 ? 0xff : 0;
  while (from < 7 && bytes[from] === sign && ((bytes[from + 1] ?? 0) & 0x80) === (sign & 0x80)) from += 1;
  return bytes.subarray(from);
}

function base128(number: number): readonly number[] {
  return number < 128 ? [number] : [...base128(number >> 7).map((part) => part | 0x80), number & 0x7f];
}
