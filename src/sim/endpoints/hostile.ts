import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import * as snmp from 'net-snmp';
import { SIMULATED_MARK } from '../../core/index.ts';
import type { Endpoint } from './endpoint.ts';
import { type AgentOptions, type Answer, openAgent, type Varbind } from './snmp/agent.ts';
import { readRequest, reportPdu, securedMessage } from './snmp/forged.ts';
import type { SnmpTree } from './snmp/tree.ts';
import type { Place } from './snmp/wire.ts';

/** Ways in which an agent misbehaves; all of them claim to be a Smart-UPS. */
export const HOSTILE = {
  'other-address': 'Answers from another address than the requested one.',
  truncated: 'Sends the first half of every answer.',
  'random-bytes': 'Answers with as many random bytes as the answer has.',
  'reply-storm': 'Sends every answer a thousand times.',
  'huge-text': 'Answers with a text that fills a datagram to its limit.',
  escapes: 'Has terminal escapes, line ends and bidirectional control characters in its texts.',
  garbage: 'Answers for every object, always with a value of a wrong type.',
  'too-big': 'Answers tooBig to requests for more than three objects.',
  'silent-after-first': 'Answers only requests that are as short as its first one.',
  'wrong-id': 'Answers with the ID of another request.',
  'other-version': 'Answers every version with a version 3 message that claims to be authenticated.',
} as const;
export type Hostile = keyof typeof HOSTILE;

/** Answers of a reply storm. */
export const STORM = 1000;
/** Answers sent at once, so that an attentive reader loses none. */
const BURST = 20;

/** More objects than this are too big. */
const MOST_OBJECTS = 3;

/** Room for one text in a datagram of 65,507 bytes, beside a dozen ordinary objects. */
const HUGE_TEXT_BYTES = 63_000;

const P = '1.3.6.1.4.1.318.1.1.1';
const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const MODEL = `${P}.1.1.1.0`;

type Hooks = Pick<AgentOptions, 'accepts' | 'transmit' | 'rewrite'>;

/** Starts a misbehaving agent that accepts both communities. */
export async function openHostile(hostile: Hostile, place: Place): Promise<Endpoint> {
  const otherSocket = hostile === 'other-address' ? await openOtherSocket(place) : null;
  const agent = await openAgent({
    place,
    access: 'v2c',
    engineId: `8000013e0302${randomBytes(5).toString('hex')}`,
    ...(otherSocket === null ? HOOKS[hostile]() : { transmit: otherSocket.transmit }),
  });
  fill(agent.tree, hostile);
  return {
    port: agent.port,
    close: async () => {
      otherSocket?.close();
      await agent.close();
    },
  };
}

/** What each of them does with requests and answers. */
const HOOKS: Readonly<Record<Hostile, () => Hooks>> = {
  // Its second socket needs an address first.
  'other-address': () => ({}),
  truncated: () => ({ transmit: (bytes, _to, send) => send(bytes.subarray(0, bytes.length >> 1)) }),
  'random-bytes': () => ({ transmit: (bytes, _to, send) => send(randomBytes(bytes.length)) }),
  'reply-storm': () => ({ transmit: (bytes, _to, send) => storm(() => send(bytes), STORM) }),
  'huge-text': () => ({ rewrite: oneHugeText }),
  escapes: () => ({ rewrite: (answer) => changeValues(answer, escaped) }),
  garbage: () => ({ rewrite: (answer) => changeValues(answer, ofWrongType) }),
  'too-big': () => ({ rewrite: tooBig }),
  'silent-after-first': () => {
    let longest: number | null = null;
    return {
      accepts: ({ length }) => {
        // A request ID takes one to four bytes. A lost answer is given again to the repeated request.
        longest ??= length + 3;
        return length <= longest;
      },
    };
  },
  'wrong-id': () => ({
    rewrite: (answer) => {
      answer.id = (answer.id % 0x7fffffff) + 1;
    },
  }),
  'other-version': () => ({ transmit: (bytes, _to, send) => send(ofOtherVersion(readRequest(bytes).id)) }),
};

