import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/files/index.ts';
import { createJournal, type NewEvent } from '../../src/state/index.ts';
import { BOTH_METHODS, NMC2, NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

const RunsShape = z.object({
  schema: z.literal('upsfw/runs@1'),
  generatedAt: z.string(),
  runs: z.array(
    z.object({
      run: z.string(),
      begunAt: z.string().nullable(),
      state: z.string(),
      by: z.object({ pid: z.number().nullable(), host: z.string().nullable() }).nullable(),
      units: z.number().nullable(),
      counts: z.record(z.string(), z.number()).nullable(),
      exitCode: z.number().nullable(),
      problem: z.looseObject({ code: z.string() }).nullable(),
    }),
  ),
});

let site: Site;
let holder: ChildProcess | undefined;
afterEach(async () => {
  holder?.kill();
  holder = undefined;
  await site.close();
});

async function listed(): Promise<z.infer<typeof RunsShape>['runs']> {
  const ran = await site.run(['runs', '--json']);
  expect(ran.exit).toBe(0);
  return RunsShape.parse(JSON.parse(ran.out)).runs;
}

type RunEnd = 'upgraded' | 'refused' | 'failed' | 'unknown' | 'pending' | 'cut-off';

/**
 * An ended run, with the outcome of its unit. `pending`: its process died before the unit began; `cut-off`:
 * during an upload.
 */
async function keepRun(run: string, end: RunEnd): Promise<void> {
  const journal = await createJournal(site.state, run, systemClock);
  const plan = planOf([plannedUnit('berlin/a')]);
  await journal.append({
    event: 'run',
    run,
    inventory: site.inventory,
    images: join(site.folder, 'images'),
    rules: [],
    plan,
  });
  if (end === 'cut-off') {
    const step = { event: 'step', unit: 'berlin/a', hop: 0, step: 'transfer', state: 'begun' } as const;
    await journal.append({ ...step, method: null, problem: null });
  } else if (end !== 'pending') {
    const outcome: NewEvent = {
      event: 'end',
      unit: 'berlin/a',
      outcome: end,
      after: null,
      problem: null,
      reasons: [],
    };
    await journal.append(outcome);
    await journal.append({ event: 'closed', state: 'done' });
  }
  await journal.close();
}

const STATE_MODULE = new URL('../../src/state/index.ts', import.meta.url).href;
const SOURCES = new URL('../../scripts/sources.mjs', import.meta.url).href;

/** A process that seems to work on a run. */
async function holdRun(run: string): Promise<number> {
  const code = `
    const { createLocks } = await import(${JSON.stringify(STATE_MODULE)});
    await createLocks(${JSON.stringify(site.state)}).take('run-${run}', 'run ${run}');
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  holder = spawn(process.execPath, ['--import', SOURCES, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (holder.stdout === null) throw new Error('no output');
  await once(holder.stdout, 'data');
  return holder.pid ?? 0;
}

describe('runs', { timeout: LONG }, () => {
  it('lists running runs first, then the newest, each with start, process, counts and exit code', async () => {
    site = await openSite([]);
    expect(await listed()).toEqual([]);
    expect((await site.run(['runs'])).out).toContain('There is no run');
    await keepRun('20260101T000000000Z-aaaaaa', 'pending');
    await keepRun('20260102T000000000Z-bbbbbb', 'refused');
    await keepRun('20260103T000000000Z-cccccc', 'upgraded');
    await keepRun('20260104T000000000Z-dddddd', 'pending');
    const pid = await holdRun('20260102T000000000Z-bbbbbb');
    const runs = await listed();
    expect(runs.map(({ run, state, exitCode }) => [run.slice(-6), state, exitCode])).toEqual([
      ['bbbbbb', 'running', 3],
      ['dddddd', 'interrupted', 3],
      ['cccccc', 'done', 0],
      ['aaaaaa', 'interrupted', 3],
    ]);
    expect(runs[0]).toMatchObject({ by: { pid }, units: 1, counts: { refused: 1, upgraded: 0 } });
    expect(runs[1]?.by).toBeNull();
    for (const { begunAt } of runs) expect(begunAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    const text = (await site.run(['runs'])).out;
    expect(text).toContain(`process ${pid}`);
    expect(text).toMatch(/dddddd +interrupted/);
  });

  it('lists a run with an unreadable journal, and one that ended before its first line', async () => {
    site = await openSite([]);
    await mkdir(join(site.state, 'runs', '20260101T000000000Z-aaaaaa'), { recursive: true });
    await writeFile(join(site.state, 'runs', '20260101T000000000Z-aaaaaa', 'journal.jsonl'), '');
    await keepRun('20260102T000000000Z-bbbbbb', 'upgraded');
    await mkdir(join(site.state, 'runs', '20260103T000000000Z-cccccc'), { recursive: true });
    await writeFile(join(site.state, 'runs', '20260103T000000000Z-cccccc', 'journal.jsonl'), 'no journal\n');
    const runs = await listed();
    expect(runs.map(({ state }) => state)).toEqual(['unreadable', 'done', 'interrupted']);
    expect(runs[0]?.problem?.code).toBe('config/run');
  });
});

describe('a command without the name of a run', { timeout: LONG }, () => {
  it('status and report show the running run, or the newest one', async () => {
    site = await openSite([]);
    await keepRun('20260101T000000000Z-aaaaaa', 'pending');
    await keepRun('20260102T000000000Z-bbbbbb', 'refused');
    expect(runOf(await site.run(['status', '--json'])).run).toContain('bbbbbb');
    await holdRun('20260101T000000000Z-aaaaaa');
    const status = runOf(await site.run(['status', '--json']));
    expect(status).toMatchObject({ run: '20260101T000000000Z-aaaaaa', state: 'running' });
    expect(runOf(await site.run(['report', '--json'])).run).toContain('aaaaaa');
  });

  it('resume chooses the newest unfinished run, and skips a running one', async () => {
    site = await openSite([NMC2]);
    await keepRun('20260101T000000000Z-aaaaaa', 'refused');
    await keepRun('20260102T000000000Z-bbbbbb', 'pending');
    await keepRun('20260103T000000000Z-cccccc', 'upgraded');
    await keepRun('20260104T000000000Z-dddddd', 'pending');
    await holdRun('20260104T000000000Z-dddddd');
    const ran = await site.run(['resume', '--yes', '--json']).then(async (first) =>
      // A version of the command without the question has no such option.
      first.exit === 2 ? site.run(['resume', '--yes', '--json']) : first,
    );
    expect(runOf(ran).run).toContain('bbbbbb');
  });

  it.each(['unknown', 'cut-off'] as const)(
    'resume takes the newest run that is not done (%s), and names each other run with a unit in doubt',
    async (end) => {
      site = await openSite([NMC2]);
      await keepRun('20260101T000000000Z-aaaaaa', 'unknown');
      await keepRun('20260102T000000000Z-bbbbbb', 'upgraded');
      await keepRun('20260103T000000000Z-cccccc', end);
      await keepRun('20260104T000000000Z-dddddd', 'pending');
      await keepRun('20260105T000000000Z-eeeeee', 'refused');
      const names = (run: string): string =>
        `Run ${run} has 1 unit in an unknown state. To ask them: upsfw resume ${run}\n`;
      const [older, newer] = ['20260101T000000000Z-aaaaaa', '20260103T000000000Z-cccccc'];
      const status = await site.run(['status', '--json']);
      expect(runOf(status).run).toContain('eeeeee');
      const which = 'Run 20260105T000000000Z-eeeeee: the newest of 5 runs. To list them: upsfw runs\n';
      expect(status.info).toBe(which + names(newer) + names(older));
      expect((await site.run(['status', older, '--json'])).info).toBe(names(newer));
      const ran = await site.run(['resume', '--yes', '--json']);
      expect(runOf(ran).run).toContain('eeeeee');
      expect(ran.info).toContain(names(older));
      expect(ran.info).toContain(names(newer));
      expect(ran.info).toContain('Run 20260105T000000000Z-eeeeee: the newest that is not done.\n');
      expect(ran.info).toContain('Not done either: 20260104T000000000Z-dddddd.\n');
    },
  );

  it('status names an older damaged run, with any end of its journal', async () => {
    site = await openSite([]);
    const run = '20260101T000000000Z-aaaaaa';
    await keepRun(run, 'refused');
    await keepRun('20260102T000000000Z-bbbbbb', 'upgraded');
    expect((await site.run(['status'])).info).not.toContain('unknown state');
    const file = join(site.state, 'runs', run, 'journal.jsonl');
    const lines = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, lines.with(1, lines[1]?.replace('refused', 'upgraded') ?? '').join('\n'));
    expect((await site.run(['status'])).info).toContain(`Run ${run} has 1 unit in an unknown state`);
  });

  it('resume reports that nothing is left to do, and writes nothing', async () => {
    site = await openSite([NMC2]);
    // Units that an old plan could not upgrade are not started without a request.
    await keepRun('20260101T000000000Z-aaaaaa', 'refused');
    await keepRun('20260102T000000000Z-bbbbbb', 'upgraded');
    const before = await listed();
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(ran.info).toContain('No run has anything left to do');
    expect(runOf(ran)).toMatchObject({ run: '20260102T000000000Z-bbbbbb', exitCode: 0 });
    expect(ran.exit).toBe(0);
    expect(await listed()).toEqual(before);
    expect(site.fleet.device('a').counters.snmpReads).toBe(0);
  });

  it('resume continues no run while a newer one cannot be read', async () => {
    site = await openSite([NMC2]);
    await keepRun('20260101T000000000Z-aaaaaa', 'pending');
    await keepRun('20260102T000000000Z-bbbbbb', 'pending');
    await appendFile(join(site.state, 'runs', '20260102T000000000Z-bbbbbb', 'journal.jsonl'), 'no line\n');
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(ran.exit).not.toBe(0);
    expect(site.fleet.device('a').counters).toMatchObject({ starts: 0, uploads: 0 });
  });
});

describe('status --live', { timeout: LONG }, () => {
  it('reports a unit as idle if all sources show it, and gives the reason if one could not be read', async () => {
    site = await openSite([NMC2, NMC3, BOTH_METHODS]);
    expect((await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'])).exit).toBe(0);
    const live = await site.run(['status', '--live']);
    for (const now of ['15.1 (ID18)', '15.0 (ID20)']) expect(live.out).toContain(`now: UPS ${now}, idle`);
    expect(live.out).not.toContain('not known');

    const { UPSFW_SIM_PASSWORD: _, ...environment } = site.environment;
    const less = await site.run(['status', '--live'], { environment });
    expect(less.out.replaceAll(/\s+/g, ' ')).toContain(
      'now: UPS 15.1 (ID18), update state not known: its event log could not be read',
    );
    expect(less.exit).toBe(0);
  });

  it('reports no unit as idle if its card has lost it', async () => {
    site = await openSite([{ ...NMC3, faults: ['never-returns'] }], 3000);
    await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    const live = await site.run(['status', '--live']);
    expect(live.out.replaceAll(/\s+/g, ' ')).toContain(
      'update state not known: its card has lost the link to it',
    );
    expect(live.out).not.toContain('idle');
  });
});
