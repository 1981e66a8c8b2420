import { timingSafeEqual } from 'node:crypto';
import * as snmp from 'net-snmp';
import { z } from 'zod';
import type { Clock } from '../../core/index.ts';
import type { Drop } from './drops.ts';
import type { EngineNow } from './encoder.ts';
import { decodeDecrypted, type Pdu, type SecuredMessage } from './message.ts';

type CalculateDigest = (message: Buffer, authProtocol: number, authKey: string, engineId: Buffer) => Buffer;
type DecryptPdu = (
  privProtocol: number,
  encrypted: Buffer,
  salt: Buffer,
  privKey: string,
  authProtocol: number,
  engine: {
    readonly engineID: Buffer;
    readonly engineBoots: number;
    readonly engineTime: number;
  },
) => Buffer;

/** The crypto functions of the library; its types omit them. */
const Library = z.object({
  Authentication: z.object({
    calculateDigest: z.custom<CalculateDigest>((value) => typeof value === 'function'),
  }),
  Encryption: z.object({ decryptPdu: z.custom<DecryptPdu>((value) => typeof value === 'function') }),
});
let library: z.infer<typeof Library> | null = null;

/** RFC 3414 section 2.2.3, in seconds. */
const TIME_WINDOW = 150;
/** RFC 3414 section 2.2.2: an engine with this count of boots cannot be used any more. */
const LAST_BOOTS = 0x7fff_ffff;
const SALT_OCTETS = 8;

/**
 * The engine of one agent within one session (RFC 3414 section 2.3). The ID never changes. Boots and time are
 * a hint from the sender of the discovery answer until an authentic message confirms them.
 */
export class Engine {
  readonly id: Buffer;
  #boots: number;
  #time: number;
  #since: number;
  #isAuthentic = false;
  readonly #clock: Clock;

  constructor({ engineId, boots, time }: Pick<SecuredMessage, 'engineId' | 'boots' | 'time'>, clock: Clock) {
    // A copy, so that the datagram is not kept.
    this.id = Buffer.from(engineId);
    this.#boots = boots;
    this.#time = time;
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** Whether an authentic message of this engine was seen. */
  get isAuthentic(): boolean {
    return this.#isAuthentic;
  }

  /** The values for the next message to it. */
  now(): EngineNow {
    const passed = Math.floor((this.#clock.monotonic() - this.#since) / 1000);
    return { id: this.id, boots: this.#boots, time: Math.min(this.#time + passed, 0x7fff_ffff) };
  }

  /** Takes the clock from an unauthenticated report. It affects what is sent, never what is accepted. */
  hint(boots: number, time: number): void {
    if (this.#isAuthentic) return;
    this.#set(boots, time);
  }

  /**
   * RFC 3414 section 3.2, step 7b, for a message with a valid digest: checks that it is in time and sets the
   * clock.
   */
  accepts(boots: number, time: number): boolean {
    const advances = boots > this.#boots || (boots === this.#boots && time > this.#time);
    if (!this.#isAuthentic || advances) this.#set(boots, time);
    this.#isAuthentic = true;
    const now = this.now();
    return now.boots !== LAST_BOOTS && boots === now.boots && Math.abs(time - now.time) <= TIME_WINDOW;
  }

  #set(boots: number, time: number): void {
    this.#boots = boots;
    this.#time = time;
    this.#since = this.#clock.monotonic();
  }
}

/** The content of a message after all checks. */
export interface Unsealed {
  readonly pdu: Pdu;
  /** Whether the digest was checked. Always true for a response to an authenticated question. */
  readonly isAuthentic: boolean;
}

/**
 * Opens an answer to a question of `user` to `engine` (RFC 3414 section 3.2, RFC 3412 section 7.2). A
 * response needs the security level, user and engine of the question, or it is dropped. A report may have
 * less, since an engine that does not know the user cannot authenticate; `isAuthentic` shows it.
 */
export function unseal(message: SecuredMessage, user: snmp.User, engine: Engine): Unsealed | { drop: Drop } {
  const { level } = user;
  if (!message.isAuthenticated) {
    if (!('pdu' in message.scoped)) return { drop: 'malformed' };
    const { pdu } = message.scoped;
    if (pdu.type === 'report') return { pdu, isAuthentic: false };
    if (level !== snmp.SecurityLevel.noAuthNoPriv) return { drop: 'level' };
    if (!message.user.equals(Buffer.from(user.name))) return { drop: 'user' };
    return message.engineId.equals(engine.id) ? { pdu, isAuthentic: false } : { drop: 'engine' };
  }
  const { authProtocol, authKey } = user;
  // Without a key the digest cannot be checked.
  if (authProtocol === undefined || authKey === undefined) return { drop: 'level' };
  if (!message.user.equals(Buffer.from(user.name))) return { drop: 'user' };
  if (!message.engineId.equals(engine.id)) return { drop: 'engine' };
  if (!hasRightDigest(message, authProtocol, authKey)) return { drop: 'digest' };
  if (!engine.accepts(message.boots, message.time)) return { drop: 'clock' };
  const isPrivate = level === snmp.SecurityLevel.authPriv;
  if ('pdu' in message.scoped) {
    const { pdu } = message.scoped;
    // Reports about the clock and about decryption are not encrypted (RFC 3414 section 3.2, steps 7 and 8).
    return isPrivate && pdu.type === 'response' ? { drop: 'level' } : { pdu, isAuthentic: true };
  }
  const pdu = isPrivate ? decrypted(message, message.scoped.encrypted, user) : null;
  return pdu === null ? { drop: 'decryption' } : { pdu, isAuthentic: true };
}

function hasRightDigest(message: SecuredMessage, authProtocol: snmp.AuthProtocols, key: string): boolean {
  const { bytes, digest, engineId } = message;
  const received = bytes.subarray(digest.start, digest.end);
  const zeroed = Buffer.from(bytes).fill(0, digest.start, digest.end);
  library ??= Library.parse(snmp);
  const expected = library.Authentication.calculateDigest(zeroed, authProtocol, key, engineId);
  return received.length === expected.length && timingSafeEqual(received, expected);
}

/** Null if it cannot be decrypted, or the result is not a PDU. */
function decrypted(message: SecuredMessage, encrypted: Buffer, user: snmp.User): Pdu | null {
  const { authProtocol, privProtocol, privKey } = user;
  if (authProtocol === undefined || privProtocol === undefined || privKey === undefined) return null;
  if (message.salt.length !== SALT_OCTETS) return null;
  library ??= Library.parse(snmp);
  try {
    const plain = library.Encryption.decryptPdu(
      privProtocol,
      encrypted,
      message.salt,
      privKey,
      authProtocol,
      {
        engineID: message.engineId,
        // The initial vector holds 32 bits of each, with or without a sign.
        engineBoots: message.boots >>> 0,
        engineTime: message.time >>> 0,
      },
    );
    return decodeDecrypted(plain);
  } catch {
    // Truncated blocks, or bytes that are not a scoped PDU: another key, or none.
    return null;
  }
}
