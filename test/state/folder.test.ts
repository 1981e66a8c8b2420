import { rmSync } from 'node:fs';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
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
  createKnownHosts,
  createLocks,
  needsOf,
  openStateFolder,
  reopenJournal,
} from '../../src/state/index.ts';
import { canMount, fill, makeReadOnly, mountMemory, unmount } from '../support/machine/mounts.ts';
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
  unmount(state);
  await rm(home, { recursive: true, force: true });
});

const isRoot = process.getuid?.() === 0;
const hasOwners = process.getuid !== undefined;
const OTHER_USER = 12345;

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
});

describe.skipIf(!hasOwners)('a state folder that others can change', () => {
  it.each([0o775, 0o702, 0o777, 0o1777])('is refused with mode %o', async (mode) => {
    await mkdir(state);
    await chmod(state, mode);
    await refused(/may write to .*state \(mode/, /chmod go-w .*state/);
  });

  it('is refused where every user can replace it', async () => {
    await chmod(home, 0o777);
    await refused(/Every user may write to/, /chmod o-w/);
  });

  it('is refused where the link to it lies in a folder that every user may write to', async () => {
    const folder = join(home, 'mine');
    await mkdir(folder, { mode: 0o700 });
    await symlink(folder, state);
    await chmod(home, 0o1777);
    await refused(/symbolic link in a folder that every user may write to/);
  });

  it('is refused where a folder in it can be changed by others', async () => {
    await mkdir(join(state, 'runs'), { recursive: true });
    await chmod(state, 0o700);
    await chmod(join(state, 'runs'), 0o777);
    await refused(/runs \(mode 0777\)/);
  });

  it.skipIf(!isRoot)(
    'is refused where it, a link to it, or a file in it belongs to somebody else',
    async () => {
      await mkdir(state, { mode: 0o700 });
      await chown(state, OTHER_USER, OTHER_USER);
      await refused(/belongs to user 12345; upsfw runs as user 0/, /chown -R 0 /);
      await chown(state, 0, 0);
      await openStateFolder(state);
      await writeFile(join(state, 'known-hosts.json'), '{}', { mode: 0o600 });
      await chown(join(state, 'known-hosts.json'), OTHER_USER, OTHER_USER);
      await refused(/known-hosts\.json belongs to user 12345/);
      await rm(state, { recursive: true });
      await mkdir(join(home, 'mine'), { mode: 0o700 });
      await symlink(join(home, 'mine'), state);
      await lchown(state, OTHER_USER, OTHER_USER);
      await refused(/symbolic link of user 12345/);
    },
  );
});

describe.skipIf(!canMount)('a state folder on a file system of its own', () => {
  it('is refused where that is too small or full', async () => {
    mountMemory(state, 64 * 1024);
    await refused(/8\.0 MiB are needed, 0\.\d MiB are free/);
    unmount(state);
    mountMemory(state, 16 * 1024 * 1024);
    await openStateFolder(state);
    fill(state);
    await refused(/0\.0 MiB are free/);
  });

  it('is refused where that is read-only', async () => {
    // This also applies if it is too small: more space would not help.
    for (const size of [16 * 1024 * 1024, 64 * 1024]) {
      mountMemory(state, size);
      makeReadOnly(state);
      await refused(/cannot be written to: its file system is read-only/);
      unmount(state);
    }
  });
});

describe.skipIf(process.platform === 'win32')('a link in the place of a file that the tool writes', () => {
  let victim: string;
  beforeEach(async () => {
    victim = join(home, 'victim');
    await writeFile(victim, 'precious');
  });

  const unchanged = async () => expect(await readFile(victim, 'utf8')).toBe('precious');

  it('is not followed when a host key is stored', async () => {
    await mkdir(state, { mode: 0o700 });
    for (const name of ['known-hosts.json', `known-hosts.json.${process.pid}`])
      await symlink(victim, join(state, name));
    await rm(join(state, 'known-hosts.json'));
    await createKnownHosts(state).add('10.0.0.1:22', 'SHA256:x');
    await unchanged();
    expect(await createKnownHosts(state).get('10.0.0.1:22')).toBe('SHA256:x');
  });

  it('is not followed when artifacts are written', async () => {
    const folder = join(state, 'runs', 'r1', 'units', 'berlin', 'a');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of ['hop-1-config.ini', 'transcript.jsonl']) await symlink(victim, join(folder, name));
    const artifacts = createArtifacts(state, 'r1');
    await artifacts.keep('berlin/a', 'hop-1-config.ini', Buffer.from('settings'));
    expect(await readFile(join(folder, 'hop-1-config.ini'), 'utf8')).toBe('settings');
    artifacts.transcript('berlin/a', { at: new Date(0), where: 'x', kind: 'sent', text: 'y' });
    await expect(artifacts.close()).rejects.toMatchObject({
      code: 'config/state',
      message: expect.stringContaining('symbolic link'),
    });
    await unchanged();
  });

  it('is not followed when a journal is reopened', async () => {
    const plan = planOf([plannedUnit('berlin/a')]);
    for (const name of ['journal.jsonl', 'starts.jsonl']) {
      const journal = await createJournal(state, name, systemClock);
      await journal.append({ event: 'run', run: 'r1', inventory: 'i', images: 'm', rules: [], plan });
      await journal.close();
      const file = join(state, 'runs', name, name);
      await writeFile(victim, await readFile(file));
      await rm(file);
      await symlink(victim, file);
      await expect(reopenJournal(state, name, systemClock)).rejects.toMatchObject({
        code: 'config/state',
        message: expect.stringContaining('symbolic link'),
      });
      await writeFile(victim, 'precious');
    }
    await unchanged();
  });

  it('is not followed when a lock is taken', async () => {
    await mkdir(join(state, 'locks'), { recursive: true, mode: 0o700 });
    await symlink(victim, join(state, 'locks', 'AS1.lock'));
    await expect(createLocks(state).take('AS1', 'x')).rejects.toMatchObject({ code: 'refused/locked' });
    await unchanged();
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
  it('does not share a folder with a unit of a similar key', async () => {
    const artifacts = createArtifacts(state, 'r1');
    await artifacts.keep('x/y-z', 'hop-1-config.ini', Buffer.from('one'));
    await artifacts.keep('x-y/z', 'hop-1-config.ini', Buffer.from('other'));
    const units = join(state, 'runs', 'r1', 'units');
    expect(await readFile(join(units, 'x', 'y-z', 'hop-1-config.ini'), 'utf8')).toBe('one');
    expect(await readFile(join(units, 'x-y', 'z', 'hop-1-config.ini'), 'utf8')).toBe('other');
  });

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
