import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchImage, openFiles, openFolder, readBytes, readImage } from '../../src/images/index.ts';
import { buildImage } from '../../src/sim/index.ts';

const IMAGE = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 2000 });
const { sha256 } = readImage(IMAGE, 'x');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-images-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a folder of images', () => {
  it('is read in the order of names, whatever else lies in it', async () => {
    await writeFile(join(folder, 'b.enc'), IMAGE);
    await writeFile(join(folder, 'a.enc'), '');
    await writeFile(join(folder, 'readme.txt'), 'hello');
    const { images } = await openFolder(folder);
    expect(images.map((image) => [image.file, image.problems.length])).toEqual([
      ['a.enc', 1],
      ['b.enc', 0],
    ]);
    expect((await openFiles([folder, join(folder, 'b.enc')])).map((image) => image.file)).toEqual([
      'a.enc',
      'b.enc',
      'b.enc',
    ]);
  });

  it('that is missing or empty is refused', async () => {
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'config/images' });
    await expect(openFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'config/images' });
    await expect(openFiles([join(folder, 'none.enc')])).rejects.toMatchObject({ code: 'config/images' });
  });

  it('gives bytes only while they are those that were read', async () => {
    const path = join(folder, 'a.enc');
    await writeFile(path, IMAGE);
    const [image] = (await openFolder(folder)).images;
    if (image === undefined) throw new Error('no image');
    expect((await readBytes(image)).equals(IMAGE)).toBe(true);
    await writeFile(path, buildImage({ microLinkId: 18, version: '15.1', payloadBytes: 2000 }));
    await expect(readBytes(image)).rejects.toMatchObject({
      code: 'image/changed',
      message: expect.stringContaining(sha256),
    });
    await rm(path);
    await expect(readBytes(image)).rejects.toMatchObject({ code: 'image/changed' });
  });
});

describe('fetching an image', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  const fetch = (url: string, hash = sha256, maxBytes = 100_000) =>
    fetchImage({
      url,
      sha256: hash,
      dir: folder,
      maxBytes,
      signal: new AbortController().signal,
      progress: () => undefined,
    });

  it('puts it into the folder, and over nothing that is there', async () => {
    const base = await serve((_request, response) => response.end(IMAGE));
    const image = await fetch(`${base}/SMT18UPS_15-0.enc`);
    expect(image).toMatchObject({ file: 'SMT18UPS_15-0.enc', sha256, problems: [] });
    await expect(fetch(`${base}/SMT18UPS_15-0.enc`)).rejects.toMatchObject({
      code: 'image/fetch',
      message: /already there/,
    });
    expect(await readdir(folder)).toEqual(['SMT18UPS_15-0.enc']);
  });

  it.each<readonly [string, RequestListener, RegExp]>([
    [
      'another content',
      (_request, response) => response.end(Buffer.from(IMAGE).fill(0, 0, 9)),
      /wanted sha256 .* received/,
    ],
    ['a missing file', (_request, response) => response.writeHead(404).end(), /404/],
    [
      'more than allowed',
      (_request, response) => response.end(Buffer.alloc(200_000)),
      /More than 100000 bytes/,
    ],
    [
      'an end in the middle',
      (_request, response) => {
        response.writeHead(200, { 'content-length': IMAGE.length });
        response.write(IMAGE.subarray(0, 500), () => response.destroy());
      },
      /could not be downloaded|aborted/,
    ],
    [
      'a way out of encryption',
      (_request, response) => response.writeHead(302, { location: 'http://192.0.2.1/x.enc' }).end(),
      /not encrypted/,
    ],
  ])('leaves nothing behind after %s', async (_what, listener, message) => {
    const base = await serve(listener);
    await expect(fetch(`${base}/x.enc`)).rejects.toMatchObject({ code: 'image/fetch', message });
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses plain HTTP to other machines, odd names and a hash that is none', async () => {
    server = createServer();
    await expect(fetch('http://192.0.2.1/x.enc')).rejects.toMatchObject({
      code: 'image/fetch',
      message: /not encrypted/,
    });
    await expect(fetch('http://127.0.0.1/..%2fx.enc')).rejects.toMatchObject({ code: 'image/fetch' });
    await expect(fetch('http://127.0.0.1/x.enc', 'abc')).rejects.toMatchObject({ code: 'image/fetch' });
  });
});
