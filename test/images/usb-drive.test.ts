import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredImage } from '../../src/core/index.ts';
import { writeUsbDrive } from '../../src/images/index.ts';
import { fatNameProblem } from '../../src/images/usb-drive.ts';
import { driveAt, FAT, imageIn, sha256 } from '../support/devices/usb-drives.ts';
import { anyText } from '../support/values/text.ts';

let folder: string;
let drive: string;
let image: StoredImage;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'upsfw-drive-')));
  drive = join(folder, 'drive');
  await mkdir(drive);
  image = await imageIn(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const refusal = (dir: string, system = driveAt(drive), what = image): Promise<unknown> =>
  writeUsbDrive(dir, what, system).then(
    (result) => result,
    (thrown: unknown) => thrown,
  );

describe('an empty FAT drive', () => {
  it('gets only the image, unchanged and under its own name', async () => {
    const result = await writeUsbDrive(drive, image, driveAt(drive));
    expect(result).toEqual({
      dir: drive,
      file: 'SRT1020UPS_15-9.enc',
      sizeBytes: image.sizeBytes,
      sha256: image.sha256,
      state: 'written',
      ofTheSystem: [],
    });
    expect(await readdir(drive)).toEqual(['SRT1020UPS_15-9.enc']);
    expect(sha256(await readFile(join(drive, image.file)))).toBe(image.sha256);
  });

  it('may contain folders of operating systems, in any case', async () => {
    const names = ['System Volume Information', '.Trashes', '.fseventsd', '.Spotlight-V100'];
    for (const name of names) await mkdir(join(drive, name));
    const { state, ofTheSystem } = await writeUsbDrive(drive, image, driveAt(drive));
    expect(state).toBe('written');
    expect([...ofTheSystem].sort()).toEqual([...names].sort());
  });

  it('is found through a link', async () => {
    await symlink(drive, join(folder, 'link'));
    expect(await writeUsbDrive(join(folder, 'link'), image, driveAt(drive))).toMatchObject({ dir: drive });
  });
});

describe('a drive that contains the image already', () => {
  it('is left alone', async () => {
    await writeUsbDrive(drive, image, driveAt(drive));
    await chmod(join(drive, image.file), 0o444);
    // There is no space for another copy, and none is needed.
    const again = await writeUsbDrive(drive, image, driveAt(drive, FAT, 0));
    expect(again.state).toBe('there-already');
    expect(await readdir(drive)).toEqual([image.file]);
  });

  it('is left alone if FAT shows the name in another case', async () => {
    await writeFile(join(drive, image.file.toUpperCase()), await readFile(image.path));
    expect(await writeUsbDrive(drive, image, driveAt(drive))).toMatchObject({ state: 'there-already' });
  });

  it('is refused with another file', async () => {
    await writeUsbDrive(drive, image, driveAt(drive));
    await writeFile(join(drive, 'notes.txt'), '');
    expect(await refusal(drive)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('notes.txt'),
    });
  });

  it('is refused if the content differs, which is kept', async () => {
    await writeFile(join(drive, image.file), 'older');
    expect(await refusal(drive)).toMatchObject({ code: 'config/usb-drive' });
    expect(await readFile(join(drive, image.file), 'utf8')).toBe('older');
  });
});

describe('a drive with any other file', () => {
  it.each(['photo.jpg', '.hidden', '._SRT1020UPS_15-9.enc', 'System Volume Information.txt'])(
    'is refused: %s',
    async (name) => {
      await writeFile(join(drive, name), 'x');
      expect(await refusal(drive)).toMatchObject({
        code: 'config/usb-drive',
        message: expect.stringContaining(name),
        hint: expect.stringContaining('deletes nothing'),
      });
      expect(await readdir(drive)).toEqual([name]);
    },
  );

  it('is refused with a bounded, sanitized list', async () => {
    for (let index = 0; index < 40; index += 1) await writeFile(join(drive, `a-${index}\u001b[31m`), '');
    const problem = await refusal(drive);
    expect(problem).toMatchObject({ message: expect.stringContaining('and 32 more') });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(problem instanceof Error ? problem.message : '').not.toMatch(/\u001b/);
  });
});

