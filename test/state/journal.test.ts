import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitOfRun } from '../../src/cli/exit-codes.ts';
import { systemClock } from '../../src/files/index.ts';
import {
  createJournal,
  inDoubt,
  type Journal,
  type NewEvent,
  parseJournal,
  readJournal,
  reopenJournal,
  replay,
  startInDoubt,
} from '../../src/state/index.ts';
import { plannedUnit, planOf, routedUnit, unitAt } from '../support/values/units.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'upsfw-journal-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const step = (
  unit: string,
  name: 'transfer' | 'start' | 'settle' | 'verify',
  to: 'begun' | 'committing' | 'done',
  method: string | null = null,
  methods: ('snmp' | 'cli')[] = [],
): NewEvent => ({
  event: 'step',
  unit,
  hop: 0,
  step: name,
  state: to,
  method,
  ...(methods.length > 0 ? { methods } : {}),
  problem: null,
});

function verified(unit: string, hop: number) {
  return {
    event: 'step' as const,
    unit,
    hop,
    step: 'verify' as const,
    state: 'done' as const,
    method: null,
    problem: null,
  };
}

const FILES = { run: 'r1', file: 'journal.jsonl' };

async function wholeRun(journal: Journal): Promise<void> {
  const plan = planOf([plannedUnit('berlin/a'), plannedUnit('berlin/b')]);
  await journal.append({
    event: 'run',
    run: journal.run,
    inventory: 'i.yaml',
    images: 'images',
    rules: [],
    plan,
  });
  for (const key of ['berlin/a', 'berlin/b']) {
    await journal.append({ event: 'unit', unit: key, attempt: 1, before: unitAt('09.4') });
    await journal.append(step(key, 'transfer', 'begun'));
    await journal.append(step(key, 'transfer', 'done', 'ftp'));
    await journal.append(step(key, 'start', 'committing'));
    await journal.append(step(key, 'start', 'done', 'snmp'));
    await journal.append(step(key, 'settle', 'begun'));
    await journal.append(step(key, 'settle', 'done'));
    await journal.append(step(key, 'verify', 'begun'));
    await journal.append(step(key, 'verify', 'done'));
    await journal.append({
      event: 'end',
      unit: key,
      outcome: 'upgraded',
      after: unitAt('15.0'),
      problem: null,
      reasons: [],
    });
  }
  await journal.append({ event: 'closed', state: 'done' });
}

describe('journal', () => {
  it('returns what was written, in order', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    await wholeRun(journal);
    await journal.close();
    const record = replay(await readJournal(state, 'r1'));
    expect(record.state).toBe('done');
    expect(record.units.map((unit) => unit.outcome)).toEqual(['upgraded', 'upgraded']);
    expect(record.units[0]?.hops[0]).toMatchObject({
      transferred: { method: 'ftp' },
      startedBy: 'snmp',
      verified: true,
    });
    expect(exitOfRun(record, { stopped: false, alive: false })).toBe(0);
  });

  it('writes complete lines one after the other, also for concurrent calls', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    const plan = planOf([plannedUnit('berlin/a')]);
    await Promise.all([
      journal.append({ event: 'run', run: 'r1', inventory: 'i', images: 'm', rules: [], plan }),
      ...Array.from({ length: 50 }, () => journal.append(step('berlin/a', 'transfer', 'begun'))),
    ]);
    await journal.close();
    expect((await readJournal(state, 'r1')).map((event) => event.seq)).toEqual(
      Array.from({ length: 51 }, (_, i) => i + 1),
    );
  });

  it('truncated at any byte replays to a state that was once true, and never loses a start', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    await wholeRun(journal);
    await journal.close();
    const text = await readFile(join(state, 'runs', 'r1', 'journal.jsonl'), 'utf8');
    const parsed = (upTo: number) =>
      parseJournal({ ...FILES, bytes: Buffer.from(text.slice(0, upTo)), starts: Buffer.alloc(0) });
    const whole = parsed(text.length).events;
    const near = [...text.matchAll(/\n/g)].flatMap(({ index }) => [-2, -1, 0, 1, 2].map((by) => index + by));
    const some = Array.from({ length: Math.ceil(text.length / 29) }, (_, index) => index * 29);
    for (const cut of [...near, ...some, text.length]) {
      const { events } = parsed(cut);
      expect(events).toEqual(whole.slice(0, events.length));
      if (events.length === 0) {
        expect(() => replay(events)).toThrow(/does not begin with a plan/);
        continue;
      }
      const record = replay(events);
      for (const unit of record.units) {
        const start = `"unit":"${unit.planned.key}","hop":0,"step":"start","state":"committing"`;
        const committed = text
          .slice(0, cut)
          .split('\n')
          .slice(0, -1)
          .some((line) => line.includes(start));
        expect(unit.hops[0]?.startedAt !== null).toBe(committed);
        // The verified line ends a start, even if the end of the unit is not in the journal yet.
        const open = committed && unit.outcome === 'pending' && unit.hops[0]?.verified === false;
        expect(inDoubt(unit)).toBe(open);
      }
    }
  });

  it('continues after a torn line', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    await wholeRun(journal);
    await journal.close();
    const file = join(state, 'runs', 'r1', 'journal.jsonl');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, -10));
    const again = await reopenJournal(state, 'r1', systemClock);
    await again.append({ event: 'resumed' });
    await again.close();
    const events = await readJournal(state, 'r1');
    expect(events.at(-1)).toMatchObject({ event: 'resumed', seq: 22 });
  });

  it('writes no line that cannot be read back', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    await wholeRun(journal);
    const before = unitAt('09.4');
    await expect(
      journal.append({
        event: 'unit',
        unit: 'berlin/a',
        attempt: 2,
        before: { ...before, model: 'x'.repeat(5000) },
      }),
    ).rejects.toThrow();
    await journal.close();
    expect(replay(await readJournal(state, 'r1')).units[0]?.outcome).toBe('upgraded');
  });

  it('refuses an unknown run, and a path as a name', async () => {
    await expect(readJournal(state, 'nope')).rejects.toMatchObject({ code: 'config/run' });
    await expect(readJournal(state, '../../etc')).rejects.toMatchObject({ code: 'config/run' });
  });
});

