// Fuzzes the receiving side of SNMP. Mutated datagrams of every version go to sessions of every kind, for
// reads and writes, and to the probes of the sweep.
// Run by hand: npm run -s fuzz:snmp [packets] [--seed N] [--udp]
//
// Without --udp the datagrams go directly into the shared socket. With it they travel over loopback, also to
// a sweep and to the diagnosis of a silent agent.
// Exits with 1 if an exception escapes, a write is sent twice, a read needs too many packets, or an answer is
// accepted that a correct parser would not accept.

import {
  COMMUNITY,
  datagramsFor,
  isDiscovery,
  judged,
  randomFrom,
  rightAnswer,
  USER,
} from './snmp-packets.mjs';
import { overLoopback } from './snmp-udp.mjs';
import '../../scripts/sources.mjs';

const { Secret } = await import('../../src/core/index.ts');
const { systemClock } = await import('../../src/files/index.ts');
const { PDU, readRequest } = await import('../../src/sim/endpoints/snmp/forged.ts');
const { engineProbe, probeFor } = await import('../../src/snmp/client/probe.ts');
const { openSession } = await import('../../src/snmp/client/session.ts');
const { SharedSocket } = await import('../../src/snmp/client/shared-socket.ts');
const { keepUserKeys } = await import('../../src/snmp/client/user-keys.ts');

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const seed = Number(option('--seed') ?? 1);
const isUdp = args.includes('--udp');
const [first] = args;
const packets = first === undefined || first.startsWith('--') ? 1_000_000 : Number(first);
if (!Number.isSafeInteger(packets) || packets < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('Usage: npm run -s fuzz:snmp [packets] [--seed N] [--udp]\n');
  process.exit(2);
}

const auth = { auth: 'sha', authKey: new Secret(USER.authKey) };
const priv = { priv: 'aes', privKey: new Secret(USER.privKey) };
const none = { auth: null, authKey: null, priv: null, privKey: null };
export const KINDS = {
  v1: { version: '1', community: new Secret(COMMUNITY) },
  v2c: { version: '2c', community: new Secret(COMMUNITY) },
  noAuthNoPriv: { version: '3', user: USER.name, ...none },
  authNoPriv: { version: '3', user: USER.name, ...none, ...auth },
  authPriv: { version: '3', user: USER.name, ...auth, ...priv },
};
const OIDS = ['1.3.6.1.2.1.1.1.0', '1.3.6.1.4.1.318.1.1.1.1.1.1.0', '1.3.6.1.4.1.318.1.1.1.4.1.1.0'];
const UPDATE = '1.3.6.1.4.1.318.1.1.1.6.2.9.0';
const RETRIES = 1;
/**
 * Halves of a request that is too big, and missing objects of version 1, are separate requests of up to three
 * steps each.
 */
const MOST_PACKETS = 2 * OIDS.length * 3 * (RETRIES + 1);

const counts = {
  packets: 0,
  questions: 0,
  answers: 0,
  reports: 0,
  sets: 0,
  probes: 0,
  read: 0,
  accepted: 0,
  refused: 0,
};
const violations = [];
const violation = (text) => violations.push(text);
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error) => {
    violation(`${event}: ${error?.stack ?? error}`);
    finish(new Map());
  });

const random = randomFrom(seed);
const pick = (list) => list[Math.floor(random() * list.length)];

/** Replaces a socket and records what is sent. */
const sent = [];
const still = {
  on: () => still,
  ref: () => still,
  unref: () => still,
  send: (bytes, _port, _address, done) => {
    sent.push(Buffer.from(bytes));
    done(null);
  },
  close: (done) => done(),
};
const PLACE = ['127.0.0.1', 161];
const turn = () => new Promise((resolve) => setImmediate(resolve));
const total = (drops) => [...drops.values()].reduce((sum, count) => sum + count, 0);

/** Whether a session may accept a datagram as the answer to a request. */
function mayTake(request, { bytes, proven }, isWrite) {
  const plain = judged(bytes);
  if (plain === null) return proven && request.level > 0;
  if (plain.id !== request.id || plain.version !== request.version) return false;
  if (plain.version !== 3) return plain.type === PDU.response && plain.community.toString() === COMMUNITY;
  if (isDiscovery(request)) return plain.type === PDU.report && plain.engineId.length >= 5;
  // A report without authentication proves nothing: it ends a read, but not a write.
  if (plain.type === PDU.report) return !isWrite;
  if (request.level > 0) return false;
  return (
    plain.user === USER.name &&
    plain.engineId.equals(request.engineId) &&
    plain.requestId === request.requestId
  );
}

/**
 * Whether the values of a read are those of the accepted datagram. Encrypted ones were proven and are not
 * read again.
 */
