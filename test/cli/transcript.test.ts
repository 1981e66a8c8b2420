import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatedUnit } from '../../src/sim/index.ts';
import { NMC2, NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';

let site: Site;
afterEach(() => site.close());

/** The artifacts of a run with one unit. */
async function artifactsOf(
  unit: SimulatedUnit,
): Promise<{ readonly folder: string; readonly names: string[] }> {
  site = await openSite([unit]);
  const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
  const folder = join(site.state, 'runs', runOf(ran).run, 'units', unit.site, unit.name);
  return { folder, names: (await readdir(folder)).sort() };
}

describe('the artifacts of a unit', () => {
  it.each([
    ['scp', NMC3, ['scp -t /upsfw/SMT20UPS_15-0.enc', 'sent by SCP, acknowledged', 'upsfwupdate -install']],
    ['ftp', NMC2, ['STOR SMT18UPS_15-1.enc', '226 Transfer complete.', 'PASS ###']],
  ] as const)(
    'by %s: settings, event log, identity, and a transcript without the password',
    async (_method, unit, expected) => {
      const { folder, names } = await artifactsOf(unit);
      expect(names).toEqual(['hop-1-config.ini', 'hop-1-event.txt', 'hop-1-unit.json', 'transcript.jsonl']);
      const text = await readFile(join(folder, 'transcript.jsonl'), 'utf8');
      for (const words of expected) expect(text).toContain(words);
      for (const secret of Object.values(site.fleet.environment)) expect(text).not.toContain(secret);
      for (const name of names) expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);
    },
  );

  it('do not depend on files that the card does not serve', async () => {
    site = await openSite([{ ...NMC3, faults: ['event-log-unreadable'] }]);
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded' });
  });
});
