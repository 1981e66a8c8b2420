import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { outcomeWithoutStart, PROBLEM_CODES, type ProblemCode } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { buildImage } from '../../src/sim/index.ts';
import { createJournal, journalFile, readJournal } from '../../src/state/index.ts';
import { HAS_TERMINALS, openScreen, type Screen } from '../support/machine/screen.ts';
import { NMC2, openSite, type Ran, runHere, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

let site: Site;
let screen: Screen | undefined;
afterEach(async () => {
  screen?.kill();
  screen = undefined;
  await site?.close();
});

async function edit(change: (text: string) => string): Promise<void> {
  const before = await readFile(site.inventory, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(site.inventory, after);
}

const inTheOpen = (text: string): string => text.replaceAll('plaintext: true', 'plaintext: false');
const apply = (...words: readonly string[]): Promise<Ran> =>
  site.run(['upgrade', '-i', site.inventory, '--apply', '--yes', ...words]);

const ErrorShape = z.looseObject({
  problem: z.looseObject({ code: z.string(), message: z.string(), hint: z.string() }),
});
const problemOf = (ran: Ran): z.infer<typeof ErrorShape>['problem'] =>
  ErrorShape.parse(JSON.parse(ran.out)).problem;

const codes = Object.keys(PROBLEM_CODES).filter((code): code is ProblemCode =>
  Object.hasOwn(PROBLEM_CODES, code),
);

describe('a unit on which nothing was started', { timeout: LONG }, () => {
  it('is refused or failed by one rule, for every code of the closed list', () => {
    const devices = ['device/busy', 'device/lost-ups', 'device/not-installed', 'device/not-smart-ups'];
    for (const code of codes) {
      const [part = ''] = code.split('/');
      const refused = ['refused', 'config', 'image'].includes(part) || devices.includes(code);
      expect(outcomeWithoutStart(code), code).toBe(refused ? 'refused' : 'failed');
    }
  });

  it('is what docs/codes.md says', async () => {
    const text = await readFile(new URL('../../docs/codes.md', import.meta.url), 'utf8');
    for (const code of codes)
      expect(text).toContain(`| \`${code}\` | ${PROBLEM_CODES[code]} | ${outcomeWithoutStart(code)} |`);
  });

  it('is refused if FTP in the open is its only way, and the step says that nothing was sent', async () => {
    site = await openSite([NMC2]);
    await edit(inTheOpen);
    const ran = await apply('--json');
    expect(runOf(ran).units[0]).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/plaintext' },
      hops: [{ step: 'transfer', state: 'not-started' }],
    });
    expect(ran.exit).toBe(3);
    expect(site.fleet.device('a').counters.uploads).toBe(0);
    // The cause is gone, so no retry is needed.
    await edit((text) => text.replaceAll('plaintext: false', 'plaintext: true'));
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units[0]).toMatchObject({ outcome: 'upgraded' });
  });

  it('failed if an allowed method failed, in any order of the inventory', async () => {
    site = await openSite([{ ...NMC2, faults: ['ssh-refused'] }]);
    await edit((text) => inTheOpen(text).replace(/transfer:\n( +)- ftp/, 'transfer:\n$1- ftp\n$1- scp'));
    const ran = await apply('--json');
    const [unit] = runOf(ran).units;
    expect(unit).toMatchObject({ outcome: 'failed', problem: { code: expect.stringMatching(/^link\//) } });
    expect(unit?.problem?.message).toContain('ftp: ');
    expect(ran.exit).toBe(4);
  });

  it('is refused if its image file changed before a byte of it was sent', async () => {
    site = await openSite([NMC2]);
    const image = join(site.folder, 'images', 'SMT18UPS_15-1.enc');
    const original = await readFile(image);
    const running = apply('--json');
    // The file is read again right before it is sent.
    await site.fleet.device('a').until(({ counters }) => counters.snmpReads > 0);
    await writeFile(image, buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 777 }));
    const ran = await running;
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'refused', problem: { code: 'image/changed' } });
    expect(ran.exit).toBe(3);
    await writeFile(image, original);
    expect(runOf(await site.run(['resume', '--yes', '--json'])).units[0]).toMatchObject({
      outcome: 'upgraded',
    });
  });

  it.skipIf(!HAS_TERMINALS)('has no check mark in the live list if it was refused', async () => {
    site = await openSite([NMC2]);
    await edit(inTheOpen);
    const words = ['upgrade', '-i', site.inventory, '--state', site.state, '--apply', '--yes'];
    screen = openScreen(words, { environment: site.environment, rows: 60, columns: 120 });
    await screen.ended();
    const lines = screen.bytes();
    expect(Buffer.from(lines, 'latin1').toString()).toMatch(/↓\S* berlin\/a {2}refused/);
  });
});

