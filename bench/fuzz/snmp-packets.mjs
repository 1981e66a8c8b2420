// What an agent sends in the fuzz run: candidates that fit a request, mutations of them, and what a correct parser would take. The
// judge shares no code with the client: it reads a datagram into a tree first and compares the tree with the grammar then.
import {
  communityMessage,
  elements,
  int,
  octets,
  oid,
  PDU,
  pduFor,
  reportPdu,
  securedMessage,
  tlv,
} from '../../dist/sim/endpoints/snmp/forged.js';

export const USER = {
  name: 'audit',
  auth: 'sha',
  authKey: 'the-auth-pass-phrase',
  privKey: 'the-priv-pass-phrase',
};
export const COMMUNITY = 'public';
const ENGINE = Buffer.from('8000013e0300c0b7010203', 'hex');
const OTHER_ENGINE = Buffer.from('8000013e0300c0b7ffffff', 'hex');
const STRANGER = { ...USER, authKey: 'another-auth-key', privKey: 'another-priv-key' };
const VALUES = [
  int(2),
  octets('Smart-UPS 1500'),
  oid('1.3.6.1.4.1.318.1.3.27'),
  int(100, 0x42),
  int(240000, 0x43),
  tlv(0x40, Buffer.from([192, 0, 2, 1])),
  tlv(0x46, Buffer.alloc(8, 1)),
  tlv(0x80),
  tlv(5),
];

/** A generator of numbers below one that begins anew with its seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const isDiscovery = (request) => request.version === 3 && request.engineId.length === 0;

/** The answer that a good agent gives. */
export function rightAnswer(request, random) {
  if (isDiscovery(request))
    return securedMessage(reportPdu(4, request.requestId), {
      ...{ id: request.id, engineId: ENGINE, user: USER, level: 0, name: '' },
    });
  const at = Math.floor(random() * VALUES.length);
  const pdu = pduFor(request, [...VALUES.slice(at), ...VALUES.slice(0, at)]);
  if (request.version !== 3) return communityMessage(request.version, COMMUNITY, pdu);
  return securedMessage(pdu, { ...clockOf(request), id: request.id, user: USER, level: request.level });
}

const clockOf = ({ engineId, boots, time }) => ({ engineId, boots, time });

/**
 * Datagrams with the id of a request. `proven`: only the holder of the key can have made it, and it has the security that the
 * request calls for, so that it may be taken. Everything else of a request with keys is a forgery.
 */
function candidate(request, random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const engineId = request.engineId.length === 0 ? ENGINE : request.engineId;
  const base = { ...clockOf(request), engineId, id: request.id, user: USER };
  const response = pduFor(
    request,
    [pick(VALUES)],
    pick([{}, {}, { status: pick([-1, 1, 2, 5, 17, 99]), index: 1 }]),
  );
  const report = pick([reportPdu(Math.floor(random() * 8)), pduFor(request, VALUES, { tag: PDU.report })]);
  const strange = pduFor(request, VALUES, { tag: pick([PDU.get, PDU.set, PDU.trap, PDU.inform, PDU.trap2]) });
  const asked = request.level;
  return pick([
    () => ({ bytes: rightAnswer(request, random), proven: true }),
    () => ({
      bytes: communityMessage(pick([0, 1, 2, 3]), COMMUNITY, pick([response, report, strange])),
      proven: false,
    }),
    () => {
      const level = pick([0, 1, 3]);
      return { bytes: securedMessage(response, { ...base, level }), proven: level === asked };
    },
    () => {
      const level = pick([0, 1, 3]);
      // A report needs no encryption, and one without authentication is judged by its looks.
      return { bytes: securedMessage(report, { ...base, level }), proven: level === 1 || level === asked };
    },
    () => ({ bytes: securedMessage(strange, { ...base, level: pick([0, 1, 3]) }), proven: false }),
    () => {
      const [level, flags] = [pick([0, 1]), pick([0, 1, 2, 3, 4, 5, 6, 7, 255])];
      // The flag that asks for a report changes nothing in an answer.
      const proven = level === 1 && (flags & 3) === 1 && asked === 1;
      return { bytes: securedMessage(response, { ...base, level, flags }), proven };
    },
    () => ({
      bytes: securedMessage(response, { ...base, user: STRANGER, level: pick([1, 3]) }),
      proven: false,
    }),
    () => ({
      bytes: securedMessage(response, { ...base, engineId: OTHER_ENGINE, level: pick([0, 1, 3]) }),
      proven: false,
    }),
    () => ({
      bytes: securedMessage(response, { ...base, name: pick(['', 'guest']), level: pick([0, 1, 3]) }),
      proven: false,
    }),
    () => ({
      bytes: securedMessage(response, { ...base, id: request.id ^ 1, level: pick([0, 1, 3]) }),
      proven: false,
    }),
    () => ({
      bytes: securedMessage(response, { ...base, level: 1, digest: Buffer.alloc(Math.floor(random() * 16)) }),
      proven: false,
    }),
  ])();
}

