import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CardFile, StoredImage } from '../../src/core/index.ts';
import { filesAsOf, loadRules } from '../../src/rules/index.ts';
import { NMC2, openSite, runHere, type Site } from '../support/sites/site.ts';

let site: Site | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const Left = z.array(z.looseObject({ file: z.string(), because: z.string() }));
const Reasons = z.array(z.looseObject({ code: z.string(), because: z.string() }));

/** An image of the catalogue as it would be in a folder. */
function stored(file: string, sha256: string, version: string): StoredImage {
  return {
    file,
    path: `/images/${file}`,
    sizeBytes: 1280,
    sha256,
    microLinkId: 18,
    microLinkIdAfter: 18,
    version,
    signed: false,
    parts: [],
    problems: [],
  };
}

const HASHES = {
  'SMT18UPS_09-6.enc': '7ac6b0d04efc4eae37d7927bc256b4ee63c00e78da1d8def64382206593b6c4d',
  'SMT18UPS_15-0.enc': '280fd8faf39777c3f83d9119f198f460d539528886a8c8e9ce7b292ba3adc699',
  'SMT18UPS_15-1.enc': 'ce5a6e101717686544c4c1053e7c0e5c81a72db72c759000113eb10d5d537783',
} as const;
const FOLDER = [
  ...Object.entries(HASHES).map(([file, sha256]) =>
    stored(file, sha256, file.slice(9, 13).replace('-', '.')),
  ),
  stored('own.enc', 'f'.repeat(64), '14.0'),
];

describe('the files of a folder as of a day', () => {
  it.each([
    ['2020-04-02', []],
    ['2024-03-23', []],
    ['2024-03-24', ['SMT18UPS_09-6.enc', 'SMT18UPS_15-0.enc']],
    ['2025-09-01', ['SMT18UPS_09-6.enc', 'SMT18UPS_15-0.enc']],
    ['2026-11-30', ['SMT18UPS_09-6.enc', 'SMT18UPS_15-0.enc', 'SMT18UPS_15-1.enc']],
  ])('of %s are %j', async (asOf, expected) => {
    const { images, leftOut } = filesAsOf(await loadRules({ asOf }), FOLDER, []);
    expect(images.map(({ file }) => file)).toEqual(expected);
    // Every other file is named, with its reason.
    const others = FOLDER.map(({ file }) => file).filter((file) => !expected.includes(file));
    expect(leftOut.map(({ file }) => file)).toEqual(others);
    expect(leftOut.find(({ file }) => file === 'own.enc')?.because).toMatch(/date is not known/);
    for (const { file, because } of leftOut.filter((one) => one.file !== 'own.enc'))
      expect(because, file).toMatch(/^no source shows that it was public by 20/);
  });

  it('are all files without a day', async () => {
    const { images, leftOut } = filesAsOf(await loadRules(), FOLDER, []);
    expect(images).toEqual(FOLDER);
    expect(leftOut).toEqual([]);
  });

  it('have no card files, and keep damaged files for their message', async () => {
    const card: CardFile = {
      file: 'apc_hw05_aos_718.bin',
      path: '/images/apc_hw05_aos_718.bin',
      sizeBytes: 1,
      sha256: 'a'.repeat(64),
      platform: 'hw05',
      part: 'card-os',
      app: null,
      version: '7.1.8',
      problems: [],
    };
    const damaged = {
      ...stored('cut.enc', 'e'.repeat(64), '15.0'),
      problems: [{ code: 'image/truncated', message: 'cut' }] as const,
    };
    const kept = filesAsOf(await loadRules({ asOf: '2026-12-31' }), [damaged], [card]);
    expect(kept.images).toEqual([damaged]);
    expect(kept.cardFiles).toEqual([]);
    expect(kept.leftOut).toMatchObject([
      { file: card.file, because: expect.stringMatching(/date is not known/) },
    ]);
  });
});