describe('a folder that is not a USB drive', () => {
  it.each([
    [0x2011bab0, 'it is exFAT'],
    [0x5346544e, 'it is NTFS'],
    [0xef53, 'ext4'],
    [0x1234, 'its type is 0x1234'],
    [0, 'its type is 0x0'],
  ])('is refused by the type of its file system: 0x%s', async (type, text) => {
    expect(await refusal(drive, driveAt(drive, type))).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining(text),
    });
    expect(await readdir(drive)).toEqual([]);
  });

  it('is refused below the root', async () => {
    const below = join(drive, 'upsfw');
    await mkdir(below);
    expect(await refusal(below)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('not its root'),
    });
  });

  it('is refused if it does not exist or is a file', async () => {
    expect(await refusal(join(folder, 'none'))).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('There is no folder'),
    });
    expect(await refusal(image.path)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('is not a folder'),
    });
  });

  it('is refused if the system does not report the file system', async () => {
    const silent = {
      ...driveAt(drive),
      statfs: () => Promise.reject(new Error('not supported')),
    };
    expect(await refusal(drive, silent)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('not supported'),
    });
  });

  it('is a temporary folder of this machine', async () => {
    expect(await writeUsbDrive(drive, image).catch((thrown: unknown) => thrown)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('is not on a FAT file system'),
    });
  });
});

describe('writing', () => {
  it('needs space for the whole file', async () => {
    const size = image.sizeBytes;
    expect(await refusal(drive, driveAt(drive, FAT, size - 512))).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining(`${size} are needed`),
    });
    expect(await refusal(drive, driveAt(drive, FAT, size + 512))).toMatchObject({ state: 'written' });
  });

  it('refuses a file that changed since it was read', async () => {
    await writeFile(image.path, 'something else');
    expect(await refusal(drive)).toMatchObject({ code: 'image/changed' });
    expect(await readdir(drive)).toEqual([]);
  });

  it('does not replace a file that appears meanwhile, and leaves no draft', async () => {
    const path = join(drive, image.file);
    const system = driveAt(drive);
    // Free space is read after the list of files. A file written then appears in between.
    let queries = 0;
    const race = {
      ...system,
      statfs: async (root: string) => {
        queries += 1;
        if (queries === 2) await writeFile(path, 'of somebody else');
        return system.statfs(root);
      },
    };
    expect(await refusal(drive, race)).toMatchObject({ code: 'config/usb-drive' });
    expect(await readFile(path, 'utf8')).toBe('of somebody else');
    expect(await readdir(drive)).toEqual([image.file]);
  });

  it('refuses names that FAT cannot store', async () => {
    const renamed = { ...image, file: 'a:b.enc' };
    expect(await refusal(drive, driveAt(drive), renamed)).toMatchObject({
      code: 'config/usb-drive',
      message: expect.stringContaining('contains the character ":"'),
    });
  });
});

describe('FAT names', () => {
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
  ])('%j is refused', (name) => {
    expect(fatNameProblem(name)).not.toBeNull();
  });

  it.each([
    'SRT1020UPS_15-9.enc',
    'SRT1020UPS 15-9.enc',
    'console.enc',
    'com10.enc',
    'ä.enc',
    'x'.repeat(255),
  ])('%j is accepted', (name) => {
    expect(fatNameProblem(name)).toBeNull();
  });

  it('are decided for any text, and never contain a path', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), (name) => {
        if (fatNameProblem(name) !== null) return;
        for (const mark of ['/', '\\', '\0']) expect(name).not.toContain(mark);
        expect(name.length).toBeGreaterThan(0);
        expect(name.length).toBeLessThan(256);
      }),
    );
  });
});
