import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key and its self-signed certificate, both PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const DAY_MS = 86_400_000;
const made = new Map<string, SelfSigned>();

/** A self-signed certificate of a card, one per name and number in a process; valid for a year. */
export function selfSigned(name: string, number = 0): SelfSigned {
  const known = made.get(`${number} ${name}`);
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pair: SelfSigned = {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(certificate(name, privateKey)),
  };
  made.set(`${number} ${name}`, pair);
  return pair;
}

/** X.509 v3 without extensions; issuer and subject are the same (RFC 5280, section 4.1). */
function certificate(name: string, privateKey: KeyObject): Buffer {
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const subject = sequence(tagged(0x31, sequence(oid(COMMON_NAME), tagged(0x0c, Buffer.from(name)))));
  const version3 = tagged(0xa0, integer(2));
  const body = sequence(
    version3,
    integer(1),
    algorithm,
    subject,
    sequence(time(Date.now() - DAY_MS), time(Date.now() + 365 * DAY_MS)),
    subject,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]);
  return sequence(body, algorithm, tagged(0x03, signature));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A DER element: a tag, the length in its shortest form, the content (under 64 KiB here). */
function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function sequence(...content: readonly Buffer[]): Buffer {
  return tagged(0x30, ...content);
}

/** Small and not negative; no other integers are needed. */
function integer(value: number): Buffer {
  return tagged(0x02, Buffer.from([value]));
}

/** `YYMMDDhhmmssZ`, valid until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}
