import { randomBytes, randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import * as snmp from 'net-snmp';
import type { SnmpAccess } from '../../core/index.ts';

/** An encoded question. */
export interface Packet {
  readonly bytes: Buffer;
  /** The ID that an answer repeats: the request ID of SNMPv1 and v2c, the message ID of SNMPv3. */
  readonly id: number;
  readonly requestId: number;
}

/** The engine that an SNMPv3 message is for. */
export interface EngineNow {
  readonly id: Buffer;
  readonly boots: number;
  readonly time: number;
}

/** Encodes questions for one credential; sends nothing. Throws errors of the library and its crypto. */
export interface Encoder {
  /** `engine` is required for SNMPv3 and omitted for the others. */
  get(oids: readonly string[], engine?: EngineNow): Packet;
  set(oid: string, value: number, engine?: EngineNow): Packet;
  /** The question for an engine ID, which every SNMPv3 agent answers (RFC 3414, section 4). */
  discovery(): Packet;
}

const AUTH = {
  md5: snmp.AuthProtocols.md5,
  sha: snmp.AuthProtocols.sha,
  sha224: snmp.AuthProtocols.sha224,
  sha256: snmp.AuthProtocols.sha256,
  sha384: snmp.AuthProtocols.sha384,
  sha512: snmp.AuthProtocols.sha512,
} as const;
const PRIV = {
  des: snmp.PrivProtocols.des,
  aes: snmp.PrivProtocols.aes,
  aes256b: snmp.PrivProtocols.aes256b,
  aes256r: snmp.PrivProtocols.aes256r,
} as const;

/** An SNMPv3 user for the library. The security level follows from the keys. */
export function userOf(access: Extract<SnmpAccess, { version: '3' }>): snmp.User {
  const { user, auth, authKey, priv, privKey } = access;
  if (auth === null || authKey === null) return { name: user, level: snmp.SecurityLevel.noAuthNoPriv };
  const authenticated = { name: user, authProtocol: AUTH[auth], authKey: authKey.reveal() };
  if (priv === null || privKey === null) return { ...authenticated, level: snmp.SecurityLevel.authNoPriv };
  return {
    ...authenticated,
    level: snmp.SecurityLevel.authPriv,
    privProtocol: PRIV[priv],
    privKey: privKey.reveal(),
  };
}

/**
 * Engine ID of this process. A manager never sends it, but without it each session generates one at a cost.
 */
const OWN_ENGINE_ID = `8000B98380${randomBytes(12).toString('hex')}`;
const MAX_ID = 0x7fff_ffff;

/** Replaces the socket: the library sends and receives nothing. */
class NoSocket extends EventEmitter {
  bind(): void {}
  unref(): void {}
  ref(): void {}
  close(): void {}
}

/**
 * The library encodes, authenticates and encrypts. It never sees a datagram. Its receiving half throws out of
 * its event handler, accepts answers that prove nothing, and repeats a write when a report asks for it.
 */
export function createEncoder(access: SnmpAccess): Encoder {
  const options = {
    dgramModule: { createSocket: () => new NoSocket() },
    engineID: OWN_ENGINE_ID,
  };
  const session =
    access.version === '3'
      ? snmp.createV3Session('127.0.0.1', userOf(access), options)
      : snmp.createSession('127.0.0.1', access.community.reveal(), {
          ...options,
          version: access.version === '1' ? snmp.Version1 : snmp.Version2c,
        });
  let packet: Packet | null = null;
  // The library would send and repeat the message; here only its bytes are kept.
  session.send = ({ message }) => {
    // The library takes its IDs from Math.random, which is predictable.
    const requestId = randomInt(1, MAX_ID);
    let id = requestId;
    message.pdu.id = requestId;
    if (message.msgGlobalData !== undefined) {
      id = randomInt(1, MAX_ID);
      message.msgGlobalData.msgID = id;
    }
    packet = { bytes: message.toBuffer(), id, requestId };
    return session;
  };
  const encode = (engine: EngineNow | undefined, ask: () => void): Packet => {
    packet = null;
    // Read by the library; without it an SNMPv3 message becomes a question for the engine.
    Reflect.set(
      session,
      'msgSecurityParameters',
      engine === undefined
        ? undefined
        : {
            msgAuthoritativeEngineID: engine.id,
            msgAuthoritativeEngineBoots: engine.boots,
            msgAuthoritativeEngineTime: engine.time,
          },
    );
    ask();
    if (packet === null) throw new Error('the library made no message');
    return packet;
  };
  const ignore = (): void => undefined;
  return {
    get: (oids, engine) => encode(engine, () => session.get([...oids], ignore)),
    set: (oid, value, engine) =>
      encode(engine, () => session.set([{ oid, type: snmp.ObjectType.Integer, value }], ignore)),
    discovery: () => encode(undefined, () => session.get([], ignore)),
  };
}
