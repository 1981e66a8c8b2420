import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type LocalAction, LocalArgs } from '../../src/cli/commands/local/action.ts';
import { createUsbDriveAction } from '../../src/cli/commands/local/usb-drive.ts';
import { buildImage } from '../../src/sim/index.ts';
import { driveAt, imageIn } from '../support/devices/usb-drives.ts';
import { keptIo, runHere } from '../support/sites/site.ts';

let folder: string;
let drive: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'upsfw-local-drive-')));
  drive = join(folder, 'drive');
  await mkdir(drive);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the action on a USB drive that this machine does not have. */
async function run(values: readonly string[], options: Partial<LocalArgs> = {}): Promise<string> {
  const action: LocalAction = createUsbDriveAction(driveAt(drive));
  const args = LocalArgs.parse({
    json: false,
    quiet: false,
    color: false,
    logLevel: 'silent',
    action: 'usb-drive',
    values,
    rules: [],
    override: [],
    authenticate: false,
    yes: false,
    ...options,
  });
  const { io, out } = keptIo();
  expect(await action.run(args, io)).toBe(0);
  return out();
}

const Document = z.looseObject({
  schema: z.literal('upsfw/local-usb-drive@1'),
  generatedAt: z.string(),
  state: z.string(),
  from: z.string().nullable(),
  next: z.array(z.object({ text: z.string(), source: z.string() })),
  unknown: z.array(z.object({ text: z.string(), source: z.string() })),
});

async function file(name: string, id: number, version = '15.9'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, buildImage({ microLinkId: id, version, payloadBytes: 2000 }));
  return path;
}

describe('local usb-drive', () => {
  it('writes the image, and shows its units, the next steps and what is not known', async () => {
    const image = await imageIn(folder);
    const text = await run([drive, image.path]);
    expect(await readdir(drive)).toEqual([image.file]);
    for (const part of [
      image.sha256,
      'for units of ID1020 with 10.1 or later',
      'next 1: Check on the panel that the unit runs 10.1 or later',
      'not known: Not published: the folder in which the unit looks for the file',
      'That the file belongs into the root folder is an assumption.',
      'does not report whether it is FAT32',
      'HASH_UNKNOWN',
    ])
      expect(text).toContain(part);
    expect(await run([drive, image.path])).toContain('unchanged');
  });

  it('prints one document with --json', async () => {
    const image = await imageIn(folder);
    await mkdir(join(drive, 'System Volume Information'));
    const document = Document.parse(JSON.parse(await run([drive, image.path], { json: true })));
    expect(document).toMatchObject({
      dir: drive,
      file: image.file,
      sha256: image.sha256,
      state: 'written',
      microLinkId: 1020,
      version: '15.9',
      from: '10.1',
      ofTheSystem: ['System Volume Information'],
    });
    expect(document.next.length).toBeGreaterThan(2);
    expect(document.unknown.length).toBe(1);
  });

  it.each([
    [1016, '02.3'],
    [1021, '12.0'],
  ])('knows that units of ID %i take an image from it, from %s on', async (id, from) => {
    const path = await file('x.enc', id);
    expect(await run([drive, path])).toContain(`for units of ID${id} with ${from} or later`);
  });

  it.each([18, 1001, 1017, 1033, 9999])('refuses ID %i, because no source confirms it', async (id) => {
    const path = await file('x.enc', id);
    await expect(run([drive, path])).rejects.toMatchObject({
      code: 'refused/rule',
      message: expect.stringContaining('STICK_NOT_KNOWN'),
      hint: expect.stringContaining('It can be overridden: --override usb-drive-of-line="reason".'),
    });
    expect(await readdir(drive)).toEqual([]);
  });

  it('continues if the operator overrides that with a reason', async () => {
    const path = await file('x.enc', 1017);
    const text = await run([drive, path], { override: ['usb-drive-of-line=told so by the vendor on site'] });
    expect(text).toContain('written');
    expect(text).toContain('overridden: told so by the vendor');
  });

  it.each([
    ['a file that is not an image', 'x.enc', Buffer.from('no image'), /image\//],
    ['an empty file', 'y.enc', Buffer.alloc(0), /image\/empty/],
    ['firmware for a card', 'apc_hw05_aos_696.bin', Buffer.from('x'), /config\/images/],
  ])('refuses %s', async (_name, name, bytes, code) => {
    await writeFile(join(folder, name), bytes);
    await expect(run([drive, join(folder, name)])).rejects.toMatchObject({
      code: expect.stringMatching(code),
    });
    expect(await readdir(drive)).toEqual([]);
  });

  it('refuses a whole folder of images', async () => {
    await file('x.enc', 1020);
    await file('y.enc', 1020);
    await expect(run([drive, folder])).rejects.toMatchObject({ code: 'config/images' });
  });
});

describe('the command line', () => {
  it('refuses a folder of this machine that is not FAT, and ends with 2', async () => {
    const image = await imageIn(folder);
    const { exit, info } = await runHere(['local', 'usb-drive', drive, image.path]);
    expect(exit).toBe(2);
    expect(info).toContain('is not on a FAT file system');
    const json = await runHere(['local', 'usb-drive', drive, image.path, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      schema: 'upsfw/error@1',
      problem: { code: 'config/usb-drive' },
    });
  });

  it('exits with 3 if a rule refuses, and with 2 if an argument is missing', async () => {
    const path = await file('x.enc', 18);
    expect((await runHere(['local', 'usb-drive', drive, path])).exit).toBe(3);
    expect((await runHere(['local', 'usb-drive', drive])).exit).toBe(2);
    expect((await runHere(['local', 'usb-drive', drive, path, '--yes'])).exit).toBe(2);
  });
});
