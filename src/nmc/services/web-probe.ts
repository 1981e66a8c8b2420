import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { TLSSocket } from 'node:tls';
import got from 'got';
import { type ServerCertificate, sanitize } from '../../core/index.ts';
import type { HostKeyStore } from '../session/ssh.ts';
import { readCertificate } from './certificate.ts';

/** The answer of a web server to a request of its first page. The page itself is not read. */
export interface WebAnswer {
  /** HTTP status; null if no answer came. */
  readonly status: number | null;
  /** Redirects to HTTPS; null if no answer came. */
  readonly redirects: boolean | null;
  /** The certificate in DER form, over HTTPS. */
  readonly certificate: Buffer | null;
  /** Why no answer came, fit for printing. */
  readonly error: string | null;
}

/** A new connection each time: a resumed TLS session shows no certificate. */
const FRESH = new Agent({ keepAlive: false, maxCachedSessions: 0 });

/**
 * Requests the first page and disconnects after the headers. Never throws for what the server does. It
 * accepts any certificate and the old ciphers of cards, because it sends no secret.
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
        error: null,
      });
      request.destroy();
    });
    request.on('error', (error: Error) => {
      if (signal.aborted) reject(signal.reason);
      else resolve({ status: null, redirects: null, certificate: null, error: sanitize(error.message) });
    });
  });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host;
}

/**
 * Compares a certificate with the one that was seen first; a first one is kept. Throws Problem config/state.
 */
export async function compareCertificate(
  der: Buffer,
  host: string,
  port: number,
  hostKeys: HostKeyStore,
): Promise<ServerCertificate | null> {
  const certificate = readCertificate(der);
  if (certificate === null) return null;
  const name = `https://${bracketed(host)}:${port}`;
  const known = await hostKeys.get(name);
  if (known === null) await hostKeys.add(name, certificate.fingerprint);
  return { ...certificate, sameAsBefore: known === null || known === certificate.fingerprint };
}
