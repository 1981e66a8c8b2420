import ssh2, { type Algorithms } from 'ssh2';
import type { Persona } from '../../personas.ts';

/** What a card offers in the key exchange, and the kind of host key that it shows. */
export interface SshProfile {
  readonly algorithms: Algorithms;
  readonly key: 'rsa-1024' | 'rsa-2048' | 'ecdsa';
}

/**
 * What second-generation cards offer. Real ones also offer the group exchange, which this server library has as a client
 * only; the fixed groups of the same age stand in for it.
 */
const OLD: Algorithms = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1'],
};

/**
 * Profiles of what cards offer over SSH, by the name that a persona gives.
 * Source: docs/sources/card.md#ssh
 */
export const SSH_PROFILES: Readonly<Record<Exclude<Persona['ssh'], 'none'>, SshProfile>> = {
  old: { algorithms: OLD, key: 'rsa-2048' },
  'old-rsa1024': { algorithms: OLD, key: 'rsa-1024' },
  modern: {
    algorithms: { kex: ['ecdh-sha2-nistp256'], serverHostKey: ['ecdsa-sha2-nistp256'] },
    key: 'ecdsa',
  },
};

const rsaKeys = new Map<string, string>();

/** A private host key. RSA keys take their time to make, and all simulated cards of a process may share those of one number. */
export function hostKey(kind: SshProfile['key'], number: number): string {
  if (kind === 'ecdsa') return ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
  const name = `${kind} ${number}`;
  const known = rsaKeys.get(name);
  if (known !== undefined) return known;
  const made = ssh2.utils.generateKeyPairSync('rsa', { bits: kind === 'rsa-1024' ? 1024 : 2048 }).private;
  rsaKeys.set(name, made);
  return made;
}
