import { asProblem, Problem, type StepContext, type Unit, unitKey } from '../core/index.ts';
import { type OutputState, outputNeedsRestore, type UnitRecord } from '../state/index.ts';
import { outcomeBeforeStart, type UnitResult, UnitStop, type UnitWork } from './preflight.ts';
import { contextFor, imageMetadata } from './step.ts';

/** The output of a unit whose operator let the tool switch it: off for the update, and on again afterwards. */

const NEVER = new AbortController().signal;

/** The unit as it is expected to look while its output is switched off for the update. */
export function outputOff(unit: Unit): Unit {
  return { ...unit, condition: { ...unit.condition, outputOn: false } };
}

/** Switches the output off. The intent is on disk before the command leaves. Throws the end of the unit where it stays on. */
export async function switchOff(context: StepContext, work: UnitWork): Promise<void> {
  await write(work, 'switching-off', null);
  work.progress('switching the output off', null);
  const result = await work.path.switchOutput('off', { ...context, signal: NEVER });
  const state = result.state === 'done' ? 'off' : result.state === 'failed' ? 'not-switched' : 'unknown';
  await write(work, state, result.problem);
  if (state === 'off') return;
  const { problem } = result;
  // An output of which nothing is known is no refusal, whatever the cause.
  const outcome = state === 'not-switched' ? outcomeBeforeStart(problem) : 'failed';
  throw new UnitStop({ outcome, after: null, problem, reasons: [] });
}

/**
 * Does the work on a unit and brings its output back on afterwards, where this run switched it off. A unit whose update may be
 * under way is left alone; so is one whose next hop follows (null).
 */
export async function withOutputRestored(
  record: UnitRecord,
  work: UnitWork,
  act: () => Promise<UnitResult | null>,
): Promise<UnitResult | null> {
  const ending = await act();
  if (ending === null) return null;
  const { key } = record.planned;
  const now = work.journal.state.unit(key) ?? record;
  const [hop] = record.planned.hops;
  if (!outputNeedsRestore(now) || hop === undefined) return ending;
  if (ending.outcome === 'unknown') return outputLeftOff(ending);
  await write(work, 'switching-on', null);
  work.progress('switching the output on again', null);
  const before = now.before ?? record.planned.unit;
  const result = await work.path
    .switchOutput('on', contextFor(before, hop, imageMetadata(hop), null, work, NEVER))
    .catch((thrown) => ({ state: 'unknown' as const, method: null, problem: asProblem(thrown) }));
  await write(work, result.state === 'done' ? 'on' : 'unknown', result.problem);
  if (result.state === 'done') return { ...ending, after: result.unit ?? ending.after };
  const why = result.problem?.message ?? 'it could not be switched on';
  const problem = new Problem(
    'device/output',
    `The output was switched off for the update and is not known to be on again: ${why} ${told(ending)}`.trim(),
    { hint: 'Go and look at the unit and its load; switch the output on at the panel, or run upsfw resume.' },
  );
  return { ...ending, outcome: 'unknown', problem };
}

/** The end of a unit of which only its output was open: its hops are known. */
export function endBeforeOutput(record: UnitRecord): UnitResult {
  if (record.hops.every((hop) => hop.verified))
    return { outcome: 'upgraded', after: record.after, problem: null, reasons: [] };
  const problem = new Problem(
    'device/output',
    'The output is on again. The update did not get to its end before it was switched back.',
    { hint: `Allow a second attempt with: upsfw resume --retry ${record.planned.key}` },
  );
  return { outcome: 'failed', after: record.after, problem, reasons: [] };
}

function outputLeftOff(ending: UnitResult): UnitResult {
  const { problem } = ending;
  const told =
    'The output was switched off for the update and stays off while the end of the update is not known.';
  if (problem === null) return ending;
  return {
    ...ending,
    problem: new Problem(problem.code, `${problem.message} ${told}`, {
      hint: problem.hint,
      details: problem.details,
      cause: problem,
    }),
  };
}

function told({ outcome, problem }: UnitResult): string {
  return `The unit itself ended as "${outcome}"${problem === null ? '.' : `: ${problem.message}`}`;
}

function write(work: UnitWork, state: OutputState, problem: Problem | null): Promise<void> {
  return work.journal.append({
    event: 'output',
    unit: unitKey(work.target),
    state,
    problem: problem?.toJSON() ?? null,
  });
}
