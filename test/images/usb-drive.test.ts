import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredImage } from '../../src/core/index.ts';
import { writeUsbDrive } from '../../src/images/index.ts';
import { fatNameProblem } from '../../src/images/usb-drive.ts';
import { FAT, imageIn, sha256, stickAt } from './usb-drives.ts';

let folder: string;
let stick: string;
let image: StoredImage;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'upsfw-stick-')));
  stick = join(folder, 'stick');
  await mkdir(stick);
  image = await imageIn(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const refusal = (dir: string, system = stickAt(stick), what = image): Promise<unknown> =>
  writeUsbDrive(dir, what, system).then(
    (result) => result,
    (thrown: unknown) => thrown,
  );

describe('an empty FAT stick', () => {
  it('gets the image alone, under its own name and byte for byte', async () => {
    const result = await writeUsbDrive(stick, image, stickAt(stick));
    expect(result).toEqual({
      dir: stick,
      file: 'SRT1020UPS_15-9.enc',
      sizeBytes: image.sizeBytes,
      sha256: image.sha256,
      state: 'written',
      ofTheSystem: [],
    });
    expect(await readdir(stick)).toEqual(['SRT1020UPS_15-9.enc']);
    expect(sha256(await readFile(join(stick, image.file)))).toBe(image.sha256);
  });

  it('may hold what systems make for themselves, whatever the case of the letters', async () => {
    const names = ['System Volume Information', '.Trashes', '.fseventsd', '.Spotlight-V100'];
    for (const name of names) await mkdir(join(stick, name));
    const { state, ofTheSystem } = await writeUsbDrive(stick, image, stickAt(stick));
    expect(state).toBe('written');
    expect([...ofTheSystem].sort()).toEqual([...names].sort());
  });

  it('is found behind a link', async () => {
    await symlink(stick, join(folder, 'link'));
    expect(await writeUsbDrive(join(folder, 'link'), image, stickAt(stick))).toMatchObject({ dir: stick });
  });
});

describe('a stick that holds the image already', () => {
  it('is left alone', async () => {
    await writeUsbDrive(stick, image, stickAt(stick));
    await chmod(join(stick, image.file), 0o444);
    // No room for another copy, and none is needed.
    const again = await writeUsbDrive(stick, image, stickAt(stick, FAT, 0));
    expect(again.state).toBe('there-already');
    expect(await readdir(stick)).toEqual([image.file]);
  });

  it('also where FAT shows the name in other letters', async () => {
    await writeFile(join(stick, image.file.toUpperCase()), await readFile(image.path));
    expect(await writeUsbDrive(stick, image, stickAt(stick))).toMatchObject({ state: 'there-already' });
  });

  it('is refused with another file beside it', async () => {
    await writeUsbDrive(stick, image, stickAt(stick));
    await writeFile(join(stick, 'notes.txt'), '');
    expect(await refusal(stick)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('notes.txt'),
    });
  });

  it('is refused where the content is another, which stays as it is', async () => {
    await writeFile(join(stick, image.file), 'older');
    expect(await refusal(stick)).toMatchObject({ code: 'config/usb-drive' });
    expect(await readFile(join(stick, image.file), 'utf8')).toBe('older');
  });
});

describe('a stick with anything else on it', () => {
  it.each(['photo.jpg', '.hidden', '._SRT1020UPS_15-9.enc', 'System Volume Information.txt'])(
    'is refused: %s',
    async (name) => {
      await writeFile(join(stick, name), 'x');
      expect(await refusal(stick)).toMatchObject({
        code: 'config/usb-drive',
        message: expect.stringContaining(name),
        hint: expect.stringContaining('deletes nothing'),
      });
      expect(await readdir(stick)).toEqual([name]);
    },
  );

  it('is refused with a list that has an end, and without raw text', async () => {
    for (let index = 0; index < 40; index += 1) await writeFile(join(stick, `a-${index}\u001b[31m`), '');
    const problem = await refusal(stick);
    expect(problem).toMatchObject({ message: expect.stringContaining('and 32 more') });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(problem instanceof Error ? problem.message : '').not.toMatch(/\u001b/);
  });
});

