import {
  asProblem,
  describeEnd,
  describeInstalled,
  isAt,
  Problem,
  sameUnit,
  type Unit,
} from '../core/index.ts';
import { endIsOpen, lastVerified, type UnitRecord } from '../state/index.ts';
import { beginHop, watchHop } from './hop.ts';
import { outcomeBeforeStart, type UnitResult, UnitStop, type UnitWork } from './preflight.ts';

/** The hops of one unit, in their order. */

/**
 * Watches the hop whose start is on record without a known end. Null: it is verified and further hops are left. These are
 * not begun here, because whoever watches holds no place and keeps no partner waiting. Never throws for what the device does.
 */
export async function watchUnit(
  record: UnitRecord,
  index: number,
  work: UnitWork,
): Promise<UnitResult | null> {
  try {
    const ending = await watchHop(record, index, work);
    const isLast = index === record.planned.hops.length - 1;
    return ending.outcome === 'upgraded' && !isLast ? null : ending;
  } catch (thrown) {
    return { outcome: 'unknown', after: null, problem: asProblem(thrown), reasons: [] };
  }
}

/**
 * Takes the hops that are left, each with a preflight of its own: looked at, judged, window and partners asked. A hop that
 * the unit stands behind already is passed over, and the next one begun. A stop lets a hop end and begins no other.
 *
 * `upgraded`: the unit runs what the plan leads to, and at least one hop was verified in this run; `current`: it was there
 * without this run. Anything else is the end of the hop that was not done, see {@link describePartialRoute}. Never throws for what
 * the device does.
 */
export async function runUnit(record: UnitRecord, work: UnitWork): Promise<UnitResult> {
  const { hops } = record.planned;
  let anyDone = lastVerified(record) !== null;
  let startMade = record.hops.some(endIsOpen);
  let seen: Unit | null = null;
  try {
    for (const index of hops.keys()) {
      if (record.hops[index]?.verified) continue;
      if (work.stopping()) return stopped(anyDone, work.journal.failed);
      const ending = await beginHop(record, index, work, (made) => {
        startMade = made;
      });
      if (ending.outcome !== 'upgraded' && ending.outcome !== 'current') return ending;
      if (ending.outcome === 'upgraded') anyDone = true;
      startMade = false;
      seen = ending.after;
    }
    if (seen === null) return await reidentify(record, work);
    return { outcome: anyDone ? 'upgraded' : 'current', after: seen, problem: null, reasons: [] };
  } catch (thrown) {
    if (thrown instanceof UnitStop) return thrown.ending;
    const problem = asProblem(thrown);
    if (startMade) return { outcome: 'unknown', after: null, problem, reasons: [] };
    if (work.abort.aborted || work.journal.failed !== null) return stopped(anyDone, work.journal.failed);
    return { outcome: outcomeBeforeStart(problem), after: null, problem, reasons: [] };
  }
}

/** Every hop has its verified line: only the end of the unit was not written down any more. */
async function reidentify(record: UnitRecord, work: UnitWork): Promise<UnitResult> {
  const { hops, unit } = record.planned;
  const look = await work.path.look(work.target, {
    clock: work.clock,
    signal: new AbortController().signal,
  });
  const last = hops.at(-1);
  if (!sameUnit(look.unit, unit) || last === undefined || isAt(look.unit, last, 'to')) {
    const after = sameUnit(look.unit, unit) ? look.unit : null;
    return { outcome: 'upgraded', after, problem: null, reasons: [] };
  }
  const problem = new Problem(
    'device/changed',
    `The unit was verified at ${describeEnd(last, 'to')} and now says ${describeInstalled(look.unit, last)}.`,
    { hint: 'Go and look at the unit. Do not power it off while its panel shows an update.' },
  );
  return { outcome: 'unknown', after: look.unit, problem, reasons: [] };
}

/** The end of a unit that was stopped before a start: by the operator, or because its journal cannot be written (`journal`). */
export function stopped(anyDone: boolean, journal: Problem | null): UnitResult {
  const where = anyDone ? 'before the start of the next hop' : 'before the start; the unit is unchanged';
  const problem =
    journal === null
      ? new Problem('refused/stopped', `Stopped by the operator ${where}.`, {
          hint: 'upsfw resume goes on with it.',
        })
      : new Problem(journal.code, `Stopped ${where}: ${journal.message}`, { hint: journal.hint });
  return { outcome: 'stopped', after: null, problem, reasons: [] };
}

/**
 * Completes the end of a unit that has hops behind it and did not get to where its plan leads. Its outcome is that of the
 * hop that was not done: `refused` and `stopped` go on with a resume, `failed` needs a second attempt to be allowed,
 * `unknown` must be looked at. The problem says what is done, and `after` is the firmware of the last verified hop where
 * nothing newer was seen and no start is in doubt.
 */
export function describePartialRoute(ending: UnitResult, record: UnitRecord): UnitResult {
  const index = lastVerified(record);
  const hop = index === null ? undefined : record.planned.hops[index];
  if (index === null || hop === undefined) return ending;
  if (ending.outcome === 'upgraded' || ending.outcome === 'current') return ending;
  const verified = `Hop ${index + 1} of ${record.planned.hops.length} is done and was verified at ${describeEnd(hop, 'to')}`;
  const { problem } = ending;
  const told =
    problem === null
      ? null
      : new Problem(problem.code, `${problem.message} ${verified}.`, {
          hint: problem.hint,
          details: problem.details,
          cause: problem,
        });
  const lastSeen = ending.outcome === 'unknown' ? null : (record.hops[index]?.after ?? null);
  return { ...ending, after: ending.after ?? lastSeen, problem: told };
}