interface JournalText {
  readonly lines: readonly Buffer[];
  readonly starts: Buffer;
}

/** A run of two units with both starts made, as stored on disk. */
async function writtenRun(): Promise<JournalText> {
  const journal = await createJournal(state, 'r1', systemClock);
  await wholeRun(journal);
  await journal.append({ event: 'resumed' });
  await journal.close();
  const folder = join(state, 'runs', 'r1');
  const text = await readFile(join(folder, 'journal.jsonl'));
  const lines = text.toString('utf8').trimEnd().split('\n');
  return {
    lines: lines.map((line) => Buffer.from(`${line}\n`)),
    starts: await readFile(join(folder, 'starts.jsonl')),
  };
}

/** The units that a changed journal shows as if they had never been started. */
function shownAsNotStarted(changed: Buffer, starts: Buffer): readonly string[] {
  const { events } = parseJournal({ ...FILES, bytes: changed, starts });
  if (events[0]?.event !== 'run') {
    expect(() => replay(events)).toThrow(/damaged|does not begin with a plan/);
    return events.length === 0 ? ['every unit'] : [];
  }
  return replay(events)
    .units.filter(
      ({ outcome, hops }) => outcome !== 'unknown' && !hops.some(({ startedAt }) => startedAt !== null),
    )
    .map(({ planned }) => planned.key);
}

