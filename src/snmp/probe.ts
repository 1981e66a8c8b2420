import { EventEmitter } from 'node:events';
import * as snmp from 'net-snmp';
import type { SnmpAccess } from '../core/index.ts';
import { OID } from './oids.ts';

/** One question that is sent unchanged to very many addresses, and how an answer to it begins. */
export interface Probe {
  readonly bytes: Buffer;
  /** Whether a datagram answers this question, as far as its first fields tell. What it says is read later, with care. */
  matches(answer: Buffer): boolean;
}

/** The question for one object, made by the library: what is sent to an agent is never put together here. */
export function probeFor(access: SnmpAccess): Probe {
  if (access.version === '3') return engineProbe();
  const bytes = captured((dgramModule) =>
    snmp.createSession('127.0.0.1', access.community.reveal(), {
      version: access.version === '1' ? snmp.Version1 : snmp.Version2c,
      ...QUIET,
      dgramModule,
    }),
  );
  // Version and community stand at the begin of the question, and an answer repeats them.
  const community = Buffer.byteLength(access.community.reveal(), 'utf8');
  return probe(bytes, VERSION_BYTES + 2 + community);
}

/** The question for an engine id, which an agent of version 3 answers whoever asks. */
export function engineProbe(): Probe {
  const user = { name: 'upsfw', level: snmp.SecurityLevel.noAuthNoPriv };
  const bytes = captured((dgramModule) => snmp.createV3Session('127.0.0.1', user, { ...QUIET, dgramModule }));
  return probe(bytes, VERSION_BYTES);
}

/** Tag, length and value of the version. */
const VERSION_BYTES = 3;
/** Tag and length of the whole, in an answer of up to 65 kB. */
const LONGEST_HEAD = 5;
const SEQUENCE = 0x30;
const QUIET = { timeout: 1, retries: 0 };

function probe(bytes: Buffer, fields: number): Probe {
  const head = (bytes[1] ?? 0) < 0x80 ? 2 : 2 + ((bytes[1] ?? 0) & 0x7f);
  const begin = bytes.subarray(head, head + fields);
  return {
    bytes,
    matches(answer) {
      if (answer[0] !== SEQUENCE) return false;
      const at = answer.subarray(0, LONGEST_HEAD + begin.length).indexOf(begin);
      return at >= 2 && at <= LONGEST_HEAD;
    },
  };
}

/** The first datagram of a session that never reaches a network. */
function captured(open: (dgramModule: { createSocket(): EventEmitter }) => snmp.Session): Buffer {
  let taken: Buffer | null = null;
  class Catch extends EventEmitter {
    bind(): void {}
    unref(): void {}
    ref(): void {}
    close(): void {}
    send(bytes: Buffer, offset: number, length: number): void {
      taken ??= Buffer.from(bytes.subarray(offset, offset + length));
    }
  }
  const session = open({ createSocket: () => new Catch() });
  session.on('error', () => undefined);
  session.get([OID.sysObjectId], () => undefined);
  session.close();
  if (taken === null) throw new Error('the library sent no datagram');
  return taken;
}
