import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import got from 'got';
import { hasCode, Problem, printable, type StoredImage } from '../core/index.ts';
import { readImage } from './read-image.ts';

export interface FetchOptions {
  readonly url: string;
  /** The hash that the file must have, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Folder that the file goes to; it must exist. */
  readonly dir: string;
  /** More than this many bytes are not taken. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly progress: (bytes: number, total: number | null) => void;
}

const FILE_NAME = /^[A-Za-z0-9._-]{1,120}\.enc$/i;
const MOST_REDIRECTS = 3;

/**
 * Downloads an image into a folder: over HTTPS, with the hash known beforehand, and only if what arrives is an intact
 * image. On any failure nothing stays behind. Throws Problem image/fetch.
 */
export async function fetchImage(options: FetchOptions): Promise<StoredImage> {
  const url = checkedUrl(options.url);
  const file = fileName(url);
  const wanted = options.sha256.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(wanted))
    throw failure(`"${printable(options.sha256)}" is not a sha256.`, 'Give 64 hexadecimal digits.');
  const path = resolve(options.dir, file);
  const draft = join(options.dir, `.${file}.${process.pid}.part`);
  try {
    const received = await download(url, draft, options);
    if (received !== wanted) {
      throw failure(
        `${file}: wanted sha256 ${wanted}, received ${received}.`,
        'Do not use this file. Check address and hash.',
      );
    }
    const image = { ...readImage(await readFile(draft), file), path };
    const [problem] = image.problems;
    if (problem !== undefined)
      throw failure(`${file} is not an intact image: ${problem.message}`, 'Check the address.');
    // A link fails where the name is taken; a rename would put the file over another one.
    await link(draft, path);
    return image;
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    if (hasCode(thrown, 'EEXIST')) {
      throw failure(`${path} is already there.`, 'Remove it first if it shall be replaced.');
    }
    const why = thrown instanceof Error ? printable(thrown.message) : 'unknown';
    throw failure(`${file} could not be downloaded: ${why}`, 'Check the address and try again.', thrown);
  } finally {
    await rm(draft, { force: true });
  }
}

async function download(url: URL, draft: string, options: FetchOptions): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = got.stream(url, {
    retry: { limit: 0 },
    maxRedirects: MOST_REDIRECTS,
    timeout: { lookup: 10_000, connect: 10_000, secureConnect: 10_000, response: 30_000, socket: 30_000 },
    headers: { 'accept-encoding': 'identity' },
    decompress: false,
    signal: options.signal,
    hooks: {
      beforeRedirect: [
        (request) => {
          if (request.url === undefined) throw failure('A redirect leads nowhere.', 'Check the address.');
          checkedUrl(String(request.url));
        },
      ],
    },
  });
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > options.maxBytes) {
        done(
          failure(
            `More than ${options.maxBytes} bytes arrived.`,
            'No image is that large. Check the address.',
          ),
        );
        return;
      }
      hash.update(chunk);
      options.progress(bytes, stream.downloadProgress.total ?? null);
      done(null, chunk);
    },
  });
  await pipeline(stream, bounded, createWriteStream(draft, { flags: 'wx', mode: 0o644 }));
  return hash.digest('hex');
}

/** HTTPS everywhere; plain HTTP only to this machine itself. */
function checkedUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw failure(
      `"${printable(text)}" is not an address.`,
      'Give a full address that begins with https://.',
    );
  }
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url;
  throw failure(`${url.protocol}//${url.hostname} is not encrypted.`, 'Use an https:// address.');
}

function fileName(url: URL): string {
  const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '').replaceAll(' ', '_');
  if (FILE_NAME.test(name)) return name;
  throw failure(
    `"${printable(name)}" is not the name of an image file.`,
    'The address must end in a name like NAME.enc.',
  );
}

function failure(message: string, hint: string, cause?: unknown): Problem {
  return new Problem('image/fetch', message, { hint, cause });
}
