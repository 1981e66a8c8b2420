import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NMC2, NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PARTS = ['src', 'bin', 'scripts', 'schema', 'docs', 'README.md', 'package.json', 'package-lock.json'];
const Current = z.object({ build: z.string() });

let checkout: string;
let site: Site | undefined;
let running: ChildProcess | undefined;
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'upsfw-checkout-'));
  for (const part of PARTS) await cp(join(ROOT, part), join(checkout, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
});
afterAll(() => rm(checkout, { recursive: true, force: true }));
afterEach(async () => {
  running?.kill('SIGKILL');
  running = undefined;
  await site?.close();
  site = undefined;
});

function node(...words: string[]): Promise<{ exit: number; out: string; info: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: checkout }, (error, out, info) =>
      resolve({ exit: error === null ? 0 : Number(error.code), out, info }),
    );
  });
}

const QUIET = { exit: 0, out: '', info: '' };

async function build(): Promise<string> {
  expect(await node('scripts/build.mjs')).toEqual(QUIET);
  return currentBuild();
}

async function currentBuild(): Promise<string> {
  const text = await readFile(join(checkout, 'dist', 'current.json'), 'utf8');
  return Current.parse(JSON.parse(text)).build;
}

async function changeSource(): Promise<void> {
  await appendFile(join(checkout, 'src', 'main.ts'), '\n');
}

/** Every file below a folder with its time and content. */
async function filesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    found.set(file, `${(await stat(file)).mtimeMs} ${await readFile(file, 'utf8')}`);
  }
  return found;
}

describe('a build', { timeout: LONG }, () => {
  it('does nothing if it is up to date, and keeps an earlier build', async () => {
    const first = await build();
    const files = await filesOf(join(checkout, 'dist'));
    expect(await build()).toBe(first);
    expect(await filesOf(join(checkout, 'dist'))).toEqual(files);

    await changeSource();
    expect(await build()).not.toBe(first);
    const kept = [...files].filter(([file]) => file.startsWith(join(checkout, 'dist', first)));
    expect([...(await filesOf(join(checkout, 'dist', first)))]).toEqual(kept);
  });

  it('is made again if its folder is missing', async () => {
    const id = await build();
    await rm(join(checkout, 'dist', id), { recursive: true });
    expect(await build()).toBe(id);
    expect((await node('bin/upsfw.cjs', 'explain', 'E100')).exit).toBe(0);
  });

  it('can be made by several processes at once', async () => {
    await changeSource();
    const words = ['scripts/build.mjs'];
    expect(await Promise.all([node(...words), node(...words), node(...words)])).toEqual([
      QUIET,
      QUIET,
      QUIET,
    ]);
    const id = await currentBuild();
    expect((await node('bin/upsfw.cjs', '--help')).out).toContain('upsfw COMMAND');
    expect((await readdir(join(checkout, 'dist'))).filter((name) => name.startsWith('.new-'))).toEqual([]);
    expect(await build()).toBe(id);
  });

  it('removes builds that were not current for a week, and no younger ones', async () => {
    const before = await build();
    const dist = join(checkout, 'dist');
    const old = join(dist, 'old');
    const young = join(dist, 'young');
    const day = 24 * 60 * 60 * 1000;
    for (const [folder, days] of [
      [old, 8],
      [young, 6],
    ] as const) {
      await mkdir(folder);
      const time = new Date(Date.now() - days * day);
      await utimes(folder, time, time);
    }
    // The build that was current until now counts as young at any age.
    await utimes(join(dist, before), new Date(0), new Date(0));
    await changeSource();
    const now = await build();
    expect(await readdir(dist)).toEqual(expect.arrayContaining([before, now, 'young']));
    expect(await readdir(dist)).not.toContain('old');
  });

  it('is packaged alone, without source maps and declarations', async () => {
    await changeSource();
    const id = await build();
    const npm = process.env.npm_execpath;
    const packing = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const { out } = await new Promise<{ out: string }>((resolve) => {
      const [program, words] = npm === undefined ? ['npm', packing] : [process.execPath, [npm, ...packing]];
      execFile(program, words, { cwd: checkout }, (_error, text) => resolve({ out: text }));
    });
    const Packed = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]);
    const paths = Packed.parse(JSON.parse(out))[0].files.map(({ path }) => path);
    const built = paths.filter((path) => path.startsWith('dist/'));
    expect(new Set(built.map((path) => path.split('/')[1]))).toEqual(new Set([id, 'current.json']));
    expect(built).toEqual(
      expect.arrayContaining([
        `dist/${id}/main.cjs`,
        `dist/${id}/package.json`,
        `dist/${id}/THIRD-PARTY-NOTICES.txt`,
        `dist/${id}/src/rules/data/base.json`,
      ]),
    );
    expect(paths.filter((path) => /\.map$|\.ts$/.test(path))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(['bin/upsfw.cjs', 'README.md', 'docs/codes.md']));
  });
});

