import { Readable, Writable } from 'node:stream';
import { FTPError } from 'basic-ftp';
import { Problem } from '../../core/index.ts';
import type { ListedFile } from '../session/reply.ts';
import { parseFtpListing } from './ftp-listing.ts';
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
  /** Called in the folder of the file, right before the upload command. If it throws, nothing is sent. */
  readonly ready?: () => Promise<void>;
}

const CHUNK = 128 * 1024;
/** Progress reports of one upload, at most: thousands of them a second would cost more than the upload. */
const PROGRESS_REPORTS = 100;

/** Sends a file, passive and binary. Throws Problem link/*, device/* and refused/*. */
export function uploadByFtp(upload: FtpUpload): Promise<UploadEnd> {
  const { silenceSeconds } = upload;
  return withFtp(upload, 'write', async ({ client }) => {
    let stop: (() => void) | null = null;
    // Read in pieces, so that the end of the source shows when every byte was taken.
    const source = Readable.from(
      pieces(upload, () => {
        // The system buffers some bytes for a while. This also limits a server that keeps sending replies.
        stop = endAfter(silenceSeconds * 2, () =>
          client.ftp.closeWithError(new Error('Timeout (after the last byte)')),
        );
      }),
      { objectMode: false, highWaterMark: CHUNK },
    );
    try {
      await client.cd(upload.folder);
      await upload.ready?.();
      await client.uploadFrom(source, upload.name);
      return 'done';
    } catch (thrown) {
      // The card writes its flash before it answers, and some never answer: the listing decides.
      if (stop !== null && !(thrown instanceof FTPError)) return 'unknown';
      throw thrown;
    } finally {
      clear(stop);
    }
  });
}

function clear(stop: (() => void) | null): void {
  stop?.();
}

function* pieces({ bytes, progress, piece }: FtpUpload, end: () => void): Generator<Buffer> {
  const step = bytes.length / PROGRESS_REPORTS;
  let reported = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < bytes.length; start += CHUNK) {
    if (start - reported >= step) {
      reported = start;
      progress(start);
    }
    const next = bytes.subarray(start, start + CHUNK);
    piece?.(next);
    yield next;
  }
  end();
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
