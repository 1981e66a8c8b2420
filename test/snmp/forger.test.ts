import { describe, expect, it } from 'vitest';
import type { Look } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import {
  int,
  type Level,
  octets,
  pduFor,
  type ReceivedRequest,
  reportPdu,
  securedMessage,
} from '../../src/sim/index.ts';
import { lookBySnmp, OID } from '../../src/snmp/index.ts';
import {
  accessAt,
  answered,
  discovered,
  ENGINE,
  isDiscovery,
  together,
  USER,
  withPeer,
} from '../support/peers/raw-peer.ts';

const FLAGS = `0001010000000000001${'0'.repeat(45)}`;
const VALUES: Readonly<Record<string, Buffer>> = {
  [OID.model]: octets('Smart-UPS 1500'),
  [OID.firmware]: octets('UPS 09.4 (ID18)'),
  [OID.serial]: octets('AS1234567890'),
  [OID.outputStatus]: int(2),
  [OID.stateFlags]: octets(FLAGS),
};
const values = ({ oids }: ReceivedRequest): readonly Buffer[] => oids.map((oid) => VALUES[oid] ?? octets(''));

/** Knows the user name, the engine and the ID of every message, but no key. */
const FORGER = { ...USER, authKey: 'no-key-of-the-user', privKey: 'nor-any-other-one' };
const OTHER_ENGINE = Buffer.from('8000013e0300c0b7ffffff', 'hex');

type Make = (request: ReceivedRequest) => Buffer;
const make =
  (options: Partial<Parameters<typeof securedMessage>[1]>, pdu: Parameters<typeof pduFor>[2] = {}): Make =>
  (request) =>
    securedMessage(pduFor(request, values(request), pdu), {
      id: request.id,
      engineId: ENGINE,
      user: USER,
      level: 3,
      ...options,
    });

/** Answers to an authPriv question that must not be accepted. Those of the second half need the keys. */
const FORGED: readonly (readonly [string, Make, RegExp])[] = [
  ['in clear text', make({ level: 0 }), /less security/],
  ['in clear text without a user', make({ level: 0, name: '' }), /less security/],
  ['that claims authentication without a digest', make({ level: 0, flags: 1 }), /authentication is wrong/],
  ['with an empty digest', make({ level: 1, digest: Buffer.alloc(0) }), /authentication is wrong/],
  ['with a digest of zeros', make({ level: 1, digest: Buffer.alloc(12) }), /authentication is wrong/],
  ['with one octet of a digest', make({ level: 1, digest: Buffer.from([1]) }), /authentication is wrong/],
  ['of another key', make({ user: FORGER }), /authentication is wrong/],
  ['of another key, not encrypted', make({ user: FORGER, level: 1 }), /authentication is wrong/],
  ['encrypted and not authenticated', make({ level: 3, flags: 2 }), /not a well-formed/],
  ['with the right key, not encrypted', make({ level: 1 }), /less security/],
  [
    'with another privacy key',
    make({ user: { ...USER, privKey: 'another-priv-key' } }),
    /cannot be decrypted/,
  ],
  ['for another user', make({ name: 'guest' }), /another SNMPv3 user/],
  ['for no user', make({ name: '' }), /another SNMPv3 user/],
  ['of another engine', make({ engineId: OTHER_ENGINE }), /another SNMPv3 engine/],
  ['to another message', (request) => make({ id: request.id + 1 })(request), /was not sent/],
  ['to another request', make({}, { requestId: 4711 }), /was not sent/],
];

function look(level: Level, answer: (request: ReceivedRequest) => readonly Buffer[]): Promise<Look> {
  const snmp = accessAt(level);
  return withPeer(
    snmp,
    answer,
    (_session, { port }, hub) =>
      lookBySnmp(
        hub,
        { site: 's', name: 'n', host: '127.0.0.1', port, snmp },
        { clock: systemClock, signal: new AbortController().signal },
      ),
    { timeoutMs: 1000 },
  );
}

function nothingRead({ unit, kind }: Look, name: string): void {
  expect(kind, name).toBeNull();
  expect(unit, name).toMatchObject({
    reachable: false,
    serial: null,
    model: null,
    firmware: { raw: null, version: null, microLinkId: null },
  });
  expect(unit.condition?.onLine ?? null, name).toBeNull();
}

/** Answers discovery correctly, and every other question with the forged datagrams. */
const forging =
  (forge: Make) =>
  (request: ReceivedRequest): readonly Buffer[] => [
    isDiscovery(request) ? discovered(request) : forge(request),
  ];

