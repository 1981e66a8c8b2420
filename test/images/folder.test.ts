import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  hasContent,
  identicalFiles,
  LARGEST_IMAGE,
  openFiles,
  openFolder,
  readBytes,
  readImage,
} from '../../src/images/index.ts';
import { buildImage } from '../../src/sim/index.ts';

const IMAGE = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 2000 });
const { sha256 } = readImage(IMAGE, 'x');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-images-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a folder of images', () => {
  it('is read by name, with any other content', async () => {
    await writeFile(join(folder, 'b.enc'), IMAGE);
    await writeFile(join(folder, 'a.enc'), '');
    await writeFile(join(folder, 'readme.txt'), 'hello');
    const { images } = await openFolder(folder);
    expect(images.map((image) => [image.file, image.problems.length])).toEqual([
      ['a.enc', 1],
      ['b.enc', 0],
    ]);
  });

  it('is read once if named twice or with one of its files', async () => {
    await writeFile(join(folder, 'b.enc'), IMAGE);
    await writeFile(join(folder, 'a.enc'), '');
    const files = await openFiles([folder, `${folder}/`, join(folder, 'b.enc')]);
    expect(files.map((image) => image.file)).toEqual(['a.enc', 'b.enc']);
  });

  it('is refused if missing or empty', async () => {
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'config/images' });
    await expect(openFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'config/images' });
    await expect(openFiles([join(folder, 'none.enc')])).rejects.toMatchObject({ code: 'config/images' });
  });

  it('gives bytes only while the files are unchanged', async () => {
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

describe('files with the same bytes', () => {
  it('are named, by path if in another folder; unread files match nothing', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    const third = buildImage({ microLinkId: 20, version: '15.0', payloadBytes: 2000 });
    for (const name of ['a.enc', 'b.enc', 'other/a.enc']) await writeFile(join(folder, name), IMAGE);
    await writeFile(join(folder, 'c.enc'), third);
    await writeFile(join(folder, 'empty.enc'), '');
    await mkdir(join(folder, 'folder.enc'));
    const identical = identicalFiles(await openFiles([folder, other]));
    expect(identical.get(join(folder, 'a.enc'))).toEqual(['b.enc', join(other, 'a.enc')]);
    expect(identical.get(join(other, 'a.enc'))).toEqual([join(folder, 'a.enc'), join(folder, 'b.enc')]);
    for (const alone of ['c.enc', 'empty.enc', 'folder.enc'])
      expect(identical.get(join(folder, alone))).toEqual([]);
  });
});

describe('an unreadable file is reported, without a crash or a wait', () => {
  const only = async (): Promise<readonly [readonly string[], boolean]> => {
    const [image] = (await openFolder(folder)).images;
    if (image === undefined) throw new Error('no image');
    return [image.problems.map(({ code }) => code), hasContent(image)];
  };

  it('a file larger than any image', async () => {
    await writeFile(join(folder, 'a.enc'), IMAGE);
    await truncate(join(folder, 'a.enc'), LARGEST_IMAGE + 1);
    expect(await only()).toEqual([['image/size'], false]);
    const [image] = await openFiles([join(folder, 'a.enc')]);
    expect(image).toMatchObject({ sizeBytes: LARGEST_IMAGE + 1 });
  });

  it('a folder named like an image', async () => {
    await mkdir(join(folder, 'a.enc'));
    expect(await only()).toEqual([['image/unreadable'], false]);
  });

  it.skipIf(process.platform === 'win32')('a pipe without a writer', async () => {
    execFileSync('mkfifo', [join(folder, 'a.enc')]);
    expect(await only()).toEqual([['image/unreadable'], false]);
  });

  it('links to each other, to themselves, and to nothing', async () => {
    await symlink('b.enc', join(folder, 'a.enc'));
    await symlink('a.enc', join(folder, 'b.enc'));
    await symlink('c.enc', join(folder, 'c.enc'));
    await symlink('gone', join(folder, 'd.enc'));
    const { images } = await openFolder(folder);
    expect(images.map((image) => image.problems[0]?.code)).toEqual(Array(4).fill('image/unreadable'));
    await expect(openFiles([join(folder, 'a.enc')])).rejects.toMatchObject({
      code: 'config/images',
      message: expect.stringContaining('ELOOP'),
    });
  });

  it('a link to the folder itself', async () => {
    await writeFile(join(folder, 'a.enc'), IMAGE);
    await symlink('.', join(folder, 'again'));
    await symlink('a.enc', join(folder, 'b.enc'));
    const files = await openFiles([folder, join(folder, 'again')]);
    expect(files.every((image) => image.problems.length === 0)).toBe(true);
    expect((await openFolder(folder)).images.map((image) => image.sha256)).toEqual([sha256, sha256]);
  });

  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.stderr.write('skipped: files without permission, root may read everything\n');
  it.skipIf(isRoot || process.platform === 'win32')('a file and a folder without permission', async () => {
    await writeFile(join(folder, 'a.enc'), IMAGE);
    await chmod(join(folder, 'a.enc'), 0o000);
    expect(await only()).toEqual([['image/unreadable'], false]);
    await chmod(folder, 0o000);
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'config/images' });
    await chmod(folder, 0o700);
  });
});
