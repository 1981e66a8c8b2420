import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { TLSSocket } from 'node:tls';
import got from 'got';
import { type ServerCertificate, sanitize } from '../../core/index.ts';
import type { HostKeyStore } from '../session/ssh.ts';
import { readCertificate } from './certificate.ts';

/** What a web server answers to a request of its first page; of the page itself nothing is read. */
export interface WebAnswer {
  /** Status of the answer; null where none came. */
  readonly status: number | null;
  /** Leads to HTTPS; null where no answer came. */
  readonly redirects: boolean | null;
  /** Bytes of the certificate, over HTTPS. */
  readonly certificate: Buffer | null;
  /** Why no answer came, fit for printing. */
  readonly trouble: string | null;
}

/** Each look is a connection of its own: a session that is taken up again shows no certificate. */
const FRESH = new Agent({ keepAlive: false, maxCachedSessions: 0 });

/**
 * Asks for the first page and hangs up at the head of the answer. Never throws for what the server does. The certificate is
 * not judged here, and so old a one as a card may have is taken: no secret is sent.
 */
export function probeWeb(
  scheme: 'http' | 'https',
  host: string,
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<WebAnswer> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = got.stream(`${scheme}://${bracketed(host)}:${port}/`, {
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      timeout: { request: seconds * 1000 },
      signal,
      agent: { https: FRESH },
      https: { rejectUnauthorized: false, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
    });
    request.once('response', (response: IncomingMessage) => {
      const { statusCode = null, headers, socket } = response;
      const certificate = socket instanceof TLSSocket ? (socket.getPeerCertificate()?.raw ?? null) : null;
      const leads = (statusCode ?? 0) >= 300 && (statusCode ?? 0) < 400;
      resolve({
        status: statusCode,
        redirects: leads && /^https:/i.test(headers.location ?? ''),
        certificate,
        trouble: null,
      });
      request.destroy();
    });
    request.on('error', (error: Error) => {
      if (signal.aborted) reject(signal.reason);
      else resolve({ status: null, redirects: null, certificate: null, trouble: sanitize(error.message) });
    });
  });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host;
}

/** A certificate against the one that was seen first; the first one is pinned. Throws Problem config/state. */
export async function pinnedCertificate(
  der: Buffer,
  host: string,
  port: number,
  pins: HostKeyStore,
): Promise<ServerCertificate | null> {
  const certificate = readCertificate(der);
  if (certificate === null) return null;
  const name = `https://${bracketed(host)}:${port}`;
  const known = await pins.get(name);
  if (known === null) await pins.pin(name, certificate.fingerprint);
  return { ...certificate, sameAsBefore: known === null || known === certificate.fingerprint };
}
