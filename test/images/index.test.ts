import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ImageFolder, openFolder, readBytes } from '../../src/images/index.ts';
import { buildImage } from '../../src/sim/index.ts';

const OLD = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 2000 });
const OTHER = buildImage({ microLinkId: 18, version: '15.1', payloadBytes: 2000 });
const LONG_AGO = new Date('2024-01-01T00:00:00Z');
const LATER = new Date('2024-01-01T00:00:01Z');

let base: string;
let folder: string;
let index: string;
let warnings: string[];
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'upsfw-index-'));
  folder = join(base, 'images');
  index = join(base, 'state', 'images.json');
  warnings = [];
  await mkdir(folder);
  await put('a.enc', OLD, LONG_AGO);
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function put(name: string, bytes: Buffer, when: Date): Promise<void> {
  await writeFile(join(folder, name), bytes);
  await utimes(join(folder, name), when, when);
}

function openIndexed(of = folder): Promise<ImageFolder> {
  return openFolder(of, { index, onWarning: (message) => warnings.push(message) });
}

async function versions(): Promise<readonly (string | null)[]> {
  return (await openIndexed()).images.map((image) => image.version);
}

async function entries(): Promise<number> {
  const text = await readFile(index, 'utf8');
  return text.split('"stamp"').length - 1;
}

describe('the index of a folder', () => {
  it('saves reading an unchanged file, and is not rewritten then', async () => {
    const first = await openIndexed();
    const { ino } = await stat(index);
    await put('a.enc', OTHER, LONG_AGO);
    const second = await openIndexed();
    // Same size, time and inode: the cached metadata is used.
    expect(second).toEqual(first);
    expect((await stat(index)).ino).toBe(ino);
    expect(warnings).toEqual([]);
    expect(await readdir(dirname(index))).toEqual(['images.json']);
    expect(await readdir(folder)).toEqual(['a.enc']);
  });

  it('never replaces the bytes that are sent', async () => {
    await openIndexed();
    await put('a.enc', OTHER, LONG_AGO);
    const [image] = (await openIndexed()).images;
    if (image === undefined) throw new Error('no image');
    await expect(readBytes(image)).rejects.toMatchObject({ code: 'image/changed' });
  });

  it('is not used for another time, size or inode', async () => {
    await openIndexed();
    await put('a.enc', OTHER, LATER);
    expect(await versions()).toEqual(['15.1']);
    await put('a.enc', OTHER.subarray(0, 128), LATER);
    expect((await openIndexed()).images[0]?.problems).not.toEqual([]);
    await put('a.enc', OLD, LONG_AGO);
    expect(await versions()).toEqual(['15.0']);
    await put('b.new', OTHER, LONG_AGO);
    await rename(join(folder, 'b.new'), join(folder, 'a.enc'));
    expect(await versions()).toEqual(['15.1']);
  });

  it('contains no file that changed less than two seconds before', async () => {
    await put('fresh.enc', OTHER, new Date());
    await put('future.enc', OTHER, new Date(Date.now() + 3_600_000));
    await openIndexed();
    expect(await entries()).toBe(1);
    expect(await readFile(index, 'utf8')).toContain('a.enc');
    await put('a.enc', OLD, new Date());
    await openIndexed();
    expect(await entries()).toBe(0);
  });

  it('forgets deleted files and keeps those of other folders', async () => {
    const elsewhere = join(base, 'more');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'z.enc'), OLD);
    await utimes(join(elsewhere, 'z.enc'), LONG_AGO, LONG_AGO);
    await put('b.enc', OTHER, LONG_AGO);
    await openIndexed();
    await openIndexed(elsewhere);
    expect(await entries()).toBe(3);
    await rm(join(folder, 'a.enc'));
    await openIndexed();
    expect(await entries()).toBe(2);
  });

  it('keeps the problems of a damaged file, and nothing of an unread one', async () => {
    await put('cut.enc', OLD.subarray(0, 1000), LONG_AGO);
    await mkdir(join(folder, 'folder.enc'));
    const first = await openIndexed();
    expect(await openIndexed()).toEqual(first);
    expect(first.images.map((image) => image.problems.length > 0)).toEqual([false, true, true]);
    expect(await entries()).toBe(2);
  });
});

const VERSION_FILE = '/proc/version';
const hasProc = existsSync(VERSION_FILE);
if (!hasProc) process.stderr.write('skipped: a file that hides its size, there is no /proc\n');

