import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import {
  communityMessage,
  int,
  octets,
  PDU,
  pduFor,
  type ReceivedRequest,
  reportPdu,
  securedMessage,
  tlv,
} from '../../src/sim/index.ts';
import { lookBySnmp, OID, readUpdateState, requestUpdate } from '../../src/snmp/index.ts';
import {
  accessAt,
  community,
  discovered,
  ENGINE,
  problemOf,
  together,
  USER,
  withPeer,
} from '../support/peers/raw-peer.ts';

const context = { clock: systemClock, signal: new AbortController().signal };
const VALUE = [int(3)];

const version = (request: ReceivedRequest): number => request.version;
const good = (request: ReceivedRequest): Buffer =>
  communityMessage(version(request), 'public', pduFor(request, VALUE));

/** Datagrams that are no answer to an SNMPv2c question, and the text of the problem. */
const STRANGE: readonly (readonly [string, (request: ReceivedRequest) => Buffer, RegExp])[] = [
  [
    'a version 3 message whose authentication flag is set',
    ({ id }) => securedMessage(reportPdu(4), { id, engineId: ENGINE, user: USER, level: 1 }),
    /another SNMP version/,
  ],
  [
    'a version 3 message that claims encryption',
    ({ id }) => securedMessage(reportPdu(4), { id, engineId: ENGINE, user: USER, level: 3 }),
    /another SNMP version/,
  ],
  [
    'a version 3 message with flags and no digest',
    ({ id }) => securedMessage(reportPdu(4), { id, engineId: ENGINE, user: USER, level: 0, flags: 1 }),
    /another SNMP version/,
  ],
  [
    'a version 1 message',
    (request) => communityMessage(0, 'public', pduFor(request, VALUE)),
    /another SNMP version/,
  ],
  [
    'a message of version 2',
    (request) => communityMessage(2, 'public', pduFor(request, VALUE)),
    /not a well-formed/,
  ],
  [
    'a version of 48 bits',
    (request) => tlv(0x30, int(2 ** 40), octets('public'), pduFor(request, VALUE)),
    /not a well-formed/,
  ],
  [
    'another community',
    (request) => communityMessage(1, 'private', pduFor(request, VALUE)),
    /another community/,
  ],
  [
    'another request id',
    (request) => communityMessage(1, 'public', pduFor(request, VALUE, { requestId: 4711 })),
    /a request that was not sent/,
  ],
  ...(['get', 'set', 'trap', 'inform', 'trap2', 'report'] as const).map(
    (name) =>
      [
        `a PDU of type ${name}`,
        (request: ReceivedRequest) =>
          communityMessage(1, 'public', pduFor(request, VALUE, { tag: PDU[name] })),
        /not a well-formed/,
      ] as const,
  ),
  [
    'octets behind the message',
    (request) => Buffer.concat([good(request), Buffer.from([0])]),
    /not a well-formed/,
  ],
  ['a cut message', (request) => good(request).subarray(0, -1), /not a well-formed/],
  ['nothing', () => Buffer.alloc(0), /not a well-formed/],
  ['nesting without end', () => Buffer.alloc(65_000, 0x30), /not a well-formed/],
  ['an indefinite length', (request) => Buffer.from(good(request)).fill(0x80, 1, 2), /not a well-formed/],
  ['a length of 2^63', () => Buffer.from('30887fffffffffffffff020101', 'hex'), /not a well-formed/],
  [
    'an integer without octets',
    (request) => communityMessage(1, 'public', pduFor(request, [tlv(2)])),
    /not a well-formed/,
  ],
  [
    'an integer of a thousand octets',
    (request) => communityMessage(1, 'public', pduFor(request, [tlv(2, Buffer.alloc(1000, 0x7f))])),
    /not a well-formed/,
  ],
  [
    'an OID with an arc of 70 bits',
    (request) =>
      communityMessage(1, 'public', pduFor(request, [tlv(6, Buffer.from('2bffffffffffffffffff7f', 'hex'))])),
    /not a well-formed/,
  ],
  [
    'an OID of ten thousand arcs',
    (request) => communityMessage(1, 'public', pduFor(request, [tlv(6, Buffer.alloc(10_000, 1))])),
    /not a well-formed/,
  ],
  [
    'an object of a type that SNMP has not',
    (request) => communityMessage(1, 'public', pduFor(request, [tlv(0x1e, Buffer.from('x'))])),
    /not a well-formed/,
  ],
  [
    'more objects than asked for',
    (request) =>
      communityMessage(1, 'public', pduFor(request, VALUE, { oids: [...request.oids, OID.serial] })),
    /other objects/,
  ],
  [
    'no object',
    (request) => communityMessage(1, 'public', pduFor(request, VALUE, { oids: [] })),
    /other objects/,
  ],
  [
    'another object',
    (request) => communityMessage(1, 'public', pduFor(request, VALUE, { oids: [OID.serial] })),
    /other objects/,
  ],
  [
    'a negative error state',
    (request) => communityMessage(1, 'public', pduFor(request, VALUE, { status: -1 })),
    /other objects/,
  ],
];

/** Ends a question with a problem at once, because only the answer can have its ID and community. */
const ENDS: readonly string[] = [
  'more objects than asked for',
  'no object',
  'another object',
  'a negative error state',
];

