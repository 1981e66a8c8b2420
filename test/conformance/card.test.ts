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
  readonly method: Way;
  readonly files: readonly CardFileRecipe[];
}

async function byTransfer(model: Model, files: Case['files']): Promise<readonly Case[]> {
  const methods = await waysOf(model);
  return methods
    .filter(({ start }) => start === methods[0]?.start)
    .map((method) => ({ title: `${model.persona} by ${method.transfer}`, model, method, files }));
}

const CASES: readonly Case[] = [
  ...(await byTransfer({ persona: 'smx1500-current' }, NMC2_SET)).filter(
    ({ method }) => method.transfer === 'ftp',
  ),
  ...(await byTransfer({ persona: 'smx1500-nmc3' }, NMC3_SET)),
];

describe('firmware for the card, with every fault of a card', () => {
  it.each(CASES)('$title', async ({ model, method, files }) => {
    site = await openConformance(model, [null, ...faultsOf('card')], { method, speed: 100 });
    for (const recipe of files)
      await writeFile(join(site.folder, 'images', cardFileName(recipe)), buildCardFile(recipe));
    const words = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', '--component', 'card'];
    const heard = await site.hear(words);
    const text = toldBy(heard);
    const broken = [...(await checkRun(site, heard, { about: 'card' }))];
    const starts = countStarts(site);
    const resumed = await site.hear(['resume', '--yes', '--json']);
    for (const text of await checkRun(site, resumed, { about: 'card' })) broken.push(`resume: ${text}`);
    broken.push(...(await checkNoFurtherStart(site, text, starts)));
    broken.push(...(await checkWords(site, await site.hear(['report']))));
    expect(broken).toEqual([]);
    const sound = site.units.find(({ name }) => name === 'sound');
    expect(sound?.device.counters.cardFlashes).toBeGreaterThan(0);
  });
});
