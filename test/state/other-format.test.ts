import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { createEarlierStarts } from '../../src/run/index.ts';
import {
  createJournal,
  isPlainlyDone,
  JOURNAL_FORMAT,
  readJournal,
  reopenJournal,
  replay,
} from '../../src/state/index.ts';
import { plannedUnit, planOf, unitAt } from '../support/values/units.ts';

const OLDER = new URL('./format-1/', import.meta.url);

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'upsfw-format-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

async function olderLines(): Promise<readonly string[]> {
  return (await readFile(new URL('journal.jsonl', OLDER), 'utf8')).trimEnd().split('\n');
}

async function keep(lines: readonly string[], starts = ''): Promise<void> {
  const folder = join(state, 'runs', 'r1');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'journal.jsonl'), lines.map((line) => `${line}\n`).join(''));
  await writeFile(join(folder, 'starts.jsonl'), starts);
}

/** The first line with another content and the checksum that fits it. */
function firstLine(content: object): string {
  const body = JSON.stringify(content);
  const sum = createHash('sha256').update('').update('\n').update(body).digest('hex').slice(0, 16);
  return `${body.slice(0, -1)},"sum":"${sum}"}`;
}

async function firstContent(): Promise<{ readonly plan?: unknown }> {
  const [first = ''] = await olderLines();
  const { sum: _sum, ...content } = JSON.parse(first);
  return content;
}

const STARTED = unitAt('09.4', { serial: 'AS1532273891' });
const { card } = STARTED;
/** The same unit, whose serial number cannot be read. */
const SEEN_BY_CARD = {
  ...STARTED,
  serial: null,
  card: card === null ? null : { ...card, serial: 'ZA1532273891' },
};
const OTHER = unitAt('09.4', { serial: 'AS0000000001' });

describe('the format of a journal', () => {
  it('is in its first line', async () => {
    const journal = await createJournal(state, 'r1', systemClock);
    const plan = planOf([plannedUnit('berlin/a')]);
    await journal.append({ event: 'run', run: 'r1', inventory: 'i', images: 'm', rules: [], plan });
    await journal.append({ event: 'closed', state: 'done' });
    await journal.close();
    const [first] = await readJournal(state, 'r1');
    expect(first).toMatchObject({ event: 'run', format: JOURNAL_FORMAT });
    expect(await isPlainlyDone(state, 'r1')).toBe(true);
  });
});

describe('a journal without a format', () => {
  it('is one event that names the units that may have been started', async () => {
    await keep(await olderLines());
    const events = await readJournal(state, 'r1');
    expect(events).toMatchObject([
      {
        event: 'other-format',
        format: 1,
        units: [{ key: 'berlin/a', serial: 'AS1532273891', card: 'ZA1532273891' }],
      },
    ]);
    expect(() => replay(events)).toThrow(/earlier development version/);
    await expect(reopenJournal(state, 'r1', systemClock)).rejects.toMatchObject({ code: 'config/run' });
  });

  it('is never plainly done, also where its last line ends the run', async () => {
    await keep(await olderLines());
    expect(await isPlainlyDone(state, 'r1')).toBe(false);
  });

  it('blocks a new start of its units with any firmware, and of no other unit', async () => {
    await keep(await olderLines());
    const earlier = createEarlierStarts(state, null);
    for (const unit of [STARTED, { ...STARTED, firmware: unitAt('15.0').firmware }, SEEN_BY_CARD])
      await expect(earlier.refuseOn(unit)).rejects.toMatchObject({ code: 'refused/second-attempt' });
    await expect(earlier.refuseOn(OTHER)).resolves.toBeUndefined();
    const openOn = await earlier.readAll();
    expect(openOn(STARTED)).toMatchObject({ run: 'r1', problem: { code: 'refused/second-attempt' } });
    expect(openOn(OTHER)).toBeNull();
  });

  it('does not count a unit that its plan never updates', async () => {
    const content = await firstContent();
    const plan = JSON.parse(JSON.stringify(content.plan));
    plan.units[0].hops = [];
    await keep([firstLine({ ...content, plan })]);
    await expect(createEarlierStarts(state, null).refuseOn(STARTED)).resolves.toBeUndefined();
  });

  it.each([
    ['without a plan', { plan: undefined }],
    ['with a plan of another shape', { plan: { units: [{ key: 'berlin/a' }] } }],
  ])('keeps every unit from a new start %s', async (_what, change) => {
    await keep([firstLine({ ...(await firstContent()), ...change })]);
    await expect(createEarlierStarts(state, null).refuseOn(OTHER)).rejects.toMatchObject({
      code: 'config/run',
      message: expect.stringContaining('earlier development version'),
    });
  });

  it('is damaged where its first line is not as it was written', async () => {
    const [first = '', ...rest] = await olderLines();
    await keep([first.replace('AS1532273891', 'AS1532273892'), ...rest]);
    expect(await readJournal(state, 'r1')).toMatchObject([{ event: 'damaged', seq: 1 }]);
  });

  it('is of the older format with any damage in later lines', async () => {
    const lines = await olderLines();
    await keep([...lines.slice(0, 5), 'no line']);
    expect(await readJournal(state, 'r1')).toMatchObject([{ event: 'other-format' }]);
  });
});

describe('a journal of a later format', () => {
  it('keeps every unit from a new start', async () => {
    await keep([firstLine({ ...(await firstContent()), format: JOURNAL_FORMAT + 1 })]);
    expect(await readJournal(state, 'r1')).toMatchObject([{ format: JOURNAL_FORMAT + 1, units: null }]);
    await expect(createEarlierStarts(state, null).refuseOn(OTHER)).rejects.toMatchObject({
      code: 'config/run',
      message: expect.stringContaining('a later version of upsfw'),
    });
  });
});