/** A report for an unknown user, with the ID of the request. */
function ofOtherVersion(id: number): Buffer {
  const user = { name: 'nobody', auth: 'sha', authKey: 'no-auth-key', privKey: 'no-priv-key' } as const;
  return securedMessage(reportPdu(4), { id, engineId: randomBytes(11), user, level: 1 });
}

/** The objects of a Smart-UPS that has an upgrade available. */
function fill(tree: SnmpTree, hostile: Hostile): void {
  const number = String(Object.keys(HOSTILE).indexOf(hostile)).padStart(2, '0');
  const bracket = `MB:v4.1.0 PF:v6.9.6 PN:apc_hw05_aos_696.bin AF1:v6.9.6 AN1:apc_hw05_sumx_696.bin MN:AP9631 HR:05 SN: ZA15350099${number} MD:08/27/2015`;
  tree.put(SYS_DESCR, 'text', `APC Web/SNMP Management Card (${bracket})`);
  tree.put('1.3.6.1.2.1.1.2.0', 'oid', '1.3.6.1.4.1.318.1.3.27');
  tree.put('1.3.6.1.2.1.1.4.0', 'text', SIMULATED_MARK);
  tree.put(SYS_NAME, 'text', hostile);
  tree.put(MODEL, 'text', 'Smart-UPS 1500');
  tree.put(`${P}.1.2.1.0`, 'text', 'UPS 09.4 (ID18)');
  tree.put(`${P}.1.2.3.0`, 'text', `AS15350099${number}`);
  tree.put(`${P}.4.1.1.0`, 'integer', 2);
  tree.put(`${P}.8.1.0`, 'integer', 1);
}

/** A socket at an address that no unit has; needs a system where all of 127.0.0.0/8 is loopback. */
async function openOtherSocket(place: Place): Promise<Required<Pick<Hooks, 'transmit'>> & { close(): void }> {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, place.address.replace(/^127\.\d+/, '127.254'));
  await once(socket, 'listening');
  return {
    transmit: (bytes, to) => socket.send(bytes, to.port, to.address),
    close: () => socket.close(),
  };
}

function storm(send: () => void, left: number): void {
  for (let sent = 0; sent < Math.min(left, BURST); sent += 1) send();
  if (left > BURST) setImmediate(() => storm(send, left - BURST));
}

function changeValues(answer: Answer, change: (varbind: Varbind, index: number) => Varbind): void {
  answer.varbinds = answer.varbinds.map(change);
}

function oneHugeText(answer: Answer): void {
  const first = answer.varbinds.findIndex(({ type }) => type === snmp.ObjectType.OctetString);
  changeValues(answer, (varbind, index) =>
    index === first ? { ...varbind, value: 'Smart-UPS '.repeat(HUGE_TEXT_BYTES / 10) } : varbind,
  );
}

const ESCAPED_OBJECTS: ReadonlySet<string> = new Set([SYS_DESCR, SYS_NAME, MODEL]);

function escaped(varbind: Varbind): Varbind {
  if (!ESCAPED_OBJECTS.has(varbind.oid)) return varbind;
  const value = `\u001b[2J\u001b]0;owned\u0007${String(varbind.value)}\u202e\u2066\r\nupgraded: all\u0000\u009b31m`;
  return { ...varbind, value };
}

const { Integer, OctetString, IpAddress, Counter64 } = snmp.ObjectType;

/** Values for an object that is a text or does not exist. */
const WRONG_VALUES: readonly Omit<Varbind, 'oid'>[] = [
  { type: Integer, value: -1 },
  { type: IpAddress, value: '203.0.113.7' },
  { type: Counter64, value: Buffer.from('ffffffffffffffff', 'hex') },
];

function ofWrongType({ oid, type }: Varbind, index: number): Varbind {
  const isText = type === OctetString || type >= snmp.ObjectType.NoSuchObject;
  const wrong = isText ? WRONG_VALUES[index % WRONG_VALUES.length] : undefined;
  return { oid, type: OctetString, value: Buffer.from('00fffe8028c3', 'hex'), ...wrong };
}

function tooBig(answer: Answer): void {
  if (answer.varbinds.length <= MOST_OBJECTS) return;
  answer.errorStatus = snmp.ErrorStatus.TooBig;
  answer.errorIndex = 0;
  answer.varbinds = [];
}
