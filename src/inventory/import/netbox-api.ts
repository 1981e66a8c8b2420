import type { CancelableRequest, Response } from 'got';
import { Problem, type Secret, sanitize } from '../../core/index.ts';
import { type Imported, LARGEST_LIST } from './imported.ts';
import { type NetboxDevice, netboxUnits, readNetboxPage } from './netbox.ts';

export interface NetboxSource {
  /** Where NetBox is, or a whole address below its `/api/`, which is used as it is. */
  readonly url: string;
  /** Null asks without one, which only an open NetBox answers. */
  readonly token: Secret | null;
  /** True allows http://, which shows the token to everybody on the way. */
  readonly plaintext: boolean;
  readonly signal: AbortSignal;
  /** Called before each page, counted from 1. */
  readonly progress: (page: number) => void;
}

const MOST_PAGES = 500;
const DEVICES = 'api/dcim/devices/';
const WHICH = '?manufacturer=apc&limit=200';

/**
 * Asks a NetBox for its APC devices, page by page and nobody else. Throws Problem config/import; the token never leaves for
 * another server, neither by `next` nor by a redirect.
 */
export async function fetchNetbox(source: NetboxSource): Promise<Imported> {
  const first = startOf(source);
  const authorization = source.token === null ? {} : { authorization: headerOf(source.token) };
  const devices: NetboxDevice[] = [];
  const asked = new Set<string>();
  let url: URL | null = first;
  while (url !== null) {
    if (asked.has(url.href)) throw failure(`${place(url)} names itself as the next page.`, 'Ask its keeper.');
    if (asked.size === MOST_PAGES) {
      throw failure(`${place(url)} has more than ${MOST_PAGES} pages.`, 'Give an address with a filter.');
    }
    asked.add(url.href);
    source.progress(asked.size);
    const page = readNetboxPage(await getPage(url, authorization, source.signal));
    for (const device of page.devices) devices.push(device);
    url = page.next === null ? null : nextOf(page.next, url);
  }
  return netboxUnits(devices, null);
}

function startOf({ url: text, plaintext }: NetboxSource): URL {
  if (!URL.canParse(text)) {
    throw failure(`"${sanitize(text)}" is not an address.`, 'Give a full address that begins with https://.');
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw failure('The address holds a user name or a password.', 'Give a token with --token env:NAME.');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plaintext)) {
    throw failure(
      `${url.protocol}//${sanitize(url.host)} is not encrypted: everybody on the way could read the token.`,
      'Use an https:// address, or allow http:// with --plaintext.',
    );
  }
  if (/\/api\/./.test(url.pathname)) return url;
  return new URL(`${url.pathname.replace(/\/+$/, '')}/${DEVICES}${WHICH}`, url.origin);
}

/** Tokens of version 2 say so themselves and go by another word; NetBox shows them with it. */
function headerOf(token: Secret): string {
  const value = token
    .reveal()
    .trim()
    .replace(/^(?:Token|Bearer) +/i, '');
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw failure('The token holds characters that no token has.', 'Look at what --token names.');
  }
  return `${value.startsWith('nbt_') ? 'Bearer' : 'Token'} ${value}`;
}

function nextOf(text: string, current: URL): URL {
  const next = URL.canParse(text, current.href) ? new URL(text, current) : null;
  if (next !== null && next.origin === current.origin) return next;
  const named = next === null ? 'no address' : sanitize(next.origin);
  throw failure(
    `The next page after ${place(current)} is at ${named}, not at ${current.origin}: the token does not go there.`,
    next?.protocol === 'http:' && next.hostname === current.hostname
      ? 'The proxy before NetBox should tell it X-Forwarded-Proto and X-Forwarded-Host.'
      : 'Use the address that NetBox itself goes by.',
  );
}

async function getPage(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  // Loaded here, because hardly any command asks a NetBox.
  const { default: got } = await import('got');
  const request: CancelableRequest<Response<string>> = got(url, {
    headers: { ...headers, accept: 'application/json', 'accept-encoding': 'identity' },
    decompress: false,
    // A redirect would take the token along.
    followRedirect: false,
    retry: { limit: 2, methods: ['GET'], maxRetryAfter: 30_000 },
    timeout: { lookup: 10_000, connect: 10_000, secureConnect: 10_000, response: 60_000, request: 120_000 },
    // Said outright, so that the environment cannot turn it off.
    https: { rejectUnauthorized: true },
    signal,
  });
  let huge = false;
  request.on('downloadProgress', ({ transferred }) => {
    if (transferred <= LARGEST_LIST) return;
    huge = true;
    request.cancel();
  });
  let response: Response<string>;
  try {
    response = await request;
  } catch (thrown) {
    if (huge) throw failure(`${place(url)} answers with more than ${LARGEST_LIST} bytes.`, 'Use a filter.');
    throw refused(thrown, url, signal);
  }
  if (response.statusCode !== 200) throw refused(response, url, signal);
  return response.body;
}

function refused(thrown: unknown, url: URL, signal: AbortSignal): Problem {
  const answer =
    thrown instanceof Error && thrown.name === 'HTTPError' && 'response' in thrown ? thrown.response : thrown;
  const status = statusOf(answer);
  if (status === null) {
    if (signal.aborted) return failure('The request was stopped.', 'Begin it again.');
    const why = thrown instanceof Error ? sanitize(thrown.message) : 'unknown';
    return failure(
      `${place(url)} could not be asked: ${why}`,
      'Check the address. A certificate of your own: name its authority in NODE_EXTRA_CA_CERTS.',
    );
  }
  return failure(`${place(url)} answered ${status}.`, hintFor(status));
}

function statusOf(answer: unknown): number | null {
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) return null;
  return typeof answer.statusCode === 'number' ? answer.statusCode : null;
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) {
    return 'Check the token that --token names: it must be valid, not expired, and its user may view devices.';
  }
  if (status === 400) {
    return 'NetBox may know no manufacturer "apc": give the whole address, /api/dcim/devices/ with a filter of yours.';
  }
  if (status === 404) return 'Give the address of NetBox itself, without a page of it.';
  if (status >= 300 && status < 400)
    return 'It leads elsewhere, and the token does not go there: give that address.';
  return 'Try it again later, or ask the keeper of NetBox.';
}

/** The address without its query, which may hold more than is to be shown. */
function place(url: URL): string {
  return sanitize(`${url.origin}${url.pathname}`);
}

function failure(message: string, hint: string): Problem {
  return new Problem('config/import', message, { hint });
}