describe('a datagram instead of an SNMPv2c answer', () => {
  it('is reported as garbage, and nothing is read', async () => {
    const problems = await together(STRANGE, ([, make]) =>
      withPeer(
        community(),
        (request) => [make(request)],
        (session) => problemOf(readUpdateState(session)),
      ),
    );
    for (const [name, , message] of STRANGE)
      expect(problems[name], name).toEqual({
        code: 'device/garbage',
        message: expect.stringMatching(message),
      });
  });

  it('does not block the true answer', async () => {
    const cases = STRANGE.filter(([name]) => !ENDS.includes(name));
    const states = await together(cases, ([, make]) =>
      withPeer(community(), (request) => [make(request), good(request)], readUpdateState),
    );
    for (const [name] of cases) expect(states[name], name).toBe('in-process');
  });

  it('leaves a write uncertain, which was sent once', async () => {
    const outcomes = await together(STRANGE, ([, make]) =>
      withPeer(
        community(),
        (request) => [make(request), make(request)],
        async (session, peer) => {
          const outcome = await requestUpdate(session);
          const code = 'problem' in outcome ? outcome.problem.code : null;
          return [outcome.state, code, peer.count(PDU.set)];
        },
        { retries: 3 },
      ),
    );
    for (const [name] of STRANGE) expect(outcomes[name], name).toEqual(['uncertain', 'device/garbage', 1]);
  });
});

/** Every version and every flag, with the ID of the question, but without its key. */
function ofEveryVersion(request: ReceivedRequest): readonly Buffer[] {
  const pdu = pduFor(request, VALUE, { requestId: request.id });
  const user = { ...USER, authKey: 'not-the-key', privKey: 'not-the-key-either' };
  const secured = ([0, 1, 3] as const).flatMap((level) =>
    [0, 1, 2, 3, 4, 7, 255].map((flags) =>
      securedMessage(pdu, { id: request.id, engineId: ENGINE, user, level, flags }),
    ),
  );
  const plain = [communityMessage(0, 'public', pdu), communityMessage(1, 'public', pdu)];
  // A correct one would be the answer.
  if (request.version === 3) return plain;
  return [...plain.filter((_, index) => index !== request.version), ...secured];
}

describe('a datagram instead of an answer', () => {
  const CREDENTIALS = [
    ['version 1', community('1')],
    ['version 2c', community('2c')],
    ['version 3 without keys', accessAt(0)],
    ['version 3 with authentication', accessAt(1)],
    ['version 3 with encryption', accessAt(3)],
  ] as const;

  it('of any version ends no look', async () => {
    const looks = await together(CREDENTIALS, ([, snmp]) =>
      withPeer(snmp, ofEveryVersion, (_session, { port }, hub) =>
        lookBySnmp(hub, { site: 's', name: 'n', host: '127.0.0.1', port, snmp }, context),
      ),
    );
    for (const [name] of CREDENTIALS) {
      expect(looks[name]?.problem?.code, name).toBe('device/garbage');
      expect(looks[name]?.unit.reachable, name).toBe(false);
    }
  });

  it('of a question that has ended is late, and not garbage', async () => {
    let isUp = true;
    const answer = (request: ReceivedRequest): readonly Buffer[] =>
      isUp ? [good(request), good(request), good(request)] : [];
    await withPeer(community(), answer, async (session) => {
      expect(await readUpdateState(session)).toBe('in-process');
      isUp = false;
      // The late answer to the first question arrives while this one waits.
      expect((await problemOf(readUpdateState(session))).code).toBe('link/silent');
    });
  });

  it('of a closed session is late as well', async () => {
    const received: ReceivedRequest[] = [];
    // A slow card: it answers each question when the next one arrives.
    const answer = (request: ReceivedRequest): readonly Buffer[] => {
      received.push(request);
      return received.slice(0, -1).map(good);
    };
    await withPeer(
      community(),
      answer,
      async (first, { port }, hub) => {
        expect((await problemOf(readUpdateState(first))).code).toBe('link/silent');
        first.close();
        const second = await hub.open(community(), { host: '127.0.0.1', port });
        expect((await problemOf(readUpdateState(second))).code).toBe('link/silent');
        second.close();
      },
      { timeoutMs: 1000 },
    );
  });

  it('reaches the right one of two sessions at one address', async () => {
    const waiting: ReceivedRequest[] = [];
    // The second question is answered first.
    const answer = (request: ReceivedRequest): readonly Buffer[] => {
      if (waiting.push(request) < 2) return [];
      return waiting
        .toReversed()
        .map((one, index) => communityMessage(1, 'public', pduFor(one, [int(index === 0 ? 4 : 5)])));
    };
    await withPeer(community(), answer, async (first, { port }, hub) => {
      const second = await hub.open(community(), { host: '127.0.0.1', port });
      const both = await Promise.all([readUpdateState(first), readUpdateState(second)]);
      expect(both.toSorted()).toEqual(['failed', 'successful']);
      second.close();
    });
  });

  it('of version 3 does not disturb a version 2c question to the same agent', async () => {
    const answer = (request: ReceivedRequest): readonly Buffer[] =>
      request.version === 3 ? [discovered(request)] : [good(request)];
    await withPeer(community(), answer, async (plain, { port }, hub) => {
      const secured = await hub.open(accessAt(1), { host: '127.0.0.1', port });
      const [read, failed] = await Promise.all([readUpdateState(plain), problemOf(readUpdateState(secured))]);
      expect([read, failed.code]).toEqual(['in-process', 'link/snmp-auth']);
      secured.close();
    });
  });
});