const EDGES = [
  0, 1, 0x02, 0x04, 0x06, 0x1f, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x88, 0xa2, 0xa8, 0xfe, 0xff,
];

const POOL = 8;
/** How often a candidate is mutated: half of them a little, so that not all end at the first length. */
const TIMES = [0, 1, 1, 1, 2, 3];

/** A source of datagrams for one request: candidates, as they are or mutated. */
export function datagramsFor(request, random) {
  const pool = Array.from({ length: POOL }, () => candidate(request, random));
  return () => {
    const made = pool[Math.floor(random() * POOL)];
    let { bytes } = made;
    for (let left = TIMES[Math.floor(random() * TIMES.length)]; left > 0; left -= 1)
      bytes = random() < 0.3 ? regrown(bytes, random) : mutated(bytes, random);
    return { bytes, proven: made.proven && bytes.equals(made.bytes) };
  };
}

/** Changes a datagram: bits, octets, lengths, slices. */
export function mutated(bytes, random) {
  const place = () => Math.floor(random() * (bytes.length + 1));
  const edge = () => EDGES[Math.floor(random() * EDGES.length)];
  const [low, high] = [place(), Math.min(bytes.length, place() + 8)].sort((a, b) => a - b);
  const copy = Buffer.from(bytes);
  switch (Math.floor(random() * 8)) {
    case 0:
      if (copy.length > 0) copy[place() % copy.length] ^= 1 << Math.floor(random() * 8);
      return copy;
    case 1:
      if (copy.length > 0) copy[place() % copy.length] = edge();
      return copy;
    case 2:
      return copy.subarray(0, low);
    case 3:
      return Buffer.concat([copy, Buffer.alloc(Math.floor(random() * 40), edge())]);
    case 4:
      return Buffer.concat([copy.subarray(0, low), copy.subarray(high)]);
    case 5:
      return Buffer.concat([copy.subarray(0, high), copy.subarray(low)]);
    case 6:
      return Buffer.concat([
        copy.subarray(0, low),
        Buffer.alloc(Math.floor(random() * 300), edge()),
        copy.subarray(low),
      ]);
    default:
      return random() < 0.02
        ? Buffer.alloc(Math.floor(random() * 65_000), edge())
        : copy.fill(edge(), low, high);
  }
}

/** Takes a datagram apart and puts it together again with one element changed, so that all lengths are right. */
function regrown(bytes, random) {
  let left = Math.floor(random() * 24);
  const walk = (part) =>
    Buffer.concat(
      part.map(({ tag, body }) => {
        left -= 1;
        if (left === 0) return tlv(EDGES[Math.floor(random() * EDGES.length)], body);
        if (left === -1) return tlv(tag, body, Buffer.alloc(Math.floor(random() * 12), 0xff));
        return tlv(tag, (tag & 0x20) === 0 ? body : walk(parsed(body) ?? []));
      }),
    );
  const tree = parsed(bytes);
  return tree === null ? bytes : walk(tree);
}

