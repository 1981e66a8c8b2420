import { describe, expect, it } from 'vitest';
import {
  communityMessage,
  int,
  type Level,
  PDU,
  pduFor,
  type ReceivedRequest,
  securedMessage,
} from '../../src/sim/index.ts';
import { OID, readUpdateState, requestUpdate, type SetOutcome } from '../../src/snmp/index.ts';
import {
  accessAt,
  answered,
  community,
  discovered,
  ENGINE,
  isDiscovery,
  problemOf,
  type RawPeer,
  reported,
  together,
  USER,
  withPeer,
} from '../support/peers/raw-peer.ts';

const ACCEPTED = [int(2)];
const isSet = ({ pdu }: ReceivedRequest): boolean => pdu === PDU.set;

/** What the raw agent sends for a write, and the outcome. */
type Case = readonly [
  string,
  (request: ReceivedRequest, level: Level) => readonly Buffer[],
  string,
  RegExp | null,
];

const secured = (request: ReceivedRequest, level: Level, pdu: Buffer, more = {}): Buffer =>
  securedMessage(pdu, { id: request.id, engineId: ENGINE, user: USER, level, ...more });
const strange = (_request: ReceivedRequest): readonly Buffer[] => [Buffer.from('no SNMP')];
const OTHER = Buffer.from('8000013e0300c0b7ffffff', 'hex');

const COUNTERS = [
  [1, 'unsupportedSecLevels'],
  [2, 'notInTimeWindows'],
  [3, 'unknownUserNames'],
  [4, 'unknownEngineIDs'],
  [5, 'wrongDigests'],
  [6, 'decryptionErrors'],
] as const;

const OF_VERSION_3: readonly Case[] = [
  ['the right answer', (request, level) => [answered(request, ACCEPTED, level)], 'accepted', null],
  [
    'the right answer many times',
    (request, level) => Array(50).fill(answered(request, ACCEPTED, level)),
    'accepted',
    null,
  ],
  ['nothing', () => [], 'uncertain', /No SNMP answer/],
  ['garbage', strange, 'uncertain', /not a well-formed/],
  ...COUNTERS.map(
    ([counter, name]): Case => [
      `an authentic report ${name}`,
      (request) => Array(50).fill(reported(request, counter, 1)),
      'refused',
      new RegExp(name),
    ],
  ),
  ...COUNTERS.map(
    ([counter, name]): Case => [
      `an unauthenticated report ${name}`,
      (request) => Array(50).fill(reported(request, counter, 0)),
      'uncertain',
      new RegExp(`${name}.*not authenticated`),
    ],
  ),
  [
    'an unauthenticated report without clock',
    (request) => [secured(request, 0, pduFor(request, ACCEPTED, { tag: PDU.report }), { boots: 0, time: 0 })],
    'uncertain',
    /not authenticated/,
  ],
  [
    'an unauthenticated report before the right answer',
    (request, level) => [reported(request, 2, 0), answered(request, ACCEPTED, level)],
    'accepted',
    null,
  ],
  [
    'an authentic report that names no counter',
    (request) => [secured(request, 1, pduFor(request, ACCEPTED, { tag: PDU.report }))],
    'uncertain',
    /unknown report/,
  ],
  ['an answer in clear text', (request) => [answered(request, ACCEPTED, 0)], 'uncertain', /less security/],
  [
    'an answer of another engine',
    (request, level) => [secured(request, level, pduFor(request, ACCEPTED), { engineId: OTHER })],
    'uncertain',
    /another SNMPv3 engine/,
  ],
  [
    'an answer to another request',
    (request, level) => [secured(request, level, pduFor(request, ACCEPTED, { requestId: 4711 }))],
    'uncertain',
    /was not sent/,
  ],
  [
    'an answer for another object',
    (request, level) => [secured(request, level, pduFor(request, ACCEPTED, { oids: [OID.serial] }))],
    'uncertain',
    /other objects/,
  ],
  ...(
    [
      [5, 'uncertain'],
      [14, 'uncertain'],
      [15, 'uncertain'],
      [99, 'uncertain'],
      [-1, 'uncertain'],
      [1, 'refused'],
      [6, 'refused'],
      [16, 'refused'],
      [17, 'refused'],
    ] as const
  ).map(
    ([status, state]): Case => [
      `error status ${status}`,
      (request, level) => [secured(request, level, pduFor(request, ACCEPTED, { status, index: 1 }))],
      state,
      /./,
    ],
  ),
];

