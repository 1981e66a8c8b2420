// Many SNMP agents on loopback for the bench, each with its own address and all on one port.
// Datagrams to other addresses are swallowed, so that dead addresses are silent as on a network instead of
// refused by the kernel. Started by bench/discover.mjs, which sends { kind, port, addresses, community } as
// its first message. `v2c` answers version 1 too.

import dgram from 'node:dgram';
import { once } from 'node:events';
import * as snmp from 'net-snmp';
import { engineOf, objectsOf, serialOf, USER } from './fake-units.mjs';

const [setup] = await once(process, 'message');

function length(n) {
  return n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
}
function tlv(tag, body) {
  return Buffer.concat([Buffer.from([tag, ...length(body.length)]), body]);
}
function oidBytes(oid) {
  const parts = oid.split('.').map(Number);
  const bytes = [parts[0] * 40 + parts[1]];
  for (const part of parts.slice(2)) {
    const groups = [part & 127];
    for (let rest = part >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 127) | 128);
    bytes.push(...groups);
  }
  return Buffer.from(bytes);
}
function integer(value) {
  const bytes = [];
  let rest = value;
  do {
    bytes.unshift(rest & 255);
    rest = Math.floor(rest / 256);
  } while (rest > 0);
  if (bytes[0] & 128) bytes.unshift(0);
  return Buffer.from(bytes);
}
const ENCODE = {
  text: (value) => tlv(0x04, Buffer.from(value, 'latin1')),
  oid: (value) => tlv(0x06, oidBytes(value)),
  integer: (value) => tlv(0x02, integer(value)),
  gauge: (value) => tlv(0x42, integer(value)),
  ticks: (value) => tlv(0x43, integer(value)),
};

/** Reads tag, start and end of the value at `at`. */
function element(bytes, at) {
  const first = bytes[at + 1];
  if (first < 128) return { tag: bytes[at], begin: at + 2, end: at + 2 + first };
  const size = first & 127;
  return { tag: bytes[at], begin: at + 2 + size, end: at + 2 + size + bytes.readUIntBE(at + 2, size) };
}

const SERIAL = Buffer.from('SERIAL000000');
const known = new Map(
  objectsOf('SERIAL000000').map(([oid, type, value]) => [oidBytes(oid).toString('hex'), ENCODE[type](value)]),
);
/** Requests repeat, and so do the answers except for the serial number. */
const answers = new Map();

function answerList(list) {
  const key = list.toString('latin1');
  const present = answers.get(key);
  if (present !== undefined) return present;
  const parts = [];
  let missing = 0;
  for (let at = 0; at < list.length; ) {
    const pair = element(list, at);
    const oid = element(list, pair.begin);
    const value = known.get(list.subarray(oid.begin, oid.end).toString('hex'));
    if (value === undefined && missing === 0) missing = parts.length + 1;
    parts.push(
      tlv(0x30, Buffer.concat([list.subarray(pair.begin, oid.end), value ?? Buffer.from([0x80, 0])])),
    );
    at = pair.end;
  }
  const made = { values: tlv(0x30, Buffer.concat(parts)), missing };
  answers.set(key, made);
  return made;
}

function openV2c(address) {
  const serial = Buffer.from(serialOf(address));
  const socket = dgram.createSocket({
    type: 'udp4',
    reuseAddr: true,
    lookup: (host, _options, done) => done(null, host, 4),
  });
  socket.on('message', (bytes, from) => {
    const whole = element(bytes, 0);
    const version = element(bytes, whole.begin);
    const community = element(bytes, version.end);
    const isV1 = bytes[version.begin] === 0;
    if (
      bytes[version.begin] > 1 ||
      bytes.toString('latin1', community.begin, community.end) !== setup.community
    )
      return;
    const pdu = element(bytes, community.end);
    const id = element(bytes, pdu.begin);
    const list = element(bytes, element(bytes, element(bytes, id.end).end).end);
    const { values, missing } = answerList(bytes.subarray(list.begin, list.end));
    const failed = isV1 && missing > 0;
    const varbinds = failed ? tlv(0x30, bytes.subarray(list.begin, list.end)) : Buffer.from(values);
    const at = varbinds.indexOf(SERIAL);
    if (at !== -1) serial.copy(varbinds, at);
    // noSuchName, and the index of the first missing object.
    const state = Buffer.from([2, 1, failed ? 2 : 0, 2, 1, failed ? missing : 0]);
    const body = Buffer.concat([bytes.subarray(pdu.begin, id.end), state, varbinds]);
    socket.send(
      tlv(0x30, Buffer.concat([bytes.subarray(whole.begin, community.end), tlv(0xa2, body)])),
      from.port,
      from.address,
    );
  });
  return new Promise((resolve) => socket.bind(setup.port, address, resolve));
}

const TYPES = {
  text: snmp.ObjectType.OctetString,
  oid: snmp.ObjectType.OID,
  integer: snmp.ObjectType.Integer,
  gauge: snmp.ObjectType.Gauge,
  ticks: snmp.ObjectType.TimeTicks,
};

function openV3(address) {
  const engineID = engineOf(address);
  const agent = snmp.createAgent(
    { address, port: setup.port, engineID, accessControlModelType: snmp.AccessControlModelType.Simple },
    () => undefined,
  );
  agent.getAuthorizer().addUser({ ...USER, level: snmp.SecurityLevel.authPriv });
  agent.getAuthorizer().getAccessControlModel().setUserAccess(USER.name, snmp.AccessLevel.ReadOnly);
  // Keys are derived before the measurement: a real card has had its own for years.
  for (const key of [USER.authKey, USER.privKey])
    snmp.Authentication.passwordToKey(USER.authProtocol, key, Buffer.from(engineID, 'hex'));
  const mib = agent.getMib();
  for (const [oid, type, value] of objectsOf(serialOf(address))) {
    const scalar = oid.endsWith('.0');
    const name = oid;
    if (!scalar) continue;
    mib.registerProvider({
      name,
      type: snmp.MibProviderType.Scalar,
      oid: oid.slice(0, -2),
      scalarType: TYPES[type],
      maxAccess: snmp.MaxAccess['read-only'],
    });
    mib.setScalarValue(name, value);
  }
}

/** Receives datagrams for dead addresses. Sockets of single addresses take precedence. */
function openSilence() {
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', () => undefined);
  return new Promise((resolve) => socket.bind(setup.port, '0.0.0.0', resolve));
}

if (setup.kind === 'silence') await openSilence();
else for (const address of setup.addresses) await (setup.kind === 'v3' ? openV3(address) : openV2c(address));
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
