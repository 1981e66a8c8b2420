import { createHash, X509Certificate } from 'node:crypto';
import type { ServerCertificate } from '../../core/index.ts';

/**
 * Hash functions of the signature algorithms that card certificates use, by the bytes of the object
 * identifier.
 */
const SIGNATURES: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'md5',
  '2a864886f70d010105': 'sha1',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha1',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

/**
 * The hash function of a certificate's signature; Node.js does not report it. It follows the signed part, in
 * three nested values. Null for another algorithm, or if the bytes are no certificate.
 */
export function signatureHash(der: Uint8Array): string | null {
  const whole = value(der, 0, 0x30);
  const signed = whole && value(der, whole.begin, 0x30);
  const algorithm = signed && value(der, signed.end, 0x30);
  const name = algorithm && value(der, algorithm.begin, 0x06);
  if (!name || name.end > algorithm.end) return null;
  return SIGNATURES[Buffer.from(der.subarray(name.begin, name.end)).toString('hex')] ?? null;
}

interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Start and end of the content at an offset; null unless it has this tag and is complete. */
function value(der: Uint8Array, at: number, tag: number): Span | null {
  const first = der[at + 1];
  if (der[at] !== tag || first === undefined) return null;
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (size > 4) return null;
  let length = size === 0 ? first : 0;
  for (let index = 0; index < size; index += 1) length = length * 256 + (der[at + 2 + index] ?? Number.NaN);
  const begin = at + 2 + size;
  const end = begin + length;
  return end <= der.length ? { begin, end } : null;
}

/** Reads a certificate; null if the bytes are none. */
export function readCertificate(der: Buffer): Omit<ServerCertificate, 'sameAsBefore'> | null {
  try {
    const certificate = new X509Certificate(der);
    const validFrom = new Date(certificate.validFrom);
    const validTo = new Date(certificate.validTo);
    if (Number.isNaN(validFrom.getTime()) || Number.isNaN(validTo.getTime())) return null;
    return {
      fingerprint: `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`,
      validFrom,
      validTo,
      ...keyOf(certificate),
      signatureHash: signatureHash(der),
    };
  } catch {
    return null;
  }
}

function keyOf(certificate: X509Certificate): Pick<ServerCertificate, 'keyType' | 'keyBits'> {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    return { keyType: asymmetricKeyType ?? null, keyBits: asymmetricKeyDetails?.modulusLength ?? null };
  } catch {
    return { keyType: null, keyBits: null };
  }
}