describe.runIf(hasProc)('a file whose size differs from its content', () => {
  it('is not indexed', async () => {
    await symlink(VERSION_FILE, join(folder, 'z.enc'));
    const first = await openIndexed();
    expect(await openIndexed()).toEqual(first);
    expect(warnings).toEqual([]);
    expect(await entries()).toBe(1);
  });
});

describe('an index that is damaged', () => {
  it.each<readonly [string, (text: string) => string]>([
    ['empty', () => ''],
    ['cut', (text) => text.slice(0, -20)],
    ['no JSON', () => 'hello'],
    ['of another schema', (text) => text.replace('image-index@1', 'image-index@9')],
    ['with another key', (text) => text.replace('"stamp":{', '"stamp":{"more":1,')],
    ['with an invalid hash', (text) => text.replace(/"sha256":"../, '"sha256":"zz')],
    [
      'with an unknown problem code',
      (text) => text.replace('"problems":[]', '"problems":[{"code":"x","message":""}]'),
    ],
    ['with the name of another file', (text) => text.replace('"file":"a.enc"', '"file":"b.enc"')],
    ['with another size', (text) => text.replace(/"sizeBytes":\d+/, '"sizeBytes":1')],
  ])('%s, is reported, ignored and rebuilt', async (_what, damage) => {
    const first = await openIndexed();
    const sound = await readFile(index, 'utf8');
    await writeFile(index, damage(sound));
    expect(await openIndexed()).toEqual(first);
    expect(warnings).toMatchObject([expect.stringContaining('read again')]);
    expect(await readFile(index, 'utf8')).toBe(sound);
  });

  it('but well-formed never replaces the bytes', async () => {
    await openIndexed();
    const sound = await readFile(index, 'utf8');
    await writeFile(index, sound.replace('"microLinkId":18', '"microLinkId":20'));
    const [image] = (await openIndexed()).images;
    if (image === undefined) throw new Error('no image');
    expect(image.microLinkId).toBe(20);
    await expect(readBytes(image)).rejects.toMatchObject({
      code: 'image/changed',
      message: expect.stringMatching(/for ID20,.*for ID18,/),
    });
  });

  it('or made by another version, is rebuilt silently', async () => {
    await openIndexed();
    const sound = await readFile(index, 'utf8');
    await writeFile(index, sound.replace(/"reader":\d+/, '"reader":0').replace('"15.0"', '"77.7"'));
    expect(await versions()).toEqual(['15.0']);
    expect(await readFile(index, 'utf8')).toBe(sound);
    expect(warnings).toEqual([]);
  });

  it('or not writable, stops nothing', async () => {
    await writeFile(join(base, 'state'), 'a file where the folder should be');
    expect(await versions()).toEqual(['15.0']);
    expect(warnings.join()).toContain('cannot be written');
    await rm(join(base, 'state'));
    await mkdir(join(base, 'state', 'images.json'), { recursive: true });
    expect(await versions()).toEqual(['15.0']);
    expect(await readdir(join(base, 'state'))).toEqual(['images.json']);
  });
});

describe('concurrent use', () => {
  it('is safe in one process', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => openIndexed()));
    for (const one of all) expect(one).toEqual(all[0]);
    expect(warnings).toEqual([]);
    expect(await readdir(dirname(index))).toEqual(['images.json']);
    expect(await entries()).toBe(1);
  });

  it('is safe while another process damages and replaces the index', async () => {
    await openIndexed();
    const code = `
      const fs = require('node:fs');
      const [file] = process.argv.slice(1);
      const sound = fs.readFileSync(file);
      process.stdout.write('ready');
      for (;;) {
        fs.writeFileSync(file + '.x', sound.subarray(0, Math.random() * sound.length));
        fs.renameSync(file + '.x', file);
        fs.writeFileSync(file + '.x', sound);
        fs.renameSync(file + '.x', file);
      }`;
    const child = spawn(process.execPath, ['-e', code, index], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      for (let round = 0; round < 100; round += 1) expect(await versions()).toEqual(['15.0']);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await openIndexed();
    expect(await entries()).toBe(1);
  });
});

describe('a read-only images folder', () => {
  it('is read and indexed', async () => {
    await chmod(folder, 0o500);
    expect(await versions()).toEqual(['15.0']);
    expect(await entries()).toBe(1);
    await chmod(folder, 0o700);
  });
});
