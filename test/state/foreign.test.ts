import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import {
  createArtifacts,
  createJournal,
  createKnownHosts,
  createLocks,
  openStateFolder,
  reopenJournal,
} from '../../src/state/index.ts';
import { openFilesBelow } from '../support/machine/open-files.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

let home: string;
let state: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'upsfw-state-'));
  state = join(home, 'state');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const hasOwners = process.getuid !== undefined;
const SOMEBODY = 12345;

function refused(message: RegExp, hint = /./) {
  return expect(openStateFolder(state)).rejects.toMatchObject({
    code: 'config/state',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
}

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
      await chown(state, SOMEBODY, SOMEBODY);
      await refused(/belongs to user 12345; upsfw runs as user 0/, /chown -R 0 /);
      await chown(state, 0, 0);
      await openStateFolder(state);
      await writeFile(join(state, 'known-hosts.json'), '{}', { mode: 0o600 });
      await chown(join(state, 'known-hosts.json'), SOMEBODY, SOMEBODY);
      await refused(/known-hosts\.json belongs to user 12345/);
      await rm(state, { recursive: true });
      await mkdir(join(home, 'mine'), { mode: 0o700 });
      await symlink(join(home, 'mine'), state);
      await lchown(state, SOMEBODY, SOMEBODY);
      await refused(/symbolic link of user 12345/);
    },
  );
});

describe.skipIf(!hasOwners)('a link of the same user', () => {
  it('to the state folder may name the whole path', async () => {
    const folder = join(home, 'elsewhere');
    await mkdir(folder, { mode: 0o700 });
    await symlink(folder, state);
    await openStateFolder(state);
    expect(await readdir(folder)).toEqual(['locks']);
  });

  it('is followed to its target, whose path every user may not change', async () => {
    const open = join(home, 'open');
    await mkdir(join(open, 'mine'), { recursive: true, mode: 0o700 });
    await chmod(open, 0o777);
    await symlink(join(open, 'mine'), state);
    await refused(/^Every user may write to .*open, a parent of the state folder/);
  });

  it('may be in the place of a folder in the state folder', async () => {
    const folder = join(home, 'large-disk');
    await mkdir(folder, { mode: 0o700 });
    await mkdir(state, { mode: 0o700 });
    await symlink(folder, join(state, 'runs'));
    await openStateFolder(state);
    expect((await readdir(state)).sort()).toEqual(['locks', 'runs']);
  });

  it('that leads to itself is refused', async () => {
    await symlink('state', state);
    await refused(/state leads through too many links\.$/, /Remove some of them/);
  });

  it.skipIf(!isRoot)('is needed: a folder in the state folder is no link of somebody else', async () => {
    const folder = join(home, 'large-disk');
    await mkdir(folder, { mode: 0o700 });
    await mkdir(state, { mode: 0o700 });
    await symlink(folder, join(state, 'runs'));
    await lchown(join(state, 'runs'), SOMEBODY, SOMEBODY);
    await refused(/runs is a symbolic link of user 12345; upsfw runs as user 0/);
  });
});

describe('a system without owners', () => {
  const { getuid } = process;
  afterEach(() => {
    if (getuid !== undefined) process.getuid = getuid;
  });

  it('does not refuse a folder because of its mode', async () => {
    await mkdir(state);
    await chmod(state, 0o777);
    Reflect.deleteProperty(process, 'getuid');
    await openStateFolder(state);
    expect(await readdir(state)).toEqual(['locks']);
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
      expect(await openFilesBelow(home)).toEqual([]);
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
