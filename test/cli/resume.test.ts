import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { systemClock } from '../../src/files/index.ts';
import { createJournal } from '../../src/state/index.ts';
import { HAS_TERMINALS, lastRow, openScreen, type Screen } from '../support/machine/screen.ts';
import { NMC2, NMC3, openSite, runOf, type Site } from '../support/sites/site.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

let site: Site;
let screen: Screen | undefined;
afterEach(async () => {
  screen?.kill();
  screen = undefined;
  await site.close();
});

const WINDOW = '  window: { days: [sat], from: "02:00", to: "05:00", timezone: Europe/Berlin }\n';
const FRIDAY = { clock: { ...systemClock, now: () => new Date('2026-03-13T02:30:00Z') } };

/** A run with two units that were refused because their window was closed. It is open now. */
async function refusedRun(): Promise<string> {
  site = await openSite([NMC2, NMC3]);
  const text = await readFile(site.inventory, 'utf8');
  await writeFile(site.inventory, text.replace('sites:', `${WINDOW}sites:`));
  const refused = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'], FRIDAY);
  await writeFile(site.inventory, text);
  return runOf(refused).run;
}

function journal(run: string): Promise<string> {
  return readFile(join(site.state, 'runs', run, 'journal.jsonl'), 'utf8');
}

/** Answers the question, and keeps its text. */
function answering(answer: string): { readonly questions: string[]; readonly io: Partial<Io> } {
  const questions: string[] = [];
  return {
    questions,
    io: {
      ask: async (question) => {
        questions.push(question);
        return answer;
      },
    },
  };
}

function touched(): number {
  return site.fleet.units.reduce(
    (sum, { device: { counters } }) => sum + counters.snmpWrites + counters.uploads + counters.starts,
    0,
  );
}

describe('resume of a run with units left to start', () => {
  it('starts nothing without a terminal and without --yes, and does not change the journal', async () => {
    const run = await refusedRun();
    const before = await journal(run);
    const ran = await site.run(['resume']);
    expect(ran.exit).toBe(2);
    expect(ran.info).toContain('would start 2 updates');
    expect(ran.info).toContain('(refused/confirmation)');
    expect(await journal(run)).toBe(before);
    expect(touched()).toBe(0);
    expect(JSON.parse((await site.run(['resume', '--json'])).out)).toMatchObject({ exitCode: 2 });
  });

  it('lists the units with their firmware, and starts nothing after the answer no', async () => {
    const run = await refusedRun();
    const before = await journal(run);
    const { questions, io } = answering('');
    const ran = await site.run(['resume', '--quiet'], io);
    expect(ran).toMatchObject({ exit: 2, info: expect.stringContaining('Nothing was sent.') });
    expect(questions.length).toBe(1);
    expect(questions[0]).toContain(run);
    expect(questions[0]).toMatch(
      /Started, if no rule blocks them.*\n {2}berlin\/a {2}UPS 09\.4 \(ID18\) -> UPS 15\.1 \(ID18\)\n {2}oslo\/b {2}UPS /,
    );
    expect(questions[0]).toMatch(/Resume and start these 2 updates\? \[y\/N\] $/);
    expect(await journal(run)).toBe(before);
    expect(touched()).toBe(0);
  });

  it('continues after yes', async () => {
    await refusedRun();
    const ran = await site.run(['resume', '--json'], answering('yes').io);
    expect(runOf(ran).units.map(({ outcome }) => outcome)).toEqual(['upgraded', 'upgraded']);
  });

  it.skipIf(!HAS_TERMINALS)('asks on the terminal, and Ctrl-C does not change the run', async () => {
    const run = await refusedRun();
    const before = await journal(run);
    screen = openScreen(['resume', '--state', site.state], { environment: site.environment });
    await screen.until((rows) => lastRow(rows) === 'Resume and start these 2 updates? [y/N]');
    screen.type('\u0003');
    expect(await screen.ended()).toEqual({ exit: 130, echoes: true });
    expect(await journal(run)).toBe(before);
    expect(touched()).toBe(0);
  });
});

