import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PackageShape = z.looseObject({
  version: z.string(),
  bin: z.looseObject({ upsfw: z.string() }),
  engines: z.looseObject({ node: z.string() }),
  scripts: z.looseObject({ build: z.string(), upsfw: z.string(), demo: z.string() }),
});

let folder: string;
let described: z.infer<typeof PackageShape>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upsfw-node-'));
  described = PackageShape.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Started {
  readonly exit: number;
  readonly out: string;
  readonly info: string;
}

/**
 * Starts what package.json installs, under a Node.js that reports `version`. `.ci/run` uses real old
 * versions.
 */
async function startUnder(version: string): Promise<Started> {
  const older = join(folder, `${version}.cjs`);
  const versions = `{ value: Object.assign({}, process.versions, { node: '${version}' }) }`;
  await writeFile(older, `Object.defineProperty(process, 'versions', ${versions});\n`);
  return startNode(['-r', older, join(ROOT, described.bin.upsfw), '--version']);
}

function startNode(words: readonly string[]): Promise<Started> {
  return new Promise((resolve) => {
    execFile(process.execPath, words, (error, out, info) => {
      const exit = error === null ? 0 : Number(error.code);
      resolve({ exit, out, info });
    });
  });
}

describe('a checkout that is not ready', () => {
  /** The files of a checkout beside `package.json` and `bin`, and the message of the tool. */
  async function startWith(main: string | null, ...folders: readonly string[]): Promise<Started> {
    const checkout = await mkdtemp(join(folder, 'checkout-'));
    for (const part of ['package.json', 'bin']) {
      await cp(join(ROOT, part), join(checkout, part), { recursive: true });
    }
    for (const name of folders) await mkdir(join(checkout, name));
    if (main !== null) {
      await mkdir(join(checkout, 'dist', 'built'), { recursive: true });
      await writeFile(join(checkout, 'dist', 'built', 'main.cjs'), main);
      await writeFile(join(checkout, 'dist', 'current.json'), '{"build":"built"}');
    }
    return startNode([join(checkout, described.bin.upsfw), '--help']);
  }

  it('is reported with the commands to install and build', async () => {
    const text = (what: string): Started => ({
      exit: 2,
      out: '',
      info: `upsfw is not built yet. In the checkout run: ${what}\n`,
    });
    expect(await startWith(null, 'node_modules')).toEqual(text('npm run -s build'));
    expect(await startWith(null)).toEqual(text('npm ci && npm run -s build'));
    expect(await startWith(null, 'node_modules', 'dist')).toEqual(text('npm run -s build'));
  });

  it.each([
    ['a package', "require('no-such-package');"],
    ['a file of the build', "require('./gone.cjs');"],
  ])('names what is missing if it is %s', async (_what, main) => {
    const { exit, out, info } = await startWith(main, 'node_modules');
    expect([exit, out]).toEqual([2, '']);
    expect(info).toMatch(
      /^upsfw cannot start, a part of it is missing: Cannot find .*\n.*npm ci && npm run -s build\n$/,
    );
  });

  it('keeps the stack trace of a defect of the tool', async () => {
    const { exit, info } = await startWith("throw new Error('odd');");
    expect(exit).toBe(1);
    expect(info).toContain('Error: odd');
  });
});

describe('a Node.js that is too old', () => {
  it.each(['18.20.8', '20.18.3', '12.22.12', '8.17.0', '0.10.48'])(
    '%s gets a message with the required version',
    async (version) => {
      expect(await startUnder(version)).toEqual({
        exit: 2,
        out: '',
        info: `upsfw needs Node.js 20.19 or newer; this is ${version}.\n`,
      });
    },
  );

  it.each(['20.19.0', '20.20.1', '22.0.0', '100.1.0'])('%s is accepted', async (version) => {
    expect(await startUnder(version)).toEqual({ exit: 0, out: `${described.version}\n`, info: '' });
  });

  it('is also reported from a checkout, before anything else', () => {
    const { scripts, bin, engines } = described;
    expect(engines.node).toBe('>=20.19.0');
    const build = `node -r ./${bin.upsfw} scripts/build.mjs`;
    expect(scripts.build).toBe(build);
    expect(scripts.upsfw).toBe(`${build} && node ${bin.upsfw}`);
    expect(scripts.demo).toBe(`${build} && node ${bin.upsfw} demo`);
  });
});
