import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  COMMAND_EXITS,
  EXIT_CODES,
  exitOfDemo,
  exitOfLostOutput,
  exitOfMerge,
  exitOfPlan,
  exitOfProblem,
  exitOfRun,
} from '../../src/cli/exit-codes.ts';
import type { ProblemJson } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { type JournalEvent, type RunRecord, replay } from '../../src/state/index.ts';
import { NMC2, NMC3, openSite, runHere, runOf, type Site } from '../support/sites/site.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

const OUTCOMES = ['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped', 'pending'] as const;
type Outcome = (typeof OUTCOMES)[number];

const AT = '2026-03-14T02:30:00.000Z';

/** A run with these outcomes. */
function recordWith(
  outcomes: readonly Outcome[],
  closed: 'done' | 'stopped' | null,
  why: { readonly by?: 'operator'; readonly problem?: ProblemJson } = {},
): RunRecord {
  const plan = planOf(outcomes.map((_, index) => plannedUnit(`berlin/u${index}`)));
  const events: JournalEvent[] = [
    { seq: 1, at: AT, event: 'run', format: 2, run: 'r', inventory: '/i', images: '/m', rules: [], plan },
  ];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome === 'pending') continue;
    const unit = `berlin/u${index}`;
    const { by: _by, problem = null } = why;
    events.push({ seq: 0, at: AT, event: 'end', unit, outcome, after: null, problem, reasons: [] });
  }
  const by = why.by === undefined ? {} : { by: why.by };
  if (closed !== null) events.push({ seq: 0, at: AT, event: 'closed', state: closed, ...by });
  return replay(events);
}

const someOutcomes = fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1, maxLength: 12 });
const liveness = fc.record({ stopped: fc.boolean(), alive: fc.boolean() });

describe('the exit code of a run', () => {
  it('is 0 only if every unit was upgraded or current', () => {
    const closed = fc.constantFrom('done' as const, 'stopped' as const, null);
    fc.assert(
      fc.property(someOutcomes, closed, liveness, (outcomes, state, who) => {
        const exit = exitOfRun(recordWith(outcomes, state), who);
        const isDone = outcomes.every((end) => end === 'upgraded' || end === 'current');
        if (exit === 0) expect(isDone).toBe(true);
        if (isDone && state === 'done' && !who.stopped) expect(exit).toBe(0);
        if (outcomes.includes('unknown')) expect(exit).toBe(5);
        else if (outcomes.includes('failed')) expect(exit).toBe(4);
        else if (
          outcomes.includes('refused') &&
          !outcomes.includes('stopped') &&
          state === 'done' &&
          !who.stopped
        )
          expect(exit).toBe(3);
      }),
    );
  });

  it('is not 0 if the run was interrupted before its first unit', () => {
    const nobody = { stopped: false, alive: false };
    expect(exitOfRun(recordWith(['upgraded', 'pending'], null), nobody)).toBe(3);
  });

  it('is 130 only if the journal records that the operator stopped it', () => {
    const nobody = { stopped: false, alive: false };
    const problem = (code: ProblemJson['code']): ProblemJson => ({ code, message: 'm', hint: 'h' });
    const exit = (...words: Parameters<typeof recordWith>): number => exitOfRun(recordWith(...words), nobody);
    expect(exit(['upgraded', 'pending'], 'stopped', { by: 'operator' })).toBe(130);
    expect(exit(['stopped', 'pending'], 'stopped', { problem: problem('refused/stopped') })).toBe(130);
    // A pause, or a full disk.
    expect(exit(['upgraded', 'pending'], 'stopped')).toBe(3);
    expect(exit(['stopped', 'pending'], 'stopped', { problem: problem('config/state') })).toBe(4);
    expect(exit(['refused', 'pending'], 'stopped', { problem: problem('config/state') })).toBe(3);
  });
});

describe('the exit code of a plan', () => {
  it('is 0 only if every chosen unit is current or can be upgraded', () => {
    const statuses = ['current', 'outdated', 'blocked', 'unsupported', 'unknown', 'unreachable'] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...statuses), { minLength: 1, maxLength: 8 }), (chosen) => {
        const { verdict } = plannedUnit('berlin/a');
        const units = chosen.map((status, index) =>
          plannedUnit(`berlin/u${index}`, { verdict: { ...verdict, status } }),
        );
        const isFine = chosen.every((status) => status === 'current' || status === 'outdated');
        expect(exitOfPlan({ units })).toBe(isFine ? 0 : 3);
      }),
    );
  });

  it('is 3 for an outdated unit without a route', () => {
    expect(exitOfPlan({ units: [plannedUnit('berlin/a', { hops: [] })] })).toBe(3);
  });
});