describe('without the development dependencies', { timeout: LONG }, () => {
  it('a build names what is missing, and npm ci --omit=dev succeeds', async () => {
    const bare = join(checkout, 'bare');
    for (const part of ['src/main.ts', 'bin', 'scripts', 'package.json'])
      await cp(join(checkout, part), join(bare, part), { recursive: true });
    const script = join(bare, 'scripts', 'build.mjs');
    const built = await node(script);
    expect([built.exit, built.out]).toEqual([2, '']);
    expect(built.info).toMatch(
      /^upsfw is not built: \S+rolldown is missing\. .*npm ci && npm run -s build\n$/,
    );
    expect(await node(script, '--prepare')).toMatchObject({ exit: 0, info: built.info });
  });
});

// Only Node.js 22 and newer keep compiled code, so this calls the check of the launcher itself.
describe.skipIf(process.platform === 'win32')('the folder of compiled code', { timeout: LONG }, () => {
  it('is used only if nobody else can write to it', async () => {
    const own = join(checkout, 'own');
    const shared = join(checkout, 'shared');
    await mkdir(own, { mode: 0o700 });
    await mkdir(shared);
    await chmod(shared, 0o777);
    const question = "const { isPrivate } = require('./bin/cache.cjs'); process.argv.slice(1).map(isPrivate)";
    const folders = [own, join(own, 'upsfw', 'x'), shared, join(shared, 'upsfw', 'x')];
    expect((await node('-p', question, ...folders)).out).toBe('[ true, true, false, false ]\n');
  });
});

describe('a build beside an upgrade', { timeout: LONG }, () => {
  it('does not change the upgrade, which finishes with its own build', async () => {
    const before = await build();
    // One unit at a time, so that the second starts after the build. Its card generation needs other code.
    const units = [
      { ...NMC2, name: 'first' },
      { ...NMC3, name: 'second', site: 'berlin' },
    ];
    site = await openSite(units, 20);
    const [first, second] = [site.fleet.device('first'), site.fleet.device('second')];
    const words = ['upgrade', '-i', site.inventory, '--state', site.state, '--apply', '--yes', '--json'];
    const child = spawn(process.execPath, [join(checkout, 'bin', 'upsfw.cjs'), ...words], {
      env: { ...process.env, ...site.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running = child;
    let out = '';
    let info = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      info += chunk;
    });
    const closed = once(child, 'close');
    await first.until(({ phase }) => phase === 'transferring');

    const described = join(checkout, 'package.json');
    const text = await readFile(described, 'utf8');
    await writeFile(described, text.replace(/"version": "[^"]+"/, '"version": "99.0.0"'));
    expect(await build()).not.toBe(before);
    expect((await node('bin/upsfw.cjs', '--version', '--json')).out).toBe('99.0.0\n');
    expect([child.exitCode, second.counters.starts]).toEqual([null, 0]);

    await closed;
    expect(child.exitCode, info).toBe(0);
    const { units: ended } = runOf({ exit: 0, out, info });
    expect(ended.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['first', 'upgraded'],
      ['second', 'upgraded'],
    ]);
    expect([first.counters.starts, second.counters.starts]).toEqual([1, 1]);
  });
});
