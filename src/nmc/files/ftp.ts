import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, FTPError } from 'basic-ftp';
import { Problem } from '../../core/index.ts';
import type { ListedFile } from '../session/reply.ts';
import { parseFtpListing } from './ftp-listing.ts';
import { dataReset } from './ftp-problems.ts';
import { endAfter, type FtpOptions, withFtp } from './ftp-session.ts';
import type { UploadEnd } from './scp.ts';

export { type FtpOptions, ftpOptions } from './ftp-session.ts';

export interface FtpUpload extends FtpOptions {
  readonly folder: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly progress: (sent: number) => void;
  /** Takes each piece as it is handed to the network. */
  readonly piece?: (bytes: Buffer) => void;
  /** In small pieces with pauses, for a server that resets the data connection of a fast client. */
  readonly small?: boolean;
  /**
   * Called if the data connection broke after all bytes were handed to the network. The end is then
   * `unknown`, and this explains an incomplete file.
   */
  readonly onReset?: (problem: Problem) => void;
  /** Called in the folder of the file, right before the upload command. If it throws, nothing is sent. */
  readonly ready?: () => Promise<void>;
}

const CHUNK = 128 * 1024;
/** Progress reports of one upload, at most: thousands of them a second would cost more than the upload. */
const PROGRESS_REPORTS = 100;
/** The pieces that a server has taken that resets larger writes. Source: docs/sources/card.md#ftp-and-scp */
const SMALL_PIECE = 512;
/** Between two small pieces: 64 kB/s, about as fast as cards have been seen to take a file. */
const SMALL_PAUSE_MS = 8;

/**
 * Sends a file, passive and binary. Throws Problem link/*, device/* and refused/*; link/reset if the data
 * connection broke before all bytes were handed to the network.
 */
export function uploadByFtp(upload: FtpUpload): Promise<UploadEnd> {
  const { bytes, name, silenceSeconds } = upload;
  return withFtp(upload, 'write', async ({ client, where, isBroken }) => {
    let stop: (() => void) | null = null;
    let handed = 0;
    const end = (): void => {
      // The system buffers some bytes for a while. This also limits a server that keeps sending replies.
      stop = endAfter(silenceSeconds * 2, () =>
        client.ftp.closeWithError(new Error('Timeout (after the last byte)')),
      );
    };
    const counted = {
      ...upload,
      piece: (piece: Buffer) => {
        handed += piece.length;
        upload.piece?.(piece);
      },
    };
    // Read in pieces, so that the end of the source shows when every byte was taken.
    const source = upload.small
      ? Readable.from(paced(pieces(counted, SMALL_PIECE, end), client), {
          objectMode: false,
          highWaterMark: SMALL_PIECE,
        })
      : Readable.from(pieces(counted, CHUNK, end), { objectMode: false, highWaterMark: CHUNK });
    try {
      await client.cd(upload.folder);
      await upload.ready?.();
      await client.uploadFrom(source, name);
      return 'done';
    } catch (thrown) {
      const isLost = isBroken() || (thrown instanceof FTPError && thrown.code === 426);
      const broke = handed > 0 && isLost && !(thrown instanceof Problem);
      const reset = broke ? dataReset(where, name, { handed, size: bytes.length, cause: thrown }) : null;
      // The card writes its flash before it answers, and some never answer: the listing decides.
      const isAllHanded = stop !== null && (reset !== null || !(thrown instanceof FTPError));
      if (!isAllHanded) throw reset ?? thrown;
      if (reset !== null) upload.onReset?.(reset);
      return 'unknown';
    } finally {
      clear(stop);
      source.destroy();
    }
  });
}

function clear(stop: (() => void) | null): void {
  stop?.();
}

function* pieces({ bytes, progress, piece }: FtpUpload, size: number, end: () => void): Generator<Buffer> {
  const step = bytes.length / PROGRESS_REPORTS;
  let reported = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < bytes.length; start += size) {
    if (start - reported >= step) {
      reported = start;
      progress(start);
    }
    const next = bytes.subarray(start, start + size);
    piece?.(next);
    yield next;
  }
  end();
}

/**
 * One piece at a time, each after the network of this machine has taken the last one and a pause, so that the
 * client does not run ahead of a slow card.
 */
async function* paced(all: Iterable<Buffer>, client: Client): AsyncGenerator<Buffer> {
  for (const next of all) {
    yield next;
    do await sleep(SMALL_PAUSE_MS);
    while ((client.ftp.dataSocket?.writableLength ?? 0) > 0);
  }
}

/** The files of a folder of the card. Throws Problem link/*, device/* and refused/*. */
export function listByFtp(options: FtpOptions, folder: string): Promise<readonly ListedFile[]> {
  return withFtp(options, 'write', async ({ client }) => {
    let files: readonly ListedFile[] = [];
    // The parsers of the library accept any text as a number or a date, and throw for some of it.
    client.parseList = (text) => {
      files = parseFtpListing(text);
      return [];
    };
    await client.cd(folder);
    await client.list();
    return files;
  });
}

/** Removes a file from a folder of the card. Throws Problem link/*, device/* and refused/*. */
export function removeByFtp(options: FtpOptions, folder: string, name: string): Promise<void> {
  return withFtp(options, 'write', async ({ client }) => {
    await client.cd(folder);
    await client.remove(name);
  });
}

/**
 * Reads a file of the card, at most `largest` bytes. Throws Problem device/no-file if there is none,
 * device/garbage if it is larger, link/* and refused/*.
 */
export function downloadByFtp(options: FtpOptions, path: string, largest: number): Promise<Buffer> {
  return withFtp(options, 'read', async ({ client, where }) => {
    const parts: Buffer[] = [];
    let size = 0;
    const keep = new Writable({
      write(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size > largest) {
          done(
            new Problem('device/garbage', `A file of ${where} has more than ${largest} bytes.`, {
              hint: 'It is not the expected file; look at it by hand.',
            }),
          );
          return;
        }
        parts.push(chunk);
        done();
      },
    });
    await client.downloadTo(keep, path);
    return Buffer.concat(parts, size);
  });
}
