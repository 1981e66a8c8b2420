import type { CancelableRequest, Response } from 'got';
import { Problem, type Secret, sanitize } from '../../core/index.ts';
import { type Imported, LARGEST_LIST } from './imported.ts';
import { type NetboxRow, netboxUnits, readNetboxPage } from './netbox.ts';

export interface NetboxSource {
  /** The address of NetBox, or a full address below its `/api/`, which is used unchanged. */
  readonly url: string;
  /** Null: no token, for a NetBox that allows anonymous reading. */
  readonly token: Secret | null;
  /** True allows http://, which exposes the token on the network. */
  readonly plaintext: boolean;
  readonly signal: AbortSignal;
  /** Called before each page, counted from 1. */
  readonly progress: (page: number) => void;
}

const MOST_PAGES = 500;
const DEVICES = 'api/dcim/devices/';
const FILTER = '?manufacturer=apc&limit=200';

/**
 * Requests the APC devices of a NetBox, page by page. The token goes to no other server, neither through
 * `next` nor through a redirect. Throws Problem config/import.
 */
export async function fetchNetbox(source: NetboxSource): Promise<Imported> {
  const first = firstPage(source);
  const authorization = source.token === null ? {} : { authorization: headerOf(source.token) };
  const rows: NetboxRow[] = [];
  const asked = new Set<string>();
  let url: URL | null = first;
  while (url !== null) {
    if (asked.has(url.href))
      throw failure(`${place(url)} names itself as the next page.`, 'Ask the administrator of NetBox.');
    if (asked.size === MOST_PAGES) {
      throw failure(`${place(url)} has more than ${MOST_PAGES} pages.`, 'Give a full address with a filter.');
    }
    asked.add(url.href);
    source.progress(asked.size);
    const page = readNetboxPage(await getPage(url, authorization, source.signal));
    for (const row of page.rows) rows.push(row);
    url = page.next === null ? null : nextOf(page.next, url);
  }
  return netboxUnits(rows, null);
}

function firstPage({ url: text, plaintext }: NetboxSource): URL {
  if (!URL.canParse(text)) {
    throw failure(
      `"${sanitize(text)}" is not a valid address.`,
      'Give an address that begins with https://.',
    );
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw failure('The address contains a user name or a password.', 'Give a token with --token env:NAME.');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plaintext)) {
    throw failure(
      `${url.protocol}//${sanitize(url.host)} is not encrypted: the token could be read on the network.`,
      'Use an https:// address, or allow http:// with --plaintext.',
    );
  }
  if (/\/api\/./.test(url.pathname)) return url;
  return new URL(`${url.pathname.replace(/\/+$/, '')}/${DEVICES}${FILTER}`, url.origin);
}

/**
 * Tokens of version 2 begin with `nbt_` and need the scheme Bearer. NetBox displays a token with its scheme.
 */
function headerOf(token: Secret): string {
  const value = token
    .reveal()
    .trim()
    .replace(/^(?:Token|Bearer) +/i, '');
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw failure('The token contains characters that no token has.', 'Check what --token refers to.');
  }
  return `${value.startsWith('nbt_') ? 'Bearer' : 'Token'} ${value}`;
}

function nextOf(text: string, current: URL): URL {
  const next = URL.canParse(text, current.href) ? new URL(text, current) : null;
  if (next !== null && next.origin === current.origin) return next;
  const origin = next === null ? 'an invalid address' : sanitize(next.origin);
  throw failure(
    `The next page after ${place(current)} is at ${origin}, not at ${current.origin}: the token is not sent there.`,
    next?.protocol === 'http:' && next.hostname === current.hostname
      ? 'The proxy in front of NetBox must send X-Forwarded-Proto and X-Forwarded-Host.'
      : 'Use the address that NetBox gives in its answers.',
  );
}

async function getPage(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  // Loaded here, because few commands need it.
  const { default: got } = await import('got');
  const request: CancelableRequest<Response<string>> = got(url, {
    headers: { ...headers, accept: 'application/json', 'accept-encoding': 'identity' },
    decompress: false,
    // A redirect would send the token to another address.
    followRedirect: false,
    retry: { limit: 2, methods: ['GET'], maxRetryAfter: 30_000 },
    timeout: { lookup: 10_000, connect: 10_000, secureConnect: 10_000, response: 60_000, request: 120_000 },
    // Explicit, so that the environment cannot turn it off.
    https: { rejectUnauthorized: true },
    signal,
  });
  let isTooLarge = false;
  request.on('downloadProgress', ({ transferred }) => {
    if (transferred <= LARGEST_LIST) return;
    isTooLarge = true;
    request.cancel();
  });
  let response: Response<string>;
  try {
    response = await request;
  } catch (thrown) {
    if (isTooLarge) {
      throw failure(
        `${place(url)} answered with more than ${LARGEST_LIST} bytes.`,
        'Give a full address with a filter.',
      );
    }
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
    if (signal.aborted) return failure('The request was stopped.', 'Run the command again.');
    const why = thrown instanceof Error ? sanitize(thrown.message) : 'unknown';
    return failure(
      `${place(url)} could not be reached: ${why}`,
      'Check the address. For a private certificate authority, set NODE_EXTRA_CA_CERTS to its file.',
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
    return 'Check the token of --token: it must be valid and not expired, and its user must be allowed to view devices.';
  }
  if (status === 400) {
    return 'NetBox may have no manufacturer "apc": give the full address /api/dcim/devices/ with your own filter.';
  }
  if (status === 404) return 'Give the address of NetBox itself, not of one of its pages.';
  if (status >= 300 && status < 400)
    return 'It redirects to another address, and the token is not sent there: give that address.';
  return 'Try again later, or ask the administrator of NetBox.';
}

/** The address without its query, which may hold confidential values. */
function place(url: URL): string {
  return sanitize(`${url.origin}${url.pathname}`);
}

function failure(message: string, hint: string): Problem {
  return new Problem('config/import', message, { hint });
}
