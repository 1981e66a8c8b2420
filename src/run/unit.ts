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
import { outcomeBeforeStart, type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';

/** The hops of one unit, in order. */

/**
 * Watches the hop whose start is on record without a known result. Null: it is verified, and further hops
 * are left. They are not begun here, because watching holds no slot and keeps no partner waiting. Never
 * throws because of the device.
 */
export async function watchUnit(
  record: UnitRecord,
  index: number,
  work: UnitWork,
): Promise<UnitResult | null> {
  try {
    const result = await watchHop(record, index, work);
    const isLast = index === record.planned.hops.length - 1;
    return result.outcome === 'upgraded' && !isLast ? null : result;
  } catch (thrown) {
    return { outcome: 'unknown', after: null, problem: asProblem(thrown), reasons: [] };
  }
}

/**
 * Executes the remaining hops, each with its own preflight: a look, rules, window and partners. A hop that
 * the unit is past already is skipped. After a stop, the present hop ends and no other begins.
 *
 * `upgraded`: the unit runs the target, and this run verified at least one hop. `current`: it runs the
 * target without this run. Any other outcome is that of the hop that was not completed, see {@link
 * describePartialRoute}. Never throws because of the device.
 */
export async function runUnit(record: UnitRecord, work: UnitWork): Promise<UnitResult> {
  const { hops } = record.planned;
  let anyDone = lastVerified(record) !== null;
  let startMade = record.hops.some(endIsOpen);
  let seen: Unit | null = null;
  try {
    for (const index of hops.keys()) {
      if (record.hops[index]?.verified) continue;
      if (work.stopping()) return work.policy.stopped(anyDone, work.journal.failed);
      const result = await beginHop(record, index, work, (made) => {
        startMade = made;
      });
      if (result.outcome !== 'upgraded' && result.outcome !== 'current') return result;
      if (result.outcome === 'upgraded') anyDone = true;
      startMade = false;
      seen = result.after;
    }
    if (seen === null) return await reidentify(record, work);
    return { outcome: anyDone ? 'upgraded' : 'current', after: seen, problem: null, reasons: [] };
  } catch (thrown) {
    if (thrown instanceof UnitStop) return thrown.result;
    const problem = asProblem(thrown);
    if (startMade) return { outcome: 'unknown', after: null, problem, reasons: [] };
    if (work.abort.aborted || work.journal.failed !== null)
      return work.policy.stopped(anyDone, work.journal.failed);
    return { outcome: outcomeBeforeStart(problem), after: null, problem, reasons: [] };
  }
}

/** The result of a unit whose hops are all verified, but whose end is not in the journal. */
async function reidentify(record: UnitRecord, work: UnitWork): Promise<UnitResult> {
  const { hops, unit } = record.planned;
  const look = await work.driver.look(work.target, {
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
    `The unit was verified at ${describeEnd(last, 'to')} and now reports ${describeInstalled(look.unit, last)}.`,
    { hint: 'Check the unit on site. Do not power it off while its panel shows an update.' },
  );
  return { outcome: 'unknown', after: look.unit, problem, reasons: [] };
}

/**
 * Completes the result of a unit that has verified hops and did not reach its target. The outcome is that
 * of the hop that was not completed: a resume continues `refused` and `stopped`, `failed` needs a retry,
 * and a person must check `unknown`. The problem names the last verified hop. `after` is the firmware of
 * that hop, if nothing newer was seen and no start is in doubt.
 */
export function describePartialRoute(result: UnitResult, record: UnitRecord): UnitResult {
  const index = lastVerified(record);
  const hop = index === null ? undefined : record.planned.hops[index];
  if (index === null || hop === undefined) return result;
  if (result.outcome === 'upgraded' || result.outcome === 'current') return result;
  const verified = `Hop ${index + 1} of ${record.planned.hops.length} is done and was verified at ${describeEnd(hop, 'to')}`;
  const { problem } = result;
  const withProgress =
    problem === null
      ? null
      : new Problem(problem.code, `${problem.message} ${verified}.`, {
          hint: problem.hint,
          details: problem.details,
          cause: problem,
        });
  const lastSeen = result.outcome === 'unknown' ? null : (record.hops[index]?.after ?? null);
  return { ...result, after: result.after ?? lastSeen, problem: withProgress };
}
