import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/**
 * Builds and reads SNMP messages byte by byte, so that an agent can send invalid ones. It shares no code with
 * the client or the client's library.
 */

export const PDU = {
  get: 0xa0,
  response: 0xa2,
  set: 0xa3,
  trap: 0xa4,
  inform: 0xa6,
  trap2: 0xa7,
  report: 0xa8,
} as const;

/** Counters of RFC 3414, section 5. */
const USM_STATS = '1.3.6.1.6.3.15.1.1';

/** Security level of a message: none, authenticated, authenticated and encrypted; also its flags. */
export type Level = 0 | 1 | 3;

/** An SNMPv3 user with AES-128. */
export interface ForgedUser {
  readonly name: string;
  readonly auth: keyof typeof ALGORITHMS;
  readonly authKey: string;
  readonly privKey: string;
}

/** The decoded fields of a request. */
export interface ReceivedRequest {
  /** As encoded: 0, 1 or 3. */
  readonly version: number;
  /** Message ID of version 3, otherwise the request ID. */
  readonly id: number;
  readonly level: Level;
  readonly community: Buffer;
  /** Empty in an engine discovery. */
  readonly engineId: Buffer;
  readonly boots: number;
  readonly time: number;
  /** Tag of the PDU; null if it is encrypted and no user was given. */
  readonly pdu: number | null;
  readonly requestId: number;
  readonly oids: readonly string[];
}

interface Part {
  readonly tag: number;
  readonly body: Buffer;
  /** Where the body starts in the enclosing bytes. */
  readonly start: number;
}

/** An element: tag, length in the shortest form, contents. */
export function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** An integer in the shortest form; up to 48 bits. */
export function int(value: number, tag = 2): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeIntBE(value, 0, 6);
  let at = 0;
  while (at < 5 && bytes.readInt16BE(at) >= -128 && bytes.readInt16BE(at) < 128) at += 1;
  return tlv(tag, bytes.subarray(at));
}

export function octets(value: string | Buffer): Buffer {
  return tlv(4, Buffer.from(value));
}

export function oid(dotted: string): Buffer {
  const [first = 1, second = 3, ...rest] = dotted.split('.').map(Number);
  return tlv(6, Buffer.from([first * 40 + second, ...rest.flatMap(arcOctets)]));
}

function arcOctets(value: number): readonly number[] {
  const groups = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
    groups.unshift((left % 128) + 128);
  return groups;
}

/** The elements of a list. Throws if one does not fit. */
export function elements(bytes: Buffer): readonly Part[] {
  const found: Part[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at + 1);
    const size = first < 128 ? 0 : first - 128;
    if (first === 128 || size > 8) throw new Error('no length');
    const length = size === 0 ? first : Number(BigInt(`0x${bytes.toString('hex', at + 2, at + 2 + size)}`));
    const start = at + 2 + size;
    if (start + length > bytes.length) throw new Error('over the end');
    found.push({ tag: bytes.readUInt8(at), body: bytes.subarray(start, start + length), start });
    at = start + length;
  }
  return found;
}

function part(parts: readonly Part[], index: number): Part {
  const found = parts[index];
  if (found === undefined) throw new Error('a part is missing');
  return found;
}

const numberOf = ({ body }: Part): number => body.readIntBE(0, body.length);

function dotted(body: Buffer): string {
  const arcs: number[] = [];
  let value = 0;
  for (const octet of body) {
    value = value * 128 + (octet & 127);
    if (octet >= 128) continue;
    const first = Math.min(2, Math.floor(value / 40));
    if (arcs.length === 0) arcs.push(first, value - 40 * first);
    else arcs.push(value);
    value = 0;
  }
  return arcs.join('.');
}

const ALGORITHMS = { md5: ['md5', 12], sha: ['sha1', 12], sha256: ['sha256', 24] } as const;
const halves = new Map<string, Buffer>();
const keys = new Map<string, Buffer>();
const MOST_KEYS = 4096;

/** The key of a pass phrase at an engine (RFC 3414, A.2). */
function keyFor(algorithm: string, phrase: string, engineId: Buffer): Buffer {
  const name = `${algorithm} ${phrase}`;
  const place = `${engineId.toString('hex')} ${name}`;
  const known = keys.get(place);
  if (known !== undefined) return known;
  const half =
    halves.get(name) ??
    createHash(algorithm)
      .update(Buffer.alloc(1 << 20, phrase))
      .digest();
  halves.set(name, half);
  const key = createHash(algorithm).update(half).update(engineId).update(half).digest();
  if (keys.size === MOST_KEYS) keys.clear();
  keys.set(place, key);
  return key;
}

/** Key and initial vector of AES-128 (RFC 3826, section 3.1). */
function aesFor(
  user: ForgedUser,
  engineId: Buffer,
  boots: number,
  time: number,
  salt: Buffer,
): readonly [Buffer, Buffer] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(boots >>> 0, 0);
  head.writeUInt32BE(time >>> 0, 4);
  const key = keyFor(ALGORITHMS[user.auth][0], user.privKey, engineId).subarray(0, 16);
  return [key, Buffer.concat([head, salt])];
}

