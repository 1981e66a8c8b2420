import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NMC2, openSite, type Site } from '../support/sites/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite([NMC2]);
  for (const name of ['none', 'wizard', 'card']) await mkdir(join(site.folder, name));
  await writeFile(join(site.folder, 'wizard', 'Firmware_Upgrade_Wizard_4.3.8.exe'), 'MZ');
  await writeFile(join(site.folder, 'card', 'apc_hw05_sumx_696.exe'), 'MZ');
});
afterAll(() => site.close());

/** The content of the folder, and the expected message. */
const FOLDERS = [
  ['missing', 'does not exist', 'images:'],
  ['none', 'contains', 'come with the Firmware Upgrade Wizard'],
  ['wizard', 'only Firmware_Upgrade_Wizard_4.3.8.exe', 'Extract the .enc files from'],
  ['card', 'only apc_hw05_sumx_696.exe', 'package with firmware for cards'],
] as const;

describe.each(FOLDERS)('with the images folder %s', (folder, what, how) => {
  // A package for cards counts as one of their files, which `upsfw images` calls damaged.
  it.skipIf(folder === 'card')('an audit warns and continues', async () => {
    const text = await readFile(site.inventory, 'utf8');
    await writeFile(site.inventory, text.replace(/^images: .*$/m, `images: ./${folder}`), { mode: 0o600 });
    const ran = await site.run(['audit', '-i', site.inventory]);
    expect(ran.exit).toBe(3);
    expect(ran.out).toContain('UPS 09.4');
    expect(ran.info).toContain(what);
    expect(ran.info).toContain(how);
    expect(ran.info).toContain('The audit continues without images');
    expect((await site.run(['audit', '--json', '-i', site.inventory])).exit).toBe(3);
  });

  it.each([['plan'], ['upgrade'], ['upgrade', '--apply', '--yes']])(
    '%s %s %s is refused',
    async (...words) => {
      const ran = await site.run([...words, '-i', site.inventory, '--images', join(site.folder, folder)]);
      expect(ran.exit).toBe(2);
      for (const part of ['(config/images)', join(site.folder, folder), what, how])
        expect(ran.info).toContain(part);
      expect(site.fleet.device('a').counters.uploads).toBe(0);
    },
  );
});