describe('explain', () => {
  it('gives the next action for every problem, and how a unit ends without a start', async () => {
    for (const code of codes) {
      const ran = await runHere(['explain', code, '--json']);
      const [first] = z
        .object({ codes: z.tuple([z.object({ next: z.string() })]) })
        .parse(JSON.parse(ran.out)).codes;
      expect(first.next, code).toMatch(
        /^[A-Z].{15,}\. A unit on which nothing was started ends as (refused|failed) /,
      );
      expect(first.next).toContain(outcomeWithoutStart(code));
    }
  });
});

describe('a backup that is not complete', { timeout: LONG }, () => {
  const SAID = 'no complete backup of the card';

  it('is in every output: progress, text, status, report, Markdown and JSON', async () => {
    site = await openSite([{ ...NMC2, faults: ['event-log-unreadable'] }]);
    const ran = await apply();
    expect(ran.exit).toBe(0);
    expect(ran.info).toMatch(/berlin\/a: no complete backup: The event log of the card could not be read/);
    expect(ran.info).toMatch(/berlin\/a: upgraded; no complete backup/);
    for (const words of [['status'], ['status', '--details'], ['report'], ['report', '--format', 'md']])
      expect((await site.run(words)).out, words.join(' ')).toContain(SAID);
    expect(ran.out).toContain('device/no-backup');
    for (const command of ['status', 'report'])
      expect(JSON.parse((await site.run([command, '--json'])).out)).toMatchObject({
        units: [{ hops: [{ backup: { complete: false, problem: { code: 'device/no-backup' } } }] }],
      });
  });

  it('is in the short list of a large run, once for each cause', async () => {
    const units = Array.from({ length: 11 }, (_, at) => ({ ...NMC2, name: `u${at}`, installed: '15.0' }));
    site = await openSite([{ ...NMC2, faults: ['event-log-unreadable'] }, ...units]);
    const ran = await apply();
    expect(ran.out).toContain(`${SAID}: berlin/a`);
    expect(ran.out.split(SAID)).toHaveLength(2);
  });

  it('is complete in JSON and not mentioned in text where everything was saved', async () => {
    site = await openSite([NMC2]);
    const ran = await apply();
    expect(ran.out + ran.info).not.toContain('backup of');
    expect(JSON.parse((await site.run(['status', '--json'])).out)).toMatchObject({
      units: [{ hops: [{ backup: { complete: true, problem: null } }] }],
    });
  });
});

describe('a report', { timeout: LONG }, () => {
  it('shows the serial number in every format', async () => {
    site = await openSite([NMC2]);
    const { serial } = site.fleet.device('a');
    await site.run(['audit', '-i', site.inventory]);
    const inventory = ['-i', site.inventory];
    for (const words of [
      ['audit', ...inventory],
      ['audit', ...inventory, '--format', 'prometheus'],
      ['audit', ...inventory, '--json'],
      ['report', '--audit', '--format', 'md'],
      ['plan', ...inventory],
      ['plan', ...inventory, '--format', 'md'],
    ])
      expect((await site.run(words)).out, words.join(' ')).toContain(serial);
    expect((await apply()).out).toContain(serial);
    for (const words of [
      ['status'],
      ['report'],
      ['report', '--format', 'md'],
      ['report', '--format', 'json'],
    ])
      expect((await site.run(words)).out, words.join(' ')).toContain(serial);
  });
});

