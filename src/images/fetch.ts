import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { Problem, type StoredImage, sanitize } from '../core/index.ts';
import { placeNew } from '../files/index.ts';
import { kindOfName, type NameKind } from './names.ts';
import { readImage } from './read-image.ts';

export interface FetchOptions {
  readonly url: string;
  /** SHA-256 that the file must have, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Target folder; it must exist. */
  readonly dir: string;
  /** A larger download is aborted. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly progress: (bytes: number, total: number | null) => void;
}

const FILE_NAME = /^[A-Za-z0-9._-]{1,120}\.enc$/i;
const MAX_REDIRECTS = 3;

/**
 * Downloads an image into a folder: over HTTPS, with a known hash, and only if it is an intact image. A
 * failure leaves no file behind; nothing is resumed. Throws Problem image/fetch.
 */
export async function fetchImage(options: FetchOptions): Promise<StoredImage> {
  const url = checkedUrl(options.url);
  const file = fileName(url);
  const expected = options.sha256.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(expected)) {
    throw failure(`"${sanitize(options.sha256)}" is not a sha256.`, 'Give 64 hexadecimal digits.');
  }
  const path = resolve(options.dir, file);
  await checkPlace(options.dir, path);
  const draft = join(options.dir, `.${file}.${randomUUID()}.part`);
  try {
    const received = await download(url, draft, options);
    if (received !== expected) {
      throw failure(
        `${file}: expected sha256 ${expected}, received ${received}.`,
        'Do not use this file. Check the URL and the hash.',
      );
    }
    const image = { ...readImage(await readFile(draft), file), path };
    const [problem] = image.problems;
    if (problem !== undefined) {
      throw failure(`${file} is not an intact image: ${problem.message}`, 'Check the URL.');
    }
    if (!(await placeNew(draft, path))) throw alreadyExists(path);
    return image;
  } catch (thrown) {
    throw toProblem(thrown, file, options.signal);
  } finally {
    await rm(draft, { force: true });
  }
}

/** An early check before the download. `placeNew` refuses an existing file in any case. */
async function checkPlace(dir: string, path: string): Promise<void> {
  const folder = await stat(dir).catch(() => null);
  if (folder === null || !folder.isDirectory()) {
    throw failure(`The folder ${dir} does not exist.`, 'Create it, or name another one with --to.');
  }
  if ((await stat(path).catch(() => null)) !== null) throw alreadyExists(path);
}

function toProblem(thrown: unknown, file: string, signal: AbortSignal): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof Error && thrown.cause instanceof Problem) return thrown.cause;
  if (signal.aborted) {
    return failure(`${file}: the download was stopped; nothing was saved.`, 'Start it again.', thrown);
  }
  return failure(
    `${file} could not be downloaded: ${reason(thrown)}`,
    'Check the URL and try again.',
    thrown,
  );
}

function reason(thrown: unknown): string {
  // The library's message contains the whole URL, which may carry a token.
  const answered = HttpError.safeParse(thrown);
  if (answered.success) {
    const { statusCode, statusMessage } = answered.data.response;
    return `the server answered ${statusCode} ${sanitize(statusMessage ?? '')}`.trim();
  }
  return thrown instanceof Error ? sanitize(thrown.message) : 'unknown';
}

/** An HTTP error of the library with the server's answer. */
const HttpError = z.object({
  name: z.literal('HTTPError'),
  response: z.object({ statusCode: z.number(), statusMessage: z.string().optional() }),
});

async function download(url: URL, draft: string, options: FetchOptions): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  let last = url;
  // Loaded here because few commands download.
  const { default: got } = await import('got');
  const stream = got.stream(url, {
    retry: { limit: 0 },
    maxRedirects: MAX_REDIRECTS,
    timeout: { lookup: 10_000, connect: 10_000, secureConnect: 10_000, response: 30_000, socket: 30_000 },
    headers: { 'accept-encoding': 'identity' },
    decompress: false,
    // Explicit, so that the environment cannot disable it.
    https: { rejectUnauthorized: true },
    signal: options.signal,
    hooks: {
      beforeRedirect: [
        (request) => {
          if (request.url === undefined) throw failure('A redirect has no target.', 'Check the URL.');
          last = redirected(last, String(request.url));
        },
      ],
    },
  });
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > options.maxBytes) {
        done(
          failure(`More than ${options.maxBytes} bytes arrived.`, 'No image is that large. Check the URL.'),
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

function redirected(from: URL, text: string): URL {
  const to = checkedUrl(text);
  if (from.protocol !== 'https:' || to.protocol === 'https:') return to;
  throw failure(
    `${from.protocol}//${from.host} redirects to ${to.protocol}//${to.host}, which is not encrypted.`,
    'Use a URL that redirects only to https://.',
  );
}

/** HTTPS everywhere; plain HTTP only to this machine. */
function checkedUrl(text: string): URL {
  const url = parseUrl(text);
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url;
  throw failure(`${url.protocol}//${url.hostname} is not encrypted.`, 'Use an https:// URL.');
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw failure(`"${sanitize(text)}" is not a URL.`, 'Give a full URL that starts with https://.');
  }
}

function fileName(url: URL): string {
  const name = decoded(url.pathname.split('/').at(-1) ?? '').replaceAll(' ', '_');
  if (FILE_NAME.test(name)) return name;
  const what = NOT_AN_IMAGE[kindOfName(name)];
  throw failure(
    `"${sanitize(name)}" is ${what ?? 'not the name of an image file'}.`,
    what === undefined
      ? 'The URL must end in a file name such as NAME.enc.'
      : 'Images end in .enc. Download other files with another program, compare their hash, and unpack packages into the images folder.',
  );
}

const NOT_AN_IMAGE: Readonly<Partial<Record<NameKind, string>>> = {
  package: 'a package of the vendor, and upsfw unpacks nothing',
  archive: 'an archive or a program, and upsfw unpacks and runs nothing',
  card: 'firmware for a card, and "images fetch" downloads images only',
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function alreadyExists(path: string): Problem {
  return failure(`${path} already exists.`, 'Remove it first to replace it.');
}

function failure(message: string, hint: string, cause?: unknown): Problem {
  return new Problem('image/fetch', message, { hint, cause });
}
