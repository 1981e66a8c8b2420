import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFolder, openPaths } from '../../src/images/index.ts';
import { kindOfName, vendorName } from '../../src/images/names.ts';
import { buildImage } from '../../src/sim/index.ts';
import { anyText } from '../support/values/text.ts';
import { LONG } from '../support/values/timeouts.ts';

const IMAGE = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 500 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-listing-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Buffer = 'x') => writeFile(join(folder, name), content);
const cardNames = async () => (await openPaths([folder])).cardFiles.map(({ file }) => file);

describe('the kind of a name', () => {
  it.each([
    ['image', ['SMT18UPS_15-0.enc', 'SMT18UPS_15-0.ENC', 'SMT18UPS_15-0 (1).enc', '.hidden.enc']],
    ['card', ['apc_hw05_aos_722.bin', 'APC_HW05_AOS_722.BIN', 'apc_hw21_su_2-5-5-1.nmc', 'x (1).nmc3']],
    [
      'package',
      [
        'apc_hw05_aos722_sumx722_bootmon109.exe',
        'apc_hw05_aos722_sumx722_bootmon109 (1).exe',
        'APC_HW21_SU_2-5-5-1.ZIP',
        'APC_SUMX_722_EN.zip',
        'SFSUMX722.zip',
        'SmartUPS_NMC2_7.2.2.zip',
        'Smart-UPS NMC3 firmware.exe',
      ],
    ],
    [
      'archive',
      [
        'NMCFirmwareUpdateUtility.exe',
        'Smart-UPS_Firmware_Upgrade_Wizard_4-3-8.zip',
        'a.7z',
        'b.tar.gz',
        'SMT18UPS_15-1.enc.zip',
      ],
    ],
    [
      'unfinished',
      ['SMT18UPS_15-0.enc.crdownload', 'apc_hw05_aos_722.bin.part', 'x.zip.download', 'y.filepart', 'z.tmp'],
    ],
    [
      'renamed',
      ['SMT18UPS_15-0.enc.txt', 'SMT18UPS_15-0.enc (1)', 'SMT18UPS_15-0', 'apc_hw05_aos_722', 'a.bin_'],
    ],
    [
      'notes',
      ['SMT18UPS_15-0_readme.txt', 'SMC1000UPS_10-0_readme .txt', 'Notes.PDF', 'SMT18UPS_15-0.enc.sha256'],
    ],
    ['language', ['sumx_722_frFr.lpk']],
    [
      'system',
      ['._apc_hw05_aos_722.bin', '._a.enc', '.DS_Store', 'Thumbs.db', 'desktop.ini', '.a.enc.1.part'],
    ],
    ['other', ['x', 'firmware.hex', 'VID.mp4']],
  ])('%s: %j', (kind, names) => {
    expect(names.map((name) => [name, kindOfName(name)])).toEqual(names.map((name) => [name, kind]));
  });

  it('is found at once for any text', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), (name) => {
        expect(vendorName(vendorName(name)).length).toBeLessThanOrEqual(name.length * 3);
        expect(kindOfName(name)).not.toBe('folder');
      }),
    );
    for (const part of ['(1)', ' copy', ' - Copy', 'copy of ', '.', '_1', 'a1UPS', '%20', ' '])
      for (const name of [part.repeat(4000), `${part.repeat(80)}.bin`]) kindOfName(name);
  });
});

