import { Readable } from 'node:stream';
import { Client, FileInfo, FileType, FTPError } from 'basic-ftp';
import { type NetworkAccess, Problem, printable } from '../core/index.ts';
import { type ListedFile, parseListing } from './reply.ts';
import type { UploadEnd } from './scp.ts';

export interface FtpOptions {
  readonly network: NetworkAccess;
  /** Longest silence of control or data connection, in seconds. */
  readonly silenceSeconds: number;
  readonly signal: AbortSignal;
}

export interface FtpUpload extends FtpOptions {
  readonly folder: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly progress: (sent: number) => void;
}

/** Sends a file, passive and binary. Throws Problem link/* and device/*. */
export async function uploadByFtp(upload: FtpUpload): Promise<UploadEnd> {
  const { bytes } = upload;
  let allHandedOver = false;
  return withFtp(upload, async (client, where) => {
    // Read in pieces, so that the end of the source tells when every byte was handed over.
    const source = Readable.from(
      pieces(bytes, upload.progress, () => {
        allHandedOver = true;
      }),
      { objectMode: false },
    );
    try {
      await client.cd(upload.folder);
      await client.uploadFrom(source, upload.name);
      return 'done';
    } catch (thrown) {
      // The card writes its flash before it answers, and some never do: the listing decides.
      if (allHandedOver && !(thrown instanceof FTPError)) return 'unknown';
      throw ftpProblem(thrown, where);
    }
  });
}

const CHUNK = 16 * 1024;

function* pieces(bytes: Buffer, progress: (sent: number) => void, end: () => void): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += CHUNK) {
    progress(start);
    yield bytes.subarray(start, start + CHUNK);
  }
  end();
}

/** The files of a folder of the card. Throws Problem link/* and device/*. */
export function listByFtp(options: FtpOptions, folder: string): Promise<readonly ListedFile[]> {
  return withFtp(options, async (client, where) => {
    try {
      await client.cd(folder);
      const listed = await client.list();
      return listed.map((file) => ({ name: file.name, bytes: file.size }));
    } catch (thrown) {
      throw ftpProblem(thrown, where);
    }
  });
}

/** Removes a file from a folder of the card. Throws Problem link/* and device/*. */
export function removeByFtp(options: FtpOptions, folder: string, name: string): Promise<void> {
  return withFtp(options, async (client, where) => {
    try {
      await client.cd(folder);
      await client.remove(name);
    } catch (thrown) {
      throw ftpProblem(thrown, where);
    }
  });
}

async function withFtp<T>(
  options: FtpOptions,
  act: (client: Client, where: string) => Promise<T>,
): Promise<T> {
  const { network, signal } = options;
  const where = `${network.host}:${network.ports.ftp}`;
  if (network.login === null) {
    throw new Problem('device/login', `There is no login for ${where}.`, {
      hint: 'Add login: to the unit in the inventory.',
    });
  }
  signal.throwIfAborted();
  const client = new Client(options.silenceSeconds * 1000, { allowSeparateTransferHost: false });
  // The card's own form of listing is none of those that the library knows; the machine form of other servers is.
  const known = client.parseList;
  client.parseList = (text) =>
    /^[^ ]*type=/im.test(text) ? known(text) : parseListing(text.split(/\r?\n/)).map(fileInfo);
  const abort = (): void => client.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    try {
      await client.access({
        host: network.host,
        port: network.ports.ftp,
        user: network.login.user,
        password: network.login.password.reveal(),
        secure: false,
      });
    } catch (thrown) {
      throw ftpProblem(thrown, where);
    }
    return await act(client, where);
  } finally {
    signal.removeEventListener('abort', abort);
    client.close();
  }
}

function fileInfo(file: ListedFile): FileInfo {
  const info = new FileInfo(file.name);
  info.size = file.bytes;
  info.type = FileType.File;
  return info;
}

function ftpProblem(thrown: unknown, where: string): Problem {
  if (thrown instanceof Problem) return thrown;
  const text = printable(thrown instanceof Error ? thrown.message : String(thrown));
  if (thrown instanceof FTPError) {
    if (thrown.code === 530) {
      return new Problem('device/login', `${where} refused the user name or the password.`, {
        hint: 'Check login: in the inventory. A card locks a user after some wrong passwords.',
        cause: thrown,
      });
    }
    if (thrown.code === 452 || thrown.code === 552 || thrown.code === 553 || thrown.code === 550) {
      return new Problem('device/no-room', `${where} does not take the file: ${text}.`, {
        hint: 'Look at the folder upsfw on the card: another image may fill it, or the folder may be missing.',
        cause: thrown,
      });
    }
    return new Problem('link/ftp', `FTP to ${where} failed: ${text}.`, {
      hint: 'Look at the card’s FTP settings.',
      cause: thrown,
    });
  }
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
  if (code === 'ECONNREFUSED') {
    return new Problem('link/refused', `${where} refuses FTP: the port is closed.`, {
      hint: 'Switch FTP on in the card (it needs a restart of the card), or use scp.',
      cause: thrown,
    });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Problem('link/dns', `The name of ${where} has no address.`, {
      hint: 'Check the host in the inventory.',
      cause: thrown,
    });
  }
  return new Problem('link/closed', `The FTP connection to ${where} broke: ${text}.`, {
    hint: 'Nothing was started. Try again; the card may have restarted.',
    transient: true,
    cause: thrown,
  });
}
