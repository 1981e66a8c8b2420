/** Firmware for the card itself: at most one upload per hop, and a true report. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { buildCardFile, type CardFileRecipe, cardFileName } from '../../src/sim/index.ts';
import {
  type ConformanceSite,
  type Methods,
  type Model,
  methodsOf,
  openConformance,
} from '../support/sites/conformance-site.ts';
import {
  checkNoFurtherStart,
  checkRun,
  checkTexts,
  countStarts,
  reportOf,
} from '../support/sites/invariants.ts';
import { faultsOf } from '../support/values/faults.ts';
import { LONG } from '../support/values/timeouts.ts';

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
  readonly method: Methods;
  readonly files: readonly CardFileRecipe[];
}

async function byTransfer(model: Model, files: Case['files']): Promise<readonly Case[]> {
  const methods = await methodsOf(model);
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

describe('firmware for the card, with every card fault', { timeout: LONG }, () => {
  it.each(CASES)('$title', async ({ model, method, files }) => {
    site = await openConformance(model, [null, ...faultsOf('card')], { method, speed: 600 });
    for (const recipe of files)
      await writeFile(join(site.folder, 'images', cardFileName(recipe)), buildCardFile(recipe));
    const args = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json', '--component', 'card'];
    const ran = await site.runLogged(args);
    const report = reportOf(ran);
    const broken = [...(await checkRun(site, ran, { component: 'card' }))];
    const starts = countStarts(site);
    const resumed = await site.runLogged(['resume', '--yes', '--json']);
    for (const text of await checkRun(site, resumed, { component: 'card' })) broken.push(`resume: ${text}`);
    broken.push(...(await checkNoFurtherStart(site, report, starts)));
    broken.push(...(await checkTexts(site, await site.runLogged(['report']))));
    expect(broken).toEqual([]);
    const unfaulted = site.units.find(({ name }) => name === 'no-fault');
    expect(unfaulted?.device.counters.cardFlashes).toBeGreaterThan(0);
  });
});