describe('audit and plan as of a day', () => {
  it('use no image of unknown date, and name it', async () => {
    site = await openSite([NMC2]);
    const words = ['-i', site.inventory, '--as-of', '2025-06-01'];
    const plan = z
      .looseObject({
        leftOut: Left,
        units: z.array(
          z.looseObject({ hops: z.array(z.unknown()), verdict: z.looseObject({ reasons: Reasons }) }),
        ),
      })
      .parse(JSON.parse((await site.run(['plan', ...words, '--json'])).out));
    expect(plan.units[0]?.hops).toEqual([]);
    expect(plan.units[0]?.verdict.reasons).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          code: 'IMAGE_LEFT_OUT',
          because: expect.stringMatching(/SMT18UPS_15-1\.enc was left out: its date is not known/),
        }),
      ]),
    );
    expect(plan.leftOut.map(({ file }) => file)).toContain('SMT18UPS_15-1.enc');
    const audit = z
      .looseObject({
        asOf: z.string(),
        leftOut: Left,
        units: z.array(
          z.looseObject({ verdict: z.looseObject({ target: z.looseObject({ version: z.string() }) }) }),
        ),
      })
      .parse(JSON.parse((await site.run(['audit', ...words, '--json'])).out));
    expect(audit).toMatchObject({
      asOf: '2025-06-01',
      units: [{ verdict: { target: { version: '15.0' } } }],
    });
    expect(audit.leftOut.map(({ file }) => file)).toContain('SMT18UPS_15-1.enc');
    expect((await site.run(['audit', ...words])).out).toContain('with what was public on 2025-06-01');
    for (const command of ['audit', 'plan'])
      expect((await site.run([command, ...words])).out).toMatch(
        /left out: SMT18UPS_15-1\.enc: its date is not known/,
      );
  });

  it('use every image without a day', async () => {
    site = await openSite([NMC2]);
    const { out } = await site.run(['plan', '-i', site.inventory, '--json']);
    expect(JSON.parse(out)).toMatchObject({ units: [{ hops: [{ to: { version: '15.1' } }] }] });
    expect(out).toContain('"leftOut": []');
    expect((await site.run(['audit', '-i', site.inventory, '--json'])).out).toContain('"leftOut": []');
  });

  it('leave files for cards out, and name them', async () => {
    site = await openSite([NMC2]);
    await writeFile(join(site.folder, 'images', 'apc_hw05_aos_718.bin'), Buffer.alloc(2000, 1));
    const words = ['-i', site.inventory, '--component', 'card', '--as-of', '2026-06-01', '--json'];
    const plan = z.looseObject({ leftOut: Left }).parse(JSON.parse((await site.run(['plan', ...words])).out));
    expect(plan.leftOut.map(({ file }) => file)).toContain('apc_hw05_aos_718.bin');
  });

  it('cannot be used to upgrade', async () => {
    site = await openSite([NMC2]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--as-of', '2025-06-01']);
    expect(ran).toMatchObject({ exit: 2, info: expect.stringContaining('--as-of') });
  });
});

describe('rules decide as of a day', () => {
  const decide = async (day: string, ...words: readonly string[]) =>
    z
      .looseObject({
        target: z.string().nullable(),
        image: z.string().nullable(),
        hops: z.array(z.looseObject({ image: z.string() })),
        advisories: z.array(z.looseObject({ id: z.string() })),
      })
      .parse(JSON.parse((await runHere(['rules', 'decide', ...words, '--as-of', day, '--json'])).out));

  it.each([
    ['2020-04-02', '09.4', []],
    ['2024-03-24', '15.0', ['SMT18UPS_09-6.enc', 'SMT18UPS_15-0.enc']],
    ['2026-11-29', '15.0', ['SMT18UPS_09-6.enc', 'SMT18UPS_15-0.enc']],
    ['2026-11-30', '15.1', ['SMT18UPS_09-6.enc', 'SMT18UPS_15-1.enc']],
  ])('of %s leads to %s', async (day, target, route) => {
    const decision = await decide(day, '--sku', 'SMT1500', '--firmware', 'UPS 09.3 (ID18)');
    expect(decision.target).toBe(target);
    expect(decision.hops.map(({ image }) => image)).toEqual(route);
  });

  it.each([
    ['2025-05-24', '17.2'],
    ['2025-05-25', '18.0'],
  ])('of %s knows %s, which a collection of that day shows', async (day, target) => {
    expect((await decide(day, '--firmware', 'UPS 16.0 (ID1015)')).target).toBe(target);
  });

  it.each([
    ['2020-06-21', ['CVE-2018-7820']],
    ['2020-06-22', ['CVE-2018-7820', 'CVE-2020-11896']],
    ['2021-11-08', ['CVE-2018-7820', 'CVE-2020-11896']],
    ['2021-11-09', ['CVE-2018-7820', 'CVE-2020-11896', 'CVE-2021-22810']],
  ])('of %s knows the advisories of cards %j', async (day, expected) => {
    const { advisories } = await decide(day, '--card-os', '6.4.0', '--card-model', 'AP9631');
    const known = advisories.map(({ id }) => id);
    const wanted = ['CVE-2018-7820', 'CVE-2020-11896', 'CVE-2021-22810'];
    expect(wanted.filter((id) => known.includes(id))).toEqual(expected);
  });
});
