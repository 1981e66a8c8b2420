import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { NMC2, openSite, runOf, type Site } from '../support/sites/site.ts';

let site: Site;
afterEach(() => site.close());

async function withLines(...lines: readonly string[]): Promise<void> {
  const text = await readFile(site.inventory, 'utf8');
  await writeFile(site.inventory, text.replace(/^version: 1$/m, ['version: 1', ...lines].join('\n')));
}

async function hashes(): Promise<readonly string[]> {
  const folder = join(site.folder, 'images');
  const files = await readdir(folder);
  return Promise.all(
    files.map(async (file) =>
      createHash('sha256')
        .update(await readFile(join(folder, file)))
        .digest('hex'),
    ),
  );
}

it('an unknown hash gives one note for each image of a plan, not for each unit', async () => {
  site = await openSite([NMC2, { ...NMC2, name: 'second' }, { ...NMC2, name: 'third' }]);
  const { out, exit } = await site.run(['plan', '-i', site.inventory]);
  expect(exit).toBe(0);
  expect(out.match(/HASH_UNKNOWN/g)).toHaveLength(1);
  expect(out).toContain('3 units: berlin/a, berlin/second and berlin/third');
});

it('unknownImages: refuse blocks the image by name, and trust allows it', async () => {
  site = await openSite([NMC2]);
  const whole = await readFile(site.inventory, 'utf8');
  await withLines('unknownImages: refuse');
  const known = await hashes();
  const plan = await site.run(['plan', '-i', site.inventory]);
  expect(plan.exit).toBe(3);
  expect(plan.out).toMatch(
    /blocked: SHA-256 [0-9a-f]{64} of SMT18UPS_15-1\.enc is neither .*\[HASH_UNKNOWN\]/,
  );
  expect(plan.out).toMatch(
    /remedy: Compare it with the SHA-256 that the vendor publishes\. Then add it to trust/,
  );
  const refused = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
  expect(runOf(refused).units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'refused/rule' } });
  expect(refused.exit).toBe(3);
  expect(site.fleet.device('a').counters).toMatchObject({ uploads: 0, starts: 0 });

  await writeFile(site.inventory, whole);
  // Hashes may have uppercase or lowercase letters.
  await withLines(
    'unknownImages: refuse',
    `trust: [${known.map((hash) => `"${hash.toUpperCase()}"`).join(', ')}]`,
  );
  const allowed = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
  expect(runOf(allowed).units[0]).toMatchObject({ outcome: 'upgraded' });
  expect(allowed.exit).toBe(0);
});

it('an invalid hash is a finding of the inventory', async () => {
  site = await openSite([NMC2]);
  await withLines('trust: ["abc"]', 'unknownImages: maybe');
  const { exit, info } = await site.run(['plan', '-i', site.inventory]);
  expect(exit).toBe(2);
  expect(info).toContain('64 hexadecimal digits');
  expect(info).toContain('unknownImages');
});
