import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { journalFile, readJournal, reopenJournal } from '../../src/state/index.ts';
import { canMount, fill, mountMemory, unmount } from '../support/machine/mounts.ts';
import { type Durable, disk, fillAt, movedTo, systemError } from '../support/machine/watched-disk.ts';
import { beginJournal } from '../support/sites/journal.ts';
import { NMC2, NMC3, openSite, type Ran, runHere, runOf, type Site } from '../support/sites/site.ts';
import { LONG } from '../support/values/timeouts.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

vi.mock('node:fs/promises', async (original) =>
  (await import('../support/machine/watched-disk.ts')).watched(await original()),
);

let site: Site | undefined;
beforeEach(() => disk.reset());
afterEach(async () => {
  disk.reset();
  if (site !== undefined) unmount(site.state);
  await site?.close();
  site = undefined;
});

const PAIR = [NMC2, { ...NMC2, name: 'z' }];
const UPGRADE = ['--apply', '--yes', '--json'];

function upgrade(at: Site): Promise<Ran> {
  return at.run(['upgrade', '-i', at.inventory, ...UPGRADE]);
}

function starts(at: Site): readonly number[] {
  return at.fleet.units.map(({ device }) => device.counters.starts);
}

describe('a start is sent', { timeout: LONG }, () => {
  it('only if the journal would survive a power failure', async () => {
    site = await openSite([NMC2], 3000);
    const device = site.fleet.device('a');
    let kept: Durable = new Map();
    const running = upgrade(site);
    await device.until(({ counters }) => {
      if (counters.starts === 1 && kept.size === 0) kept = disk.durable(site?.folder ?? '');
      return counters.starts === 1;
    });
    expect((await running).exit).toBe(0);
    const after = join(site.folder, 'after-power-failure');
    for (const [path, bytes] of kept) {
      const file = movedTo(path, site.folder, after);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, bytes, { mode: 0o600 });
    }
    const state = movedTo(site.state, site.folder, after);
    const status = await runHere(['status', '--json', '--state', state]);
    expect(status.exit).toBe(5);
    expect(runOf(status).units[0]).toMatchObject({ outcome: 'unknown' });
  });

  it('not if the run folder was removed or its journal replaced', async () => {
    const attacks: readonly ((folder: string) => void)[] = [
      (folder) => renameSync(folder, `${folder}-away`),
      (folder) => {
        rmSync(join(folder, 'journal.jsonl'));
        writeFileSync(join(folder, 'journal.jsonl'), '', { mode: 0o600 });
      },
    ];
    for (const attack of attacks) {
      site = await openSite(PAIR, 3000);
      let attacked = 0;
      disk.before = ({ kind, path, text }) => {
        if (kind !== 'write' || !text.includes('"step":"transfer","state":"begun"')) return;
        attacked += 1;
        if (attacked === 1) attack(dirname(path));
      };
      const ran = await upgrade(site);
      expect(attacked).toBe(1);
      expect(starts(site)).toEqual([0, 0]);
      expect(ran.exit).toBe(4);
      expect(ran.out + ran.info).not.toContain('defect in upsfw');
      expect(JSON.parse(ran.out)).toMatchObject({
        problem: { code: 'config/state', message: expect.stringContaining('no longer the file') },
      });
      disk.reset();
      await site.close();
      site = undefined;
    }
  });
});

/** `status` and `runs` agree on the newest run, and do not report that the operator stopped it. */
async function expectConsistentStatus(at: Site): Promise<void> {
  const status = await at.run(['status', '--json']);
  expect(status.exit).not.toBe(130);
  const listed = JSON.parse((await at.run(['runs', '--json'])).out);
  const { state, exitCode } = runOf(status);
  expect(listed.runs[0]).toMatchObject({ state, exitCode });
}

/** Compares every statement of a report with the devices. */
function expectTrue(at: Site, ran: Ran): void {
  for (const { name, outcome, problem } of runOf(ran).units) {
    const { version, counters, phase } = at.fleet.device(name);
    if (outcome === 'upgraded') expect([version, phase]).toEqual(['15.1', 'idle']);
    else expect([name, outcome, counters.starts]).toEqual([name, outcome, 0]);
    if (outcome === 'stopped' || outcome === 'refused') expect(problem?.code).toBe('config/state');
    expect(['upgraded', 'stopped', 'refused', 'pending']).toContain(outcome);
  }
}

