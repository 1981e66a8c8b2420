import { Client, FTPError } from 'basic-ftp';
import { sanitize } from '../../core/index.ts';

/** What an FTP server reveals before a login. */
export interface FtpGreeting {
  /** Its first line, fit for printing; null if none came. */
  readonly greeting: string | null;
  /** Model and operating system version from the greeting of a card; null for another greeting. */
  readonly model: string | null;
  readonly os: string | null;
  /** Whether its feature list offers TLS; null if it shows no list before a login. */
  readonly tls: boolean | null;
}

const NO_GREETING: FtpGreeting = { greeting: null, model: null, os: null, tls: null };
/** `AP9630 Network Management Card AOS v6.0.6 FTP server ready.` Source: docs/sources/card.md#ftp-and-scp */
const CARD = /\b([A-Z]{2}\d{4}[A-Z0-9]{0,6}) Network Management Card AOS (v[0-9][0-9a-z.]{0,20})/;
const NOT_SUPPORTED = [500, 501, 502, 504];

/** Reads the greeting. */
export function readGreeting(text: string): Omit<FtpGreeting, 'tls'> {
  const line = sanitize((text.split(/\r?\n/)[0] ?? '').replace(/^220[ -]?/, ''), 200);
  const found = CARD.exec(line);
  return { greeting: line === '' ? null : line, model: found?.[1] ?? null, os: found?.[2] ?? null };
}

/**
 * Connects, reads greeting and features, and disconnects. Sends no login. Never throws for what the server
 * does.
 */
export async function probeFtp(
  host: string,
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<FtpGreeting> {
  signal.throwIfAborted();
  const client = new Client(seconds * 1000);
  const stop = (): void => client.close();
  signal.addEventListener('abort', stop, { once: true });
  let seen = NO_GREETING;
  try {
    const { message } = await client.connect(host, port);
    seen = { ...seen, ...readGreeting(message) };
    const answer = await client.send('FEAT');
    // Each feature is on its own line, indented by one space.
    seen = { ...seen, tls: /^\s*AUTH\s+[A-Z;-]*TLS/im.test(answer.message.slice(0, 8000)) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof FTPError && NOT_SUPPORTED.includes(thrown.code)) seen = { ...seen, tls: false };
  } finally {
    signal.removeEventListener('abort', stop);
    client.close();
  }
  return seen;
}
