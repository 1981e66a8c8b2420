import type { SnmpAccess } from '../../core/index.ts';
import { createEncoder, type Packet } from './encoder.ts';
import { OID } from './oids.ts';

/** One question that is sent unchanged to very many addresses, and how to recognize its answer. */
export interface Probe {
  readonly bytes: Buffer;
  /** The ID that an answer repeats. */
  readonly id: number;
  /** Whether a datagram answers this question, judged by its first fields. Its content is parsed later. */
  matches(answer: Buffer): boolean;
}

/** The question for one object, encoded by the library. */
export function probeFor(access: SnmpAccess): Probe {
  if (access.version === '3') return engineProbe();
  // The question begins with version and community, and an answer repeats them.
  const community = Buffer.byteLength(access.community.reveal(), 'utf8');
  return probe(createEncoder(access).get([OID.sysObjectId]), VERSION_BYTES + 2 + community);
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
  return probe(createEncoder(nobody).discovery(), VERSION_BYTES);
}

/** Tag, length and value of the version. */
const VERSION_BYTES = 3;
/** Tag and length of the message, in an answer of up to 65 kB. */
const MAX_HEAD = 5;
const SEQUENCE = 0x30;

function probe({ bytes, id }: Packet, fields: number): Probe {
  const head = (bytes[1] ?? 0) < 0x80 ? 2 : 2 + ((bytes[1] ?? 0) & 0x7f);
  const begin = bytes.subarray(head, head + fields);
  return {
    bytes,
    id,
    matches(answer) {
      if (answer[0] !== SEQUENCE) return false;
      const at = answer.subarray(0, MAX_HEAD + begin.length).indexOf(begin);
      return at >= 2 && at <= MAX_HEAD;
    },
  };
}
