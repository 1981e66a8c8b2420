import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  communityMessage,
  int,
  octets,
  oid,
  PDU,
  pduFor,
  type ReceivedRequest,
  reportPdu,
  securedMessage,
  tlv,
} from '../../src/sim/index.ts';
import { MalformedError } from '../../src/snmp/client/ber.ts';
import { decodeDecrypted, decodeMessage } from '../../src/snmp/client/message.ts';
import type { SnmpValue } from '../../src/snmp/client/values.ts';
import { ENGINE, USER } from '../support/peers/raw-peer.ts';

const request: ReceivedRequest = {
  version: 1,
  id: 4711,
  level: 0,
  community: Buffer.from('public'),
  engineId: ENGINE,
  boots: 1,
  time: 1,
  pdu: PDU.get,
  requestId: 4711,
  oids: ['1.3.6.1.2.1.1.1.0'],
};

const message = (...values: readonly Buffer[]): Buffer =>
  communityMessage(1, 'public', pduFor(request, values, { oids: values.map((_, at) => `1.3.6.1.${at}`) }));

function valueIn(encoded: Buffer): SnmpValue | null | undefined {
  const decoded = decodeMessage(message(encoded));
  return decoded.version === '3' ? undefined : decoded.pdu.varbinds[0]?.value;
}

const arcs = fc
  .tuple(fc.nat(2), fc.nat(39), fc.array(fc.nat(0xffff_ffff), { maxLength: 30 }))
  .map(([first, second, rest]) => [first, second, ...rest].join('.'));
const encodedValue = fc.oneof(
  fc.integer().map((value) => int(value)),
  fc.nat(0xffff_ffff).map((value) => int(value, 0x42)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => octets(Buffer.from(bytes))),
  arcs.map(oid),
  fc.constantFrom(tlv(5), tlv(0x80), tlv(0x81), tlv(0x82), tlv(0x40, Buffer.alloc(4))),
);
const good = fc.oneof(
  fc.array(encodedValue, { maxLength: 12 }).map((values) => message(...values)),
  fc.tuple(fc.constantFrom(0, 1, 3), fc.array(encodedValue, { maxLength: 12 })).map(([level, values]) =>
    securedMessage(pduFor(request, values), {
      id: 4711,
      engineId: ENGINE,
      user: USER,
      level: level === 3 ? 3 : level === 1 ? 1 : 0,
    }),
  ),
);

/** The decoded message, or null if it is malformed. Any other exception fails the test. */
function decoded(bytes: Buffer): ReturnType<typeof decodeMessage> | null {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return null;
  }
}

describe('decoding a message', () => {
  it('gives a message or a MalformedError for any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((one) => Buffer.from(one));
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          bytes.map((one) => tlv(0x30, one)),
          fc.tuple(fc.constantFrom(0, 1, 3), bytes).map(([version, one]) => tlv(0x30, int(version), one)),
          bytes.map((one) => communityMessage(1, 'public', tlv(PDU.response, one))),
        ),
        (one) => {
          decoded(one);
          try {
            decodeDecrypted(one);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('accepts well-formed messages, and none that is truncated, longer, or has a longer element', () => {
    fc.assert(
      fc.property(good, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }), (bytes, at, more) => {
        expect(decoded(bytes)).not.toBeNull();
        expect(decoded(bytes.subarray(0, at % bytes.length))).toBeNull();
        expect(decoded(Buffer.concat([bytes, more]))).toBeNull();
      }),
      { numRuns: 500 },
    );
    // The length of the last element, one octet too long.
    const text = message(octets('Smart-UPS'));
    text[text.length - 10] = 10;
    expect(decoded(text)).toBeNull();
  });

  it('returns values as they were sent', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat(0xffff_ffff),
        fc.uint8Array({ maxLength: 300 }),
        arcs,
        (i, n, b, dotted) => {
          expect(valueIn(int(i))).toEqual({ kind: 'number', number: i });
          for (const tag of [0x41, 0x42, 0x43])
            expect(valueIn(int(n, tag))).toEqual({ kind: 'number', number: n });
          const bytes = Buffer.from(b);
          expect(valueIn(octets(bytes))).toEqual({ kind: 'text', text: bytes.toString('latin1'), bytes });
          expect(valueIn(oid(dotted))).toEqual({ kind: 'oid', oid: dotted });
        },
      ),
    );
  });

  it('reads negative counters as 32 bits, and longer ones as no value', () => {
    expect(valueIn(int(-1, 0x43))).toEqual({ kind: 'number', number: 0xffff_ffff });
    for (const tag of [0x02, 0x41, 0x42, 0x43]) {
      expect(valueIn(int(2 ** 40, tag))).toEqual({ kind: 'other' });
      expect(valueIn(tlv(tag, Buffer.alloc(8, 0x7f)))).toEqual({ kind: 'other' });
    }
  });

  it('accepts padded lengths, as agents send them', () => {
    const inner = message(int(1)).subarray(2);
    const length = Buffer.from([0x85, 0, 0, 0, 0, inner.length]);
    expect(decoded(Buffer.concat([Buffer.from([0x30]), length, inner]))).not.toBeNull();
  });

  it('returns null for a missing object', () => {
    for (const tag of [0x80, 0x81, 0x82]) expect(valueIn(tlv(tag))).toBeNull();
  });

  it('accepts padding after an encrypted PDU only up to a DES block', () => {
    const scoped = tlv(0x30, octets(ENGINE), octets(''), reportPdu(2));
    expect(decodeDecrypted(Buffer.concat([scoped, Buffer.alloc(7)])).type).toBe('report');
    expect(() => decodeDecrypted(Buffer.concat([scoped, Buffer.alloc(8)]))).toThrow(MalformedError);
  });
});