const plain = (request: ReceivedRequest, options = {}): Buffer =>
  communityMessage(1, 'public', pduFor(request, ACCEPTED, options));

const OF_VERSION_2C: readonly Case[] = [
  ['the right answer', (request) => [plain(request)], 'accepted', null],
  ['the right answer many times', (request) => Array(50).fill(plain(request)), 'accepted', null],
  ['nothing', () => [], 'uncertain', /No SNMP answer/],
  ['garbage', strange, 'uncertain', /not a well-formed/],
  ['tooBig', (request) => [plain(request, { status: 1, oids: [] })], 'refused', /TooBig/],
  ['a report', (request) => [plain(request, { tag: PDU.report })], 'uncertain', /not a well-formed/],
  ['a report of version 3', (request) => [reported(request, 2, 0)], 'uncertain', /another SNMP version/],
  ['the question again', (request) => [plain(request, { tag: PDU.set })], 'uncertain', /not a well-formed/],
];

interface Ran {
  readonly outcome: SetOutcome;
  readonly sets: number;
  readonly packets: number;
  readonly setCame: readonly (number | null)[];
}

/** Writes once to an agent that answers reads correctly, and the write as the case defines. */
async function run(level: Level | 'community', answer: Case[1]): Promise<Ran> {
  const at = level === 'community' ? 0 : level;
  const good = (request: ReceivedRequest): Buffer =>
    level === 'community' ? plain(request) : answered(request, ACCEPTED, level);
  return withPeer(
    level === 'community' ? community() : accessAt(level),
    (request) => {
      if (isDiscovery(request)) return [discovered(request)];
      return isSet(request) ? answer(request, at) : [good(request)];
    },
    async (session, peer: RawPeer) => {
      const outcome = await requestUpdate(session);
      // A later read must not repeat the write.
      await problemOf(readUpdateState(session));
      const setCame = peer.received.map(({ request }) => request.pdu);
      return { outcome, sets: peer.count(PDU.set), packets: peer.received.length, setCame };
    },
    { retries: 3 },
  );
}

function check(cases: readonly Case[], ran: Readonly<Record<string, Ran>>): void {
  for (const [name, , state, message] of cases) {
    const { outcome, sets } = ran[name] ?? {};
    expect([name, outcome?.state, sets]).toEqual([name, state, 1]);
    const problem = outcome !== undefined && 'problem' in outcome ? outcome.problem.message : '';
    if (message !== null && outcome?.state !== 'accepted') expect(problem, name).toMatch(message);
  }
}

describe('a write', () => {
  it.each([3, 1] as const)(
    'over version 3 at level %i leaves the socket once, after any answer',
    async (level) => {
      check(OF_VERSION_3, await together(OF_VERSION_3, ([, answer]) => run(level, answer)));
    },
  );

  it('over version 2c is sent once, after any answer', async () => {
    check(OF_VERSION_2C, await together(OF_VERSION_2C, ([, answer]) => run('community', answer)));
  });

  it('over version 3 comes after an authenticated read', async () => {
    const { setCame } = await run(3, (request) => [answered(request, ACCEPTED, 3)]);
    // Discovery, the read before the write, the write; then the read of the test.
    expect(setCame).toEqual([PDU.get, PDU.get, PDU.set, PDU.get]);
  });

  it('uses the clock of an earlier authentic report', async () => {
    const times: (readonly [number | null, number, number])[] = [];
    await withPeer(
      accessAt(3),
      (request) => {
        times.push([request.pdu, request.boots, request.time]);
        // A discovery without a clock, as in RFC 3414 section 4.
        if (isDiscovery(request)) return [discovered(request, 0, 0)];
        return [
          request.boots === 0
            ? reported(request, 2, 1, 5000)
            : secured(request, 3, pduFor(request, ACCEPTED), { time: 5000 }),
        ];
      },
      async (session) => expect(await requestUpdate(session)).toEqual({ state: 'accepted' }),
    );
    expect(times.map(([pdu, boots]) => [pdu, boots])).toEqual([
      [PDU.get, 0],
      [PDU.get, 0],
      [PDU.get, 1],
      [PDU.set, 1],
    ]);
    expect(times.at(-1)?.[2]).toBeGreaterThanOrEqual(5000);
  });

  it('is not sent if the read before it has no authentic answer', async () => {
    const cases = [
      ['nothing', () => [], /not sent.*No SNMP answer/],
      ['clear text', (request) => [answered(request, ACCEPTED, 0)], /not sent.*less security/],
      ['wrongDigests', (request) => [reported(request, 5, 0)], /not sent.*wrongDigests/],
      ['notInTimeWindows for ever', (request) => [reported(request, 2, 1)], /not sent.*notInTimeWindows/],
    ] as const satisfies readonly (readonly [
      string,
      (request: ReceivedRequest) => readonly Buffer[],
      RegExp,
    ])[];
    const ran = await together(cases, ([, answer]) =>
      withPeer(
        accessAt(3),
        (request) => (isDiscovery(request) ? [discovered(request)] : answer(request)),
        async (session, peer) => [await requestUpdate(session), peer.count(PDU.set)] as const,
      ),
    );
    for (const [name, , message] of cases) {
      const [outcome, sets] = ran[name] ?? [];
      expect(outcome, name).toMatchObject({
        state: 'refused',
        problem: { message: expect.stringMatching(message) },
      });
      expect(sets, name).toBe(0);
    }
  });
});

