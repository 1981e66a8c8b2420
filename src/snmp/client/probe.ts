import type { SnmpAccess } from '../../core/index.ts';
import { createEncoder, type Packet } from './encoder.ts';
import { OID } from './oids.ts';

/** One question that is sent unchanged to very many addresses, and how an answer to it begins. */
export interface Probe {
  readonly bytes: Buffer;
  /** What an answer repeats. */
  readonly id: number;
  /** Whether a datagram answers this question, as far as its first fields tell. What it says is read later, with care. */
  matches(answer: Buffer): boolean;
}

/** The question for one object, made by the library: what is sent to an agent is never put together here. */
export function probeFor(access: SnmpAccess): Probe {
  if (access.version === '3') return engineProbe();
  // Version and community stand at the begin of the question, and an answer repeats them.
  const community = Buffer.byteLength(access.community.reveal(), 'utf8');
  return probe(createEncoder(access).get([OID.sysObjectId]), VERSION_BYTES + 2 + community);
}

/** The question for an engine id, which an agent of version 3 answers whoever asks. */
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
/** Tag and length of the whole, in an answer of up to 65 kB. */
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