describe('a folder that is no stick', () => {
  it.each([
    [0x2011bab0, 'it is exFAT'],
    [0x5346544e, 'it is NTFS'],
    [0xef53, 'ext4'],
    [0x1234, 'its type is 0x1234'],
    [0, 'its type is 0x0'],
  ])('is refused by the type of its file system: 0x%s', async (type, word) => {
    expect(await refusal(stick, stickAt(stick, type))).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining(word),
    });
    expect(await readdir(stick)).toEqual([]);
  });

  it('is refused where it is a folder below the root', async () => {
    const below = join(stick, 'upsfw');
    await mkdir(below);
    expect(await refusal(below)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('not its root'),
    });
  });

  it('is refused where it is not there, or a file', async () => {
    expect(await refusal(join(folder, 'none'))).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('There is no folder'),
    });
    expect(await refusal(image.path)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('is not a folder'),
    });
  });

  it('is refused where the system does not tell', async () => {
    const silent = {
      ...stickAt(stick),
      statfs: () => Promise.reject(new Error('not supported')),
    };
    expect(await refusal(stick, silent)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('not supported'),
    });
  });

  it('is what the system of this machine says of a temporary folder', async () => {
    expect(await writeUsbDrive(stick, image).catch((thrown: unknown) => thrown)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('is not on a FAT file system'),
    });
  });
});

describe('writing', () => {
  it('needs room for the whole file', async () => {
    const size = image.sizeBytes;
    expect(await refusal(stick, stickAt(stick, FAT, size - 512))).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining(`${size} are needed`),
    });
    expect(await refusal(stick, stickAt(stick, FAT, size + 512))).toMatchObject({ state: 'written' });
  });

  it('does not take a file that changed since it was read', async () => {
    await writeFile(image.path, 'something else');
    expect(await refusal(stick)).toMatchObject({ code: 'image/changed' });
    expect(await readdir(stick)).toEqual([]);
  });

  it('does not replace what came between, and leaves no draft behind', async () => {
    const path = join(stick, image.file);
    const system = stickAt(stick);
    // Room is asked for after the look at the stick: whoever writes then has come between.
    let asked = 0;
    const race = {
      ...system,
      statfs: async (root: string) => {
        asked += 1;
        if (asked === 2) await writeFile(path, 'of somebody else');
        return system.statfs(root);
      },
    };
    expect(await refusal(stick, race)).toMatchObject({ code: 'config/usb-drive' });
    expect(await readFile(path, 'utf8')).toBe('of somebody else');
    expect(await readdir(stick)).toEqual([image.file]);
  });

  it('refuses names that FAT cannot hold', async () => {
    const odd = { ...image, file: 'a:b.enc' };
    expect(await refusal(stick, stickAt(stick), odd)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('contains the character ":"'),
    });
  });
});

describe('names of FAT', () => {
  it.each([
    'a/b',
    'a\\b',
    'a:b',
    'a*',
    'a?',
    'a"',
    'a<',
    'a>',
    'a|',
    'a\u0001',
    'a\u007f',
    '',
    '.',
    '..',
    'a.',
    'a ',
    ' a',
    'CON',
    'nul.enc',
    'com1.enc',
    'LPT9',
    'x'.repeat(256),
  ])('%j is none', (name) => {
    expect(fatNameProblem(name)).not.toBeNull();
  });

  it.each([
    'SRT1020UPS_15-9.enc',
    'SRT1020UPS 15-9.enc',
    'console.enc',
    'com10.enc',
    'ä.enc',
    'x'.repeat(255),
  ])('%j is one', (name) => {
    expect(fatNameProblem(name)).toBeNull();
  });

  it('are decided for any text, and never hold a path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        if (fatNameProblem(name) !== null) return;
        for (const mark of ['/', '\\', '\0']) expect(name).not.toContain(mark);
        expect(name.length).toBeGreaterThan(0);
        expect(name.length).toBeLessThan(256);
      }),
    );
  });
});