describe('a folder with packages', () => {
  it('does not follow links, and says so for Bins', async () => {
    await mkdir(join(folder, 'pkg'));
    await symlink('.', join(folder, 'pkg', 'Bins'));
    await symlink('..', join(folder, 'pkg', 'up'));
    await symlink(folder, join(folder, 'loop'));
    await put('apc_hw05_aos_722.bin');
    const { cardFiles, notes, others } = await openPaths([folder]);
    expect(cardFiles.length).toBe(1);
    expect(notes).toEqual([`${join('pkg', 'Bins')} is a link, not a folder, so it was not searched.`]);
    expect(others.map(({ kind, files }) => [kind, files])).toEqual([
      ['folder', ['pkg']],
      ['other', ['loop']],
    ]);
  });

  it('says that Bins is a file', async () => {
    await put('Bins');
    await put('apc_hw05_aos_722.bin');
    const found = await openPaths([folder]);
    expect(found.notes).toEqual(['Bins is a file, not a folder, so it was not searched.']);
    expect(found.cardFiles.length).toBe(1);
  });

  it('is read when it is the folder Bins itself', async () => {
    await mkdir(join(folder, 'pkg', 'Bins'), { recursive: true });
    await writeFile(join(folder, 'pkg', 'Bins', 'apc_hw05_aos_722.bin'), 'x');
    for (const path of [folder, join(folder, 'pkg'), join(folder, 'pkg', 'Bins')])
      expect((await openPaths([path])).cardFiles.map(({ file }) => file)).toEqual(['apc_hw05_aos_722.bin']);
    const all = await openPaths([folder, join(folder, 'pkg')]);
    expect(all.cardFiles.length).toBe(1);
  });

  it('is searched in a limited number of folders', async () => {
    for (let number = 0; number < 300; number += 1)
      await mkdir(join(folder, `d${String(number).padStart(3, '0')}`, 'Bins'), { recursive: true });
    for (const number of ['000', '255', '256'])
      await writeFile(join(folder, `d${number}`, 'Bins', `apc_hw05_aos_7${number.slice(1)}.bin`), 'x');
    const { notes } = await openPaths([folder]);
    expect(notes).toEqual(['Only the first 256 folders were searched for Bins.']);
    expect(await cardNames()).toEqual(['apc_hw05_aos_700.bin', 'apc_hw05_aos_755.bin']);
    const heard: string[] = [];
    await openFolder(folder, { allowCardFilesOnly: true, onWarning: (message) => heard.push(message) });
    expect(heard).toEqual(notes);
  });

  it.skipIf(process.platform === 'win32')('holds pipes with any name, and none is opened', async () => {
    const names = [
      'apc_hw05_aos_722.bin',
      'apc_hw21_su_2-5-5-1.nmc3',
      'apc_hw05_aos722_sumx722_bootmon109.exe',
    ];
    await mkdir(join(folder, 'pkg', 'Bins'), { recursive: true });
    const paths = [
      ...names.map((name) => join(folder, name)),
      join(folder, 'pkg', 'Bins', 'apc_hw05_sumx_722.bin'),
    ];
    execFileSync('mkfifo', paths);
    execFileSync('mkfifo', [join(folder, 'readme.txt'), join(folder, 'x.enc')]);
    const found = await openPaths([folder]);
    expect(found.cardFiles.map(({ problems }) => problems[0]?.code)).toEqual(
      Array(4).fill('image/unreadable'),
    );
    expect(found.images[0]?.problems[0]?.code).toBe('image/unreadable');
  });

  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.stderr.write('skipped: a folder without permission, root may read everything\n');
  it.skipIf(isRoot || process.platform === 'win32')('says which folder cannot be read', async () => {
    await mkdir(join(folder, 'shut', 'Bins'), { recursive: true });
    await mkdir(join(folder, 'pkg', 'Bins'), { recursive: true });
    await put('apc_hw05_aos_722.bin');
    await chmod(join(folder, 'shut'), 0o000);
    await chmod(join(folder, 'pkg', 'Bins'), 0o000);
    const { notes, cardFiles } = await openPaths([folder]);
    expect(cardFiles.length).toBe(1);
    expect(notes).toHaveLength(2);
    for (const place of ['shut cannot be read', `${join('pkg', 'Bins')} cannot be read`])
      expect(notes.some((note) => note.startsWith(place))).toBe(true);
    await chmod(join(folder, 'shut'), 0o700);
    await chmod(join(folder, 'pkg', 'Bins'), 0o700);
  });

  it('accepts names of 255 bytes', async () => {
    await put(`${'a'.repeat(251)}.enc`, IMAGE);
    await put(`${'b'.repeat(251)}.bin`);
    await put(`apc_hw05_${'(1)'.repeat(80)}.bin`);
    await put(`${'c'.repeat(255)}`);
    await mkdir(join(folder, 'd'.repeat(255), 'Bins'), { recursive: true });
    const { images, cardFiles } = await openPaths([folder]);
    expect(images[0]?.problems).toEqual([]);
    expect(cardFiles.map(({ problems }) => problems[0]?.code)).toEqual(['image/name', 'image/name']);
  });
});

describe('a folder with very many files', () => {
  const many = async (count: number, extension: string): Promise<void> => {
    for (let from = 0; from < count; from += 500)
      await Promise.all(Array.from({ length: 500 }, (_, index) => put(`${from + index}${extension}`, '')));
  };

  it('is read if few of them are firmware', { timeout: LONG }, async () => {
    await many(20_000, '.txt');
    await put('SMT18UPS_15-0.enc', IMAGE);
    const { images, others } = await openPaths([folder]);
    expect(images.length).toBe(1);
    expect(others).toMatchObject([{ kind: 'notes', count: 20_000 }]);
    expect(others[0]?.files.length).toBe(20);
  });

  it('is refused if they are', { timeout: LONG }, async () => {
    await many(10_500, '.bin');
    await expect(openPaths([folder])).rejects.toMatchObject({
      code: 'config/images',
      message: expect.stringContaining('10500 files'),
    });
  });
});

describe('a folder without anything usable names what is there', () => {
  it.each([
    ['apc_hw05_aos722_sumx722_bootmon109.exe', 'unzip apc_hw05_aos722_sumx722_bootmon109.exe'],
    ['SMT18UPS_15-0.enc.crdownload', 'unfinished download'],
    ['SMT18UPS_15-0.enc.txt', 'the name that the vendor gave it'],
    ['Wizard.zip', 'unzip -l Wizard.zip'],
  ])('%s', async (name, hint) => {
    await put(name, 'MZ');
    for (const allowCardFilesOnly of [false, true]) {
      await expect(openFolder(folder, { allowCardFilesOnly })).rejects.toMatchObject({
        code: 'config/images',
        message: expect.stringContaining(`only ${name}`),
        hint: expect.stringContaining(hint),
      });
    }
  });
});
