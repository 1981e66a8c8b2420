import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeInventoryFile } from '../../src/inventory/index.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-inventory-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const refused = (message: RegExp) => ({ code: 'config/inventory', message: expect.stringMatching(message) });

describe('an inventory file', () => {
  it('is created for its owner only, and keeps its mode', async () => {
    const path = join(folder, 'inventory.yaml');
    await writeInventoryFile(path, 'one', null);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await chmod(path, 0o664);
    await writeInventoryFile(path, 'two', 'one');
    expect((await stat(path)).mode & 0o777).toBe(0o664);
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(folder)).toEqual(['inventory.yaml']);
  });

  it('is written to the target of a link', async () => {
    const [real, path] = [join(folder, 'real.yaml'), join(folder, 'link.yaml')];
    await symlink('real.yaml', path);
    await writeInventoryFile(path, 'one', null);
    await writeInventoryFile(path, 'two', 'one');
    expect(await readlink(path)).toBe('real.yaml');
    expect(await readFile(real, 'utf8')).toBe('two');
  });

  it.each([
    ['changed', 'three', 'one'],
    ['made', 'three', null],
    ['removed', null, 'one'],
  ])('is left alone where it was %s since it was read', async (_what, now, before) => {
    const path = join(folder, 'inventory.yaml');
    if (now !== null) await writeFile(path, now);
    await expect(writeInventoryFile(path, 'two', before)).rejects.toMatchObject(refused(/was changed/));
    expect(await readdir(folder)).toEqual(now === null ? [] : ['inventory.yaml']);
    if (now !== null) expect(await readFile(path, 'utf8')).toBe(now);
  });

  it('is not written where it is not valid UTF-8', async () => {
    const path = join(folder, 'inventory.yaml');
    const bytes = Buffer.from('# M\u00fcnchen\n', 'latin1');
    await writeFile(path, bytes);
    const before = await readFile(path, 'utf8');
    await expect(writeInventoryFile(path, 'two', before)).rejects.toMatchObject(refused(/UTF-8/));
    expect(await readFile(path)).toEqual(bytes);
  });

  it('gives a hint where it cannot be written', async () => {
    const path = join(folder, 'nowhere', 'inventory.yaml');
    await expect(writeInventoryFile(path, 'one', null)).rejects.toMatchObject(
      refused(/cannot be written \(ENOENT\)/),
    );
    await expect(writeInventoryFile(folder, 'one', 'x')).rejects.toMatchObject(refused(/cannot be written/));
  });
});
