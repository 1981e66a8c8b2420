import { createHash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Client } from 'basic-ftp';
import { type NetworkAccess, Problem, sanitize } from '../../core/index.ts';
import type { HostKeyStore } from '../session/ssh.ts';

export interface Protection {
  readonly network: NetworkAccess;
  /** Certificates seen before, as `ftps://host:port`. Without it nothing tells who encrypts. */
  readonly hostKeys?: HostKeyStore | undefined;
  readonly where: string;
}

/** The fingerprint of the certificate that a session is bound to; null for a session without encryption. */
export type Bond = string | null;

/**
 * Encrypts the control connection where the server offers it, before anything secret is sent. A certificate is pinned on
 * first sight; another one later, or none, is refused: who stands in between could take the offer out. Without a pinned
 * certificate the inventory has to allow plaintext. Throws Problem link/certificate, link/ftp and refused/plaintext.
 */
export async function protect(client: Client, protection: Protection): Promise<Bond> {
  const { hostKeys, network, where } = protection;
  const name = `ftps://${where}`;
  const known = (await hostKeys?.get(name)) ?? null;
  const features = await client.sendIgnoringError('FEAT');
  const offered = features.code < 400 && offersTls(features.message);
  if (!offered && known !== null) {
    throw new Problem(
      'link/certificate',
      `${where} showed the certificate ${known} before, and offers no encryption now.`,
      { hint: changedHint(name) },
    );
  }
  if (!network.plaintext && (!offered || hostKeys === undefined)) throw plaintextProblem();
  if (!offered) return null;
  const seen = await encrypt(client, network, where);
  if (known === null) await hostKeys?.pin(name, seen);
  else if (known !== seen) {
    throw new Problem('link/certificate', `The certificate of ${where} was ${known} and is now ${seen}.`, {
      hint: changedHint(name),
    });
  }
  return seen;
}

/** Data connections are encrypted like the control connection. Throws Problem link/ftp where the server will not. */
export async function protectData(client: Client, where: string): Promise<void> {
  await client.send('PBSZ 0');
  const answer = await client.sendIgnoringError('PROT P');
  if (answer.code < 400) return;
  throw new Problem('link/ftp', `${where} encrypts no data connections: ${sanitize(answer.message)}.`, {
    hint: 'Use scp.',
  });
}

/** A data connection must come from whom the control connection goes to. */
export function checkCertificate(socket: TLSSocket, bond: Bond, where: string): Problem | null {
  // Going on with the session of the control connection takes its secret, and shows no certificate again.
  if (socket.isSessionReused()) return null;
  const seen = fingerprint(socket);
  if (seen !== null && seen === bond) return null;
  return new Problem(
    'link/certificate',
    `The data connection of ${where} shows the certificate ${seen ?? 'of nobody'}, its control connection ${bond ?? 'none'}.`,
    { hint: 'Somebody may stand in between. Nothing was sent over the data connection.' },
  );
}

/** Whether a reply to FEAT lists `AUTH TLS`, alone or among others as in `AUTH TLS;SSL;`. */
export function offersTls(reply: string): boolean {
  return reply
    .slice(0, 16 * 1024)
    .split('\n')
    .some((line) => /^\s*AUTH\s(?:.*[\s;])?TLS(?:-C)?\s*(?:;|$|\s)/i.test(line));
}

/** The problem of a way that would send a password in the open. */
function plaintextProblem(): Problem {
  return new Problem('refused/plaintext', 'FTP sends the password without encryption.', {
    hint: 'Use scp, or allow it for this unit with plaintext: true.',
  });
}

function changedHint(name: string): string {
  return `If the card was replaced, reset or given a new certificate, remove ${name} from known-hosts.json in the state folder. If not, somebody stands in between.`;
}

async function encrypt(client: Client, network: NetworkAccess, where: string): Promise<string> {
  try {
    // The certificates of cards are signed by nobody who is known: what counts is that it stays the same one.
    await client.useTLS({ rejectUnauthorized: false, host: network.host });
  } catch (thrown) {
    throw new Problem(
      'link/ftp',
      `${where} offers encryption and does not manage it: ${sanitize(thrown instanceof Error ? thrown.message : String(thrown))}.`,
      {
        hint: 'Use scp, or switch encryption of FTP off in the card and allow plaintext: true.',
        cause: thrown,
      },
    );
  }
  const { socket } = client.ftp;
  const seen = socket instanceof TLSSocket ? fingerprint(socket) : null;
  if (seen !== null) return seen;
  throw new Problem('link/certificate', `${where} encrypts without a certificate.`, {
    hint: 'Give the card a certificate, or use scp.',
  });
}

function fingerprint(socket: TLSSocket): string | null {
  const { raw } = socket.getPeerCertificate();
  if (raw === undefined) return null;
  return `SHA256:${createHash('sha256').update(raw).digest('base64').replace(/=+$/, '')}`;
}
