import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NMC2, openSite, type Ran, runOf, type Site } from '../support/sites/site.ts';

/** Files written before journal format 2: a finished run on the unit of {@link NMC2}, an audit, a plan. */
const OLDER = fileURLToPath(new URL('../state/format-1/', import.meta.url));
const RUN = '20261130T125429000Z-c807f9';

let site: Site;
let folder: string;
beforeEach(async () => {
  site = await openSite([NMC2]);
  folder = join(site.state, 'runs', RUN);
});
afterEach(() => site.close());

/** Copies the older run into the state folder. `lines`: the number of lines before its process died. */
async function leaveRun(lines = Number.POSITIVE_INFINITY): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of ['journal.jsonl', 'starts.jsonl']) {
    const all = (await readFile(join(OLDER, name), 'utf8')).split(/(?<=\n)/);
    const kept = all.filter((line) => Number(/"seq":(\d+)/.exec(line)?.[1]) <= lines);
    await writeFile(join(folder, name), kept.join(''), { mode: 0o600 });
  }
}

async function contents(): Promise<readonly string[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => `${name}:${await readFile(join(folder, name), 'utf8')}`));
}

function problemOf({ out }: Ran) {
  const Shape = z.looseObject({
    problem: z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }),
  });
  return Shape.parse(JSON.parse(out)).problem;
}

describe('a run of the older journal format', () => {
  it('is listed as such', async () => {
    await leaveRun();
    const { out } = await site.run(['runs', '--json']);
    expect(JSON.parse(out).runs).toMatchObject([
      { run: RUN, state: 'older-format', units: null, exitCode: null, problem: { code: 'config/run' } },
    ]);
    expect((await site.run(['runs'])).out).toMatch(new RegExp(`${RUN} +older format`));
  });

  it.each([['status'], ['status', '--live'], ['report'], ['resume', '--yes']])(
    'is refused by %s %s, which names the file, what to do, and changes nothing',
    async (...words) => {
      await leaveRun();
      const before = await contents();
      for (const named of [[RUN], []]) {
        const ran = await site.run([...words, ...named, '--json']);
        expect(ran.exit).toBe(2);
        const { code, message, hint } = problemOf(ran);
        expect(code).toBe('config/run');
        expect(message).toContain('earlier development version of upsfw');
        expect(message).toContain(join(folder, 'journal.jsonl'));
        expect(message).toContain('Nothing of it was changed or deleted.');
        expect(hint).toMatch(/one JSON object per line.*each unit.*may have been started.*move the folder/);
      }
      expect(await contents()).toEqual(before);
    },
  );

  it.each([
    ['finished', undefined],
    ['ended after its start was recorded', 7],
    ['ended before its start', 6],
  ])('that %s blocks new runs on its units, until its folder is moved away', async (_what, lines) => {
    await leaveRun(lines);
    const before = await contents();
    const words = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'];
    const [unit] = runOf(await site.run(words)).units;
    expect(unit).toMatchObject({ outcome: 'refused', problem: { code: 'refused/second-attempt' } });
    expect(unit?.problem?.message).toContain(`Run ${RUN} was written by an earlier development version`);
    expect(unit?.problem?.hint).toContain('move the folder of that run out of the state folder');
    expect(await contents()).toEqual(before);
    await rename(folder, join(site.folder, 'moved'));
    expect(runOf(await site.run(words)).units[0]?.outcome).toBe('upgraded');
  });

  it('is named by commands about other runs', async () => {
    await leaveRun();
    const words = ['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'];
    const { run } = runOf(await site.run(words));
    expect((await site.run(['status', run])).info).toContain(`Run ${RUN} cannot be read`);
  });
});

describe('a kept audit of the older format', () => {
  it('is refused with its file and the next step', async () => {
    const kept = join(site.state, 'audits', '20261130T125428244Z.json');
    await mkdir(join(site.state, 'audits'), { recursive: true, mode: 0o700 });
    await writeFile(kept, await readFile(join(OLDER, 'audit.json'), 'utf8'), { mode: 0o600 });
    for (const words of [
      ['report', '--audit'],
      ['audit', '-i', site.inventory, '--compare', 'LAST'],
      ['audit', '-i', site.inventory, '--compare', kept],
      ['audit', '-i', site.inventory, '--since', '2026-12-01'],
    ]) {
      const { code, message, hint } = problemOf(await site.run([...words, '--json']));
      expect(code).toBe('config/run');
      expect(message).toContain(kept);
      expect(message).toContain('earlier development version of upsfw');
      expect(hint).toContain('upsfw audit');
    }
    expect((await site.run(['audit', '-i', site.inventory])).exit).not.toBe(2);
    expect((await site.run(['report', '--audit'])).out).toContain('1 unit: 1 outdated');
  });
});

describe('a plan file of the older format', () => {
  it('is refused, and the message requests a new plan', async () => {
    const file = join(site.folder, 'plan.json');
    await copyFile(join(OLDER, 'plan.json'), file);
    const ran = await site.run(['upgrade', '--plan', file, '--apply', '--yes', '--json']);
    expect(ran.exit).toBe(2);
    expect(problemOf(ran)).toMatchObject({
      code: 'config/plan',
      message: expect.stringContaining('earlier development version of upsfw'),
      hint: 'Make a new plan: upsfw plan --out FILE.',
    });
  });
});