function sameValues(answers, taken) {
  const plain = judged(taken.bytes);
  if (plain === null || plain.varbinds.length !== answers.size) return plain === null;
  return [...answers.values()].every((value, index) => {
    const { tag, body } = plain.varbinds[index];
    if (value === null) return tag >= 0x80;
    if (value.kind === 'text') return tag === 4 && value.bytes.equals(body);
    if (value.kind === 'oid') return tag === 6;
    if (value.kind === 'other') return tag !== 4 && tag !== 6;
    const signed = BigInt.asIntN(body.length * 8, BigInt(`0x${body.toString('hex')}`));
    return value.number === Number(tag === 2 ? signed : BigInt.asUintN(32, signed));
  });
}

/** One request of a session of some kind, from its first packet to its end. */
async function ask(socket) {
  const [name, access] = pick(Object.entries(KINDS));
  const isWrite = random() < 0.4;
  const endpoint = { host: PLACE[0], port: PLACE[1] };
  const session = openSession({
    access,
    address: PLACE[0],
    endpoint,
    socket,
    clock: systemClock,
    timeoutMs: 4,
    retries: RETRIES,
  });
  let end = null;
  let taken = null;
  let writes = 0;
  let mine = 0;
  const running = isWrite ? session.setInteger(UPDATE, 2) : session.get(OIDS);
  running.then(
    (result) => {
      end = { result };
    },
    (problem) => {
      end = { problem };
    },
  );
  counts.questions += 1;
  const hasTrueDiscovery = random() < 0.7;
  while (end === null) {
    await turn();
    const bytes = sent.shift();
    if (bytes === undefined) continue;
    mine += 1;
    const request = readRequest(bytes, USER);
    if (request.pdu === PDU.set) writes += 1;
    let isOpen = true;
    const deliver = (datagram) => {
      const before = total(socket.drops);
      socket.deliver(datagram.bytes, ...PLACE);
      counts.packets += 1;
      if (total(socket.drops) !== before) return;
      if (!isOpen) violation(`${name}: a second datagram was accepted for the same request`);
      isOpen = false;
      taken = datagram;
      counts[judged(datagram.bytes)?.type === PDU.report ? 'reports' : 'answers'] += 1;
      if (!mayTake(request, datagram, request.pdu === PDU.set))
        violation(`${name}: wrongly accepted: ${datagram.bytes.toString('hex')}`);
    };
    const wild = isDiscovery(request) && hasTrueDiscovery ? 0 : Math.floor(random() * 60);
    if (wild > 0) {
      const next = datagramsFor(request, random);
      for (let index = 0; index < wild; index += 1) deliver(next());
    }
    // Sometimes the agent stays silent: the request is then repeated, except for a write.
    if (isOpen && random() < 0.95) deliver({ bytes: rightAnswer(request, random), proven: true });
  }
  sent.length = 0;
  session.close();
  counts.sets += writes;
  if (writes > 1) violation(`${name}: a write was sent ${writes} times`);
  if (mine > MOST_PACKETS) violation(`${name}: ${mine} packets for one request`);
  if (end.problem !== undefined && !/^(?:link|device)\//.test(end.problem.code ?? ''))
    violation(`${name}: ended with ${end.problem.stack}`);
  if (
    !isWrite &&
    end.result !== undefined &&
    mine === (access.version === '3' ? 2 : 1) &&
    !sameValues(end.result, taken)
  )
    violation(`${name}: the values differ from those of ${taken.bytes.toString('hex')}`);
  if (end.result !== undefined)
    counts[isWrite ? (end.result.state === 'accepted' ? 'accepted' : 'refused') : 'read'] += 1;
}

/** The probes check only the first fields: they must survive any bytes. */
function probe() {
  const one = pick([probeFor(KINDS.v1), probeFor(KINDS.v2c), engineProbe()]);
  const request = readRequest(one.bytes, USER);
  const next = datagramsFor(request, random);
  for (let index = 0; index < 30; index += 1) {
    one.matches(next().bytes);
    counts.packets += 1;
    counts.probes += 1;
  }
}

function finish(drops) {
  const dropped = [...drops].map(([reason, count]) => `${reason} ${count}`).join(', ');
  const caught = (drops.get('malformed') ?? 0) + (drops.get('fault') ?? 0);
  const lines = [
    `seed ${seed}, ${isUdp ? 'over loopback' : 'direct'}, ${((performance.now() - begun) / 1000).toFixed(1)} s`,
    `packets ${counts.packets} (${counts.probes} to sweep probes), requests ${counts.questions}, writes sent ${counts.sets}`,
    `accepted: ${counts.answers} answers, ${counts.reports} reports; ended: ${counts.read} read, ${counts.accepted} writes accepted, ${counts.refused} writes not accepted`,
    `dropped: ${dropped || 'none'}`,
    `exceptions caught ${caught}, of these unexpected ${drops.get('fault') ?? 0}`,
    `violations ${violations.length}`,
    ...violations.slice(0, 5),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exit(violations.length === 0 ? 0 : 1);
}

const begun = performance.now();
keepUserKeys();
if (isUdp)
  finish(
    await overLoopback({ kinds: KINDS, packets, random, counts, violation, oids: OIDS, update: UPDATE }),
  );
const socket = new SharedSocket('udp4', () => still);
while (counts.packets < packets) {
  await ask(socket);
  if (random() < 0.1) probe();
}
finish(socket.drops);