async function keepRun(run: string, end: 'upgraded' | null, inventory = site.inventory): Promise<void> {
  const journal = await createJournal(site.state, run, systemClock);
  const plan = planOf([plannedUnit('berlin/a')]);
  await journal.append({ event: 'run', run, inventory, images: '', rules: [], plan });
  if (end !== null) {
    await journal.append({
      event: 'end',
      unit: 'berlin/a',
      outcome: end,
      after: null,
      problem: null,
      reasons: [],
    });
    await journal.append({ event: 'closed', state: 'done' });
  }
  await journal.close();
}

/** The first line of a journal, with its checksum. */
function firstLine(content: object): string {
  const body = JSON.stringify(content);
  const sum = createHash('sha256').update('').update('\n').update(body).digest('hex').slice(0, 16);
  return `${body.slice(0, -1)},"sum":"${sum}"}\n`;
}

const [OLD, NEW] = ['20260101T000000000Z-aaaaaa', '20260102T000000000Z-bbbbbb'] as const;

describe('a command without the name of a run', { timeout: LONG }, () => {
  it('status and report take -i: the runs of that inventory come first, and which one is said', async () => {
    site = await openSite([]);
    const other = join(site.folder, 'other.yaml');
    await writeFile(other, await readFile(site.inventory, 'utf8'));
    await keepRun(OLD, 'upgraded', other);
    await keepRun(NEW, 'upgraded');
    for (const command of ['status', 'report']) {
      const newest = await site.run([command, '--json']);
      expect(runOf(newest).run).toBe(NEW);
      expect(newest.info).toContain(`Run ${NEW}: the newest of 2 runs.`);
      expect(runOf(await site.run([command, '-i', other, '--json'])).run).toBe(OLD);
      const missing = await site.run([command, '-i', join(site.folder, 'none.yaml'), '--json']);
      expect([missing.exit, problemOf(missing).code]).toEqual([2, 'config/inventory-missing']);
    }
    const third = join(site.folder, 'third.yaml');
    await writeFile(third, await readFile(site.inventory, 'utf8'));
    const fallback = await site.run(['status', '-i', third, '--json']);
    expect(runOf(fallback).run).toBe(NEW);
    expect(fallback.info).toContain('No run was made with the inventory');
  });

  it('resume takes the newest run that is not done, and says which', async () => {
    site = await openSite([]);
    await keepRun(OLD, null);
    await keepRun(NEW, 'upgraded');
    const ran = await site.run(['resume', '--yes', '--json']);
    expect(ran.info).toContain(`Run ${OLD}: the newest that is not done.`);
  });
});

describe('upgrade --plan', { timeout: LONG }, () => {
  it('refuses every choice that differs from the plan, with both sides, before a device is asked', async () => {
    site = await openSite([NMC2]);
    const file = join(site.folder, 'plan.json');
    const rules = join(site.folder, 'rules.yaml');
    await writeFile(rules, 'version: 1\nrules: []\n');
    const made = ['--rules', rules, '--override', 'battery-charged=tested today'];
    await site.run(['plan', '-i', site.inventory, '--out', file, ...made]);
    const { counters } = site.fleet.device('a');
    const reads = counters.snmpReads;
    for (const [words, was, is] of [
      [['--override', 'battery-charged=another reason'], 'tested today', 'another reason'],
      [['--rules', site.inventory], rules, site.inventory],
      [['--component', 'card'], 'ups', 'card'],
      [['--switch-output', 'off', '--unit', 'a'], 'no unit', '--switch-output off'],
      [['--unit', 'b'], 'berlin/a', '--unit b'],
      [['--site', 'oslo'], 'berlin/a', '--site oslo'],
    ] as const) {
      const ran = await apply('--plan', file, '--json', ...words);
      expect(ran.exit, words.join(' ')).toBe(2);
      expect(problemOf(ran).message).toContain(was);
      expect(problemOf(ran).message).toContain(is);
    }
    await writeFile(rules, 'version: 1\nrules: []\n# another content\n');
    const changed = await apply('--plan', file, '--json');
    expect(changed.exit).toBe(2);
    expect(problemOf(changed)).toMatchObject({
      code: 'config/plan',
      message: expect.stringMatching(/it was [0-9a-f]{16}, it is [0-9a-f]{16}/),
    });
    expect(counters.snmpReads).toBe(reads);
  });

  it('takes what the plan says', async () => {
    site = await openSite([NMC2]);
    const file = join(site.folder, 'plan.json');
    await site.run(['plan', '-i', site.inventory, '--out', file]);
    const ran = await apply('--plan', file, '--component', 'ups', '--json');
    expect(runOf(ran).units[0]).toMatchObject({ outcome: 'upgraded' });
  });
});

