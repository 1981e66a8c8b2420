import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isCardName,
  LARGEST_CARD_FILE,
  openFolder,
  openPaths,
  readBytes,
  readCardFile,
  readCardName,
} from '../../src/images/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { anyText } from '../support/values/text.ts';

const BYTES = Buffer.alloc(3000, 0x41);

describe('the name of a card file', () => {
  it.each([
    ['apc_hw05_bootmon_109.bin', 'hw05', 'card-boot', null, '1.0.9'],
    ['apc_hw05_aos_696.bin', 'hw05', 'card-os', null, '6.9.6'],
    ['apc_hw05_sumx_6.9.6.bin', 'hw05', 'card-app', 'sumx', '6.9.6'],
    ['apc_hw05_sy_7-0-8.bin', 'hw05', 'card-app', 'sy', '7.0.8'],
    ['APC_HW06_SUMX_v708.BIN', 'hw06', 'card-app', 'sumx', '7.0.8'],
    ['apc_hw21_su_2.5.0.8.nmc3', 'hw21', 'card', 'su', '2.5.0.8'],
    ['apc_hw21_sy_2-5-0-8.nmc3', 'hw21', 'card', 'sy', '2.5.0.8'],
  ])('%s is complete', (file, platform, part, app, version) => {
    expect(readCardName(file)).toEqual({ claims: { platform, part, app, version }, why: null });
  });

  it.each([
    ['four digits, which can be split in three ways', 'apc_hw05_aos_1012.bin'],
    ['two digits', 'apc_hw05_aos_69.bin'],
    ['three digits for four places', 'apc_hw21_su_250.nmc3'],
    ['four digits for four places', 'apc_hw21_su_2508.nmc3'],
    ['points and dashes together', 'apc_hw05_aos_6.9-6.bin'],
    ['a letter', 'apc_hw05_aos_6.6.9.b.bin'],
    ['no version', 'apc_hw05_aos_.bin'],
    ['another device', 'apc_hw05_rpdu2g_672.bin'],
    ['a single module of the third generation', 'apc_hw21_aos_1.4.0.23.bin'],
    ['a whole file of the second generation', 'apc_hw05_sumx_6.9.6.nmc3'],
    ['the first generation', 'apc_hw02_aos_373.bin'],
    ['a part in a whole file', 'apc_hw21_bootmon_1.0.0.0.nmc3'],
    ['free text', 'latest.nmc3'],
    ['free text', 'firmware.bin'],
  ])('that has %s is refused: %s', (_why, file) => {
    const { problems } = readCardFile(BYTES, file);
    expect(problems.map(({ code }) => code)).toEqual(['image/name']);
  });

  it('never gives one version for two different versions', () => {
    const place = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(place, place, place, fc.constantFrom('', '.', '-'), (a, b, c, mark) => {
        const { claims, why } = readCardName(`apc_hw05_aos_${[a, b, c].join(mark)}.bin`);
        expect(why).toBeNull();
        expect(claims.version).toBe(`${a}.${b}.${c}`);
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^\d{4,9}$/), (digits) => {
        expect(readCardName(`apc_hw05_aos_${digits}.bin`).claims.version).toBeNull();
        expect(readCardName(`apc_hw21_su_${digits}.nmc3`).claims.version).toBeNull();
      }),
    );
  });

  it('is usable only if it is complete', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 60 }), fc.constantFrom('.bin', '.nmc3', ''), (stem, end) => {
        const { claims, why } = readCardName(`${stem}${end}`);
        const isComplete = claims.platform !== null && claims.part !== null && claims.version !== null;
        if (why === null) expect(isComplete).toBe(true);
      }),
    );
  });
});

