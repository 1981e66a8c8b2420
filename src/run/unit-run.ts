import {
  asProblem,
  type Hop,
  Problem,
  type Step,
  type StepContext,
  sameUnit,
  type Unit,
} from '../core/index.ts';
import type { HopRecord, UnitRecord } from './fold.ts';
import { type Ending, freshLook, isAt, Refusal, refuseWhere, type UnitWork } from './preflight.ts';
import { contextFor, limited, note, placeholder, stepsOf } from './steps.ts';

const NEVER = new AbortController().signal;

/** Works on a unit from where its record stands to an end. Never throws for what the device does. */
export async function workOn(record: UnitRecord, work: UnitWork): Promise<Ending> {
  let startMade = record.hops.some((hop) => hop.startedAt !== null && !hop.verified);
  try {
    return await hops(record, work, () => {
      startMade = true;
    });
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.ending;
    const problem = asProblem(thrown);
    if (startMade) return { outcome: 'unknown', after: null, problem, reasons: [] };
    if (work.abort.aborted) return stopped();
    const outcome = problem.code.startsWith('refused/') ? 'refused' : 'failed';
    return { outcome, after: null, problem, reasons: [] };
  }
}

function stopped(): Ending {
  const problem = new Problem(
    'refused/stopped',
    'Stopped by the operator before the start; the unit is unchanged.',
    {
      hint: 'upsfw resume goes on with it.',
    },
  );
  return { outcome: 'stopped', after: null, problem, reasons: [] };
}

async function hops(record: UnitRecord, work: UnitWork, onCommit: () => void): Promise<Ending> {
  let before: Unit | null = record.before;
  for (const [index, hop] of record.planned.hops.entries()) {
    const memory = record.hops[index];
    if (memory?.verified) continue;
    const started = memory !== undefined && memory.startedAt !== null;
    const ending: Ending = started
      ? await watchStarted(before ?? record.planned.unit, hop, index, memory, work)
      : await fromTheBeginning(record, hop, index, memory ?? null, work, onCommit);
    if (ending.outcome !== 'upgraded' || ending.after === null) return ending;
    before = ending.after;
    if (index === record.planned.hops.length - 1) return ending;
  }
  // Every hop has its verified line: only the end of the unit was not written down any more.
  const look = await work.path.look(work.target, { clock: work.clock, signal: NEVER });
  const after = before !== null && sameUnit(look.unit, before) ? look.unit : null;
  return { outcome: 'upgraded', after, problem: null, reasons: [] };
}

async function fromTheBeginning(
  record: UnitRecord,
  hop: Hop,
  index: number,
  memory: HopRecord | null,
  work: UnitWork,
  onCommit: () => void,
): Promise<Ending> {
  work.progress('looking', null);
  const before = await freshLook(record, hop, work);
  if (isAt(before, hop.to)) return { outcome: 'current', after: before, problem: null, reasons: [] };
  await work.noEarlierStart(before);
  const image = await work.image(hop);
  refuseWhere(before, hop, image, record, work);
  await work.partnersAreWell();
  const steps = stepsOf(before, hop, work);

  await work.journal.append({
    event: 'unit',
    unit: record.planned.key,
    attempt: record.attempt + (record.open ? 0 : 1),
    before,
  });

  const context = contextFor(before, hop, image, memory, work);
  await transfer(context, steps, index, work);
  work.abort.throwIfAborted();

  // Minutes have gone by since the first look. What counts is how the unit is now.
  const now = await freshLook(record, hop, work);
  if (isAt(now, hop.to)) return { outcome: 'current', after: now, problem: null, reasons: [] };
  await work.noEarlierStart(now);
  refuseWhere(now, hop, await work.image(hop), record, work);
  await work.partnersAreWell();
  const standing = await work.path.check('start', context);
  if (standing.state !== 'todo') throw notToBeStarted(standing.problem);
  work.abort.throwIfAborted();

  await note(work, index, 'start', 'committing');
  onCommit();
  const start = await limited('start', { ...context, signal: NEVER }, steps, work);
  await note(work, index, 'start', start.state, start);
  if (start.state === 'failed') return { outcome: 'failed', after: now, problem: start.problem, reasons: [] };
  const startedAt = work.clock.now();
  const startWays = [...context.remembered.startWays, ...(work.target.network?.start ?? [])];
  const remembered = { ...context.remembered, startedAt, startedBy: start.way, startWays };
  const after: StepContext = { ...context, signal: NEVER, remembered };
  if (start.state === 'unknown') return askThenWatch(after, steps, index, work);
  return settleAndVerify(after, steps, index, work);
}