describe('a read', () => {
  const RETRIES = 2;
  /** Discovery, the question, and the question again if the clock was wrong. */
  const MOST = 3 * (RETRIES + 1);
  const oids = [OID.serial];

  it('takes a bounded number of packets, with any answers of an SNMPv3 agent', async () => {
    const cases: readonly (readonly [
      string,
      (request: ReceivedRequest, count: number) => readonly Buffer[],
    ])[] = [
      ['silence', () => []],
      ['discovery without end', (request) => Array(20).fill(discovered(request, 0, 0))],
      ['garbage', strange],
      ...COUNTERS.flatMap(([counter, name]) =>
        ([0, 1] as const).map(
          (level) =>
            [
              `${name} at level ${level}`,
              (request: ReceivedRequest) =>
                isDiscovery(request)
                  ? [discovered(request, 0, 0)]
                  : Array(20).fill(reported(request, counter, level)),
            ] as const,
        ),
      ),
      [
        'notInTimeWindows with another clock each time',
        (request, count) =>
          isDiscovery(request) ? [discovered(request, 0, 0)] : [reported(request, 2, 1, count * 1000)],
      ],
      [
        'another engine each time',
        (request, count) => [
          discovered(request, 0, 0, Buffer.from(`8000013e0300${count}${count}${count}`, 'latin1')),
        ],
      ],
    ];
    const ran = await together(cases, ([, answer]) =>
      withPeer(
        accessAt(3),
        (request, _bytes, count) => answer(request, count),
        async (session, { received }) => {
          const { code } = await problemOf(session.get(oids));
          return [code, received.length] as const;
        },
        { timeoutMs: 500, retries: RETRIES },
      ),
    );
    for (const [name] of cases) {
      const [code, packets] = ran[name] ?? [];
      expect(code, name).toMatch(/^(?:link\/(?:silent|snmp-auth)|device\/garbage)$/);
      expect(packets, name).toBeLessThanOrEqual(MOST);
    }
  });

  it('takes at most two packets per object, with any answers of an SNMPv1 or v2c agent', async () => {
    const many = Object.values(OID).slice(0, 12);
    const errors = [
      ['tooBig', 1],
      ['noSuchName', 2],
      ['genErr', 5],
    ] as const;
    for (const version of ['1', '2c'] as const) {
      const ran = await together(errors, ([, status]) =>
        withPeer(
          community(version),
          (request, _bytes, count) => [
            communityMessage(
              version === '1' ? 0 : 1,
              'public',
              pduFor(request, ACCEPTED, { status, index: count % 20 }),
            ),
          ],
          async (session, { received }) => {
            await problemOf(session.get(many));
            return received.length;
          },
        ),
      );
      for (const packets of Object.values(ran)) expect(packets).toBeLessThanOrEqual(2 * many.length);
    }
  });
});