describe('a damaged journal', () => {
  const steps = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('shows a unit as unknown, never as not started, for each line that is missing, repeated or exchanged', async () => {
    const { lines, starts } = await writtenRun();
    for (const index of steps(lines.length)) {
      const without = lines.filter((_line, at) => at !== index);
      const doubled = lines.flatMap((line, at) => (at === index ? [line, line] : [line]));
      const cut = lines.slice(0, index);
      for (const changed of [without, doubled, cut])
        expect(shownAsNotStarted(Buffer.concat(changed), starts), `line ${index + 1}`).toEqual([]);
      for (const other of steps(index)) {
        const exchanged = lines.map((line, at) =>
          at === index ? (lines[other] ?? line) : at === other ? (lines[index] ?? line) : line,
        );
        expect(shownAsNotStarted(Buffer.concat(exchanged), starts)).toEqual([]);
      }
    }
  });

  it('shows a unit as unknown, never as not started, for each change of one or two bytes', async () => {
    const { lines, starts } = await writtenRun();
    const whole = Buffer.concat(lines);
    const change = fc.record({ at: fc.nat(whole.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    const ends = lines.map((_line, index) => Buffer.concat(lines.slice(0, index + 1)).length - 1);
    const changedBy = (changes: readonly { readonly at: number; readonly by: number }[]): Buffer => {
      const bytes = Buffer.from(whole);
      for (const { at, by } of changes) bytes[at] = (bytes[at] ?? 0) ^ by;
      return bytes;
    };
    for (const at of ends) expect(shownAsNotStarted(changedBy([{ at, by: 1 }]), starts)).toEqual([]);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        expect(shownAsNotStarted(changedBy(changes), starts)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('uses the lines before the damage, and reports it', async () => {
    const { lines } = await writtenRun();
    // The first unit had ended before this line.
    const damagedAt = 12;
    const changed = lines.map((line, at) =>
      at === damagedAt ? Buffer.from(line.toString().replace('"begun"', '"bagun"')) : line,
    );
    await writeFile(join(state, 'runs', 'r1', 'journal.jsonl'), Buffer.concat(changed));
    const record = replay(await readJournal(state, 'r1'));
    expect(record.problem).toMatchObject({ code: 'config/run', message: expect.stringMatching(/line \d+ /) });
    expect(record.units.map(({ outcome }) => outcome)).toEqual(['upgraded', 'unknown']);
    expect(exitOfRun(record, { stopped: false, alive: false })).toBe(5);
    await expect(reopenJournal(state, 'r1', systemClock)).rejects.toMatchObject({ code: 'config/run' });
  });

  it('still gives the plan if the list of starts is damaged, and starts nothing', async () => {
    const { starts } = await writtenRun();
    const folder = join(state, 'runs', 'r1');
    await writeFile(join(folder, 'starts.jsonl'), starts.toString().replace('seq', 'saq'));
    expect(replay(await readJournal(state, 'r1')).problem?.code).toBe('config/run');
  });

  it('is recognized where the journal is missing beside a list of starts', async () => {
    await writtenRun();
    await rm(join(state, 'runs', 'r1', 'journal.jsonl'));
    expect(() => replay([])).toThrow(/does not begin with a plan/);
    const events = await readJournal(state, 'r1');
    expect(() => replay(events)).toThrow(/damaged/);
  });
});

describe('replay', () => {
  it('resets a hop but keeps the number of attempts when a retry is allowed', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    await wholeRun(journal);
    await journal.append(step('berlin/a', 'start', 'committing'));
    await journal.append({ event: 'retry', unit: 'berlin/a' });
    await journal.close();
    const [unit] = replay(journal.events).units;
    expect(unit).toMatchObject({ outcome: 'pending', attempt: 1, open: false });
    expect(unit?.hops[0]).toMatchObject({ startedAt: null, transferred: null, verified: false });
  });

  it('keeps the start methods of earlier attempts', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    await wholeRun(journal);
    await journal.append(step('berlin/a', 'start', 'committing', null, ['cli', 'snmp']));
    await journal.append({ event: 'retry', unit: 'berlin/a' });
    await journal.close();
    const [unit] = replay(await readJournal(state, 'r1')).units;
    expect(unit?.hops[0]).toMatchObject({ startedAt: null, startMethods: ['cli', 'snmp'] });
  });

  it('separates the hops of a route, and keeps verified hops and the first state of the unit', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    const key = 'berlin/a';
    const line = (hop: number, event: NewEvent): NewEvent =>
      event.event === 'step' ? { ...event, hop } : event;
    await journal.append({
      event: 'run',
      run: 'r1',
      inventory: 'i',
      images: 'm',
      rules: [],
      plan: planOf([routedUnit(key)]),
    });
    const record = () => {
      const [unit] = replay(journal.events).units;
      if (unit === undefined) throw new Error('no unit');
      return unit;
    };
    await journal.append({ event: 'unit', unit: key, attempt: 1, hop: 0, before: unitAt('09.3') });
    await journal.append(line(0, step(key, 'start', 'committing', null, ['snmp'])));
    expect([startInDoubt(record()), inDoubt(record())]).toEqual([0, true]);
    await journal.append({
      event: 'end',
      unit: key,
      outcome: 'unknown',
      after: null,
      problem: null,
      reasons: [],
    });
    expect([startInDoubt(record()), inDoubt(record())]).toEqual([0, true]);
    await journal.append({ ...verified(key, 0), seen: unitAt('09.6') });
    // The earlier end no longer counts, because a hop is left.
    expect(record().outcome).toBe('pending');
    expect([startInDoubt(record()), inDoubt(record())]).toEqual([null, false]);
    await journal.append({ event: 'unit', unit: key, attempt: 1, hop: 1, before: unitAt('09.6') });
    await journal.append(line(1, step(key, 'start', 'committing', null, ['cli'])));
    expect([startInDoubt(record()), inDoubt(record())]).toEqual([1, true]);
    await journal.append({
      event: 'end',
      unit: key,
      outcome: 'failed',
      after: unitAt('09.6'),
      problem: null,
      reasons: [],
    });
    await journal.append({ event: 'retry', unit: key });
    expect(record().before?.firmware.version).toBe('09.3');
    expect(record().hops).toMatchObject([
      { verified: true, after: { firmware: { version: '09.6' } } },
      { verified: false, startedAt: null, startMethods: ['cli'] },
    ]);
    await journal.close();
    expect(replay(await readJournal(state, 'r1'))).toEqual(replay(journal.events));
  });
});
