import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildCardFile, type CardFileRecipe, cardFileName, type SimulatedUnit } from '../../src/sim/index.ts';
import { NMC2, NMC3, openSite, type Ran, runHere, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';
import { zipOf } from '../support/values/zip.ts';

/** What people have in a folder with firmware for their cards, at the level of the command line. */

const CURRENT: SimulatedUnit = { name: 'c', site: 'porto', persona: 'smx1500-current' };
const PACKAGE = 'apc_hw05_aos722_sumx722_bootmon109';

const DocumentShape = z.looseObject({
  cardFiles: z.array(
    z.looseObject({
      file: z.string(),
      version: z.string().nullable(),
      problems: z.array(z.looseObject({ code: z.string(), message: z.string() })),
    }),
  ),
});
const PlanShape = z.looseObject({
  units: z.array(
    z.looseObject({
      hops: z.array(z.looseObject({ component: z.string(), to: z.looseObject({ version: z.string() }) })),
      verdict: z.looseObject({
        status: z.string(),
        reasons: z.array(z.looseObject({ code: z.string(), outcome: z.string(), because: z.string() })),
      }),
    }),
  ),
});

let folder: string;
let site: Site | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-field-'));
});
afterEach(async () => {
  await site?.close();
  site = undefined;
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, content: string | Buffer, into = folder) => writeFile(join(into, name), content);

async function putSet(into: string, version: string, boot = 'v1.0.9'): Promise<void> {
  const recipes: readonly CardFileRecipe[] = [
    { platform: 'hw05', part: 'bootmon', version: boot },
    { platform: 'hw05', part: 'aos', version },
    { platform: 'hw05', part: 'sumx', version },
  ];
  await mkdir(into, { recursive: true });
  for (const recipe of recipes) await put(cardFileName(recipe), buildCardFile(recipe), into);
}

const problemsIn = (ran: Ran): readonly (readonly [string, string])[] =>
  DocumentShape.parse(JSON.parse(ran.out)).cardFiles.flatMap(({ file, problems }) =>
    problems.map(({ message }) => [file, message] as const),
  );

async function planned(
  unit: SimulatedUnit,
  prepare: (images: string) => Promise<void>,
  words: readonly string[] = [],
) {
  site = await openSite([unit]);
  await prepare(join(site.folder, 'images'));
  const ran = await site.run(['plan', '-i', site.inventory, '--component', 'card', ...words, '--json']);
  const [one] = PlanShape.parse(JSON.parse(ran.out)).units;
  if (one === undefined) throw new Error(ran.info);
  const { verdict } = one;
  const hops = one.hops.map(({ component, to }) => `${component} ${to.version}`);
  return { ...verdict, hops, codes: verdict.reasons.map(({ code, outcome }) => `${code} ${outcome}`) };
}

describe("the vendor's package", () => {
  it.each([
    `${PACKAGE}.exe`,
    `${PACKAGE}.zip`,
    'APC_SUMX_722_EN.zip',
    'SmartUPS_NMC2_722.zip',
    'apc_hw21_su_2-5-5-1.exe',
  ])('is named, with where its files are: %s', async (name) => {
    await put(name, name.endsWith('.exe') ? 'MZ' : zipOf([{ name: 'Bins/x', content: Buffer.from('x') }]));
    const ran = await runHere(['images', join(folder, name)]);
    expect(ran.exit).toBe(2);
    expect(ran.out).toMatch(/the vendor's package.*unpack it, the files are in Bins\//);
    expect(ran.out).not.toMatch(/damaged|not read/);
  });

  it('is no fault beside its unpacked folder, which is read', async () => {
    await put(`${PACKAGE}.exe`, 'MZ');
    await putSet(join(folder, PACKAGE, 'Bins'), 'v7.2.2');
    await put('Release notes SUMX SY v722.pdf', '%PDF', join(folder, PACKAGE));
    const ran = await runHere(['images', folder]);
    expect(ran.exit).toBe(0);
    for (const part of [`${PACKAGE}/Bins/apc_hw05_aos_722.bin`, 'card-os 7.2.2 for hw05', 'card-boot 1.0.9'])
      expect(ran.out).toContain(part);
  });

  it.each([
    [NMC2, PACKAGE, 'outdated', ['card-os 7.2.2', 'card-app 7.2.2']],
    [NMC2, 'my downloads', 'unknown', []],
  ] as const)(
    '%s: is planned from a folder with its name, without Bins: %s',
    async (persona, place, status, hops) => {
      const unit = await planned(persona, (images) => putSet(join(images, place), 'v7.2.2'));
      expect(unit).toMatchObject({ status, hops });
    },
  );

  it.each(['', PACKAGE, `unpacked/${PACKAGE}`])('is planned from its folder Bins: %j', async (place) => {
    const unit = await planned(NMC2, (images) => putSet(join(images, place, 'Bins'), 'v7.2.2'));
    expect(unit).toMatchObject({ status: 'outdated', hops: ['card-os 7.2.2', 'card-app 7.2.2'] });
  });

  it('is sent from its folder Bins', { timeout: LONG }, async () => {
    site = await openSite([CURRENT]);
    await putSet(join(site.folder, 'images', PACKAGE, 'Bins'), 'v7.2.2');
    const ran = await site.run([
      'upgrade',
      '-i',
      site.inventory,
      '--component',
      'card',
      '--apply',
      '--yes',
      '--json',
    ]);
    expect([ran.exit, ran.info]).toEqual([0, expect.anything()]);
    expect(ran.out).toContain('"outcome": "upgraded"');
  });

  it('is named by a plan while it is not unpacked', async () => {
    const unit = await planned(NMC2, (images) => put(`${PACKAGE}.exe`, 'MZ', images));
    expect(unit).toMatchObject({ status: 'unknown', hops: [] });
    const missing = unit.reasons.find(({ code }) => code === 'CARD_FILES_MISSING');
    expect(missing?.because).toContain(`${PACKAGE}.exe`);
  });

  it('that is a web page, empty, or text is damaged', async () => {
    await put(`${PACKAGE}.exe`, '<!DOCTYPE html><title>Access Denied</title>');
    await put('apc_hw21_su_2-5-5-1.zip', '');
    await put('apc_hw21_su_2-5-0-8.zip', 'Not found');
    const ran = await runHere(['images', folder, '--json']);
    expect(ran.exit).toBe(2);
    expect(problemsIn(ran).map(([, message]) => message)).toEqual([
      expect.stringContaining('web page'),
      expect.stringContaining('neither a ZIP file nor a program'),
      expect.stringContaining('empty'),
    ]);
  });
});

describe('files for other products', () => {
  const OTHERS = [
    ['apc_hw05_rpdu2g_726.bin', 'APC rack PDU'],
    ['apc_hw05_ats4g_722.bin', 'APC transfer switch'],
    ['apc_hw05_nb250_722.bin', 'NetBotz'],
    ['apc_hw21_eu3p_2-5-0-1.nmc3', 'APC Easy UPS'],
    ['apc_hw02_aos_394.bin', 'NMC1'],
    ['apc_hw21_aos_2.5.5.1.bin', 'NMC3'],
    ['apc_hw05_aos722_rpdu2g726_bootmon109.exe', 'APC rack PDU'],
  ] as const;

  it('are left alone and named, and are not damaged', async () => {
    await putSet(folder, 'v7.2.2');
    for (const [name] of OTHERS) await put(name, 'anything');
    const ran = await runHere(['images', folder, '--json']);
    expect(ran.exit).toBe(0);
    const found = new Map(problemsIn(ran));
    for (const [name, product] of OTHERS) expect(found.get(name)).toContain(product);
    expect(found.size).toBe(OTHERS.length);
    const text = await runHere(['images', folder]);
    expect(text.out).toMatch(/apc_hw05_rpdu2g_726\.bin +left alone/);
    expect(text.out).not.toContain('not usable');
  });

  it('beside the files of a card change nothing in a plan', async () => {
    const unit = await planned(NMC2, async (images) => {
      await putSet(images, 'v7.2.2');
      for (const [name] of OTHERS) await put(name, 'anything', images);
    });
    expect(unit.hops).toEqual(['card-os 7.2.2', 'card-app 7.2.2']);
    expect(unit.codes.filter((code) => /FILE_(?:DAMAGED|RENAMED|PACKED)/.test(code))).toEqual([]);
  });
});

describe('an NMC3 file', () => {
  it('for the boot monitor is named as that and never planned', async () => {
    await put('apc_hw21_su_2-5-5-1.nmc', 'x');
    const ran = await runHere(['images', folder]);
    expect(ran.out).toMatch(/apc_hw21_su_2-5-5-1\.nmc +left alone/);
    expect(ran.out).toMatch(/boot monitor.*XMODEM.*never uploaded/);
    const unit = await planned(NMC3, async (images) => {
      await put('apc_hw21_su_2-5-5-1.nmc', 'x', images);
    });
    expect(unit.hops).toEqual([]);
  });

  it('is planned in both writings of its version, and damaged when it was cut', async () => {
    const whole = buildCardFile({ platform: 'hw21', part: 'all', version: 'v2.5.5.1' });
    await put('apc_hw21_su_2-5-5-1.nmc3', whole);
    await put('apc_hw21_su_2.5.5.1.nmc3', whole);
    expect((await runHere(['images', folder])).exit).toBe(0);
    await put('apc_hw21_su_2-5-5-1.nmc3', whole.subarray(0, -100));
    const ran = await runHere(['images', folder, '--json']);
    expect(ran.exit).toBe(2);
    expect(problemsIn(ran)).toEqual([['apc_hw21_su_2-5-5-1.nmc3', expect.stringContaining('damaged')]]);
  });
});

describe('names that people have', () => {
  it('system files are silent, and everything else is named', async () => {
    await putSet(folder, 'v7.2.2');
    for (const name of ['._apc_hw05_aos_722.bin', '.DS_Store', 'Thumbs.db', '._SMT18UPS_15-0.enc'])
      await put(name, 'x');
    for (const name of [
      'SMT18UPS_15-0.enc.crdownload',
      'apc_hw05_aos_722.bin.part',
      'SMT18UPS_15-1_readme.txt',
    ])
      await put(name, 'x');
    const ran = await runHere(['images', folder]);
    expect(ran.exit).toBe(0);
    for (const name of [
      'SMT18UPS_15-0.enc.crdownload',
      'apc_hw05_aos_722.bin.part',
      'SMT18UPS_15-1_readme.txt',
    ])
      expect(ran.out).toContain(name);
    expect(ran.out).toContain('unfinished');
    expect(ran.out).not.toMatch(/\._|DS_Store|Thumbs/);
  });

  it('a copy with the same bytes is named; with other bytes nothing is chosen', async () => {
    const unit = await planned(NMC2, async (images) => {
      await putSet(images, 'v7.2.2');
      const recipe = { platform: 'hw05', part: 'sumx', version: 'v7.2.2' } as const;
      await put('apc_hw05_sumx_722 (1).bin', buildCardFile(recipe), images);
    });
    expect(unit).toMatchObject({ status: 'outdated', hops: ['card-os 7.2.2', 'card-app 7.2.2'] });
    if (site === undefined) throw new Error('no site');
    await put('apc_hw05_sumx_722 (1).bin', 'a download that was cut', join(site.folder, 'images'));
    const ran = await site.run(['plan', '-i', site.inventory, '--component', 'card', '--json']);
    const [blocked] = PlanShape.parse(JSON.parse(ran.out)).units;
    expect(blocked).toMatchObject({ verdict: { status: 'blocked' }, hops: [] });
    expect(blocked?.verdict.reasons[0]?.because).toContain('apc_hw05_sumx_722 (1).bin');
  });

  it('upper case is accepted by plan and card', { timeout: LONG }, async () => {
    site = await openSite([CURRENT]);
    for (const part of ['bootmon', 'aos', 'sumx'] as const) {
      const recipe = { platform: 'hw05', part, version: part === 'bootmon' ? 'v1.0.9' : 'v7.2.2' } as const;
      await put(cardFileName(recipe).toUpperCase(), buildCardFile(recipe), join(site.folder, 'images'));
    }
    const words = ['upgrade', '-i', site.inventory, '--component', 'card', '--apply', '--yes', '--json'];
    const ran = await site.run(words);
    expect([ran.exit, ran.out]).toEqual([0, expect.stringContaining('"outcome": "upgraded"')]);
  });
});

describe('major versions of card firmware', () => {
  const at5: SimulatedUnit = { name: 'a', site: 'berlin', persona: 'smt1500-ap9630-2012' };

  it('are not skipped, and the remedy names the one between', async () => {
    const unit = await planned(at5, (images) => putSet(images, 'v7.2.2'));
    expect(unit.status).toBe('blocked');
    expect(unit.codes).toContain('CARD_JUMPS_MAJOR block');
    if (site === undefined) throw new Error('no site');
    const text = await site.run(['plan', '-i', site.inventory, '--component', 'card']);
    expect(text.out).toContain('Put the files of major version 6 into the images folder');
  });

  it('are planned one after the other where the folder has them', async () => {
    const bothSets = async (images: string): Promise<void> => {
      await putSet(join(images, 'six', 'Bins'), 'v6.9.6');
      await putSet(join(images, 'seven', 'Bins'), 'v7.2.2');
    };
    const unit = await planned(at5, bothSets, ['--override', 'card-file-crossing=somebody is on site']);
    expect(unit.status).toBe('outdated');
    const versions = unit.hops.filter((hop) => !hop.startsWith('card-boot'));
    expect(versions).toEqual(['card-os 6.9.6', 'card-app 6.9.6', 'card-os 7.2.2', 'card-app 7.2.2']);
    expect(unit.codes).not.toContain('CARD_JUMPS_MAJOR block');
  });
});