describe('the disk fills up', { timeout: LONG }, () => {
  // Each line of the first unit, the start lines of the second, and the end of the run.
  const LINES = [...Array.from({ length: 14 }, (_, index) => index + 1), 18, 19, 20, 26];
  it.each(LINES)(
    'at journal line %i: no start without its line, a true report, and resume finishes every unit',
    async (line) => {
      site = await openSite(PAIR, 3000);
      const full = fillAt(line);
      const ran = await upgrade(site);
      expect(full.reached).toBe(true);
      expect(ran.out + ran.info).not.toContain('defect in upsfw');
      expect(ran.out).toContain('no space is left');
      if (line === 1) {
        expect(ran.exit).toBe(2);
        expect(starts(site)).toEqual([0, 0]);
        return;
      }
      expect(ran.exit).toBe(4);
      expect(JSON.parse(ran.out)).toMatchObject({ problem: { code: 'config/state' }, exitCode: 4 });
      expectTrue(site, ran);
      expect(Math.max(...starts(site))).toBeLessThanOrEqual(1);

      full.isFull = false;
      await expectConsistentStatus(site);
      const resumed = await site.run(['resume', '--yes', '--json']);
      expect(resumed.exit).toBe(0);
      expect(runOf(resumed).units.map(({ outcome }) => outcome)).toEqual(['upgraded', 'upgraded']);
      expect(starts(site)).toEqual([1, 1]);
    },
  );

  it.skipIf(!canMount).each([2, 6, 7, 8, 12])('on a real file system, from line %i on', async (line) => {
    site = await openSite(PAIR, 3000);
    const { state } = site;
    mountMemory(state, 16 * 1024 * 1024);
    let lines = 0;
    let ballast: string | null = null;
    disk.before = ({ kind, path }) => {
      if (kind !== 'write' || !path.endsWith('journal.jsonl')) return;
      lines += 1;
      // The rest of a file's last page can still be written, so the first failing line comes a little later.
      if (lines === line) ballast = fill(state);
    };
    const ran = await upgrade(site);
    // The journal may end within its last page; then only the lock of the second unit fails.
    expect(ran.exit).toBe(runOf(ran).problem === null ? 3 : 4);
    expect(ran.out).toContain('no space is left');
    expect(ran.out + ran.info).not.toContain('defect in upsfw');
    expectTrue(site, ran);
    if (ballast !== null) await rm(ballast);
    await expectConsistentStatus(site);
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect(resumed.exit, `${ran.out}${resumed.out}${resumed.info}`).toBe(0);
    expect(starts(site)).toEqual([1, 1]);
  });

  it('while known hosts are saved: refused, and finished by a resume', async () => {
    site = await openSite([NMC3], 3000);
    let full = true;
    disk.before = ({ kind, path }) => {
      if (kind === 'open' && full && path.includes('known-hosts.json')) throw systemError('ENOSPC');
    };
    const ran = await upgrade(site);
    const [ended] = runOf(ran).units;
    expect(ended).toMatchObject({ outcome: 'refused', problem: { code: 'config/state' } });
    expect(ended?.problem?.message.match(/may be on the card/g) ?? []).toHaveLength(1);
    expect(ended?.problem?.message.match(/no space is left/g)).toHaveLength(1);
    expect([ran.exit, ...starts(site)]).toEqual([3, 0]);
    full = false;
    const resumed = await site.run(['resume', '--yes', '--json']);
    expect([resumed.exit, runOf(resumed).units[0]?.outcome]).toEqual([0, 'upgraded']);
  });

  it('during an update that never ends: unknown, and exit code 5', async () => {
    site = await openSite([{ ...NMC2, faults: ['update-stuck'] }], 3000);
    const full = fillAt(8);
    const ran = await upgrade(site);
    expect(full.reached).toBe(true);
    expect(ran.exit).toBe(5);
    expect(JSON.parse(ran.out)).toMatchObject({ problem: { code: 'config/state' }, exitCode: 5 });
    expect(runOf(ran).units[0]?.outcome).toBe('unknown');
    expect(starts(site)).toEqual([1]);
  });

  it('and has space again at once: the unit is not reported as stopped by the operator', async () => {
    site = await openSite(PAIR);
    let refused = 0;
    disk.before = ({ kind, path, text }) => {
      if (kind !== 'write' || !path.endsWith('journal.jsonl')) return;
      if (!text.includes('"step":"transfer","state":"begun"') || refused > 0) return;
      refused += 1;
      throw systemError('ENOSPC');
    };
    const ran = await upgrade(site);
    expect([ran.exit, runOf(ran).units[0]?.problem?.code]).toEqual([4, 'config/state']);
    expect(starts(site)).toEqual([0, 0]);
    disk.reset();
    const status = await site.run(['status', '--json']);
    expect(runOf(status)).toMatchObject({
      state: 'stopped',
      exitCode: 4,
      units: [{ outcome: 'stopped' }, {}],
    });
    await expectConsistentStatus(site);
    expect((await site.run(['resume', '--yes', '--json'])).exit).toBe(0);
  });

  it('and has space again before the end: what became known meanwhile is written', async () => {
    site = await openSite([NMC2]);
    const full = fillAt(8);
    disk.before = ((before) => (operation) => {
      if (operation.text.includes('"step":"verify","state":"begun"')) full.isFull = false;
      before(operation);
    })(disk.before);
    const ran = await upgrade(site);
    expect(full.reached).toBe(true);
    expect(ran.exit).toBe(4);
    disk.reset();
    const status = await site.run(['status', '--json']);
    expect(runOf(status).units[0]).toMatchObject({ outcome: 'upgraded', after: { version: '15.1' } });
    expect(status.exit).toBe(0);
  });
});

