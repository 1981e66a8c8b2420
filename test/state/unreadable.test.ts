import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import {
  createArtifacts,
  createJournal,
  createKnownHosts,
  createLenientKnownHosts,
  createLocks,
  isPlainlyDone,
  journalFile,
  parseJournal,
  readJournal,
  replay,
} from '../../src/state/index.ts';
import { beginJournal } from '../support/sites/journal.ts';
import { plannedUnit, planOf } from '../support/values/units.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'upsfw-unreadable-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const IS_A_FOLDER = /cannot be read: .*(EISDIR|illegal operation on a directory)/;

describe('a lock that cannot be read', () => {
  const lock = (): string => join(state, 'locks', 'AS1.lock');
  beforeEach(() => mkdir(join(state, 'locks'), { mode: 0o700 }));

  it('has a holder whose process is not known', async () => {
    await writeFile(lock(), 'half');
    expect(await createLocks(state).holder('AS1')).toEqual({ pid: null, host: null });
    expect(await createLocks(state).holder('AS2')).toBeNull();
  });

  it('because a folder is in its place is neither free nor taken over', async () => {
    await mkdir(lock());
    const locks = createLocks(state);
    const problem = { code: 'config/state', message: expect.stringMatching(IS_A_FOLDER) };
    await expect(locks.take('AS1', 'x')).rejects.toMatchObject(problem);
    await expect(locks.heldElsewhere('AS1')).rejects.toMatchObject(problem);
    await expect(locks.holder('AS1')).rejects.toMatchObject(problem);
    expect((await stat(lock())).isDirectory()).toBe(true);
  });

  it('because it is a link to nothing is not taken', async () => {
    await symlink(join(state, 'nothing'), lock());
    await expect(createLocks(state).take('AS1', 'x')).rejects.toMatchObject({
      code: 'refused/locked',
      message: 'Another process locked AS1 first.',
      hint: expect.stringContaining('try again'),
    });
    expect(await readdir(state)).toEqual(['locks']);
    expect(await readdir(join(state, 'locks'))).toEqual(['AS1.lock']);
  });
});

describe('a journal that cannot be read', () => {
  const KEY = 'berlin/a';

  async function leaveStart(): Promise<void> {
    const journal = await beginJournal(state, 'r1', planOf([plannedUnit(KEY)]));
    const start = { event: 'step', unit: KEY, hop: 0, step: 'start', method: 'snmp' } as const;
    await journal.append({ ...start, state: 'committing', problem: null });
    await journal.close();
  }

  const starts = (): string => join(dirname(journalFile(state, 'r1')), 'starts.jsonl');

  it('is not done, and gives a problem', async () => {
    expect(await isPlainlyDone(state, 'r1')).toBe(false);
    await leaveStart();
    await rm(starts());
    await mkdir(starts());
    const message = expect.stringMatching(/^The journal of run r1 in .* cannot be read: /);
    await expect(readJournal(state, 'r1')).rejects.toMatchObject({ code: 'config/state', message });
    expect(await isPlainlyDone(state, 'r1')).toBe(false);
  });

  it('is not replaced by that of a new run', async () => {
    await leaveStart();
    const before = await readFile(journalFile(state, 'r1'));
    await expect(createJournal(state, 'r1', systemClock)).rejects.toMatchObject({
      code: 'config/state',
      message: expect.stringMatching(/^The journal of the run cannot be made in .*r1: /),
    });
    expect(await readFile(journalFile(state, 'r1'))).toEqual(before);
  });

  it('because a line of the list of starts is no JSON leaves every unit in doubt', async () => {
    await leaveStart();
    await writeFile(starts(), 'no JSON\n');
    const events = await readJournal(state, 'r1');
    expect(events.at(-1)).toMatchObject({
      event: 'damaged',
      problem: {
        message: expect.stringContaining('cannot be compared with the list of starts, which is damaged'),
      },
    });
    expect(replay(events).units).toMatchObject([{ outcome: 'unknown' }]);
    expect(await isPlainlyDone(state, 'r1')).toBe(false);
  });

  it('because its first line has a checksum and is no JSON is damaged', () => {
    const body = '{"seq":1,no JSON}';
    const sum = createHash('sha256').update(`\n${body}`).digest('hex').slice(0, 16);
    const bytes = Buffer.from(`${body.slice(0, -1)},"sum":"${sum}"}\n`);
    const { events, whole } = parseJournal({ run: 'r1', file: 'f', bytes, starts: Buffer.alloc(0) });
    expect(whole).toBe(0);
    expect(events).toMatchObject([
      {
        event: 'damaged',
        problem: { message: expect.stringContaining('line 1 differs from what was written') },
      },
    ]);
  });
});

describe('known hosts that cannot be read', () => {
  it('do not count as no known host', async () => {
    await mkdir(join(state, 'known-hosts.json'), { mode: 0o700 });
    const hosts = createKnownHosts(state);
    const problem = { code: 'config/state', message: expect.stringMatching(IS_A_FOLDER) };
    await expect(hosts.get('10.0.0.1:22')).rejects.toMatchObject(problem);
    await expect(hosts.add('10.0.0.1:22', 'SHA256:x')).rejects.toMatchObject(problem);
  });

  it.each([
    ['a fault of upsfw', new Error('a fault of upsfw')],
    ['another problem', new Problem('refused/identity', 'Another key.', { hint: 'Check it.' })],
  ])('are not accepted by a command that only reads after %s', async (_what, fault) => {
    const warned: Problem[] = [];
    const hosts = createLenientKnownHosts(
      { get: async () => null, add: () => Promise.reject(fault) },
      (problem) => warned.push(problem),
    );
    await expect(hosts.add('10.0.0.1:22', 'SHA256:x')).rejects.toBe(fault);
    expect(await hosts.get('10.0.0.1:22')).toBeNull();
    expect(warned).toEqual([]);
  });
});

describe('a transcript', () => {
  it('ends at eight megabytes, and the run continues', async () => {
    const artifacts = createArtifacts(state, 'r1');
    const text = 'x'.repeat(1024 * 1024 - 200);
    for (let entry = 0; entry < 10; entry += 1)
      artifacts.transcript('berlin/a', { at: new Date(0), where: 'x', kind: 'received', text });
    artifacts.transcript('berlin/b', { at: new Date(0), where: 'x', kind: 'received', text: 'short' });
    await artifacts.close();
    const units = join(state, 'runs', 'r1', 'units', 'berlin');
    const { size } = await stat(join(units, 'a', 'transcript.jsonl'));
    expect(size).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(size).toBeGreaterThan(7 * 1024 * 1024);
    expect(await readFile(join(units, 'b', 'transcript.jsonl'), 'utf8')).toContain('short');
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
});
