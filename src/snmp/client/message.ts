import { BerReader, type Element, integerOf, MalformedError, oidOf, TAG } from './ber.ts';
import type { SnmpValue } from './values.ts';

/** One object of an answer; null = the agent has no such object. */
export interface Varbind {
  readonly oid: string;
  readonly value: SnmpValue | null;
}

/** An answer to a request, or the report of an engine that did not process a message. */
export interface Pdu {
  readonly type: 'response' | 'report';
  readonly requestId: number;
  /** 0 = no error; others by RFC 3416 section 3. */
  readonly errorStatus: number;
  /** Counted from 1. */
  readonly errorIndex: number;
  readonly varbinds: readonly Varbind[];
}

/** A message of SNMPv1 or v2c. */
export interface CommunityMessage {
  readonly version: '1' | '2c';
  /** The request ID, which an answer repeats. */
  readonly id: number;
  readonly community: Buffer;
  readonly pdu: Pdu;
}

/**
 * An SNMPv3 message with the user-based security model. Nothing in it is verified before `unseal` of usm.ts.
 */
export interface SecuredMessage {
  readonly version: '3';
  /** The message ID, which an answer repeats. */
  readonly id: number;
  readonly isAuthenticated: boolean;
  readonly isEncrypted: boolean;
  readonly engineId: Buffer;
  readonly boots: number;
  readonly time: number;
  readonly user: Buffer;
  /** Position of the digest in `bytes`. */
  readonly digest: Element;
  readonly salt: Buffer;
  /** The encrypted scoped PDU, or a plain one. */
  readonly scoped: { readonly encrypted: Buffer } | { readonly pdu: Pdu };
  readonly bytes: Buffer;
}

export type SnmpMessage = CommunityMessage | SecuredMessage;

/** The message field `version`. */
const VERSIONS = { 0: '1', 1: '2c', 3: '3' } as const;
const AUTH_FLAG = 1;
const PRIV_FLAG = 2;
/** RFC 3411 section 5: the user-based security model. */
const USM = 3;
/** RFC 3411 section 5, SnmpEngineID, and SnmpAdminString of a user name (RFC 3414 section 2.4). */
const MAX_ENGINE_ID = 32;
const MAX_USER = 32;
/** No question asks for so many. */
const MAX_VARBINDS = 64;
/** DES fills its last block; RFC 3414 section 8.1.1.3. */
const MAX_PADDING = 7;

/**
 * Decodes an answer. Every length is checked against the element around it, and nothing may follow the last
 * element. Throws MalformedError for anything else, and for every PDU that is not an answer.
 */
export function decodeMessage(bytes: Buffer): SnmpMessage {
  const outer = new BerReader(bytes);
  const message = outer.into(TAG.sequence);
  outer.finish();
  const number = message.integer();
  if (number !== 0 && number !== 1 && number !== 3) throw new MalformedError(`the SNMP version ${number}`);
  const version = VERSIONS[number];
  if (version === '3') return decodeSecured(message, bytes);
  const community = message.octets();
  const pdu = decodePdu(message, bytes);
  message.finish();
  if (pdu.type === 'report') throw new MalformedError('a report in a message that is not of version 3');
  return { version, id: pdu.requestId, community, pdu };
}

function decodeSecured(message: BerReader, bytes: Buffer): SecuredMessage {
  const header = message.into(TAG.sequence);
  const id = header.integer();
  // The largest message that the agent accepts; ours are small.
  header.integer();
  const flags = header.octets();
  const model = header.integer();
  header.finish();
  const flag = flags[0] ?? 0;
  if (flags.length !== 1) throw new MalformedError(`${flags.length} octets of flags`);
  if (model !== USM) throw new MalformedError(`the security model ${model}`);
  const isAuthenticated = (flag & AUTH_FLAG) !== 0;
  const isEncrypted = (flag & PRIV_FLAG) !== 0;
  // RFC 3412 section 7.2, step 5.
  if (isEncrypted && !isAuthenticated) throw new MalformedError('encryption without authentication');
  const { start, end } = message.expect(TAG.octets);
  const wrapped = new BerReader(bytes, start, end);
  const security = wrapped.into(TAG.sequence);
  wrapped.finish();
  const engineId = security.octets();
  const boots = security.integer();
  const time = security.integer();
  const user = security.octets();
  const digest = security.expect(TAG.octets);
  const salt = security.octets();
  security.finish();
  if (engineId.length > MAX_ENGINE_ID || user.length > MAX_USER)
    throw new MalformedError('an engine id or user name that is too long');
  const scoped = isEncrypted ? { encrypted: message.octets() } : { pdu: decodeScoped(message, bytes) };
  message.finish();
  return {
    version: '3',
    id,
    isAuthenticated,
    isEncrypted,
    engineId,
    boots,
    time,
    user,
    digest,
    salt,
    scoped,
    bytes,
  };
}