describe('resume of a run with units that failed', () => {
  it('names the units that it skips, and refuses --retry for a unit without an update in the plan', async () => {
    const dead = { ...NMC2, name: 'dead', site: 'bonn' };
    site = await openSite([{ ...NMC2, faults: ['update-fails-late'] }, dead], 3000);
    const [, silent] = site.fleet.units;
    const text = await readFile(site.inventory, 'utf8');
    const closed = text
      .replace(`snmp: ${silent?.ports.snmp}`, 'snmp: 9')
      .replace(`ssh: ${silent?.ports.ssh}`, 'ssh: 9');
    await writeFile(site.inventory, closed);
    const upgraded = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    const { run, units } = runOf(upgraded);
    expect(units.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);

    const left = (await site.run(['resume', run])).info;
    expect(left).toContain('Nothing is left to start or to watch.');
    expect(left).toContain('Skipped, because they failed: 1 unit (berlin/a). To retry one: --retry UNIT.\n');
    expect(left).toContain('Skipped, because the plan has no update for them: 1 unit (bonn/dead).');

    const refused = await site.run(['resume', run, '--retry', 'bonn/dead', '--yes']);
    expect([refused.exit, refused.info]).toEqual([2, expect.stringContaining('has no update for bonn/dead')]);

    const { questions, io } = answering('');
    await site.run(['resume', run, '--retry', 'a'], io);
    expect(questions[0]).toMatch(/Started, if no rule blocks them.*\n {2}berlin\/a {2}UPS 09\.4/);
    expect(questions[0]).not.toContain('because they failed');
  });
});

describe('resume of a run with a start in the journal', () => {
  it('asks nothing, and reports that it only watches', async () => {
    site = await openSite([{ ...NMC2, faults: ['never-returns'] }], 3000);
    const first = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json']);
    expect(runOf(first).units[0]).toMatchObject({ outcome: 'unknown' });
    const ran = await site.run(['resume']);
    expect(ran.exit).toBe(5);
    expect(ran.info).toMatch(
      /Only watched, because their start is in the journal.*\n {2}berlin\/a {2}UPS 09\.4 \(ID18\) -> UPS 15\.1 \(ID18\)\n/,
    );
    expect(ran.info).not.toContain('Started, if');
    expect(site.fleet.device('a').counters.starts).toBe(1);
  });

  it('reports that the other units wait for it, and for how long', async () => {
    site = await openSite([NMC2, NMC3]);
    const run = '20260101T000000000Z-aaaaaa';
    const journal = await createJournal(site.state, run, systemClock);
    const plan = planOf([plannedUnit('berlin/a'), plannedUnit('oslo/b')]);
    const made = { inventory: site.inventory, images: join(site.folder, 'images'), rules: [] };
    await journal.append({ event: 'run', run, ...made, plan });
    const start = { event: 'step', unit: 'berlin/a', hop: 0, step: 'start', state: 'committing' } as const;
    await journal.append({ ...start, method: 'snmp', problem: null });
    await journal.close();
    const { questions, io } = answering('');
    await site.run(['resume'], io);
    expect(questions[0]).toMatch(
      /Only watched.*\n {2}berlin\/a.*\n\nNo unit is started before these have ended\. Each is watched for up to 90 minutes\.\n\nStarted, if.*\n {2}oslo\/b/,
    );
    expect(touched()).toBe(0);
  });

  it('names the outputs that it switches on again', async () => {
    site = await openSite([{ ...NMC3, faults: ['output-stays-off'] }]);
    const words = ['upgrade', '--apply', '--yes', '--json', '--unit', 'b', '--switch-output', 'off', '-i'];
    expect(runOf(await site.run([...words, site.inventory])).units[0]).toMatchObject({ output: 'unknown' });
    site.fleet.device('b').clearFault('output-stays-off');
    const ran = await site.run(['resume']);
    expect(ran.info).toMatch(
      /Switched on again, because this run may have switched their output off:\n {2}oslo\/b\n/,
    );
    expect(ran.exit).toBe(0);
    expect(site.fleet.device('b').outputOn).toBe(true);
  });
});
