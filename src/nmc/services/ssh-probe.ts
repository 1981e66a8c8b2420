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

/** Taken beside what the library offers by itself, so that an old server gets as far as to show its key. */
const EVERYTHING_OLD: Algorithms = {
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

const NOTHING_SEEN: SshOffer = {
  kex: null,
  hostKeys: null,
  ciphers: null,
  macs: null,
  hostKey: null,
  negotiated: null,
  milliseconds: null,
};

/** The lists of the server's first message, as the library writes them down while it reads them. */
const LISTS = {
  kex: /^Handshake: \(remote\) KEX method: (.*)$/,
  hostKeys: /^Handshake: \(remote\) Host key format: (.*)$/,
  ciphers: /^Handshake: \(remote\) S->C cipher: (.*)$/,
  macs: /^Handshake: \(remote\) S->C MAC: (.*)$/,
} as const;

/** Words of a protocol for which a client needs no algorithm. */
const NO_ALGORITHM = /^(?:ext-info-[cs]|kex-strict-[cs]-.*)$/;
const MOST_NAMES = 60;

/** Reads one line of the library's account of a key exchange; null where it is about something else. */
export function readOfferLine(line: string): Partial<SshOffer> | null {
  for (const [name, pattern] of Object.entries(LISTS)) {
    const listed = pattern.exec(line.slice(0, 4000))?.[1];
    if (listed === undefined) continue;
    const names = listed
      .split(',')
      .map((word) => sanitize(word, 60))
      .filter((word) => word !== '' && !NO_ALGORITHM.test(word));
    return { [name]: names.slice(0, MOST_NAMES) };
  }
  return null;
}

/**
 * What an SSH server offers: one connection, up to the end of the key exchange, closed before anybody logs in. What was not
 * reached is null; never throws for what the server does.
 */
export function probeSsh(options: SshProbeOptions): Promise<SshOffer> {
  const { clock, signal } = options;
  const client = new ssh2.Client();
  const begun = clock.monotonic();
  let seen = NOTHING_SEEN;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      client.destroy();
      resolve(seen);
    };
    const abort = (): void => {
      // The first of the two counts.
      reject(signal.reason);
      end();
    };
    const timer = setTimeout(end, options.seconds * 1000);
    signal.addEventListener('abort', abort, { once: true });
    // Stays until the end: an event without a listener would end the process.
    client.on('error', end);
    client.on('close', end);
    client.on('handshake', ({ kex, sc }) => {
      const milliseconds = Math.round(clock.monotonic() - begun);
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
        algorithms: EVERYTHING_OLD,
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

/** Type and size of a key as it travels; the size of RSA and DSA keys only. */
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
