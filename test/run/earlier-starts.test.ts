import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { createEarlierStarts } from '../../src/run/index.ts';
import { createJournal, journalFile, type NewEvent } from '../../src/state/index.ts';
import { planOf, routedUnit, unitAt } from '../support/values/units.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'upsfw-earlier-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const KEY = 'berlin/a';

function step(hop: number, name: 'start' | 'verify', to: 'committing' | 'done'): NewEvent {
  return { event: 'step', unit: KEY, hop, step: name, state: to, method: null, problem: null };
}

/** Leaves an ended run over 09.6 to 15.1, with these lines of its unit. */
async function leave(lines: readonly NewEvent[]): Promise<void> {
  const journal = await createJournal(state, 'old', systemClock);
  const plan = planOf([routedUnit(KEY)]);
  await journal.append({ event: 'run', run: 'old', inventory: 'i', images: 'm', rules: [], plan });
  for (const line of lines) await journal.append(line);
  await journal.close();
}

const FIRST_DONE = [step(0, 'start', 'committing'), step(0, 'verify', 'done')];

describe('a start of another run without a known result', () => {
  it.each([
    ['of the first hop', [step(0, 'start', 'committing')], '09.3'],
    ['of the second hop', [...FIRST_DONE, step(1, 'start', 'committing')], '09.6'],
  ] as const)(
    '%s prevents new starts while the unit runs the firmware of that start',
    async (_what, lines, at) => {
      await leave(lines);
      const earlier = createEarlierStarts(state, null);
      await expect(earlier.refuseOn(unitAt(at))).rejects.toMatchObject({ code: 'refused/second-attempt' });
      await expect(earlier.refuseOn(unitAt('15.1'))).resolves.toBeUndefined();
      await expect(earlier.refuseOn(unitAt(at, { serial: 'AS0000000001' }))).resolves.toBeUndefined();
    },
  );

  it('has a hint that names resume first, and moving the folder of the run last', async () => {
    const journal = await createJournal(state, 'old', systemClock);
    const plan = planOf([routedUnit(KEY), routedUnit('berlin/b'), routedUnit('berlin/c')]);
    await journal.append({ event: 'run', run: 'old', inventory: 'i', images: 'm', rules: [], plan });
    await journal.append(step(0, 'start', 'committing'));
    await journal.close();
    const refused = createEarlierStarts(state, null).refuseOn(unitAt('09.3'));
    await expect(refused).rejects.toMatchObject({
      hint: expect.stringMatching(
        /^Look at the unit.*upsfw resume old\..*resume old --retry berlin\/a\..*last resort.*record of all 3 units/,
      ),
    });
  });

  it('does not include a verified hop', async () => {
    await leave(FIRST_DONE);
    const earlier = createEarlierStarts(state, null);
    await expect(earlier.refuseOn(unitAt('09.6'))).resolves.toBeUndefined();
    await expect(earlier.refuseOn(unitAt('09.3'))).resolves.toBeUndefined();
  });

  it('still counts for a unit that does not report its firmware', async () => {
    await leave([step(0, 'start', 'committing')]);
    const earlier = createEarlierStarts(state, null);
    const unread = unitAt('15.1', { firmware: { raw: 'UPS 15.0', version: '15.1', microLinkId: null } });
    await expect(earlier.refuseOn(unread)).rejects.toMatchObject({ code: 'refused/second-attempt' });
  });

  it('is identified by its card if the serial number of the UPS was not seen', async () => {
    const { card } = unitAt('09.3');
    const own = card === null ? null : { ...card, serial: 'ZA1234567890' };
    const planned = { ...routedUnit(KEY), unit: unitAt('09.3', { serial: null, card: own }) };
    const journal = await createJournal(state, 'old', systemClock);
    const plan = planOf([planned]);
    await journal.append({ event: 'run', run: 'old', inventory: 'i', images: 'm', rules: [], plan });
    await journal.append(step(0, 'start', 'committing'));
    await journal.close();
    const earlier = createEarlierStarts(state, null);
    await expect(earlier.refuseOn(unitAt('09.3', { card: own }))).rejects.toMatchObject({
      code: 'refused/second-attempt',
    });
    const moved = unitAt('09.3', { card: card === null ? null : { ...card, serial: 'ZA0000000001' } });
    await expect(earlier.refuseOn(moved)).resolves.toBeUndefined();
  });

  it('that is staged refuses a partner, and not the unit itself', async () => {
    await leave([
      { event: 'step', unit: KEY, hop: 0, step: 'start', state: 'staged', method: null, problem: null },
    ]);
    const earlier = createEarlierStarts(state, null);
    await expect(earlier.refuseOn(unitAt('09.3'))).resolves.toBeUndefined();
    await expect(earlier.refuseOn(unitAt('09.3'), 'partner')).rejects.toMatchObject({
      code: 'refused/second-attempt',
    });
  });

  it('of a card still counts while the card does not report the version of that part', async () => {
    const { card } = unitAt('09.3');
    const steps = ['backup', 'start', 'settle', 'verify'] as const;
    const os = { component: 'card-os', transport: 'nmc', steps } as const;
    const image = { file: 'apc_hw05_aos_708.bin', sha256: 'c'.repeat(64), sizeBytes: 1280 };
    const ends = {
      from: { version: 'v6.9.6', platform: 'hw05' },
      to: { version: '7.0.8', platform: 'hw05' },
    };
    const planned = { ...routedUnit(KEY), hops: [{ ...os, ...ends, image }] };
    const journal = await createJournal(state, 'old', systemClock);
    const plan = planOf([planned]);
    await journal.append({ event: 'run', run: 'old', inventory: 'i', images: 'm', rules: [], plan });
    await journal.append(step(0, 'start', 'committing'));
    await journal.close();
    const earlier = createEarlierStarts(state, null);
    const withOs = (version: string | null) =>
      unitAt('09.3', { card: card === null ? null : { ...card, os: version } });
    for (const version of [null, 'v6.9.6']) {
      await expect(earlier.refuseOn(withOs(version))).rejects.toMatchObject({
        code: 'refused/second-attempt',
        message: expect.stringMatching(/^Run old started this unit at .*, and the result is not known\.$/),
      });
    }
    await expect(earlier.refuseOn(withOs('v7.0.8'))).resolves.toBeUndefined();
  });
});

describe('a run folder', () => {
  it('without a journal has no start', async () => {
    await mkdir(join(state, 'runs', 'empty'), { recursive: true });
    const earlier = createEarlierStarts(state, null);
    await expect(earlier.refuseOn(unitAt('09.3'))).resolves.toBeUndefined();
    expect((await earlier.readAll())(unitAt('09.3'))).toBeNull();
  });

  it.each([
    ['is a folder', (file: string) => mkdir(file), /^The journal of run odd in .* cannot be read: /],
    [
      'is a link to itself',
      (file: string) => symlink(file, file),
      /^The journal \S+journal\.jsonl cannot be read: a symbolic link/,
    ],
  ])('whose journal %s refuses every unit', async (_what, place, message) => {
    await mkdir(join(state, 'runs', 'odd'), { recursive: true });
    await place(journalFile(state, 'odd'));
    const earlier = createEarlierStarts(state, null);
    const problem = { code: 'config/state', message: expect.stringMatching(message) };
    await expect(earlier.refuseOn(unitAt('09.3'))).rejects.toMatchObject(problem);
    await expect(earlier.readAll()).rejects.toMatchObject(problem);
  });
});