/** Elements, or null where the bytes are none. */
function parsed(bytes) {
  try {
    return elements(bytes);
  } catch {
    return null;
  }
}

function whole(part, tag) {
  return part?.tag === tag ? parsed(part.body) : null;
}

/** An integer; null where it is none of at most 32 bits. */
function number(part) {
  if (part?.tag !== 2 || part.body.length === 0 || part.body.length > 8) return null;
  const value = BigInt.asIntN(part.body.length * 8, BigInt(`0x${part.body.toString('hex')}`));
  return value >= -(2n ** 31n) && value < 2n ** 31n ? Number(value) : null;
}

/** What a correct parser makes of an answer that is not encrypted: null, or its fields and values as tags and octets. */
export function judged(bytes) {
  const [message, ...behind] = parsed(bytes) ?? [];
  if (behind.length > 0) return null;
  const parts = whole(message, 0x30);
  if (parts === null) return null;
  const version = number(parts[0]);
  if (version === 0 || version === 1) {
    const pdu = parts.length === 3 && parts[1].tag === 4 ? judgedPdu(parts[2]) : null;
    return pdu === null ? null : { version, id: pdu.requestId, community: parts[1].body, ...pdu };
  }
  const header = whole(parts[1], 0x30);
  const security = whole(whole(parts[2], 4)?.[0], 0x30);
  const scoped = whole(parts[3], 0x30);
  if (version !== 3 || parts.length !== 4 || header?.length !== 4 || security?.length !== 6) return null;
  if (whole(parts[2], 4).length !== 1 || scoped?.length !== 3) return null;
  const numbers = [header[0], header[1], header[3], security[1], security[2]].map(number);
  const texts = [header[2], security[0], security[3], security[4], security[5], scoped[0], scoped[1]];
  if (numbers.includes(null) || numbers[2] !== 3 || texts.some(({ tag }) => tag !== 4)) return null;
  if (header[2].body.length !== 1 || (header[2].body[0] & 3) !== 0) return null;
  const pdu = judgedPdu(scoped[2]);
  return pdu === null
    ? null
    : {
        version,
        id: numbers[0],
        engineId: security[0].body,
        user: security[3].body.toString('latin1'),
        ...pdu,
      };
}

const LENGTHS = { 64: [4, 4], 70: [1, 9], 128: [0, 0], 129: [0, 0], 130: [0, 0], 6: [1, 65_507] };
for (const tag of [0x02, 0x41, 0x42, 0x43, 0x47]) LENGTHS[tag] = [1, 8];
for (const tag of [0x01, 0x03, 0x04, 0x05, 0x44, 0x45]) LENGTHS[tag] = [0, 65_507];

function judgedPdu(part) {
  const fields = part?.tag === PDU.response || part?.tag === PDU.report ? parsed(part.body) : null;
  const pairs = fields?.length === 4 ? whole(fields[3], 0x30) : null;
  const numbers = (fields ?? []).slice(0, 3).map(number);
  if (pairs === null || pairs === undefined || numbers.includes(null)) return null;
  const varbinds = pairs.map((pair) => whole(pair, 0x30));
  for (const varbind of varbinds) {
    if (varbind?.length !== 2 || varbind[0].tag !== 6 || varbind[0].body.length === 0) return null;
    const [least, most] = LENGTHS[varbind[1].tag] ?? [1, 0];
    if (varbind[1].body.length < least || varbind[1].body.length > most) return null;
  }
  return {
    type: part.tag,
    requestId: numbers[0],
    status: numbers[1],
    varbinds: varbinds.map(([name, value]) => ({ name: name.body, tag: value.tag, body: value.body })),
  };
}
