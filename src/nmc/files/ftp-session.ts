import { Client, FTPError, type FTPResponse } from 'basic-ftp';
import {
  type Clock,
  type Login,
  type NetworkAccess,
  Problem,
  type TranscriptEntry,
} from '../../core/index.ts';
import type { NmcDeps, SessionContext } from '../deps.ts';
import { asksForCode, codeAsked, namesSecondFactor } from '../session/login-code.ts';
import { type Logins, refusedLogin } from '../session/logins.ts';
import type { HostKeyStore } from '../session/ssh.ts';
import { recordLine } from '../session/transcript.ts';
import { passiveMode } from './ftp-data.ts';
import { type FtpPurpose, floodProblem, ftpProblem, isLoginRefusal } from './ftp-problems.ts';
import { type BoundCertificate, checkCertificate, protect, protectData } from './ftp-tls.ts';

export interface FtpOptions {
  readonly network: NetworkAccess;
  /** Longest silence of the control or data connection, in seconds. */
  readonly silenceSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /**
   * Known certificates. Without them an encrypted session counts as plaintext, because the server is not
   * identified.
   */
  readonly hostKeys?: HostKeyStore | undefined;
  /** The logins of the run; without it each connection tries its login independently. */
  readonly logins?: Logins | undefined;
  /** Gets commands and replies; the password is never in them. */
  readonly transcript?: ((entry: TranscriptEntry) => void) | undefined;
}

/** The options that all FTP sessions of a unit share. */
export function ftpOptions(
  deps: NmcDeps,
  network: NetworkAccess,
  { clock, signal, transcript }: SessionContext,
): FtpOptions {
  return {
    network,
    hostKeys: deps.hostKeys,
    logins: deps.logins,
    silenceSeconds: deps.timeouts.stalledUpload,
    clock,
    signal,
    transcript,
  };
}

/** A session that is logged in, in binary mode, with passive data connections. */
export interface FtpSession {
  readonly client: Client;
  /** Host and port, for messages. */
  readonly where: string;
  /** Whether a data connection of this session broke. */
  readonly isBroken: () => boolean;
}

const MAX_LISTING = 1024 * 1024;
/** All replies of a session together. A login, a listing and a file need some hundred bytes each. */
const MAX_REPLY_BYTES = 128 * 1024;
const CONNECT_SECONDS = 30;

/**
 * Connects, logs in, runs `act` and disconnects. The data from the server and its time are bounded. Throws
 * Problem link/*, device/* and refused/*.
 */
export async function withFtp<T>(
  options: FtpOptions,
  purpose: FtpPurpose,
  act: (session: FtpSession) => Promise<T>,
): Promise<T> {
  const { network, signal } = options;
  const where = `${network.host}:${network.ports.ftp}`;
  signal.throwIfAborted();
  const client = new Client(options.silenceSeconds * 1000, {
    allowSeparateTransferHost: false,
    maxListingBytes: MAX_LISTING,
  });
  recordTranscript(client, options);
  let boundTo: BoundCertificate = null;
  let broken = false;
  client.prepareTransfer = passiveMode({
    where,
    connectSeconds: Math.min(CONNECT_SECONDS, options.silenceSeconds),
    separateDataHost: network.ftp?.separateDataHost ?? false,
    checkCertificate: (socket) => checkCertificate(socket, boundTo, where),
    broken: () => {
      broken = true;
    },
  });
  const abort = (): void => client.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    boundTo = await login(client, options, where);
    return await act({ client, where, isBroken: () => broken });
  } catch (thrown) {
    signal.throwIfAborted();
    throw ftpProblem(thrown, where, purpose);
  } finally {
    signal.removeEventListener('abort', abort);
    client.close();
  }
}

/** The library logs the control connection with the password masked. */
function recordTranscript(client: Client, options: FtpOptions): void {
  if (options.transcript === undefined) return;
  client.ftp.verbose = true;
  client.ftp.log = (line) =>
    recordLine(
      options,
      line.startsWith('>') ? 'sent' : line.startsWith('<') ? 'received' : 'note',
      line,
      'ftp',
    );
}

