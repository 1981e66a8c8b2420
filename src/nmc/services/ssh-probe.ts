import { createPublicKey } from 'node:crypto';
import ssh2, { type Algorithms, type ParsedKey } from 'ssh2';
import { type Clock, type SshOffer, sanitize } from '../../core/index.ts';

export interface SshProbeOptions {
  readonly host: string;
  readonly port: number;
  readonly seconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Offered in addition to the library's defaults, so that an old server gets as far as to send its host key.
 */
const LEGACY_ALGORITHMS: Algorithms = {
  kex: {
    append: [
      'diffie-hellman-group14-sha1',
      'diffie-hellman-group-exchange-sha1',
      'diffie-hellman-group1-sha1',
    ],
    prepend: [],
    remove: [],
  },
  serverHostKey: { append: ['ssh-rsa', 'ssh-dss'], prepend: [], remove: [] },
  cipher: { append: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'], prepend: [], remove: [] },
  hmac: { append: ['hmac-sha1', 'hmac-sha1-96', 'hmac-md5'], prepend: [], remove: [] },
};

const NO_OFFER: SshOffer = {
  kex: null,
  hostKeys: null,
  ciphers: null,
  macs: null,
  hostKey: null,
  negotiated: null,
  milliseconds: null,
};

/** The algorithm lists of the server's first message, as the library logs them. */
const LISTS = {
  kex: /^Handshake: \(remote\) KEX method: (.*)$/,
  hostKeys: /^Handshake: \(remote\) Host key format: (.*)$/,
  ciphers: /^Handshake: \(remote\) S->C cipher: (.*)$/,
  macs: /^Handshake: \(remote\) S->C MAC: (.*)$/,
} as const;

/** Protocol extensions in those lists, which are no algorithms. */
const EXTENSION_NAMES = /^(?:ext-info-[cs]|kex-strict-[cs]-.*)$/;
const MAX_NAMES = 60;

/** Reads one line of the library's log of a key exchange; null if it is about something else. */
export function readOfferLine(line: string): Partial<SshOffer> | null {
  for (const [name, pattern] of Object.entries(LISTS)) {
    const listed = pattern.exec(line.slice(0, 4000))?.[1];
    if (listed === undefined) continue;
    const names = listed
      .split(',')
      .map((name) => sanitize(name, 60))
      .filter((name) => name !== '' && !EXTENSION_NAMES.test(name));
    return { [name]: names.slice(0, MAX_NAMES) };
  }
  return null;
}

/**
 * What an SSH server offers. Connects once and closes after the key exchange, before any login. A value that
 * was not reached is null. Never throws for what the server does.
 */
export function probeSsh(options: SshProbeOptions): Promise<SshOffer> {
  const { clock, signal } = options;
  const client = new ssh2.Client();
  const startedAt = clock.monotonic();
  let seen = NO_OFFER;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      client.destroy();
      resolve(seen);
    };
    const abort = (): void => {
      // Only the first of reject and resolve has an effect.
      reject(signal.reason);
      end();
    };
    const timer = setTimeout(end, options.seconds * 1000);
    signal.addEventListener('abort', abort, { once: true });
    // Stays registered: an error event without a listener would end the process.
    client.on('error', end);
    client.on('close', end);
    client.on('handshake', ({ kex, sc }) => {
      const milliseconds = Math.round(clock.monotonic() - startedAt);
      seen = { ...seen, negotiated: { kex, cipher: sc.cipher }, milliseconds };
      end();
    });
    if (signal.aborted) {
      abort();
      return;
    }
    try {
      client.connect({
        host: options.host,
        port: options.port,
        // Never sent: the connection is closed before the login.
        username: 'nobody',
        readyTimeout: options.seconds * 1000,
        algorithms: LEGACY_ALGORITHMS,
        debug: (line) => {
          seen = { ...seen, ...readOfferLine(line) };
        },
        hostVerifier: (key: Buffer) => {
          seen = { ...seen, hostKey: readHostKey(key) };
          return true;
        },
      });
    } catch {
      end();
    }
  });
}

/** Type and size of a key in its form on the wire; the size of RSA and DSA keys only. */
export function readHostKey(key: Buffer): SshOffer['hostKey'] {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  const type = sanitize(key.subarray(4, 4 + Math.min(length, 64)).toString('latin1'), 64);
  if (type === '') return null;
  const parsed: ParsedKey | Error = ssh2.utils.parseKey(`${type} ${key.toString('base64')}`);
  if (parsed instanceof Error) return { type, bits: null };
  try {
    const details = createPublicKey(parsed.getPublicPEM()).asymmetricKeyDetails;
    return { type, bits: details?.modulusLength ?? null };
  } catch {
    return { type, bits: null };
  }
}
