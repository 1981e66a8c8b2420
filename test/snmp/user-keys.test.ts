import fc from 'fast-check';
import * as snmp from 'net-snmp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keepUserKeys } from '../../src/snmp/client/user-keys.ts';
import { anyText } from '../support/values/text.ts';

type MakeKey = (authProtocol: string, password: string, engineId: Buffer) => Buffer;
const Shape = z.object({ passwordToKey: z.custom<MakeKey>((value) => typeof value === 'function') });
const current = (): MakeKey => Shape.parse(Reflect.get(snmp, 'Authentication')).passwordToKey;

describe('keys of SNMPv3 users', () => {
  const original = current();
  keepUserKeys();
  const kept = current();

  it('are made without the library, and only once', () => {
    expect(kept).not.toBe(original);
    keepUserKeys();
    expect(current()).toBe(kept);
  });

  it('are those of the library for any pass phrase and engine', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'),
        anyText({ minLength: 1, maxLength: 40 }),
        fc.uint8Array({ minLength: 5, maxLength: 32 }),
        fc.uint8Array({ minLength: 5, maxLength: 32 }),
        (name, password, first, second) => {
          const protocol = String(Reflect.get(snmp.AuthProtocols, name));
          for (const engine of [first, second].map((bytes) => Buffer.from(bytes)))
            expect(kept(protocol, password, engine)).toEqual(original(protocol, password, engine));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are those of the published example', () => {
    // RFC 3414, A.3.1 and A.3.2.
    const engine = Buffer.from('000000000000000000000002', 'hex');
    const key = (name: 'md5' | 'sha'): string =>
      kept(String(snmp.AuthProtocols[name]), 'maplesyrup', engine).toString('hex');
    expect(key('md5')).toBe('526f5eed9fcce26f8964c2930787d82b');
    expect(key('sha')).toBe('6695febc9288e36282235fc7151f128497b38f3f');
  });
});