async function login(client: Client, options: FtpOptions, where: string): Promise<BoundCertificate> {
  const { login, host, ports } = options.network;
  if (login === null) {
    throw new Problem('device/login', `There is no login for ${where}.`, {
      hint: 'Add login: to the unit in the inventory.',
    });
  }
  options.logins?.refuseKnown(options.network, login);
  return withTimeLimit(client, options, async () => {
    const greeting = client.connect(host, ports.ftp);
    passWholeLines(client, where);
    await greeting;
    const boundTo = await protect(client, { ...options, where });
    if (boundTo !== null) passWholeLines(client, where);
    const userReply = await client.send(`USER ${login.user}`);
    const { code, message } = userReply;
    if (code === 332 || (code === 331 && (asksForCode(message) || namesSecondFactor(message))))
      throw codeProblem(options, login, where, message);
    const reply = code === 331 ? await sendPassword(client, options, login, where) : userReply;
    if (reply.code < 200 || reply.code > 299) throw loginProblem(where, reply.code);
    await negotiate(client);
    if (boundTo !== null) await protectData(client, where);
    return boundTo;
  });
}

/**
 * Sends the password once the logins of the run allow it. Throws Problem device/login if the server refuses
 * it.
 */
async function sendPassword(
  client: Client,
  options: FtpOptions,
  login: Login,
  where: string,
): Promise<FTPResponse> {
  const { logins, network } = options;
  const loginAttempt = await logins?.begin(network, where, login);
  let reply: FTPResponse;
  try {
    reply = await client.send(`PASS ${login.password.reveal()}`);
  } catch (thrown) {
    const asksMore = thrown instanceof FTPError && (thrown.code === 532 || namesSecondFactor(thrown.message));
    if (!asksMore && isLoginRefusal(thrown)) throw loginAttempt?.refused() ?? refusedLogin(where, login);
    loginAttempt?.unanswered();
    throw asksMore ? codeProblem(options, login, where, thrown.message) : thrown;
  }
  if (reply.code < 300) {
    loginAttempt?.accepted();
    return reply;
  }
  loginAttempt?.unanswered();
  throw codeProblem(options, login, where, reply.message);
}

/** The server asks for more than user name and password, which is all that FTP has for a code. */
function codeProblem({ logins, network }: FtpOptions, login: Login, where: string, reply: string): Problem {
  const problem = codeAsked(where, reply);
  logins?.remember(network, login, problem);
  return problem;
}

/**
 * Ends a login that takes too long though data arrives, or that waits for a handshake, which the library
 * never ends.
 */
function withTimeLimit<T>(client: Client, options: FtpOptions, work: () => Promise<T>): Promise<T> {
  const { signal, silenceSeconds } = options;
  return new Promise((resolve, reject) => {
    const end = (why: unknown): void => {
      client.close();
      reject(why);
    };
    const abort = (): void => end(signal.reason);
    const stop = endAfter(silenceSeconds * 2, () => end(new Error('Timeout (login)')));
    signal.addEventListener('abort', abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => {
        stop();
        signal.removeEventListener('abort', abort);
      });
  });
}

function loginProblem(where: string, code: number): Problem {
  return new Problem('device/login', `${where} expects more than user and password for a login (${code}).`, {
    hint: 'Check login: in the inventory, and the FTP settings of the card.',
  });
}

/**
 * Sets binary mode and the best listing format of the server. A card knows few of these, and rejects the
 * others.
 */
async function negotiate(client: Client): Promise<void> {
  const features = await client.sendIgnoringError('FEAT');
  await client.send('TYPE I');
  if (features.code < 400 && /^ *MLST\b/im.test(features.message)) {
    client.availableListCommands = ['MLSD', 'LIST -a', 'LIST'];
  }
}

/**
 * Passes whole lines to the library, which takes each packet for a whole reply. Counts all bytes from the
 * server, also those outside a reply.
 */
function passWholeLines(client: Client, where: string): void {
  const { socket } = client.ftp;
  const readers = socket.listeners('data');
  socket.removeAllListeners('data');
  let received = 0;
  let held = '';
  socket.on('data', (chunk: string | Buffer) => {
    received += chunk.length;
    if (received > MAX_REPLY_BYTES) {
      client.ftp.closeWithError(floodProblem(where));
      return;
    }
    const text = chunk.toString();
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0) {
      held += text;
      return;
    }
    const lines = held + text.slice(0, end);
    held = text.slice(end);
    for (const read of readers) read.call(socket, lines);
  });
}

/** Calls `end` after a time, unless the returned function was called before. */
export function endAfter(seconds: number, end: () => void): () => void {
  const timer = setTimeout(end, seconds * 1000);
  return () => clearTimeout(timer);
}