/** Decodes a decrypted scoped PDU; some octets of padding may follow. Throws MalformedError. */
export function decodeDecrypted(plain: Buffer): Pdu {
  const reader = new BerReader(plain);
  const pdu = decodeScoped(reader, plain);
  if (reader.left > MAX_PADDING) reader.finish();
  return pdu;
}

function decodeScoped(reader: BerReader, bytes: Buffer): Pdu {
  const scoped = reader.into(TAG.sequence);
  // Engine and name of the context: always the default context of the engine that answers.
  scoped.octets();
  scoped.octets();
  const pdu = decodePdu(scoped, bytes);
  scoped.finish();
  return pdu;
}

function decodePdu(reader: BerReader, bytes: Buffer): Pdu {
  const tag = reader.nextTag;
  if (tag !== TAG.response && tag !== TAG.report)
    throw new MalformedError(
      tag === null ? 'no PDU' : `a PDU of type 0x${tag.toString(16)} instead of an answer`,
    );
  const pdu = reader.into(tag);
  const requestId = pdu.integer();
  const errorStatus = pdu.integer();
  const errorIndex = pdu.integer();
  const list = pdu.into(TAG.sequence);
  pdu.finish();
  const varbinds: Varbind[] = [];
  while (!list.isAtEnd) {
    if (varbinds.length === MAX_VARBINDS) throw new MalformedError(`more than ${MAX_VARBINDS} objects`);
    const pair = list.into(TAG.sequence);
    const oid = pair.oid();
    const value = readValue(bytes, pair.element());
    pair.finish();
    varbinds.push({ oid, value });
  }
  return { type: tag === TAG.report ? 'report' : 'response', requestId, errorStatus, errorIndex, varbinds };
}

const OTHER: SnmpValue = { kind: 'other' };
/** Types that no object of a card has. */
const UNUSED: ReadonlySet<number> = new Set([TAG.boolean, TAG.bits, TAG.null, TAG.opaque, TAG.nsapAddress]);

function readValue(bytes: Buffer, element: Element): SnmpValue | null {
  const { tag, start, end } = element;
  const length = end - start;
  switch (tag) {
    case TAG.octets: {
      const octets = bytes.subarray(start, end);
      return { kind: 'text', text: octets.toString('latin1'), bytes: octets };
    }
    case TAG.integer:
      return numberValue(integerOf(bytes, element), false);
    case TAG.counter32:
    case TAG.gauge32:
    case TAG.timeTicks:
    case TAG.unsigned32:
      return numberValue(integerOf(bytes, element), true);
    case TAG.oid:
      return { kind: 'oid', oid: oidOf(bytes, element) };
    case TAG.noSuchObject:
    case TAG.noSuchInstance:
    case TAG.endOfMibView:
      if (length === 0) return null;
      throw new MalformedError('contents where an exception has none');
    case TAG.ipAddress:
      if (length === 4) return OTHER;
      throw new MalformedError(`an IP address of ${length} octets`);
    case TAG.counter64:
      // With nine octets the first one is zero.
      if (length > 0 && length <= 9) return OTHER;
      throw new MalformedError(`a counter of ${length} octets`);
    default:
      if (UNUSED.has(tag)) return OTHER;
      throw new MalformedError(`an object of type 0x${tag.toString(16)}`);
  }
}

/**
 * Agents send 32-bit values with and without a sign; a longer value is not used.
 * Source: docs/sources/snmp.md#agent-behaviour
 */
function numberValue(value: number | null, isUnsigned: boolean): SnmpValue {
  if (value === null || value < -0x8000_0000 || value > 0xffff_ffff) return OTHER;
  return { kind: 'number', number: isUnsigned ? value >>> 0 : value };
}