describe('the table of exit codes', () => {
  it('has a code above 0 for every problem', () => {
    for (const code of ['config/plan', 'image/size', 'device/login', 'link/silent', 'refused/rule'] as const)
      expect(exitOfProblem({ code })).toBeGreaterThan(1);
    expect(exitOfProblem({ code: 'internal/unexpected' })).toBe(1);
  });

  it('has the code of the answer no for each command that asks', () => {
    expect(exitOfProblem({ code: 'refused/confirmation' })).toBe(2);
    expect(COMMAND_EXITS.upgrade?.[2]).toContain('was not yes');
    expect(COMMAND_EXITS.resume?.[2]).toBe('As for `upgrade`.');
    expect(COMMAND_EXITS.local?.[2]).toContain('was not yes');
  });

  it('counts a unit that contradicts the inventory as not written', () => {
    expect(exitOfMerge([{ kind: 'added' }, { kind: 'pinned' }])).toBe(0);
    expect(exitOfMerge([{ kind: 'added' }, { kind: 'conflict' }])).toBe(3);
    expect(exitOfMerge([{ kind: 'left-out' }])).toBe(3);
    expect(exitOfMerge([{ kind: 'remark' }, { kind: 'not-needed' }])).toBe(0);
  });

  it('prefers a worse result to lost output', () => {
    expect(EXIT_CODES.map(({ code }) => exitOfLostOutput(code))).toEqual([2, 1, 2, 2, 4, 5, 130]);
    expect(exitOfLostOutput(undefined)).toBe(2);
  });

  it('gives 0 for the demo only if exactly its blocked units are refused', () => {
    expect(EXIT_CODES.map(({ code }) => exitOfDemo(code))).toEqual([0, 1, 2, 0, 4, 5, 130]);
  });

  it('is the source of the codes of every command', () => {
    const folder = fileURLToPath(new URL('../../src/cli', import.meta.url));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('exit-codes.ts'))) {
      const text = readFileSync(join(folder, file), 'utf8');
      const literal = /return (?:[2345]|130);|\? (?:0|[2345]|130) : (?:0|[2345]|130);|exit\((?:[1-5]|130)\)/;
      expect(literal.exec(text)?.[0] ?? null, file).toBeNull();
    }
  });

  it('is shown by --help', async () => {
    const { out } = await runHere(['--help']);
    for (const { code, meaning } of EXIT_CODES) {
      expect(out).toMatch(new RegExp(`^ *${code} {2}${meaning.slice(0, 30)}`, 'm'));
    }
  });
});

let site: Site | undefined;
let silent: Socket | undefined;
afterEach(async () => {
  await site?.close();
  silent?.close();
  site = undefined;
  silent = undefined;
});

/** The first unit of the inventory gets a port where nobody answers. */
async function silence(at: Site): Promise<void> {
  silent = createSocket('udp4').bind(0, at.fleet.units[0]?.address);
  await once(silent, 'listening');
  const text = await readFile(at.inventory, 'utf8');
  await writeFile(at.inventory, text.replace(/snmp: \d+/, `snmp: ${silent.address().port}`));
}

describe('a planned update that was refused', () => {
  it('makes the run end with 3, although another unit is current', async () => {
    site = await openSite([{ ...NMC2, installed: '15.1' }, NMC3]);
    const text = await readFile(site.inventory, 'utf8');
    const window = '    window: { days: [sat], from: "02:00", to: "02:01", timezone: Etc/UTC }';
    await writeFile(site.inventory, text.replace('- name: oslo', `- name: oslo\n${window}`));
    const friday = new Date('2026-03-13T12:00:00Z');
    const ran = await site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', '--json'], {
      clock: { ...systemClock, now: () => friday },
    });
    expect(runOf(ran).units.map(({ outcome }) => outcome)).toEqual(['current', 'refused']);
    expect(runOf(ran).units[1]?.problem).toMatchObject({ code: 'refused/window' });
    expect(ran.exit).toBe(3);
    expect(runOf(ran).exitCode).toBe(3);
    expect((await site.run(['status'])).exit).toBe(3);
  });
});

describe('a plan that cannot be made for a chosen unit', () => {
  it('makes plan, and upgrade without --apply, end with 3; without that unit they end with 0', async () => {
    site = await openSite([NMC2, NMC3]);
    expect((await site.run(['plan', '-i', site.inventory])).exit).toBe(0);
    await silence(site);
    for (const words of [['plan'], ['upgrade']]) {
      const ran = await site.run([...words, '-i', site.inventory]);
      expect(ran.out).toMatch(/berlin\/a.*unreachable/);
      expect(ran.exit, words.join(' ')).toBe(3);
    }
    expect((await site.run(['plan', '-i', site.inventory, '--site', 'oslo'])).exit).toBe(0);
  });
});
