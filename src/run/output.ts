import { asProblem, type OutputState, Problem, type StepContext, type Unit, unitKey } from '../core/index.ts';
import { outputNeedsRestore, type UnitRecord } from '../state/index.ts';
import { contextFor, imageMetadata } from './step.ts';
import { outcomeBeforeStart, type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';

/**
 * The output of a unit, where the operator allows switching it: off for the update, and on again
 * afterwards.
 */

const NEVER = new AbortController().signal;

/** The expected unit while its output is switched off for the update. */
export function outputOff(unit: Unit): Unit {
  return { ...unit, condition: { ...unit.condition, outputOn: false } };
}

/**
 * Switches the output off. The intent is on disk before the command is sent. Throws UnitStop if it stays
 * on.
 */
export async function switchOff(context: StepContext, work: UnitWork): Promise<void> {
  await recordOutput(work, 'switching-off', null);
  work.progress('switching the output off', null);
  const result = await work.driver.switchOutput('off', { ...context, signal: NEVER });
  const state = result.state === 'done' ? 'off' : result.state === 'failed' ? 'not-switched' : 'unknown';
  await recordOutput(work, state, result.problem);
  if (state === 'off') return;
  const { problem } = result;
  // If the output may be off, the unit failed, whatever the cause.
  const outcome = state === 'not-switched' ? outcomeBeforeStart(problem) : 'failed';
  throw new UnitStop({ outcome, after: null, problem, reasons: [] });
}

/**
 * Works on a unit, and then switches its output on again if this run switched it off. The output stays as
 * it is if the unit may still be updating, or if its next hop follows (null).
 */
export async function withOutputRestored(
  record: UnitRecord,
  work: UnitWork,
  act: () => Promise<UnitResult | null>,
): Promise<UnitResult | null> {
  const ended = await act();
  if (ended === null) return null;
  const { key } = record.planned;
  const now = work.journal.state.unit(key) ?? record;
  const [hop] = record.planned.hops;
  if (!outputNeedsRestore(now) || hop === undefined) return ended;
  if (ended.outcome === 'unknown') return outputLeftOff(ended);
  await recordOutput(work, 'switching-on', null);
  work.progress('switching the output on again', null);
  const before = now.before ?? record.planned.unit;
  const result = await work.driver
    .switchOutput('on', contextFor(before, hop, imageMetadata(hop), null, work, NEVER))
    .catch((thrown) => ({ state: 'unknown' as const, method: null, problem: asProblem(thrown) }));
  await recordOutput(work, result.state === 'done' ? 'on' : 'unknown', result.problem);
  if (result.state === 'done') return { ...ended, after: result.unit ?? ended.after };
  const why = result.problem?.message ?? 'It could not be switched on.';
  const problem = new Problem(
    'device/output',
    `The output was switched off for the update, and it is not known to be on again: ${why} ${describeResult(ended)}`,
    { hint: 'Check the unit and its load on site. Switch the output on at the panel, or run upsfw resume.' },
  );
  return { ...ended, outcome: 'unknown', problem };
}

/** The result of a unit whose hops all have a known result; only its output was still off. */
export function endBeforeOutput(record: UnitRecord): UnitResult {
  if (record.hops.every((hop) => hop.verified))
    return { outcome: 'upgraded', after: record.after, problem: null, reasons: [] };
  const problem = new Problem(
    'device/output',
    'The output is on again. The update was not complete when it was switched on.',
    { hint: `To retry: upsfw resume --retry ${record.planned.key}` },
  );
  return { outcome: 'failed', after: record.after, problem, reasons: [] };
}

function outputLeftOff(result: UnitResult): UnitResult {
  const { problem } = result;
  const note = 'The output was switched off for the update, and stays off until the result is known.';
  if (problem === null) {
    const hint = 'Check the unit and its load on site, then run upsfw resume.';
    return { ...result, problem: new Problem('device/update-unknown', note, { hint }) };
  }
  return {
    ...result,
    problem: new Problem(problem.code, `${problem.message} ${note}`, {
      hint: problem.hint,
      details: problem.details,
      cause: problem,
    }),
  };
}

function describeResult({ outcome, problem }: UnitResult): string {
  return `The update ended as "${outcome}"${problem === null ? '.' : `: ${problem.message}`}`;
}

function recordOutput(work: UnitWork, state: OutputState, problem: Problem | null): Promise<void> {
  return work.journal.append({
    event: 'output',
    unit: unitKey(work.target),
    state,
    problem: problem?.toJSON() ?? null,
  });
}
