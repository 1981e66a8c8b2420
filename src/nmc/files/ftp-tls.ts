import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Client } from 'basic-ftp';
import { type NetworkAccess, Problem, sanitize } from '../../core/index.ts';
import type { HostKeyStore } from '../session/ssh.ts';

export interface Protection {
  readonly network: NetworkAccess;
  /** Known certificates, by `ftps://host:port`. Without them the server is not identified. */
  readonly hostKeys?: HostKeyStore | undefined;
  readonly where: string;
}

/** The fingerprint of the certificate that a session is bound to; null for a session without encryption. */
export type BoundCertificate = string | null;

/**
 * Encrypts the control connection if the server offers it, before anything secret is sent. A first
 * certificate is added to the known hosts. Another one later, or none, is refused, because an intermediate
 * host could remove the offer. Without a known certificate the inventory has to allow plaintext. Throws
 * Problem link/certificate, link/ftp, refused/plaintext.
 */
export async function protect(client: Client, protection: Protection): Promise<BoundCertificate> {
  const { hostKeys, network, where } = protection;
  const name = `ftps://${where}`;
  const known = (await hostKeys?.get(name)) ?? null;
  const features = await client.sendIgnoringError('FEAT');
  const offered = features.code < 400 && offersTls(features.message);
  if (!offered && known !== null) {
    throw new Problem(
      'link/certificate',
      `${where} had the certificate ${known} before, and offers no encryption now.`,
      { hint: changedHint(name) },
    );
  }
  if (!network.plaintext && (!offered || hostKeys === undefined)) throw plaintextProblem();
  if (!offered) return null;
  const seen = await encrypt(client, network, where);
  if (known === null) await hostKeys?.add(name, seen);
  else if (known !== seen) {
    throw new Problem('link/certificate', `The certificate of ${where} was ${known} and is now ${seen}.`, {
      hint: changedHint(name),
    });
  }
  return seen;
}

/** Encrypts data connections like the control connection. Throws Problem link/ftp if the server refuses. */
export async function protectData(client: Client, where: string): Promise<void> {
  await client.send('PBSZ 0');
  const answer = await client.sendIgnoringError('PROT P');
  if (answer.code < 400) return;
  throw new Problem('link/ftp', `${where} does not encrypt data connections: ${sanitize(answer.message)}.`, {
    hint: 'Use scp.',
  });
}

/** Checks that a data connection is with the host of the control connection. */
export function checkCertificate(
  socket: TLSSocket,
  boundTo: BoundCertificate,
  where: string,
): Problem | null {
  // A resumed session proves that it has the secret of the control connection, and shows no certificate
  // again.
  if (socket.isSessionReused()) return null;
  const seen = fingerprint(socket);
  if (seen !== null && seen === boundTo) return null;
  return new Problem(
    'link/certificate',
    `The data connection of ${where} has the certificate ${seen ?? 'none'}, its control connection ${boundTo ?? 'none'}.`,
    { hint: 'Another host may be intercepting it. Nothing was sent over the data connection.' },
  );
}

/** Whether a reply to FEAT lists `AUTH TLS`, alone or among others as in `AUTH TLS;SSL;`. */
export function offersTls(reply: string): boolean {
  return reply
    .slice(0, 16 * 1024)
    .split('\n')
    .some((line) => /^\s*AUTH\s(?:.*[\s;])?TLS(?:-C)?\s*(?:;|$|\s)/i.test(line));
}

/** For a session that would send a password without encryption. */
function plaintextProblem(): Problem {
  return new Problem('refused/plaintext', 'FTP sends the password without encryption.', {
    hint: 'Use scp, or allow it for this unit with plaintext: true.',
  });
}

function changedHint(name: string): string {
  return `If the card was replaced, reset or given a new certificate, remove ${name} from known-hosts.json in the state folder. If not, another host may be intercepting the connection.`;
}

async function encrypt(client: Client, network: NetworkAccess, where: string): Promise<string> {
  try {
    // Card certificates are self-signed, so what counts is that the certificate stays the same.
    await client.useTLS({ rejectUnauthorized: false, host: network.host });
  } catch (thrown) {
    throw new Problem(
      'link/ftp',
      `${where} offers encryption, but it fails: ${sanitize(thrown instanceof Error ? thrown.message : String(thrown))}.`,
      {
        hint: 'Use scp, or disable FTP encryption on the card and allow plaintext: true.',
        cause: thrown,
      },
    );
  }
  const { socket } = client.ftp;
  const seen = socket instanceof TLSSocket ? fingerprint(socket) : null;
  if (seen !== null) return seen;
  throw new Problem('link/certificate', `${where} encrypts without a certificate.`, {
    hint: 'Install a certificate on the card, or use scp.',
  });
}

function fingerprint(socket: TLSSocket): string | null {
  const { raw } = socket.getPeerCertificate();
  if (raw === undefined) return null;
  return `SHA256:${createHash('sha256').update(raw).digest('base64').replace(/=+$/, '')}`;
}
