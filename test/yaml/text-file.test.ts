import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asProblem } from '../../src/core/index.ts';
import { readFileWithin, readTextWithin } from '../../src/yaml/index.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-read-'));
  await mkdir(join(folder, 'folder'));
  await symlink('circle', join(folder, 'circle'));
  await writeFile(join(folder, 'text'), 'größe\n');
  const large = await open(join(folder, 'large'), 'w');
  await large.truncate(3 * 1024 ** 3);
  await large.close();
  if (process.platform !== 'win32') await run('mkfifo', [join(folder, 'pipe'), join(folder, 'silent')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a named file', () => {
  it('is read completely, up to exactly the limit', async () => {
    expect(await readTextWithin(join(folder, 'text'), 100)).toBe('größe\n');
    expect((await readFileWithin(join(folder, 'text'), 8)).length).toBe(8);
    await expect(readFileWithin(join(folder, 'text'), 7)).rejects.toMatchObject({ code: 'EFBIG' });
  });

  it.each([
    ['missing', 'ENOENT'],
    ['folder', 'EISDIR'],
    ['text/below', 'ENOTDIR'],
    ['circle', 'ELOOP'],
    ['n'.repeat(300), 'ENAMETOOLONG'],
    ['large', 'EFBIG'],
  ])('%s is a problem of the file, not a defect of the tool', async (name, code) => {
    const thrown = await readFileWithin(join(folder, name), 1000).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code });
    const problem = asProblem(thrown);
    expect(problem.code).toBe('config/file');
    expect(problem.message).toContain(code);
    expect(problem.message).not.toContain('defect in upsfw');
  });
});

describe.skipIf(process.platform === 'win32')('a pipe or a device', () => {
  it('without an end is limited', async () => {
    await expect(readFileWithin('/dev/zero', 1_000_000)).rejects.toMatchObject({ code: 'EFBIG' });
  });

  it('without a writer is empty and does not block', async () => {
    expect((await readFileWithin(join(folder, 'pipe'), 100)).length).toBe(0);
    expect((await readFileWithin('/dev/null', 100)).length).toBe(0);
  });

  it('is read while it is written', async () => {
    // Descriptor 3 of the child is what `<(program)` gives to a command.
    const text = 'x'.repeat(300_000);
    const writer = spawn('sh', [
      '-c',
      `exec 3>"$0"; head -c 300000 /dev/zero | tr '\\0' x >&3`,
      join(folder, 'pipe'),
    ]);
    const reader = await open(join(folder, 'pipe'), 'r');
    try {
      expect(await readTextWithin(`/dev/fd/${reader.fd}`, 1_000_000)).toBe(text);
    } finally {
      await reader.close();
      writer.kill();
    }
  });

  it('that stays silent ends with a timeout', async () => {
    const writer = await open(join(folder, 'silent'), 'r+');
    try {
      await expect(readFileWithin(join(folder, 'silent'), 100, 40)).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
    } finally {
      await writer.close();
    }
  });
});

describe('a system error', () => {
  const system = (code: string, more: Record<string, string> = {}): Error =>
    Object.assign(new Error(`${code}: x`), { code, syscall: 'write', ...more });

  it.each(['ENOSPC', 'EROFS', 'EMFILE', 'ENFILE', 'EDQUOT'])(
    '%s without a path is no fault of the tool',
    (code) => {
      expect(asProblem(system(code))).toMatchObject({
        code: 'config/file',
        message: expect.stringContaining(code),
      });
    },
  );

  it.each([
    ['of a connection', system('EACCES', { syscall: 'connect', path: '/run/x.sock' })],
    ['of a program that does not start', system('ENOENT', { syscall: 'spawn sops', path: 'sops' })],
    ['without a place', system('ENOENT')],
    ['of another kind', new TypeError('x is not a function')],
  ])('%s is not a file error', (_, thrown) => {
    expect(asProblem(thrown).code).toBe('internal/unexpected');
  });
});
