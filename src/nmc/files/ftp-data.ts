import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { type FTPContext, FTPError, type FTPResponse } from 'basic-ftp';
import { Problem, sanitize } from '../../core/index.ts';
import { PASSIVE_HINT } from './ftp-problems.ts';

/** How long a reply may arrive after the end of its data connection, in milliseconds. */
const REPLY_MS = 2000;

export interface PassiveOptions {
  /** Host and port of the control connection, for messages. */
  readonly where: string;
  /** Longest time until the data connection is open. */
  readonly connectSeconds: number;
  /** The card may name another address than that of its control connection. */
  readonly separateDataHost: boolean;
  /** Checks the certificate of an encrypted data connection; null if it is that of the control connection. */
  readonly checkCertificate: (socket: TLSSocket) => Problem | null;
  /** Called when a data connection breaks, whatever the control connection says later. */
  readonly broken: () => void;
}

/**
 * Opens data connections: by EPSV if the card knows it, else by PASV, which most cards only know. There is no
 * active mode. Throws Problem link/*, or FTPError for an error reply.
 */
export function passiveMode(options: PassiveOptions): (ftp: FTPContext) => Promise<FTPResponse> {
  let extended = true;
  return async (ftp) => {
    const host = (ftp.socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
    if (extended) {
      const answer = await unlessRefused(ftp.request('EPSV'));
      const port = answer === null ? null : parseEpsv(answer.message);
      if (answer !== null && port !== null) {
        await open(ftp, host, port, options);
        return answer;
      }
      extended = false;
    }
    const answer = await ftp.request('PASV');
    const named = parsePasv(answer.message);
    if (named === null) {
      throw new Problem(
        'device/garbage',
        `${options.where} names no port for its data connection: ${sanitize(answer.message)}.`,
        { hint: 'Use scp; the replies of this FTP server are not valid.' },
      );
    }
    if (named.host !== host && !options.separateDataHost) {
      throw new Problem(
        'link/ftp',
        `${options.where} names ${named.host} for its data connection, not ${host}.`,
        {
          hint: 'If the card is behind NAT, allow it for this unit with ftp: { separateDataHost: true }, or use scp.',
        },
      );
    }
    await open(ftp, named.host, named.port, options);
    return answer;
  };
}

/** The port of `229 ... (|||6446|)`; null if there is none. */
export function parseEpsv(reply: string): number | null {
  const found = /^229[ -][^(]{0,200}\(([!-~])\1\1(\d{1,5})\1\)/.exec(reply.slice(0, 400));
  return usablePort(Number(found?.[2]));
}

/** Host and port of `227 ... (192,0,2,1,10,229)`, with or without brackets; null if there are none. */
export function parsePasv(reply: string): { readonly host: string; readonly port: number } | null {
  const found = /(?<![\d,])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?![\d,])/.exec(
    reply.slice(4, 400),
  );
  if (!/^227[ -]/.test(reply) || found === null) return null;
  const numbers = found.slice(1).map(Number);
  const [high = 0, low = 0] = numbers.slice(4);
  const port = usablePort(high * 256 + low);
  if (port === null || numbers.some((number) => number > 255)) return null;
  return { host: numbers.slice(0, 4).join('.'), port };
}

function usablePort(port: number): number | null {
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

async function unlessRefused(asked: Promise<FTPResponse>): Promise<FTPResponse | null> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof FTPError && thrown.code >= 500 && thrown.code !== 530) return null;
    throw thrown;
  }
}

function open(ftp: FTPContext, host: string, port: number, options: PassiveOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const fail = (why: string, code: 'link/ftp' | 'link/timeout', cause?: unknown): void => {
      socket.destroy();
      reject(
        new Problem(code, `${options.where} opens no data connection at ${host}:${port}: ${why}.`, {
          hint: PASSIVE_HINT,
          cause,
        }),
      );
    };
    socket.setTimeout(options.connectSeconds * 1000);
    socket.once('timeout', () => fail('nothing answers there', 'link/timeout'));
    socket.once('error', (error) => fail(sanitize(error.message), 'link/ftp', error));
    socket.once('close', () => fail('it was closed', 'link/ftp'));
    socket.once('connect', () => {
      socket.setTimeout(0);
      // A small piece goes out as it is, and does not wait for a larger one.
      socket.setNoDelay(true);
      for (const event of ['timeout', 'error', 'close']) socket.removeAllListeners(event);
      const data = ftp.socket instanceof TLSSocket ? encrypted(ftp, ftp.socket, socket, options) : socket;
      ftp.dataSocket = data;
      preferReply(ftp, data, options.broken);
      resolve();
    });
  });
}

/**
 * A refusing server often closes the data connection before its reply arrives. The reply has more
 * information.
 */
function preferReply(ftp: FTPContext, data: Socket, broken: () => void): void {
  for (const event of ['error', 'close']) data.removeAllListeners(event);
  data.on('error', (error) => {
    broken();
    setTimeout(() => {
      if (ftp.dataSocket === data) ftp.closeWithError(error);
    }, REPLY_MS);
  });
}

/** Servers expect the TLS session of the control connection, as proof that both belong to one client. */
function encrypted(ftp: FTPContext, control: TLSSocket, socket: Socket, options: PassiveOptions): TLSSocket {
  const session = ftp.tlsSessionStore ?? control.getSession();
  const data = connectTls({ ...ftp.tlsOptions, socket, ...(session === undefined ? {} : { session }) });
  data.on('session', (ticket) => {
    ftp.tlsSessionStore = ticket;
  });
  // Registered before the listener of the upload, so that no byte is sent to a host other than the card.
  data.once('secureConnect', () => {
    const problem = options.checkCertificate(data);
    if (problem !== null) ftp.closeWithError(problem);
  });
  return data;
}
