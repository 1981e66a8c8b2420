import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLeftAlone } from '../../src/core/index.ts';
import {
  isCardName,
  LARGEST_CARD_FILE,
  openFolder,
  openPaths,
  readBytes,
  readCardFile,
  readCardName,
} from '../../src/images/index.ts';
import { buildCardFile, buildImage } from '../../src/sim/index.ts';
import { anyText } from '../support/values/text.ts';
import { nmc3Of, zipOf } from '../support/values/zip.ts';

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
    ['a whole file of the second generation', 'apc_hw05_sumx_6.9.6.nmc3'],
    ['a part in a whole file', 'apc_hw21_bootmon_1.0.0.0.nmc3'],
    ['free text', 'latest.nmc3'],
    ['free text', 'firmware.bin'],
  ])('that has %s is refused: %s', (_why, file) => {
    const { problems } = readCardFile(BYTES, file);
    expect(problems.map(({ code }) => code)).toEqual(['image/name']);
  });

  it.each([
    ['a rack PDU', 'apc_hw05_rpdu2g_672.bin', 'APC rack PDU'],
    ['a rack PDU of a later generation', 'apc_hw21_rpdu4g_3-0-0-5.nmc3', 'APC rack PDU'],
    ['a rack PDU, for the boot monitor', 'apc_hw21_rpdu2g_2-5-2-5.nmc', 'APC rack PDU'],
    ['a transfer switch', 'APC_HW05_ATS4G_722.BIN', 'APC transfer switch'],
    ['an Easy UPS', 'apc_hw21_eu3p_2.5.0.1.nmc3', 'APC Easy UPS'],
    ['an environment monitor', 'apc_hw05_nb250_722.bin', 'NetBotz'],
    ['a product without a name here', 'apc_hw05_xyz_1012.bin', '"xyz"'],
    ['a Smart-UPS by the family of its name only', 'apc_hw05_sumx2_722.bin', '"sumx2"'],
    ['a card with a name like an object property', 'apc_hw05_constructor_722.bin', '"constructor"'],
    ['a first-generation card', 'apc_hw02_aos_373.bin', 'NMC1'],
    ['a card of no known platform', 'apc_hw09_aos_722.bin', 'hw09'],
    ['a module of a third-generation card', 'apc_hw21_aos_1.4.0.23.bin', 'one .nmc3 file'],
    ['the application of such a card', 'apc_hw21_su_2.5.5.1.bin', 'one .nmc3 file'],
  ])('for %s is left alone and named: %s', (_what, file, text) => {
    // What such a file contains does not matter.
    for (const bytes of [BYTES, Buffer.alloc(0), Buffer.from('<html>')]) {
      const read = readCardFile(bytes, file);
      expect(read.problems).toMatchObject([
        { code: 'image/other-card', message: expect.stringContaining(text) },
      ]);
      expect(isLeftAlone(read)).toBe(true);
    }
  });

  it('of the form for the boot monitor is named and never used', () => {
    const read = readCardFile(BYTES, 'apc_hw21_su_2-5-5-1.nmc');
    expect(read).toMatchObject({ platform: 'hw21', part: 'card', app: 'su', version: '2.5.5.1' });
    expect(read.problems).toMatchObject([
      { code: 'image/console-form', message: expect.stringContaining('XMODEM') },
    ]);
    expect(readCardFile(Buffer.alloc(0), 'apc_hw21_su_2-5-5-1.nmc').problems[0]?.code).toBe('image/empty');
  });

  it.each([
    ['apc_hw05_sumx_722 (1).bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722(12).bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722 (1) (2).bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722.bin (1)', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722 - Copy.bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722 - Copy (2).bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722 copy 2.bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722 - Kopie.bin', 'apc_hw05_sumx_722.bin'],
    ['Copy of apc_hw05_sumx_722.bin', 'apc_hw05_sumx_722.bin'],
    ['apc hw05 sumx 722.bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw05_sumx_722 .bin', 'apc_hw05_sumx_722.bin'],
    ['apc%20hw05%20sumx%20722.bin', 'apc_hw05_sumx_722.bin'],
    ['apc_hw21_su_2-5-5-1 (1).nmc3', 'apc_hw21_su_2-5-5-1.nmc3'],
  ])('that is not the one of the vendor is not used: %s', (file, vendor) => {
    expect(isCardName(file)).toBe(true);
    const bytes = /nmc3/.test(file) ? nmc3Of(BYTES) : BYTES;
    expect(readCardFile(bytes, file)).toMatchObject({
      ...readCardName(vendor).claims,
      problems: [{ code: 'image/renamed', message: expect.stringContaining(`rename it to ${vendor}`) }],
    });
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

  const NMC3_NAME = 'apc_hw21_su_2-5-5-1.nmc3';
  const WHOLE = zipOf([
    { name: 'aos.spkg', content: Buffer.alloc(5000, 1) },
    { name: 'inner.zip', content: zipOf([{ name: 'x', content: BYTES }]) },
    { name: 'app.spkg', content: Buffer.alloc(3000, 2) },
  ]);
  const codesOf = (bytes: Buffer, name = NMC3_NAME): readonly string[] =>
    readCardFile(bytes, name).problems.map(({ code }) => code);

  it('for a third-generation card is a ZIP file', () => {
    expect(codesOf(WHOLE)).toEqual([]);
    expect(codesOf(zipOf([{ name: 'a', content: BYTES }], 'a comment at the end'))).toEqual([]);
    expect(codesOf(buildCardFile({ platform: 'hw21', part: 'all', version: 'v2.5.5.1' }))).toEqual([]);
    // A signature behind the archive is not excluded by any source.
    expect(codesOf(Buffer.concat([WHOLE, Buffer.alloc(512, 7)]))).toEqual([]);
  });

  it.each([
    ['nothing but its first bytes', Buffer.from('PK\x03\x04')],
    ['no ZIP file', BYTES],
    ['a web page', Buffer.from('\ufeff\n<!-- x --><html>')],
    ['an empty archive', zipOf([])],
    [
      'a vendor package with another extension',
      zipOf([{ name: 'Bins/apc_hw21_su_2-5-5-1.nmc3', content: WHOLE }]),
    ],
    ['the download of a package', zipOf([{ name: 'Release notes.pdf', content: BYTES }])],
    ['bytes before the archive', Buffer.concat([Buffer.from('x'), WHOLE])],
    ['lost bytes in the middle', Buffer.concat([WHOLE.subarray(0, 900), WHOLE.subarray(1000)])],
    ['an end without its beginning', WHOLE.subarray(WHOLE.length - 22)],
  ])('for such a card is damaged with %s', (_what, bytes) => {
    expect(codesOf(bytes)).toEqual(['image/format']);
  });

  it('for such a card is damaged wherever it was cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: WHOLE.length - 1 }), (length) => {
        expect(codesOf(WHOLE.subarray(0, length))).toEqual(['image/format']);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
        expect(codesOf(Buffer.from(bytes))).toEqual(['image/format']);
      }),
    );
  });

  it('is not unpacked: the size that an archive claims does not matter', () => {
    const bomb = zipOf([{ name: 'x.spkg', content: BYTES, claimed: 0xfffffff0 }]);
    expect(codesOf(bomb)).toEqual([]);
    expect(codesOf(bomb, 'apc_hw21_su_2-5-5-1.zip')).toEqual(['image/package']);
    // Ends of archives everywhere: each of them is compared with the beginning once.
    const ends = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(40 * 1024 * 1024, 'PK\x05\x06')]);
    expect(codesOf(ends)).toEqual(['image/format']);
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

  it('are found in the folders Bins of unpacked packages', async () => {
    for (const place of ['Bins', 'nmc2/Bins', 'download/nmc3/bins', 'a/b/c/Bins', '__MACOSX/Bins', 'other'])
      await mkdir(join(folder, place), { recursive: true });
    await writeFile(join(folder, 'Bins', 'apc_hw05_aos_722.bin'), BYTES);
    await writeFile(join(folder, 'nmc2/Bins', 'apc_hw05_sumx_722.bin'), BYTES);
    await writeFile(join(folder, 'nmc2/Bins', 'SMT18UPS_15-0.enc'), BYTES);
    await writeFile(join(folder, 'nmc2/Bins', 'sumx_722_frFr.lpk'), BYTES);
    await writeFile(join(folder, 'nmc2', 'Release notes.pdf'), BYTES);
    await writeFile(join(folder, 'download/nmc3/bins', 'apc_hw21_su_2-5-5-1.nmc3'), nmc3Of(BYTES));
    await writeFile(join(folder, 'a/b/c/Bins', 'apc_hw05_aos_717.bin'), BYTES);
    await writeFile(join(folder, '__MACOSX/Bins', 'apc_hw05_aos_716.bin'), BYTES);
    await writeFile(join(folder, 'other', 'apc_hw05_aos_715.bin'), BYTES);
    const { cardFiles, images, others } = await openPaths([folder]);
    expect(images).toEqual([]);
    expect(cardFiles.map(({ file, problems }) => [file, problems.length])).toEqual([
      ['apc_hw05_aos_722.bin', 0],
      ['apc_hw05_sumx_722.bin', 0],
      ['apc_hw21_su_2-5-5-1.nmc3', 0],
    ]);
    expect(others.map(({ kind, files }) => [kind, files])).toEqual([
      ['language', [join('nmc2', 'Bins', 'sumx_722_frFr.lpk')]],
      ['folder', ['a', 'other']],
      ['other', [join('nmc2', 'Bins', 'SMT18UPS_15-0.enc')]],
    ]);
    for (const file of cardFiles) expect((await readBytes(file)).length).toBe(file.sizeBytes);
  });

  it.each([
    ['pdu/Bins', 'ups/Bins'],
    ['apc_hw05_aos722_rpdu2g726_bootmon109', 'apc_hw05_aos722_sumx722_bootmon109'],
  ])(
    'from the package of another product are left alone, with its operating system: %s',
    async (pdu, ups) => {
      for (const place of [pdu, ups]) await mkdir(join(folder, place), { recursive: true });
      for (const part of ['aos_722', 'bootmon_109', 'rpdu2g_726'])
        await writeFile(join(folder, pdu, `apc_hw05_${part}.bin`), BYTES);
      for (const part of ['aos_722', 'bootmon_109', 'sumx_722'])
        await writeFile(join(folder, ups, `apc_hw05_${part}.bin`), Buffer.from(part));
      const { cardFiles } = await openPaths([folder]);
      const usable = cardFiles.filter(({ problems }) => problems.length === 0);
      expect(usable.map(({ path }) => path)).toEqual(
        ['aos_722', 'bootmon_109', 'sumx_722'].map((part) => join(folder, ups, `apc_hw05_${part}.bin`)),
      );
      expect(cardFiles.filter(isLeftAlone).length).toBe(3);
    },
  );

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
  for (const name of ['a.bin', 'a.NMC3', 'a.nmc', 'apc_hw05_x.exe', 'apc_hw21_x.zip', 'SmartUPS_NMC2.zip'])
    expect(isCardName(name)).toBe(true);
  for (const name of ['a.enc', 'setup.exe', 'a.zip', 'bin', 'a.bin.txt', '._a.bin', 'a.bin.part'])
    expect(isCardName(name)).toBe(false);
});
