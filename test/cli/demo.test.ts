import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { NMC2, NMC3, openSite, runHere, runOf, type Site } from './harness.ts';

describe('the demonstration', () => {
  it('upgrades two units in two ways, shows the refused ones with reason and remedy, and says that nothing is real', async () => {
    const ran = await runHere(['demo']);
    expect(ran.exit).toBe(0);
    for (const part of [
      'sent by ftp, started by snmp, verify done',
      'sent by scp, started by cli, verify done',
      '5 units: 2 upgraded, 1 current, 2 refused (exit code 0)',
      '2 run new firmware, after 2 starts in all',
      'CARD_PATH',
      'OLDER_PROTOCOL',
      'remedy:',
      'REHEARSAL',
    ]) {
      expect(ran.out).toContain(part);
    }
  });
});

describe('the commands of the README', () => {
  let site: Site | undefined;
  afterEach(() => site?.close());

  it('work one after the other', async () => {
    site = await openSite([NMC2, NMC3]);
    const { inventory, folder } = site;
    const plan = join(folder, 'plan.json');
    const ask = async (): Promise<string> => 'yes';
    expect((await site.run(['images', join(folder, 'images')])).exit).toBe(0);
    expect((await site.run(['audit', '-i', inventory])).exit).toBe(3);
    expect((await site.run(['plan', '-i', inventory, '--out', plan])).exit).toBe(0);
    expect((await site.run(['plan', '-i', inventory, '--format', 'md'])).out).toContain('# Plan');
    const upgraded = await site.run(['upgrade', '-i', inventory, '--plan', plan, '--apply', '--json'], {
      ask,
    });
    expect(runOf(upgraded).units.map((unit) => unit.outcome)).toEqual(['upgraded', 'upgraded']);
    expect((await site.run(['status', '--live'])).exit).toBe(0);
    expect((await site.run(['resume'])).exit).toBe(0);
    expect((await site.run(['report', '--format', 'md', '--out', join(folder, 'report.md')])).exit).toBe(0);
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('**upgraded**');
    expect((await site.run(['report', '--audit', '--format', 'json'])).exit).toBe(0);
    for (const { device } of site.fleet.units) expect(device.counters.starts).toBe(1);
  });

  it('simulate writes an inventory and images, and ends by itself', async () => {
    site = await openSite([]);
    const file = join(site.folder, 'fleet', 'inventory.yaml');
    const ran = await site.run(['simulate', '--write', file, '--for', '1s', '--speed', '600']);
    expect(ran.exit).toBe(0);
    expect(ran.talk).toContain('export UPSFW_SIM_PASSWORD=');
    expect(await readFile(file, 'utf8')).toContain('sites:');
    expect((await site.run(['images', join(site.folder, 'fleet', 'images')])).exit).toBe(0);
  });
});
