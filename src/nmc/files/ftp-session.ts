import { Client, type FTPResponse } from 'basic-ftp';
import {
  type Clock,
  type Login,
  type NetworkAccess,
  Problem,
  type TranscriptEntry,
} from '../../core/index.ts';
import type { NmcDeps, SessionContext } from '../deps.ts';
import { type Logins, refusedLogin } from '../session/logins.ts';
import type { HostKeyStore } from '../session/ssh.ts';
import { recordLine } from '../session/transcript.ts';
import { passiveMode } from './ftp-data.ts';
import { type FtpAim, floodProblem, ftpProblem, isLoginRefusal } from './ftp-problems.ts';
import { type Bond, checkCertificate, protect, protectData } from './ftp-tls.ts';

export interface FtpOptions {
  readonly network: NetworkAccess;
  /** Longest silence of control or data connection, in seconds. */
  readonly silenceSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Certificates seen before; without it an encrypted session counts as plaintext, because nothing tells with whom it is. */
  readonly hostKeys?: HostKeyStore | undefined;
  /** The logins of the run; without it each connection tries its login for itself. */
  readonly logins?: Logins | undefined;
  /** Told of commands and replies; the password is never part of it. */
  readonly transcript?: ((said: TranscriptEntry) => void) | undefined;
}

/** What all commands of a unit share. */
export function ftpOptions(
  tools: NmcDeps,
  network: NetworkAccess,
  { clock, signal, transcript }: SessionContext,
): FtpOptions {
  return {
    network,
    hostKeys: tools.hostKeys,
    logins: tools.logins,
    silenceSeconds: tools.timeouts.stalledUpload,
    clock,
    signal,
    transcript,
  };
}

/** A session that is logged in, binary, with passive data connections. */
export interface FtpSession {
  readonly client: Client;
  /** Host and port, for messages. */
  readonly where: string;
}

const LONGEST_LISTING = 1024 * 1024;
/** All replies of a session together: a login, a listing and a file need some hundred bytes each. */
const MOST_SAID = 128 * 1024;
const CONNECT_SECONDS = 30;

/**
 * Connects, logs in, does one thing and leaves. What a server says and how long it takes to say it are bounded. Throws
 * Problem link/*, device/* and refused/*.
 */
export async function withFtp<T>(
  options: FtpOptions,
  aim: FtpAim,
  act: (session: FtpSession) => Promise<T>,
): Promise<T> {
  const { network, signal } = options;
  const where = `${network.host}:${network.ports.ftp}`;
  signal.throwIfAborted();
  const client = new Client(options.silenceSeconds * 1000, {
    allowSeparateTransferHost: false,
    maxListingBytes: LONGEST_LISTING,
  });
  listen(client, options);
  let bond: Bond = null;
  client.prepareTransfer = passiveMode({
    where,
    connectSeconds: Math.min(CONNECT_SECONDS, options.silenceSeconds),
    separateDataHost: network.ftp?.separateDataHost ?? false,
    checkCertificate: (socket) => checkCertificate(socket, bond, where),
  });
  const abort = (): void => client.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    bond = await logIn(client, options, where);
    return await act({ client, where });
  } catch (thrown) {
    signal.throwIfAborted();
    throw ftpProblem(thrown, where, aim);
  } finally {
    signal.removeEventListener('abort', abort);
    client.close();
  }
}

/** The library tells what goes over the control connection, the password masked. */
function listen(client: Client, options: FtpOptions): void {
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

async function logIn(client: Client, options: FtpOptions, where: string): Promise<Bond> {
  const { login, host, ports } = options.network;
  if (login === null) {
    throw new Problem('device/login', `There is no login for ${where}.`, {
      hint: 'Add login: to the unit in the inventory.',
    });
  }
  options.logins?.refuseKnown(options.network, login);
  return inTime(client, options, async () => {
    const greeting = client.connect(host, ports.ftp);
    wholeLines(client, where);
    await greeting;
    const bond = await protect(client, { ...options, where });
    if (bond !== null) wholeLines(client, where);
    const asked = await client.send(`USER ${login.user}`);
    const told = asked.code === 331 ? await sendPassword(client, options, login, where) : asked;
    if (told.code < 200 || told.code > 299) throw loginProblem(where, told.code);
    await settle(client);
    if (bond !== null) await protectData(client, where);
    return bond;
  });
}

/** Sends the password once the logins of the run allow it. Throws Problem device/login where the server refuses it. */
async function sendPassword(
  client: Client,
  { logins, network }: FtpOptions,
  login: Login,
  where: string,
): Promise<FTPResponse> {
  const loginTry = await logins?.begin(network, where, login);
  try {
    const told = await client.send(`PASS ${login.password.reveal()}`);
    if (told.code < 300) loginTry?.accepted();
    else loginTry?.unanswered();
    return told;
  } catch (thrown) {
    if (isLoginRefusal(thrown)) throw loginTry?.refused() ?? refusedLogin(where, login);
    loginTry?.unanswered();
    throw thrown;
  }
}

/** Ends a login that is neither silent nor done, and one that waits for a handshake, which the library does not end. */
function inTime<T>(client: Client, options: FtpOptions, work: () => Promise<T>): Promise<T> {
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
  return new Problem('device/login', `${where} wants another login than user and password (${code}).`, {
    hint: 'Check login: in the inventory, and the FTP settings of the card.',
  });
}

/** Binary, and the form of listing that the server is best at; a card knows few of these, and says so. */
async function settle(client: Client): Promise<void> {
  const features = await client.sendIgnoringError('FEAT');
  await client.send('TYPE I');
  if (features.code < 400 && /^ *MLST\b/im.test(features.message)) {
    client.availableListCommands = ['MLSD', 'LIST -a', 'LIST'];
  }
}

/**
 * Hands whole lines to the library, which takes what one packet brings for a whole reply, and counts what the server
 * says, also what is no reply.
 */
function wholeLines(client: Client, where: string): void {
  const { socket } = client.ftp;
  const readers = socket.listeners('data');
  socket.removeAllListeners('data');
  let said = 0;
  let held = '';
  socket.on('data', (chunk: string | Buffer) => {
    said += chunk.length;
    if (said > MOST_SAID) {
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

/** Calls `end` after a time, unless what is returned was called before. */
export function endAfter(seconds: number, end: () => void): () => void {
  const timer = setTimeout(end, seconds * 1000);
  return () => clearTimeout(timer);
}