const NOTHING = Buffer.alloc(0);

/** Decodes a request; `user` decrypts it. Throws if it is not one. */
export function readRequest(bytes: Buffer, user: ForgedUser | null = null): ReceivedRequest {
  const parts = elements(part(elements(bytes), 0).body);
  const version = numberOf(part(parts, 0));
  const plain = { level: 0, engineId: NOTHING, boots: 0, time: 0 } as const;
  if (version !== 3) {
    const pdu = readPdu(part(parts, 2));
    return { ...plain, version, id: pdu.requestId, community: part(parts, 1).body, ...pdu };
  }
  const header = elements(part(parts, 1).body);
  const security = elements(part(elements(part(parts, 2).body), 0).body);
  const engineId = part(security, 0).body;
  const [boots, time] = [numberOf(part(security, 1)), numberOf(part(security, 2))];
  const flags = part(header, 2).body.readUInt8(0) & 3;
  const level = flags === 3 ? 3 : flags === 1 ? 1 : 0;
  const head = {
    version,
    id: numberOf(part(header, 0)),
    community: NOTHING,
    level,
    engineId,
    boots,
    time,
  } as const;
  let scoped = part(parts, 3).body;
  if (level === 3) {
    if (user === null) return { ...head, pdu: null, requestId: 0, oids: [] };
    const [key, iv] = aesFor(user, engineId, boots, time, part(security, 5).body);
    const decipher = createDecipheriv('aes-128-cfb', key, iv);
    scoped = part(elements(Buffer.concat([decipher.update(scoped), decipher.final()])), 0).body;
  }
  return { ...head, ...readPdu(part(elements(scoped), 2)) };
}

function readPdu({ tag, body }: Part): Pick<ReceivedRequest, 'pdu' | 'requestId' | 'oids'> {
  const parts = elements(body);
  const pairs = elements(part(parts, 3).body);
  return {
    pdu: tag,
    requestId: numberOf(part(parts, 0)),
    oids: pairs.map((pair) => dotted(part(elements(pair.body), 0).body)),
  };
}

/** Deviations from the correct answer. */
export interface PduOptions {
  readonly tag?: number;
  readonly status?: number;
  readonly index?: number;
  readonly oids?: readonly string[];
  readonly requestId?: number;
}

/** A PDU that answers a request; `values` are encoded, and used in turn for its objects. */
export function pduFor(
  request: ReceivedRequest,
  values: readonly Buffer[],
  options: PduOptions = {},
): Buffer {
  const {
    tag = PDU.response,
    status = 0,
    index = 0,
    oids = request.oids,
    requestId = request.requestId,
  } = options;
  const pairs = oids.map((name, at) => tlv(0x30, oid(name), values[at % values.length] ?? tlv(5)));
  return tlv(tag, int(requestId), int(status), int(index), tlv(0x30, ...pairs));
}

/** The report of a counter: 1 unsupportedSecLevels ... 6 decryptionErrors. */
export function reportPdu(counter: number, requestId = 0): Buffer {
  const pair = tlv(0x30, oid(`${USM_STATS}.${counter}.0`), int(7, 0x41));
  return tlv(PDU.report, int(requestId), int(0), int(0), tlv(0x30, pair));
}

export function communityMessage(version: number, community: string | Buffer, pdu: Buffer): Buffer {
  return tlv(0x30, int(version), octets(community), pdu);
}

export interface SecuredOptions {
  readonly id: number;
  readonly engineId: Buffer;
  readonly boots?: number;
  readonly time?: number;
  readonly user: ForgedUser;
  /** The security that is applied. */
  readonly level: Level;
  /** The security that is claimed. */
  readonly flags?: number;
  /** The user name in the message. */
  readonly name?: string;
  /** A digest instead of the correct one. */
  readonly digest?: Buffer;
}

/** A version 3 message around a PDU. */
export function securedMessage(pdu: Buffer, options: SecuredOptions): Buffer {
  const { id, engineId, boots = 1, time = 1000, user, level, flags = level, name = user.name } = options;
  const [algorithm, size] = ALGORITHMS[user.auth];
  let scoped = tlv(0x30, octets(engineId), octets(''), pdu);
  let salt = NOTHING;
  if (level === 3) {
    salt = randomBytes(8);
    const cipher = createCipheriv('aes-128-cfb', ...aesFor(user, engineId, boots, time, salt));
    scoped = octets(Buffer.concat([cipher.update(scoped), cipher.final()]));
  }
  const header = tlv(0x30, int(id), int(65507), octets(Buffer.from([flags])), int(3));
  const signed = (digest: Buffer): Buffer => {
    const security = [octets(engineId), int(boots), int(time), octets(name), octets(digest), octets(salt)];
    return tlv(0x30, int(3), header, tlv(4, tlv(0x30, ...security)), scoped);
  };
  if (options.digest !== undefined) return signed(options.digest);
  if (level === 0) return signed(NOTHING);
  const key = keyFor(algorithm, user.authKey, engineId);
  return signed(
    createHmac(algorithm, key)
      .update(signed(Buffer.alloc(size)))
      .digest()
      .subarray(0, size),
  );
}
