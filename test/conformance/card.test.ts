/** Firmware for the card itself: at most one upload a hop, and a true statement at the end. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { buildCardFile, type CardFileRecipe, cardFileName } from '../../src/sim/index.ts';
import { faultsOf } from './faults.ts';
import { checkNoFurtherStart, checkRun, checkWords, countStarts, toldBy } from './invariants.ts';
import { type ConformanceSite, type Model, openConformance, type Way, waysOf } from './site.ts';

let site: ConformanceSite;
afterEach(() => site?.close());

const NMC2_SET: readonly CardFileRecipe[] = [
  { platform: 'hw05', part: 'bootmon', version: 'v1.1.0' },
  { platform: 'hw05', part: 'aos', version: 'v7.1.8' },
  { platform: 'hw05', part: 'sumx', version: 'v7.1.8' },
];
const NMC3_SET: readonly CardFileRecipe[] = [{ platform: 'hw21', part: 'all', version: 'v3.1.0.1' }];

interface Case {
  readonly title: string;
  readonly model: Model;
  readonly way: Way;
  readonly files: readonly CardFileRecipe[];
}

async function byTransfer(model: Model, files: Case['files']): Promise<readonly Case[]> {
  const ways = await waysOf(model);
  return ways
    .filter(({ start }) => start === ways[0]?.start)
    .map((way) => ({ title: `${model.persona} by ${way.transfer}`, model, way, files }));
}

const CASES: readonly Case[] = [
  ...(await byTransfer({ persona: 'smx1500-current' }, NMC2_SET)).filter(({ way }) => way.transfer === 'ftp'),
  ...(await byTransfer({ persona: 'smx1500-nmc3' }, NMC3_SET)),
];

describe('firmware for the card, with every fault of a card', () => {
  it.each(CASES)('$title', async ({ model, way, files }) => {
    site = await openConformance(model, [null, ...faultsOf('card')], { way, speed: 100 });
    for (const recipe of files)
      await writeFile(join(site.folder, 'images', cardFileName(recipe)), buildCardFile(recipe));
    const words = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', '--component', 'card'];
    const heard = await site.hear(words);
    const told = toldBy(heard);
    const broken = [...(await checkRun(site, heard, { about: 'card' }))];
    const starts = countStarts(site);
    const resumed = await site.hear(['resume', '--yes', '--json']);
    for (const text of await checkRun(site, resumed, { about: 'card' })) broken.push(`resume: ${text}`);
    broken.push(...(await checkNoFurtherStart(site, told, starts)));
    broken.push(...(await checkWords(site, await site.hear(['report']))));
    expect(broken).toEqual([]);
    const sound = site.units.find(({ name }) => name === 'sound');
    expect(sound?.device.counters.cardFlashes).toBeGreaterThan(0);
  });
});