describe('an answer to an authPriv question', () => {
  it('that is signed and encrypted by the user is read', async () => {
    const seen = await look(3, (request) =>
      isDiscovery(request) ? [discovered(request)] : [answered(request, values(request), 3)],
    );
    expect(seen.problem).toBeNull();
    expect(seen.unit).toMatchObject({ serial: 'AS1234567890', firmware: { microLinkId: 18 } });
    expect(seen.unit.condition?.onLine).toBe(true);
  });

  it('that is forged is dropped: serial, firmware and mains stay unknown', async () => {
    const looks = await together(FORGED, ([, forge]) => look(3, forging(forge)));
    for (const [name, seen] of Object.entries(looks)) nothingRead(seen, name);
    for (const [name, , message] of FORGED)
      expect(looks[name]?.problem, name).toMatchObject({
        code: 'device/garbage',
        message: expect.stringMatching(message),
      });
  });

  it('that is forged does not block the true one', async () => {
    const looks = await together(FORGED, ([, forge]) =>
      look(3, (request) =>
        isDiscovery(request)
          ? [discovered(request)]
          : [forge(request), answered(request, values(request), 3)],
      ),
    );
    for (const [name, { problem, unit }] of Object.entries(looks))
      expect([problem, unit.serial], name).toEqual([null, 'AS1234567890']);
  });

  it('of an earlier question is not accepted for a new one', async () => {
    let first: Buffer | null = null;
    const seen = await look(3, (request) => {
      if (isDiscovery(request)) return [discovered(request)];
      first ??= answered(request, values(request), 3);
      return [first];
    });
    // The identity was read; the other answers repeat it.
    expect(seen.unit.serial).toBe('AS1234567890');
    expect(seen.unit.condition?.onLine ?? null).toBeNull();
    expect(seen.problem).toMatchObject({ code: 'link/silent' });
  });

  it('that is older than the time window is dropped', async () => {
    let count = 0;
    const seen = await look(3, (request) => {
      if (isDiscovery(request)) return [discovered(request)];
      count += 1;
      return [make({ time: count === 1 ? 1000 : 800 })(request)];
    });
    expect(seen.unit.serial).toBe('AS1234567890');
    expect(seen.unit.condition?.onLine ?? null).toBeNull();
    expect(seen.problem).toMatchObject({
      code: 'device/garbage',
      message: expect.stringMatching(/engine time/),
    });
  });
});

describe('an answer with less security than its question', () => {
  it('is dropped if the question was authenticated', async () => {
    const cases = FORGED.filter(([name]) => !/right key|privacy key/.test(name));
    const looks = await together(cases, ([, forge]) => look(1, forging(forge)));
    for (const [name, seen] of Object.entries(looks)) {
      nothingRead(seen, name);
      expect(seen.problem?.code, name).toBe('device/garbage');
    }
  });

  it('is dropped if the question had no keys, and the answer another user, engine or a digest', async () => {
    const cases = [
      ['authenticated', make({ level: 1 })],
      ['for another user', make({ level: 0, name: 'guest' })],
      ['of another engine', make({ level: 0, engineId: OTHER_ENGINE })],
    ] as const;
    const looks = await together(cases, ([, forge]) => look(0, forging(forge)));
    for (const [name, seen] of Object.entries(looks)) {
      nothingRead(seen, name);
      expect(seen.problem?.code, name).toBe('device/garbage');
    }
  });
});

describe('the engine of a session', () => {
  it('stays the one that signed, despite unauthenticated reports', async () => {
    const forged = { level: 0, engineId: OTHER_ENGINE, boots: 9, time: 9, name: '' } as const;
    const answer = (request: ReceivedRequest, _bytes: Buffer, count: number): readonly Buffer[] => {
      if (isDiscovery(request)) return [discovered(request)];
      const report = securedMessage(reportPdu(2), { id: request.id, user: USER, ...forged });
      const good = answered(request, values(request), 3);
      // Every second question is answered by another host first.
      return count % 2 === 0 ? [good] : [report, good];
    };
    const { engines, read } = await withPeer(accessAt(3), answer, async (session, { received }) => {
      const results: string[] = [];
      for (let index = 0; index < 4; index += 1) {
        const answers = await session.get([OID.serial]).catch(() => null);
        const value = answers?.get(OID.serial);
        results.push(value?.kind === 'text' ? value.text : 'nothing');
      }
      return { engines: received.map(({ request }) => request.engineId.toString('hex')), read: results };
    });
    // The report makes it ask again, but no other engine.
    expect(read).toEqual(Array.from({ length: 4 }, () => 'AS1234567890'));
    expect(new Set(engines)).toEqual(new Set(['', ENGINE.toString('hex')]));
  });
});
