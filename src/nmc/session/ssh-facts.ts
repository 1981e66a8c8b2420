import type { NegotiatedAlgorithms } from 'ssh2';
import { sanitize } from '../../core/index.ts';

/** What client and card agreed on, and the host key of the card. */
export interface SshFacts {
  readonly kex: string;
  readonly cipher: string;
  /** Null if the cipher includes it. */
  readonly mac: string | null;
  /** Algorithm of the signature, such as `rsa-sha2-256`. */
  readonly hostKey: string;
  /** Null if the key format is not known. */
  readonly hostKeyBits: number | null;
  /** The weak ones among these, fit for printing; empty if there is none. */
  readonly weak: readonly string[];
}

/** A shorter RSA key is accepted only with `legacy`. */
export const MIN_RSA_BITS = 2048;

const WEAK = {
  kex: /sha1$/,
  cipher: /-cbc$|^arcfour|^3des/,
  mac: /sha1|md5/,
  hostKey: /^ssh-(?:rsa|dss)$/,
} as const;

export function sshFacts(agreed: NegotiatedAlgorithms, key: HostKeyKind | null): SshFacts {
  const { kex, serverHostKey: hostKey } = agreed;
  // The two directions rarely differ; the weaker one counts.
  const cipher =
    [agreed.cs.cipher, agreed.sc.cipher].find((name) => WEAK.cipher.test(name)) ?? agreed.cs.cipher;
  const mac = [agreed.cs.mac, agreed.sc.mac].find((name) => WEAK.mac.test(name)) ?? agreed.cs.mac;
  const weak = [
    ...(WEAK.kex.test(kex) ? [kex] : []),
    ...(WEAK.cipher.test(cipher) ? [cipher] : []),
    ...(WEAK.mac.test(mac) ? [mac] : []),
    ...(WEAK.hostKey.test(hostKey) ? [hostKey] : []),
    ...(key !== null && isShort(key) ? [`RSA key of ${key.bits} bits`] : []),
  ];
  return { kex, cipher, mac: mac === '' ? null : mac, hostKey, hostKeyBits: key?.bits ?? null, weak };
}

/** Type of a host key, from its bytes, and its size. */
export interface HostKeyKind {
  readonly type: string;
  readonly bits: number | null;
}

export function isShort({ type, bits }: HostKeyKind): boolean {
  return type === 'ssh-rsa' && bits !== null && bits < MIN_RSA_BITS;
}

/** Type and size of a host key in its wire format (RFC 4253, 6.6; RFC 5656, 3.1); null if it has none. */
export function hostKeyKind(key: Buffer): HostKeyKind | null {
  const parts: Buffer[] = [];
  for (let at = 0; at + 4 <= key.length && parts.length < 3; ) {
    const end = at + 4 + key.readUInt32BE(at);
    if (end > key.length) return null;
    parts.push(key.subarray(at + 4, end));
    at = end;
  }
  const [name, second, third] = parts;
  if (name === undefined) return null;
  const type = sanitize(name.toString('latin1'), 60);
  if (type === 'ssh-rsa') return { type, bits: third === undefined ? null : bitsOf(third) };
  if (type === 'ssh-dss') return { type, bits: second === undefined ? null : bitsOf(second) };
  if (type === 'ssh-ed25519') return { type, bits: 256 };
  const curve = /^ecdsa-sha2-nistp(\d{3})$/.exec(type)?.[1];
  return { type, bits: curve === undefined ? null : Number(curve) };
}

/** Bits of a number that may begin with a zero byte for its sign. */
function bitsOf(number: Buffer): number {
  const start = number.findIndex((byte) => byte !== 0);
  if (start === -1) return 0;
  return (number.length - start) * 8 - Math.clz32(number[start] ?? 0) + 24;
}
