import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOP_STEPS, type Reason } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { createJournal, type NewEvent, readJournal, reopenJournal, replay } from '../../src/state/index.ts';
import { plannedUnit, planOf, routedUnit, unitAt } from '../support/values/units.ts';

const KEYS = ['berlin/a', 'berlin/b', 'berlin/c'] as const;
const PLAN = planOf([plannedUnit('berlin/a'), routedUnit('berlin/b'), plannedUnit('berlin/c')]);
const STATES = [
  'begun',
  'committing',
  'done',
  'failed',
  'unknown',
  'staged',
  'not-started',
  'received',
] as const;

const unit = fc.constantFrom(...KEYS);
const hop = fc.nat({ max: 1 });
const seen = fc.constantFrom('09.4', '09.6', '15.0').map((version) => unitAt(version));

/** Events in any order, also in orders that no run writes. */
const event: fc.Arbitrary<NewEvent> = fc.oneof(
  fc.record({
    event: fc.constant('unit' as const),
    unit,
    attempt: fc.integer({ min: 1, max: 3 }),
    hop,
    before: seen,
  }),
  fc.record({
    event: fc.constant('step' as const),
    unit,
    hop,
    step: fc.constantFrom(...HOP_STEPS.ups),
    state: fc.constantFrom(...STATES),
    method: fc.constantFrom<string | null>('snmp', 'cli', 'ftp', null),
    methods: fc.subarray(['snmp', 'cli', 'scp', 'ftp'] as const).map((methods) => [...methods]),
    seen,
    problem: fc.constant(null),
  }),
  fc.record({
    event: fc.constant('output' as const),
    unit,
    state: fc.constantFrom('switching-off' as const, 'off' as const, 'on' as const),
    problem: fc.constant(null),
  }),
  fc.record({
    event: fc.constant('end' as const),
    unit,
    outcome: fc.constantFrom(
      'upgraded' as const,
      'current' as const,
      'refused' as const,
      'failed' as const,
      'unknown' as const,
      'stopped' as const,
    ),
    after: fc.option(seen),
    problem: fc.constant(null),
    reasons: fc.constant<Reason[]>([]),
  }),
  fc.record({ event: fc.constant('retry' as const), unit }),
  fc.constant({ event: 'resumed' as const }),
  fc.record({ event: fc.constant('exit' as const), code: fc.constantFrom(0, 3, 130) }),
  fc.constantFrom(
    { event: 'closed' as const, state: 'done' as const },
    { event: 'closed' as const, state: 'stopped' as const },
  ),
);

it('the live state of a journal equals the replay of its events, across a restart', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), fc.nat(), async (events, cut) => {
      const folder = await mkdtemp(join(tmpdir(), 'upsfw-state-'));
      try {
        let journal = await createJournal(folder, 'r1', systemClock);
        const append = async (one: NewEvent): Promise<void> => {
          await journal.append(one);
          expect(journal.state.record()).toEqual(replay(journal.events));
          for (const key of KEYS)
            expect(journal.state.unit(key)).toBe(
              journal.state.units.find(({ planned }) => planned.key === key),
            );
        };
        await append({
          event: 'run',
          run: 'r1',
          inventory: 'i',
          images: 'm',
          rules: [],
          plan: PLAN,
        });
        const at = cut % (events.length + 1);
        for (const one of events.slice(0, at)) await append(one);
        await journal.close();
        journal = await reopenJournal(folder, 'r1', systemClock);
        for (const one of events.slice(at)) await append(one);
        await journal.close();
        expect(replay(await readJournal(folder, 'r1'))).toEqual(journal.state.record());
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});