describe('the content of a card file', () => {
  const NAME = 'apc_hw05_sumx_696.bin';
  it.each([
    ['nothing', Buffer.alloc(0), 'image/empty', 'empty'],
    ['a self-extracting package', Buffer.from('MZ\x90\x00'), 'image/format', 'unpack it'],
    ['an archive', Buffer.from('PK\x03\x04'), 'image/format', 'unpack it'],
    ['a page', Buffer.from('<!DOCTYPE html><html>'), 'image/format', 'page'],
    ['an image for a UPS', buildImage({ microLinkId: 18, version: '15.0' }), 'image/format', 'ID18'],
    ['too much', Buffer.alloc(LARGEST_CARD_FILE + 1), 'image/size', 'the limit is'],
  ])('that is %s is refused', (_what, bytes, code, text) => {
    const { problems } = readCardFile(bytes, NAME);
    expect(problems).toMatchObject([{ code, message: expect.stringContaining(text) }]);
  });

  it('is not checked further: only the card can', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const read = readCardFile(bytes, NAME);
        expect(read.sizeBytes).toBe(bytes.length);
        expect(read.sha256).toMatch(/^[0-9a-f]{64}$/);
      }),
    );
  });
});

describe('card files in a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upsfw-card-files-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are listed by name beside the images; a package is shown but not used', async () => {
    await writeFile(join(folder, 'apc_hw05_sumx_696.bin'), BYTES);
    await writeFile(join(folder, 'apc_hw05_aos_696.bin'), BYTES);
    await writeFile(join(folder, 'apc_hw05_aos696_sumx696_bootmon109.exe'), 'MZ');
    await writeFile(join(folder, 'SMT18UPS_15-0.enc'), buildImage({ microLinkId: 18, version: '15.0' }));
    await writeFile(join(folder, 'readme.txt'), 'x');
    const opened = await openFolder(folder);
    expect(opened.images.map(({ file }) => file)).toEqual(['SMT18UPS_15-0.enc']);
    expect(opened.cardFiles.map(({ file, problems }) => [file, problems.length])).toEqual([
      ['apc_hw05_aos696_sumx696_bootmon109.exe', 1],
      ['apc_hw05_aos_696.bin', 0],
      ['apc_hw05_sumx_696.bin', 0],
    ]);
    const named = await openPaths([folder, join(folder, 'apc_hw05_aos_696.bin')]);
    expect([named.images.length, named.cardFiles.length]).toEqual([1, 3]);
  });

  it('are enough only if no UPS image is needed', async () => {
    await writeFile(join(folder, 'apc_hw05_aos_696.bin'), BYTES);
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'config/images' });
    expect((await openFolder(folder, { allowCardFilesOnly: true })).cardFiles.length).toBe(1);
    await rm(join(folder, 'apc_hw05_aos_696.bin'));
    await expect(openFolder(folder, { allowCardFilesOnly: true })).rejects.toMatchObject({
      code: 'config/images',
    });
  });

  it('have a problem if they cannot be read', async () => {
    await mkdir(join(folder, 'apc_hw05_aos_696.bin'));
    const { cardFiles } = await openFolder(folder, { allowCardFilesOnly: true });
    expect(cardFiles[0]?.problems).toMatchObject([{ code: 'image/unreadable' }]);
  });

  it('are read again before they are sent, and refused if changed', async () => {
    const path = join(folder, 'apc_hw05_aos_696.bin');
    await writeFile(path, BYTES);
    const [file] = (await openPaths([path])).cardFiles;
    if (file === undefined) throw new Error('the file was not read');
    expect(await readBytes(file)).toEqual(BYTES);
    await expect(readBytes({ ...file, version: '7.0.8' })).rejects.toMatchObject({ code: 'image/changed' });
    await writeFile(path, Buffer.concat([BYTES, Buffer.from('x')]));
    await expect(readBytes(file)).rejects.toMatchObject({ code: 'image/changed' });
    await rm(path);
    await expect(readBytes(file)).rejects.toMatchObject({ code: 'image/changed' });
  });
});

it('card file names are not image names', () => {
  for (const name of ['a.bin', 'a.NMC3', 'apc_hw05_x.exe', 'apc_hw21_x.zip'])
    expect(isCardName(name)).toBe(true);
  for (const name of ['a.enc', 'setup.exe', 'a.zip', 'bin', 'a.bin.txt'])
    expect(isCardName(name)).toBe(false);
});
