import { randomInt } from 'node:crypto';
import type { SnmpAccess } from '../../core/index.ts';
import { createEncoder, type Packet } from './encoder.ts';
import { decodeMessage } from './message.ts';
import { OID } from './oids.ts';

/** One question that is sent to very many addresses, and how to recognize its answer. */
export interface Probe {
  readonly bytes: Buffer;
  /** The ID that an answer repeats. */
  readonly id: number;
  /** The question with an ID of its own for each place of a list of at most 2^20, and each of 16 passes. */
  bytesFor(asked: AskedPlace): Buffer;
  /** The place and pass whose question a datagram answers by its ID; null if it answers none. */
  placeOf(answer: Buffer): AskedPlace | null;
  /** Whether a datagram answers this question, judged by its first fields. Its content is parsed later. */
  matches(answer: Buffer): boolean;
}

/** Which of many questions: the index of its address, and how often all addresses were asked before. */
export interface AskedPlace {
  readonly place: number;
  readonly pass: number;
}

/** The question for one object, encoded by the library. */
export function probeFor(access: SnmpAccess): Probe {
  if (access.version === '3') return engineProbe();
  // The question begins with version and community, and an answer repeats them.
  const community = Buffer.byteLength(access.community.reveal(), 'utf8');
  const encoder = createEncoder(access);
  return probe(() => encoder.get([OID.sysObjectId]), VERSION_BYTES + 2 + community);
}

/** The question for an engine ID, which every SNMPv3 agent answers. */
export function engineProbe(): Probe {
  const nobody = {
    version: '3',
    user: 'upsfw',
    auth: null,
    authKey: null,
    priv: null,
    privKey: null,
  } as const;
  const encoder = createEncoder(nobody);
  return probe(() => encoder.discovery(), VERSION_BYTES);
}

/** Tag, length and value of the version. */
const VERSION_BYTES = 3;
/** Tag and length of the message, in an answer of up to 65 kB. */
const MAX_HEAD = 5;
const SEQUENCE = 0x30;

/** Tag and length of an ID of four octets, which every ID from here on has. */
const ID_HEAD = Buffer.from([0x02, 4]);
const MIN_LONG_ID = 0x0080_0000;
const MAX_ID = 0x7fff_ffff;
/** The longest list of a sweep, and some more for single addresses with a zone. */
const MAX_PLACES = 2 ** 21;
const MAX_PASSES = 16;

function probe(encode: () => Packet, fields: number): Probe {
  let packet = encode();
  // One of 256 IDs is shorter, and an ID for a place must not change the length of the message.
  while (packet.id < MIN_LONG_ID) packet = encode();
  const { bytes, id } = packet;
  const head = (bytes[1] ?? 0) < 0x80 ? 2 : 2 + ((bytes[1] ?? 0) & 0x7f);
  const begin = bytes.subarray(head, head + fields);
  const firstId = randomInt(MIN_LONG_ID, MAX_ID - MAX_PLACES * MAX_PASSES);
  const idAt = bytes.indexOf(Buffer.concat([ID_HEAD, uint32(id)])) + ID_HEAD.length;
  return {
    bytes,
    id,
    bytesFor({ place, pass }) {
      const own = Buffer.from(bytes);
      own.writeUInt32BE(firstId + pass * MAX_PLACES + place, idAt);
      return own;
    },
    placeOf(answer) {
      try {
        const offset = decodeMessage(answer).id - firstId;
        if (offset < 0 || offset >= MAX_PLACES * MAX_PASSES) return null;
        return { place: offset % MAX_PLACES, pass: Math.floor(offset / MAX_PLACES) };
      } catch {
        // Anything can arrive at a socket.
        return null;
      }
    },
    matches(answer) {
      if (answer[0] !== SEQUENCE) return false;
      const at = answer.subarray(0, MAX_HEAD + begin.length).indexOf(begin);
      return at >= 2 && at <= MAX_HEAD;
    },
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
