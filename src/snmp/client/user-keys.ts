import { createHash } from 'node:crypto';
import * as snmp from 'net-snmp';
import { z } from 'zod';

/** The part of the library that turns a pass phrase into the key for one engine; its types omit it. */
const Authentication = z.object({
  HMAC_BUFFER_SIZE: z.int().positive(),
  algorithms: z.record(z.string(), z.object({ CRYPTO_ALGORITHM: z.string() })),
  passwordToKey: z.custom<PasswordToKey>((value) => typeof value === 'function'),
});
type PasswordToKey = (authProtocol: string, password: string | Buffer, engineId: Buffer) => Buffer;

/**
 * Caches the expensive half of a user's key. A key is made by hashing a megabyte of the pass phrase, and then
 * the result with the engine ID of the agent (RFC 3414, A.2). The library does both for every agent, although
 * the first half is the same for all. In an audit of a thousand cards that took most of the time. If the
 * library has changed, nothing is patched.
 */
export function keepUserKeys(): void {
  const found = Authentication.safeParse(Reflect.get(snmp, 'Authentication'));
  if (!found.success || kept.has(found.data.passwordToKey)) return;
  const { HMAC_BUFFER_SIZE, algorithms, passwordToKey } = found.data;
  const halves = new Map<string, Buffer>();
  const keys = new Map<string, Buffer>();
  const faster: PasswordToKey = (authProtocol, password, engineId) => {
    const algorithm = algorithms[authProtocol]?.CRYPTO_ALGORITHM;
    // Bytes instead of a pass phrase are a key that is extended, and never the same twice.
    if (algorithm === undefined || typeof password !== 'string')
      return passwordToKey(authProtocol, password, engineId);
    const name = `${algorithm} ${password}`;
    const place = `${engineId.toString('hex')} ${name}`;
    const known = keys.get(place);
    if (known !== undefined) return known;
    const half =
      halves.get(name) ?? createHash(algorithm).update(Buffer.alloc(HMAC_BUFFER_SIZE, password)).digest();
    halves.set(name, half);
    const key = createHash(algorithm).update(half).update(engineId).update(half).digest();
    // The library needs it for every message; keys of agents that were read long ago are made again.
    if (keys.size === MAX_KEYS) keys.clear();
    keys.set(place, key);
    return key;
  };
  kept.add(faster);
  Reflect.set(Reflect.get(snmp, 'Authentication'), 'passwordToKey', faster);
}

/** More than two for each of the agents that are read at the same time. */
const MAX_KEYS = 4096;

const kept = new WeakSet<PasswordToKey>();
