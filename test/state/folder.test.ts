import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import {
  createArtifacts,
  createJournal,
  createLocks,
  needsOf,
  openStateFolder,
} from '../../src/state/index.ts';
import { type Owner, ownerState, surroundings, thisProcess } from '../../src/state/lock-owner.ts';
import { disk, systemError } from '../support/machine/watched-disk.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

vi.mock('node:fs/promises', async (original) =>
  (await import('../support/machine/watched-disk.ts')).watched(await original()),
);

let home: string;
let state: string;
beforeEach(async () => {
  disk.reset();
  home = await mkdtemp(join(tmpdir(), 'upsfw-state-'));
  state = join(home, 'state');
});
afterEach(async () => {
  disk.reset();
  await rm(home, { recursive: true, force: true });
});

function refused(message: RegExp, hint = /./) {
  return expect(openStateFolder(state)).rejects.toMatchObject({
    code: 'config/state',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
}

describe('a state folder for a run', () => {
  it('is created for its owner alone, and keeps nothing of the check', async () => {
    await openStateFolder(state);
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    expect(await readdir(join(state, 'locks'))).toEqual([]);
    expect(await readdir(state)).toEqual(['locks']);
  });

  it('may be reached through a link of its owner', async () => {
    const folder = join(home, 'elsewhere');
    await mkdir(folder, { mode: 0o700 });
    await symlink('elsewhere', state);
    await openStateFolder(state);
    expect(await readdir(folder)).toEqual(['locks']);
  });

  it('is refused where a file is in its place', async () => {
    await writeFile(state, 'x');
    await refused(/state.*(is not a folder|cannot be made)/);
  });

  it('is refused where there is not enough space for the run', async () => {
    const plan = planOf(Array.from({ length: 50 }, (_, index) => plannedUnit(`berlin/u${index}`)));
    expect(needsOf(plan).bytes).toBeGreaterThan(25 * 1024 * 1024);
    await expect(openStateFolder(state, { bytes: 2 ** 60, files: 1 })).rejects.toMatchObject({
      code: 'config/state',
      message: expect.stringMatching(/not enough space.* MiB are needed, .* MiB are free/),
      hint: expect.stringContaining('df '),
    });
  });

  it('is refused where locks do not work', async () => {
    disk.before = ({ kind, path }) => {
      if (kind === 'link' && path.includes('probe-'))
        rmSync(path.replace(/\.[0-9a-f-]{36}\.tmp$/, ''), { force: true });
    };
    await refused(/Locks do not work in the state folder .*file system \(type 0x/);
  });

  it('works on a file system without hard links', async () => {
    disk.before = ({ kind }) => {
      if (kind === 'link') throw systemError('EPERM');
    };
    await openStateFolder(state);
    const locks = createLocks(state);
    const lock = await locks.take('AS1', 'first');
    await expect(locks.take('AS1', 'second')).rejects.toMatchObject({
      code: 'refused/locked',
      message: /first/,
    });
    await lock.release();
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => locks.take('AS1', 'race')));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is refused where its file system has no room for the files of the run', async () => {
    const { files } = await statfs(home);
    // Such a file system has no limit on its files.
    if (files === 0) return;
    const wanted = openStateFolder(state, { bytes: 1, files: 2 ** 50 });
    await expect(wanted).rejects.toMatchObject({
      code: 'config/state',
      message: expect.stringMatching(
        /^There are not enough files left .*: 1125899906842624 files are needed, \d+ can be created\.$/,
      ),
      hint: expect.stringContaining('df '),
    });
  });

  it('is refused where its free space cannot be read', async () => {
    disk.beforeRead = ({ kind }) => {
      if (kind === 'statfs') throw systemError('EIO');
    };
    await refused(/^The free space of the state folder .*state cannot be read: the disk reports/);
  });

  it('is refused where no file can be written, and nothing of the check remains', async () => {
    disk.before = ({ kind, path }) => {
      if (kind === 'write' && path.includes('.probe-')) throw systemError('EDQUOT');
    };
    await refused(/cannot be written to: the disk quota is used up\.$/, /raise the quota/);
    disk.reset();
    expect(await readdir(state)).toEqual([]);
  });

  it('is refused where a second lock cannot be tried, and the first one is released', async () => {
    let drafts = 0;
    disk.before = ({ kind, path }) => {
      if (kind !== 'open' || !/probe-.*\.lock\..*\.tmp$/.test(path)) return;
      drafts += 1;
      if (drafts === 2) throw systemError('EMFILE');
    };
    await refused(/lock file .*probe-.* cannot be written: too many files are open\.$/);
    disk.reset();
    expect(await readdir(join(state, 'locks'))).toEqual([]);
  });
});

describe('a line of the journal', () => {
  it('is on disk, with every folder above it, when it is acknowledged', async () => {
    const plan = planOf([plannedUnit('berlin/a')]);
    const journal = await createJournal(state, 'r1', systemClock);
    await journal.append({ event: 'run', run: 'r1', inventory: 'i', images: 'm', rules: [], plan });
    const file = (name: string) =>
      disk
        .durable(home)
        .get(join(state, 'runs', 'r1', name))
        ?.toString();
    expect(file('journal.jsonl')).toContain('"event":"run"');
    await journal.append({
      event: 'step',
      unit: 'berlin/a',
      hop: 0,
      step: 'start',
      state: 'committing',
      method: null,
      problem: null,
    });
    expect(file('journal.jsonl')).toContain('"committing"');
    expect(file('starts.jsonl')).toContain('"unit":"berlin/a"');
    await journal.close();
  });
});

describe('a copy of the card', () => {
  it('stays unchanged where it cannot be replaced', async () => {
    const artifacts = createArtifacts(state, 'r1');
    await artifacts.keep('berlin/a', 'hop-1-config.ini', Buffer.from('first'));
    disk.before = ({ kind }) => {
      if (kind === 'write') throw systemError('ENOSPC');
    };
    await expect(artifacts.keep('berlin/a', 'hop-1-config.ini', Buffer.from('second'))).rejects.toMatchObject(
      {
        code: 'config/state',
        message: expect.stringContaining('no space is left'),
      },
    );
    disk.reset();
    const folder = join(state, 'runs', 'r1', 'units', 'berlin', 'a');
    expect(await readdir(folder)).toEqual(['hop-1-config.ini']);
    expect(await readFile(join(folder, 'hop-1-config.ini'), 'utf8')).toBe('first');
  });
});

describe('a lock of a dead owner', () => {
  const lock = (): string => join(state, 'locks', 'AS1.lock');
  const DEAD = '0123456789abcdef';

  async function leaveDead(): Promise<Owner> {
    const mine = await thisProcess('earlier');
    await mkdir(join(state, 'locks'), { recursive: true, mode: 0o700 });
    await writeFile(lock(), JSON.stringify({ ...mine, id: DEAD, started: '1' }));
    return mine;
  }

  /** Another process replaces the lock right before the `nth` link of a file of this name. */
  function replaceBefore(name: string, nth: number, owner: Owner): void {
    let links = 0;
    disk.before = ({ kind, path }) => {
      if (kind !== 'link' || !path.startsWith(`${join(state, 'locks', name)}.`)) return;
      if (name === 'AS1.lock' && path.includes(DEAD)) return;
      links += 1;
      if (links === nth) writeFileSync(lock(), JSON.stringify(owner));
    };
  }

  const take = () => createLocks(state).take('AS1', 'mine');
  const owner = async (): Promise<unknown> => JSON.parse(await readFile(lock(), 'utf8'));

  it('that another process takes over first stays with that process', async () => {
    const other = { ...(await leaveDead()), doing: 'faster' };
    replaceBefore(`AS1.lock.${DEAD}`, 1, other);
    await expect(take()).rejects.toMatchObject({
      code: 'refused/locked',
      message: expect.stringMatching(/^AS1 is locked by process \d+ on .* \(faster\)\.$/),
    });
    expect(await owner()).toEqual(other);
    expect(await readdir(join(state, 'locks'))).toEqual(['AS1.lock']);
  });

  it('that a process took over and left is not taken in the same attempt', async () => {
    const other = { ...(await leaveDead()), started: '2' };
    replaceBefore(`AS1.lock.${DEAD}`, 1, other);
    await expect(take()).rejects.toMatchObject({
      code: 'refused/locked',
      message: 'Another process locked AS1 first.',
    });
    expect(await owner()).toEqual(other);
    disk.reset();
    await (await take()).release();
    expect(await readdir(join(state, 'locks'))).toEqual([]);
  });

  it('that another process creates after it was removed stays with that process', async () => {
    const other = { ...(await leaveDead()), doing: 'faster' };
    replaceBefore('AS1.lock', 2, other);
    await expect(take()).rejects.toMatchObject({
      code: 'refused/locked',
      message: 'Another process locked AS1 first.',
    });
    expect(await owner()).toEqual(other);
    expect(await readdir(join(state, 'locks'))).toEqual(['AS1.lock']);
  });
});

describe('the surroundings of a process', () => {
  const { platform } = process;
  afterEach(() => {
    Object.defineProperty(process, 'platform', { value: platform });
  });

  /** Files of the kernel that are missing here. */
  function without(...hidden: readonly string[]): void {
    disk.beforeRead = ({ path }) => {
      if (hidden.some((file) => path.startsWith(file))) throw systemError('ENOENT');
    };
  }

  it('have neither namespace, boot nor machine on another system: host and process id suffice', async () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    without('/proc', '/etc/machine-id', '/var/lib/dbus/machine-id');
    const here = await surroundings();
    expect(here).toMatchObject({ machine: null, boot: null, namespace: 'none' });
    const mine = await thisProcess('mine');
    expect(mine.started).toBeNull();
    expect(await ownerState(mine, here)).toEqual({ alive: true, why: null });
    const pid = spawnSync(process.execPath, ['-e', '']).pid;
    expect(await ownerState({ ...mine, pid }, here)).toEqual({ alive: false, why: null });
  });

  it.skipIf(platform !== 'linux')('on an old kernel have no time namespace', async () => {
    const pid = await readlink('/proc/self/ns/pid');
    without('/proc/self/ns/time');
    expect(await surroundings()).toMatchObject({ namespace: `${pid} time:none` });
  });

  it.skipIf(platform !== 'linux')('without a known namespace prove no owner gone', async () => {
    without('/proc/self/ns/pid');
    const here = await surroundings();
    expect(here.namespace).toBeNull();
    const gone = { ...(await thisProcess('gone')), pid: spawnSync(process.execPath, ['-e', '']).pid };
    expect(await ownerState(gone, here)).toEqual({
      alive: true,
      why: 'it runs in another container (process namespace)',
    });
  });
});
