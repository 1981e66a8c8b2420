import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, globalAgent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FetchOptions, fetchImage, readImage } from '../../src/images/index.ts';
import { buildImage } from '../../src/sim/index.ts';

const IMAGE = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 2000 });
const { sha256 } = readImage(IMAGE, 'x');

let folder: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-fetch-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

async function listening(server: Server, scheme: string, host = '127.0.0.1'): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `${scheme}://${host}:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

function serve(listener: RequestListener): Promise<string> {
  return listening(createServer(listener), 'http');
}

function fetch(url: string, more: Partial<FetchOptions> = {}) {
  return fetchImage({
    url,
    sha256,
    dir: folder,
    maxBytes: 100_000,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...more,
  });
}

describe('downloading an image', () => {
  it('puts it into the folder and replaces nothing', async () => {
    const base = await serve((_request, response) => response.end(IMAGE));
    const image = await fetch(`${base}/SMT18UPS_15-0.enc`, { sha256: sha256.toUpperCase() });
    expect(image).toMatchObject({ file: 'SMT18UPS_15-0.enc', sha256, problems: [] });
    expect((await readFile(image.path)).equals(IMAGE)).toBe(true);
    await writeFile(image.path, 'mine');
    await expect(fetch(`${base}/SMT18UPS_15-0.enc`)).rejects.toMatchObject({
      code: 'image/fetch',
      message: /already exists/,
    });
    expect(await readFile(image.path, 'utf8')).toBe('mine');
    expect(await readdir(folder)).toEqual(['SMT18UPS_15-0.enc']);
  });

  it('does not replace a file that appears during the download', async () => {
    const path = join(folder, 'x.enc');
    const base = await serve((_request, response) => {
      void writeFile(path, 'mine').then(() => response.end(IMAGE));
    });
    await expect(fetch(`${base}/x.enc`)).rejects.toMatchObject({ message: /already exists/ });
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await readdir(folder)).toEqual(['x.enc']);
  });

  it('lets one of two concurrent downloads win', async () => {
    const base = await serve((_request, response) => response.end(IMAGE));
    const ends = await Promise.allSettled([fetch(`${base}/x.enc`), fetch(`${base}/x.enc`)]);
    expect(ends.map((end) => end.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await readdir(folder)).toEqual(['x.enc']);
    expect((await readFile(join(folder, 'x.enc'))).equals(IMAGE)).toBe(true);
  });

  it('reports progress and requests the whole file unencoded', async () => {
    const requested: (string | undefined)[] = [];
    const base = await serve((request, response) => {
      requested.push(request.headers.range, request.headers['accept-encoding']?.toString());
      response.writeHead(200, { 'content-length': IMAGE.length });
      response.write(IMAGE.subarray(0, 1000));
      setTimeout(() => response.end(IMAGE.subarray(1000)), 50);
    });
    const reports: (readonly [number, number | null])[] = [];
    await fetch(`${base}/x.enc`, { progress: (bytes, total) => reports.push([bytes, total]) });
    expect(reports.length).toBeGreaterThan(1);
    expect(reports.at(-1)).toEqual([IMAGE.length, IMAGE.length]);
    expect(requested).toEqual([undefined, 'identity']);
  });

  it('starts from the beginning after a broken download', async () => {
    const ranges: (string | undefined)[] = [];
    const base = await serve((request, response) => {
      ranges.push(request.headers.range);
      response.writeHead(200, { 'content-length': IMAGE.length });
      if (ranges.length > 1) response.end(IMAGE);
      else response.write(IMAGE.subarray(0, 500), () => response.destroy());
    });
    await expect(fetch(`${base}/x.enc`)).rejects.toMatchObject({ code: 'image/fetch' });
    // The first failure is final: there is no hidden retry.
    expect(ranges).toEqual([undefined]);
    await fetch(`${base}/x.enc`);
    expect(ranges).toEqual([undefined, undefined]);
  });

  it('follows a redirect that stays on this machine', async () => {
    const base = await serve((request, response) =>
      request.url === '/x.enc' ? response.writeHead(302, { location: '/y' }).end() : response.end(IMAGE),
    );
    expect(await fetch(`${base}/x.enc`)).toMatchObject({ file: 'x.enc' });
  });

  it('stops when aborted', async () => {
    const abort = new AbortController();
    const base = await serve((_request, response) => {
      response.write(IMAGE.subarray(0, 500));
      setTimeout(() => abort.abort(), 50);
    });
    await expect(fetch(`${base}/x.enc`, { signal: abort.signal })).rejects.toMatchObject({
      code: 'image/fetch',
      message: /was stopped/,
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a URL of another file is refused before anything is requested', () => {
  it.each([
    ['apc_hw05_aos722_sumx722_bootmon109.exe', /package of the vendor/],
    ['apc_hw21_su_2-5-5-1.zip', /package of the vendor/],
    ['SmartUPS_Wizard.zip', /archive or a program/],
    ['apc_hw21_su_2-5-5-1.nmc3', /firmware for a card/],
    ['apc_hw05_aos_722.bin?x=1', /firmware for a card/],
    ['page.html', /not the name of an image file/],
  ])('%s', async (name, message) => {
    let requests = 0;
    const base = await serve((_request, response) => {
      requests += 1;
      response.end(IMAGE);
    });
    await expect(fetch(`${base}/files/${name}`)).rejects.toMatchObject({ code: 'image/fetch', message });
    expect(requests).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('no file remains after', () => {
  it.each<readonly [string, RequestListener, RegExp]>([
    [
      'other content',
      (_request, response) => response.end(Buffer.from(IMAGE).fill(0, 0, 9)),
      /expected sha256 [0-9a-f]{64}, received [0-9a-f]{64}/,
    ],
    ['a missing file', (_request, response) => response.writeHead(404).end('no'), /answered 404 Not Found$/],
    [
      'more bytes than allowed',
      (_request, response) => response.end(Buffer.alloc(200_000)),
      /More than 100000 bytes/,
    ],
    [
      'more bytes than allowed, without an end',
      (_request, response) => {
        const more = (): void => {
          if (!response.destroyed) response.write(Buffer.alloc(20_000), more);
        };
        more();
      },
      /More than 100000 bytes/,
    ],
    [
      'a connection that breaks',
      (_request, response) => {
        response.writeHead(200, { 'content-length': IMAGE.length });
        response.write(IMAGE.subarray(0, 500), () => response.destroy());
      },
      /could not be downloaded|aborted/,
    ],
    [
      'a redirect to an unencrypted address',
      (_request, response) => response.writeHead(302, { location: 'http://192.0.2.1/x.enc' }).end(),
      /http:\/\/192\.0\.2\.1 is not encrypted/,
    ],
    [
      'a redirect to a file',
      (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /could not be downloaded|not encrypted/,
    ],
    [
      'endless redirects',
      (_request, response) => response.writeHead(302, { location: '/x.enc' }).end(),
      /could not be downloaded/,
    ],
  ])('%s', async (_what, listener, message) => {
    const base = await serve(listener);
    const thrown: unknown = await fetch(`${base}/x.enc?token=geheim`).catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code: 'image/fetch', message: expect.stringMatching(message) });
    expect(String(thrown)).not.toContain('geheim');
    expect(await readdir(folder)).toEqual([]);
  });

  it('the right hash of a file that is not an image', async () => {
    const base = await serve((_request, response) => response.end(IMAGE.subarray(0, 256)));
    const cut = readImage(IMAGE.subarray(0, 256), 'x');
    await expect(fetch(`${base}/x.enc`, { sha256: cut.sha256 })).rejects.toMatchObject({
      message: /not an intact image/,
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('refused before any request', () => {
  it.each<readonly [string, string, Partial<FetchOptions>, RegExp]>([
    ['plain HTTP to another machine', 'http://192.0.2.1/x.enc', {}, /not encrypted/],
    ['a host name that only starts like loopback', 'http://127.0.0.1.example.com/x.enc', {}, /not encrypted/],
    ['another scheme', 'ftp://192.0.2.1/x.enc', {}, /not encrypted/],
    ['an invalid address', 'x.enc', {}, /not an address/],
    ['a path outside the folder', 'https://192.0.2.1/..%2fx.enc', {}, /not the name/],
    ['a name that cannot be decoded', 'https://192.0.2.1/%E0%A4%A.enc', {}, /not the name/],
    ['another file type', 'https://192.0.2.1/x.exe', {}, /not the name/],
    ['an invalid hash', 'https://192.0.2.1/x.enc', { sha256: 'abc' }, /not a sha256/],
    ['a missing folder', 'https://192.0.2.1/x.enc', { dir: '/nowhere/at/all' }, /does not exist/],
  ])('%s', async (_what, url, more, message) => {
    await expect(fetch(url, more)).rejects.toMatchObject({ code: 'image/fetch', message });
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl)
  process.stderr.write('skipped: fetching over TLS, there is no openssl to make a certificate\n');

describe.runIf(hasOpenssl)('over TLS', () => {
  let certificate: { readonly key: string; readonly cert: string };
  const { ca } = globalAgent.options;
  beforeAll(async () => {
    const place = await mkdtemp(join(tmpdir(), 'upsfw-tls-'));
    const [key, cert] = [join(place, 'key.pem'), join(place, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert],
      ...subject,
    ]);
    certificate = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
    await rm(place, { recursive: true });
  });
  afterEach(() => {
    trust(ca);
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });
  afterAll(() => globalAgent.destroy());

  function trust(authority: typeof ca): void {
    globalAgent.destroy();
    globalAgent.options.ca = authority;
  }

  function serveTls(listener: RequestListener, host = 'localhost'): Promise<string> {
    return listening(createTlsServer(certificate, listener), 'https', host);
  }

  it('refuses an untrusted certificate, whichever environment variables are set', async () => {
    let requests = 0;
    const base = await serveTls((_request, response) => {
      requests += 1;
      response.end(IMAGE);
    });
    for (const setting of ['1', '0']) {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = setting;
      await expect(fetch(`${base}/x.enc`)).rejects.toMatchObject({
        code: 'image/fetch',
        message: /self[- ]signed certificate/,
      });
    }
    expect(requests).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('accepts a trusted certificate for its own name only', async () => {
    trust(certificate.cert);
    const base = await serveTls((_request, response) => response.end(IMAGE));
    expect(await fetch(`${base}/x.enc`)).toMatchObject({ sha256 });
    await expect(fetch(`${base.replace('localhost', '127.0.0.1')}/y.enc`)).rejects.toMatchObject({
      code: 'image/fetch',
      message: /could not be downloaded/,
    });
    expect(await readdir(folder)).toEqual(['x.enc']);
  });

  it('refuses a redirect to plain HTTP, even to this machine', async () => {
    trust(certificate.cert);
    let requests = 0;
    const plain = await serve((_request, response) => {
      requests += 1;
      response.end(IMAGE);
    });
    const base = await serveTls((_request, response) =>
      response.writeHead(302, { location: `${plain}/x.enc` }).end(),
    );
    await expect(fetch(`${base}/x.enc`)).rejects.toMatchObject({
      code: 'image/fetch',
      message: /https:\/\/localhost:\d+ redirects to http:\/\/127\.0\.0\.1:\d+, which is not encrypted/,
    });
    expect(requests).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });
});
