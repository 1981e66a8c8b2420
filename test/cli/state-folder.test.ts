import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { loadPersona } from '../../src/sim/index.ts';
import { canMount, fill, makeReadOnly, mountMemory, unmount } from '../support/machine/mounts.ts';
import { BOTH_METHODS, NMC2, openSite, type Ran, runHere, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';

const MAIN = fileURLToPath(new URL('../../bin/upsfw.cjs', import.meta.url));

let site: Site | undefined;
afterEach(async () => {
  if (site !== undefined) unmount(site.state);
  await site?.close();
  site = undefined;
});

async function open(...units: Parameters<typeof openSite>[0]): Promise<Site> {
  site = await openSite(units.length === 0 ? [NMC2] : units, 3000);
  return site;
}

function upgrade(at: Site): Promise<Ran> {
  return at.run(['upgrade', '-i', at.inventory, '--apply', '--json', '--yes']);
}

function touched(at: Site): readonly number[] {
  return at.fleet.units.flatMap(({ device: { counters } }) => [counters.starts, counters.uploads]);
}

async function expectRefused(at: Site, words: RegExp): Promise<void> {
  for (const command of [() => upgrade(at), () => at.run(['resume', 'r1', '--yes', '--json'])]) {
    const ran = await command();
    expect(ran.exit).toBe(2);
    expect(JSON.parse(ran.out)).toMatchObject({
      problem: { code: 'config/state', message: expect.stringMatching(words) },
    });
    expect(touched(at)).toEqual([0, 0]);
  }
}

describe('a run with an unusable state folder', { timeout: LONG }, () => {
  it('is refused before anything is sent or queried', async () => {
    const at = await open();
    await mkdir(at.state, { mode: 0o700 });
    await chmod(at.state, 0o777);
    await expectRefused(at, /Users other than the owner may write to/);
    const questions: string[] = [];
    const ran = await at.run(['upgrade', '-i', at.inventory, '--apply'], {
      ask: (question) => Promise.resolve(questions.push(question) > 0 ? 'yes' : ''),
    });
    expect([ran.exit, questions]).toEqual([2, []]);
  });

  it('is refused if another user could replace the folder', async () => {
    const at = await open();
    await mkdir(join(at.folder, 'mine'), { mode: 0o700 });
    await symlink(join(at.folder, 'mine'), at.state);
    await chmod(at.folder, 0o1777);
    await expectRefused(at, /symbolic link/);
  });

  it.skipIf(!canMount)('is refused without free space', async () => {
    const at = await open();
    mountMemory(at.state, 36 * 1024);
    await expectRefused(at, /not enough space/);
  });

  it('is refused for a recovery at a port too', async () => {
    const at = await open();
    await mkdir(at.state, { mode: 0o700 });
    await chmod(at.state, 0o777);
    const image = join(at.folder, 'images', 'SMT18UPS_15-1.enc');
    const ran = await at.run([
      'local',
      'recover',
      '/dev/none',
      image,
      '--expect-id',
      '18',
      '--yes',
      '--json',
    ]);
    expect(JSON.parse(ran.out)).toMatchObject({ problem: { code: 'config/state' } });
  });
});

/** The counts and exit code of an audit of the same fleet with a usable state folder. */
async function audited(at: Site, state: string, more: readonly string[] = []): Promise<Ran> {
  const words = ['audit', '-i', at.inventory, '--json', ...more, '--state', state];
  return runHere(words, { environment: at.environment });
}

async function expectShownWithWarning(at: Site, words: RegExp): Promise<void> {
  const kept = await audited(at, join(at.folder, 'fit'));
  const ran = await audited(at, at.state);
  expect(ran.exit).toBe(kept.exit);
  const unitsOf = ({ out }: Ran): unknown => JSON.parse(out).counts;
  expect(unitsOf(ran)).toEqual(unitsOf(kept));
  expect(ran.info).toMatch(/The audit was not saved/);
  expect(ran.info).toMatch(words);
  expect(ran.info).not.toContain('defect in upsfw');
  expect(kept.info).not.toContain('not kept');
}

describe('an audit with an unusable state folder is shown with a warning', { timeout: LONG }, () => {
  it('if the folder cannot be created', async () => {
    const at = await open();
    await writeFile(at.state, 'a file');
    await expectShownWithWarning(at, /is not a folder/);
    const below = await audited(at, join(at.state, 'below'));
    expect([below.exit, below.info]).toEqual([3, expect.stringMatching(/not saved.*not a folder/)]);
  });

  it('if others may write to the folder', async () => {
    const at = await open();
    await mkdir(at.state, { mode: 0o700 });
    await chmod(at.state, 0o777);
    await expectShownWithWarning(at, /chmod go-w/);
  });

  it.skipIf(!canMount)('if the folder is read-only', async () => {
    const at = await open();
    mountMemory(at.state, 1024 * 1024);
    makeReadOnly(at.state);
    await expectShownWithWarning(at, /read-only/);
  });

  it.skipIf(!canMount)('if the folder is full', async () => {
    const at = await open();
    mountMemory(at.state, 1024 * 1024);
    fill(at.state);
    await expectShownWithWarning(at, /no space is left/);
  });

  it('and reports once that host keys cannot be stored', async () => {
    const at = await open(BOTH_METHODS, { ...BOTH_METHODS, name: 'd' });
    await writeFile(at.state, 'a file');
    // Without SNMP, the tool reads the cards over SSH.
    const text = await readFile(at.inventory, 'utf8');
    await writeFile(at.inventory, text.replace(/^ {2}snmp:\n(?: {4}.*\n)+/m, ''), { mode: 0o600 });
    const ran = await audited(at, at.state);
    const units: readonly { readonly seenBy: string | null }[] = JSON.parse(ran.out).units;
    expect(units.map(({ seenBy }) => seenBy)).toEqual(['ssh', 'ssh']);
    expect(ran.info.match(/New host keys cannot be saved/g)).toHaveLength(1);
  });

  it('and names the units without a service check, if the known hosts cannot be read', async () => {
    const at = await open({ ...NMC2, persona: { ...(await loadPersona('smt1500-nmc2')), https: true } });
    await mkdir(at.state, { mode: 0o700 });
    await writeFile(join(at.state, 'known-hosts.json'), 'damaged', { mode: 0o600 });
    const kept = await audited(at, join(at.folder, 'fit'), ['--services']);
    const ran = await audited(at, at.state, ['--services']);
    expect(ran.info).toMatch(/The services of berlin\/a were not read: .*known-hosts\.json is damaged/);
    expect(JSON.parse(ran.out).counts).toEqual(JSON.parse(kept.out).counts);
    expect([kept.exit, ran.exit]).toEqual([3, 3]);
  });

  it.each(['plan', 'audit'])('and %s continues if the path leads through a file', async (command) => {
    const at = await open();
    await writeFile(at.state, 'a file');
    const words = [command, '-i', at.inventory, '--state', join(at.state, 'below')];
    const ran = await runHere(words, { environment: at.environment });
    expect(ran.exit).toBe(command === 'plan' ? 0 : 3);
    expect(ran.info).not.toContain('defect in upsfw');
  });
});

describe('a run with a damaged journal', { timeout: LONG }, () => {
  async function damagedRun(): Promise<Site> {
    const at = await open(NMC2, { ...NMC2, name: 'z' });
    const ran = await at.run(['upgrade', '-i', at.inventory, '--apply', '--yes', '--json']);
    expect(ran.exit).toBe(0);
    const { run } = runOf(ran);
    const file = join(at.state, 'runs', run, 'journal.jsonl');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const start = lines.findIndex(
      (line) => line.includes('/z"') && line.includes('"transfer","state":"done"'),
    );
    lines[start] = lines[start]?.replace('"done"', '"dome"') ?? '';
    await writeFile(file, lines.join('\n'));
    return at;
  }

  it('shows units that may have been started as unknown, and starts nothing on them', async () => {
    const at = await damagedRun();
    const before = touched(at);
    for (const command of ['status', 'resume']) {
      const ran = await at.run([command, '--json']);
      expect(ran.exit, command).toBe(5);
      expect(JSON.parse(ran.out)).toMatchObject({
        problem: { code: 'config/run', message: expect.stringMatching(/damaged: line \d+/) },
      });
      expect(runOf(ran).units.map(({ name, outcome }) => [name, outcome])).toEqual([
        ['a', 'upgraded'],
        ['z', 'unknown'],
      ]);
    }
    const report = await at.run(['report']);
    expect(report.out).toMatch(/is damaged: line \d+/);
    expect(touched(at)).toEqual(before);
  });

  it('blocks new runs on its units until its folder is moved away', async () => {
    const at = await damagedRun();
    at.fleet.device('z').version = '09.4';
    const ran = await upgrade(at);
    expect(runOf(ran).units.find(({ name }) => name === 'z')).toMatchObject({
      outcome: 'refused',
      problem: { code: 'refused/second-attempt', hint: expect.stringContaining('out of the state folder') },
    });
    expect(at.fleet.device('z').counters.starts).toBe(1);
    await rm(join(at.state, 'runs'), { recursive: true });
    expect((await upgrade(at)).exit).toBe(0);
  });
});

const canTrace =
  process.platform === 'linux' && spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true']).status === 0;
if (!canTrace) process.stderr.write('skipped: a process whose system calls fail: it needs strace\n');

describe.skipIf(!canTrace)('a file system without hard links', { timeout: LONG }, () => {
  it('is enough for a run and for an audit', async () => {
    const at = await open();
    const trace = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=link,linkat',
      '-e',
      'inject=link,linkat:error=EPERM',
    ];
    const run = async (words: readonly string[]): Promise<number | null> =>
      new Promise((resolve) => {
        spawn(
          'strace',
          [...trace, process.execPath, MAIN, ...words, '-i', at.inventory, '--state', at.state],
          {
            env: { ...process.env, ...at.environment },
            stdio: 'ignore',
          },
        ).once('exit', resolve);
      });
    expect(await run(['upgrade', '--apply', '--yes'])).toBe(0);
    expect(at.fleet.device('a').version).toBe('15.1');
    expect(await run(['audit'])).not.toBe(1);
    expect((await at.run(['report', '--audit'])).exit).toBe(0);
  });
});