describe('an output file', { timeout: LONG }, () => {
  it('is named when it was written', async () => {
    site = await openSite([NMC2]);
    const inventory = ['-i', site.inventory];
    for (const words of [
      ['plan', ...inventory],
      ['audit', ...inventory],
      ['audit', ...inventory, '--format', 'prometheus'],
      ['report', '--audit'],
    ]) {
      const file = join(site.folder, `${words[0]}-${words.length}.out`);
      const ran = await site.run([...words, '--out', file]);
      expect(ran.info, words.join(' ')).toContain(`was written to ${file}`);
      expect((await stat(file)).size).toBeGreaterThan(0);
      expect((await site.run([...words, '--out', file, '--quiet'])).info).not.toContain('was written');
    }
  });

  it.skipIf(!existsSync('/dev/full'))('that cannot be written is a mistake of the user', async () => {
    site = await openSite([NMC2]);
    for (const file of ['/dev/full', join(site.folder, 'none', 'x'), site.folder]) {
      const ran = await site.run(['plan', '-i', site.inventory, '--out', file, '--json']);
      expect([ran.exit, problemOf(ran).code], file).toEqual([2, 'config/usage']);
    }
  });
});

describe('the end of a run', { timeout: LONG }, () => {
  it('is in the journal with its exit code, and in status, report and JSON', async () => {
    site = await openSite([NMC2]);
    await edit(inTheOpen);
    const ran = await apply('--json');
    expect(ran.exit).toBe(3);
    const { run } = runOf(ran);
    expect((await readJournal(site.state, run)).at(-1)).toMatchObject({ event: 'exit', code: 3 });
    for (const command of ['status', 'report']) {
      expect((await site.run([command])).out).toMatch(/The run last ended at \S+ with exit code 3\./);
      expect(JSON.parse((await site.run([command, '--json'])).out)).toMatchObject({
        ended: { how: 'recorded', exitCode: 3 },
        exitCode: 3,
      });
    }
  });

  it('without a record is called a crash', async () => {
    site = await openSite([]);
    await keepRun(NEW, null);
    for (const command of ['status', 'report'])
      expect((await site.run([command])).out).toContain('without a record: a crash, a kill or a power loss');
    expect(JSON.parse((await site.run(['status', '--json'])).out)).toMatchObject({
      ended: { how: 'no-record', exitCode: null, at: null },
    });
  });

  it('is not known in a journal of the format before, which is continued without the new line', async () => {
    site = await openSite([NMC2]);
    const { serial } = site.fleet.device('a');
    const plan = planOf([plannedUnit('berlin/a', { unit: { ...plannedUnit('berlin/a').unit, serial } })]);
    const first = { seq: 1, at: '2026-01-02T00:00:00.000Z', event: 'run', format: 2 } as const;
    const body = {
      run: NEW,
      inventory: site.inventory,
      images: join(site.folder, 'images'),
      rules: [],
      plan,
    };
    const file = journalFile(site.state, NEW);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, firstLine({ ...first, ...body }), { mode: 0o600 });
    expect((await site.run(['status'])).out).toContain('ended with is not known');
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(runOf(resumed).units).toHaveLength(1);
    const events = (await readJournal(site.state, NEW)).map(({ event }) => event);
    expect(events).toContain('resumed');
    expect(events).not.toContain('exit');
    expect(JSON.parse((await site.run(['status', '--json'])).out)).toMatchObject({
      ended: { how: 'not-known' },
    });
  });
});