describe('a journal on a disk that fails', () => {
  let folder: string;
  const file = (): string => journalFile(folder, 'r1');
  const key = 'berlin/a';
  const start = { event: 'step', unit: key, hop: 0, step: 'start', state: 'committing' } as const;
  const end = { event: 'end', unit: key, outcome: 'failed', after: null, problem: null } as const;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upsfw-disk-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const begin = () => beginJournal(folder, 'r1', planOf([plannedUnit(key)]));

  it('is not continued while its torn last line cannot be cut off', async () => {
    const journal = await begin();
    await journal.close();
    const whole = await readFile(file());
    await appendFile(file(), '{"seq":2,"at"');
    disk.before = ({ kind, path }) => {
      if (kind === 'truncate' && path === file()) throw systemError('EIO');
    };
    await expect(reopenJournal(folder, 'r1', systemClock)).rejects.toMatchObject({
      code: 'config/state',
      message: expect.stringMatching(/journal\.jsonl cannot be written: the disk reports an input\/output/),
      hint: expect.stringContaining('upsfw resume r1'),
    });
    disk.reset();
    await (await reopenJournal(folder, 'r1', systemClock)).close();
    expect(await readFile(file())).toEqual(whole);
  });

  it('has no start while it is not known whether the file still has its name', async () => {
    const journal = await begin();
    disk.beforeRead = ({ kind, path }) => {
      if (kind === 'stat' && path === file()) throw systemError('ESTALE');
    };
    await expect(journal.append({ ...start, method: 'snmp', problem: null })).rejects.toMatchObject({
      code: 'config/state',
      message: expect.stringContaining('the file server no longer knows it'),
    });
    expect(journal.failed).toMatchObject({ code: 'config/state' });
    disk.reset();
    await journal.close();
    expect((await readJournal(folder, 'r1')).map(({ event }) => event)).toEqual(['run']);
  });

  it('keeps no part of a line that was neither flushed nor removed', async () => {
    const journal = await begin();
    disk.before = ({ kind, path }) => {
      if (path === file() && (kind === 'datasync' || kind === 'truncate')) throw systemError('EIO');
    };
    await journal.append({ ...end, reasons: [] });
    // The line is in the file, and may not be on the disk.
    expect(await readFile(file(), 'utf8')).toContain('"event":"end"');
    disk.reset();
    await journal.append({ event: 'closed', state: 'done' });
    await journal.close();
    const lines = (await readJournal(folder, 'r1')).map(({ seq, event }) => `${seq} ${event}`);
    expect(lines).toEqual(['1 run', '2 end', '3 closed']);
  });
});
