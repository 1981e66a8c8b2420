import ssh2, { type Algorithms } from 'ssh2';
import type { Persona } from '../../personas.ts';

/** Key exchange algorithms and host key type of a card. */
export interface SshProfile {
  readonly algorithms: Algorithms;
  readonly key: 'rsa-1024' | 'rsa-2048' | 'ecdsa';
}

/**
 * Algorithms of second-generation cards. Real ones also offer the group exchange, which this library supports
 * only as a client; fixed groups of the same age replace it.
 */
const OLD: Algorithms = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1'],
};

/** SSH profiles of cards, by the name in a persona. Source: docs/sources/card.md#ssh */
export const SSH_PROFILES: Readonly<Record<Exclude<Persona['ssh'], 'none'>, SshProfile>> = {
  old: { algorithms: OLD, key: 'rsa-2048' },
  'old-rsa1024': { algorithms: OLD, key: 'rsa-1024' },
  modern: {
    algorithms: { kex: ['ecdh-sha2-nistp256'], serverHostKey: ['ecdsa-sha2-nistp256'] },
    key: 'ecdsa',
  },
};

const rsaKeys = new Map<string, string>();

/**
 * Creates a private host key. RSA keys are slow to create, so all simulated cards of a process share those of
 * one number.
 */
export function hostKey(kind: SshProfile['key'], number: number): string {
  if (kind === 'ecdsa') return ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
  const name = `${kind} ${number}`;
  const known = rsaKeys.get(name);
  if (known !== undefined) return known;
  const made = ssh2.utils.generateKeyPairSync('rsa', { bits: kind === 'rsa-1024' ? 1024 : 2048 }).private;
  rsaKeys.set(name, made);
  return made;
}
