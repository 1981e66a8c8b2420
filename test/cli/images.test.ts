import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imagesDocument } from '../../src/cli/documents/images.ts';
import { openFiles, readImage } from '../../src/images/index.ts';
import { renderImages } from '../../src/report/index.ts';
import { loadRules, type RuleBook } from '../../src/rules/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { NMC2, openSite, type Ran, runHere } from '../support/sites/site.ts';

const IMAGE = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 2000 });
const { sha256 } = readImage(IMAGE, 'x');

const EntryShape = z.looseObject({
  file: z.string(),
  sha256: z.string().nullable(),
  known: z.boolean(),
  identicalTo: z.array(z.string()),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  problems: z.array(z.looseObject({ code: z.string() })),
});

function entriesOf(ran: Ran): readonly z.infer<typeof EntryShape>[] {
  return z.looseObject({ images: z.array(EntryShape) }).parse(JSON.parse(ran.out)).images;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-cli-images-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('images', () => {
  it('shows copies, contradicting names and unknown hashes, and counts none of them', async () => {
    await writeFile(join(folder, 'SMT18UPS_15-0.enc'), IMAGE);
    await writeFile(join(folder, 'SMX20UPS_09-4.enc'), IMAGE);
    const ran = await runHere(['images', folder, folder, '--json']);
    expect(ran.exit).toBe(0);
    const [right, wrong, ...more] = entriesOf(ran);
    expect(more).toEqual([]);
    expect(right).toMatchObject({ sha256, known: false, identicalTo: ['SMX20UPS_09-4.enc'], problems: [] });
    expect(right?.warnings.map(({ code }) => code)).toEqual(['HASH_UNKNOWN']);
    expect(wrong).toMatchObject({ identicalTo: ['SMT18UPS_15-0.enc'], microLinkId: 18, version: '15.0' });
    expect(wrong?.warnings.map(({ code }) => code)).toEqual([
      'NAME_OTHER_ID',
      'NAME_OTHER_VERSION',
      'HASH_UNKNOWN',
    ]);
    const text = await runHere(['images', folder]);
    expect(text.exit).toBe(0);
    for (const part of [
      'same content as SMT18UPS_15-0.enc',
      'states ID20, the content is for ID18',
      'states version 09.4, the content is 15.0',
      '[HASH_UNKNOWN]',
      `sha256 ${sha256}`,
      '2 UPS images: 2 intact, 2 with the same content as another, 2 with warnings',
    ])
      expect(text.out).toContain(part);
  });

  it('shows an unreadable file without a hash, and counts it', async () => {
    await writeFile(join(folder, 'SMX1050UPS_16-5.enc'), '');
    await mkdir(join(folder, 'SMX1051UPS_16-5.enc'));
    const ran = await runHere(['images', folder, '--json']);
    expect(ran.exit).toBe(2);
    expect(
      entriesOf(ran).map((entry) => [entry.sha256 === null, entry.problems[0]?.code, entry.warnings]),
    ).toEqual([
      [false, 'image/empty', []],
      [true, 'image/unreadable', []],
    ]);
    const text = await runHere(['images', folder]);
    expect(text.out).toMatch(/SMX1051UPS_16-5\.enc +not read\n.*image\/unreadable/);
    expect(text.out).toContain('2 UPS images: 0 intact, 2 not usable');
  });

  it('has no warning for an image of the catalogue', async () => {
    await writeFile(join(folder, 'SMT18UPS_15-0.enc'), IMAGE);
    const book = await loadRules();
    const [line] = book.lines.values();
    const [listed] = line?.images ?? [];
    if (line === undefined || listed === undefined) throw new Error('the catalogue is empty');
    const knowing: RuleBook = {
      ...book,
      lines: new Map([[18, { ...line, images: [{ ...listed, sha256 }] }]]),
    };
    const document = imagesDocument(await openFiles([folder]), knowing, new Date(0));
    expect(document.images).toMatchObject([{ known: true, warnings: [], identicalTo: [] }]);
    const text = renderImages(document, { format: 'text', color: false });
    expect(text).toContain('(in the catalogue)');
  });
});

describe('images fetch', () => {
  it('downloads an image, shows progress, and leaves nothing after Ctrl-C', async () => {
    let interrupt = (): void => undefined;
    const server = createServer((request, response) => {
      if (request.url === '/SMT18UPS_15-0.enc') return response.end(IMAGE);
      response.write(IMAGE.subarray(0, 500));
      return setTimeout(() => interrupt(), 50);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const words = ['--sha256', sha256, '--to', folder];
    try {
      const ran = await runHere(['images', 'fetch', `${base}/SMT18UPS_15-0.enc`, ...words]);
      expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining('intact') });
      expect(ran.info).toContain(`${IMAGE.length} bytes`);
      const stopped = await runHere(['images', 'fetch', `${base}/slow.enc`, ...words], {
        onInterrupt: (handler) => {
          interrupt = () => handler('interrupt');
          return () => undefined;
        },
      });
      expect(stopped.exit).toBe(130);
      expect(stopped.info).toContain('was stopped');
      expect(await readdir(folder)).toEqual(['SMT18UPS_15-0.enc']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('audit and plan', () => {
  it('read the images once, and store the metadata in the state folder', async () => {
    const site = await openSite([NMC2]);
    try {
      const images = join(site.folder, 'images');
      const names = await readdir(images);
      const longAgo = new Date('2024-01-01T00:00:00Z');
      const age = (name: string) => utimes(join(images, name), longAgo, longAgo);
      await Promise.all(names.map(age));
      const plan = ['plan', '-i', site.inventory, '--json'];
      const first = await site.run(plan);
      const index = join(site.state, 'images.json');
      for (const name of names) expect(await readFile(index, 'utf8')).toContain(`"${name}"`);
      const { ino } = await stat(index);
      // Other bytes of the same size and time are not noticed: nothing is read again.
      for (const name of names) {
        const { size } = await stat(join(images, name));
        await writeFile(join(images, name), Buffer.alloc(size));
        await age(name);
      }
      const planOf = (ran: Ran) => z.looseObject({ id: z.string() }).parse(JSON.parse(ran.out)).id;
      expect(planOf(await site.run(plan))).toBe(planOf(first));
      expect((await site.run(['audit', '-i', site.inventory])).exit).toBe(3);
      expect((await stat(index)).ino).toBe(ino);
      // The bytes to send are read again, so the zeros do not reach the card.
      const upgrade = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
      expect(upgrade.exit).not.toBe(0);
      expect(upgrade.out).toContain('image/changed');
      expect(await readdir(images)).toEqual(names);
    } finally {
      await site.close();
    }
  });
});