/** A start is on record, of this process or of one that is gone. It is never made again. */
async function watchStarted(
  before: Unit,
  hop: Hop,
  index: number,
  memory: HopRecord,
  work: UnitWork,
): Promise<Ending> {
  const image = await work.image(hop).catch(() => null);
  const steps = stepsOf(before, hop, work);
  return askThenWatch(
    contextFor(before, hop, image ?? placeholder(hop), memory, work, NEVER),
    steps,
    index,
    work,
  );
}

/** Asks the device what became of a start, and watches the update if there is or may be one. */
async function askThenWatch(
  context: StepContext,
  steps: readonly Step[],
  index: number,
  work: UnitWork,
): Promise<Ending> {
  work.progress('asking what became of the start', null);
  const standing = await work.path.check('start', context);
  if (standing.state === 'failed' || standing.state === 'todo') {
    const problem =
      standing.problem ??
      new Problem(
        'device/start-not-seen',
        'A start was written down, but the unit shows no update and runs its old firmware.',
        {
          hint: `Nothing was started, or it had no effect. Allow a second attempt with: upsfw resume --again ${work.target.name}`,
        },
      );
    await note(work, index, 'start', 'failed', {
      state: 'failed',
      way: context.remembered.startedBy,
      problem,
    });
    return { outcome: 'failed', after: context.before, problem, reasons: [] };
  }
  return settleAndVerify(context, steps, index, work);
}

async function transfer(
  context: StepContext,
  steps: readonly Step[],
  index: number,
  work: UnitWork,
): Promise<void> {
  await note(work, index, 'transfer', 'begun');
  const standing = await work.path.check('transfer', context);
  if (standing.state === 'done') {
    const way = context.remembered.transferred?.way ?? null;
    await note(work, index, 'transfer', 'done', { state: 'done', way, problem: null });
    return;
  }
  const result = await limited('transfer', context, steps, work);
  if (result.state !== 'done' && work.abort.aborted) {
    await note(work, index, 'transfer', 'failed', result);
    throw new Refusal(stopped());
  }
  await note(work, index, 'transfer', result.state, result);
  if (result.state === 'done') return;
  // The image in the card's folder does nothing by itself: an upload of unknown end leaves the UPS as it was.
  throw new Refusal({ outcome: 'failed', after: context.before, problem: result.problem, reasons: [] });
}

async function settleAndVerify(
  context: StepContext,
  steps: readonly Step[],
  index: number,
  work: UnitWork,
): Promise<Ending> {
  await note(work, index, 'settle', 'begun');
  const settled = await limited('settle', context, steps, work);
  await note(work, index, 'settle', settled.state, settled);
  if (settled.state === 'failed') {
    return {
      outcome: 'failed',
      after: settled.unit ?? context.before,
      problem: settled.problem,
      reasons: [],
    };
  }
  if (settled.state === 'unknown') {
    return { outcome: 'unknown', after: settled.unit ?? null, problem: settled.problem, reasons: [] };
  }
  await note(work, index, 'verify', 'begun');
  const verified = await limited('verify', context, steps, work);
  await note(work, index, 'verify', verified.state, verified);
  const outcome = verified.state === 'done' ? 'upgraded' : verified.state;
  return { outcome, after: verified.unit ?? null, problem: verified.problem, reasons: [] };
}

function notToBeStarted(problem: Problem | null): Problem {
  return (
    problem ??
    new Problem('device/busy', 'The unit is at an update that this run did not start.', {
      hint: 'Wait until it has ended, look at the unit, and make a new plan.',
    })
  );
}
