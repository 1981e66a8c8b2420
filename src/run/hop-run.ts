import {
  asProblem,
  type Hop,
  isAtEnd,
  isUpsHop,
  Problem,
  type Step,
  type StepContext,
  type Unit,
} from '../core/index.ts';
import { fold, outputIsOwed, type UnitRecord } from './fold.ts';
import { outputOff, switchOff } from './output.ts';
import { type Ending, freshLook, Refusal, refuseWhere, type UnitWork, withKnownUps } from './preflight.ts';
import { contextFor, limited, note, placeholder, startWaysOf, stepsOf } from './steps.ts';

/** One hop of one unit: from a look at the unit to the verified firmware, or the watch over a start that is on record. */

const NEVER = new AbortController().signal;

/** A hop at work. */
interface HopWork extends UnitWork {
  readonly index: number;
  readonly hop: Hop;
  readonly steps: readonly Step[];
}

function workOnHop(unitWork: UnitWork, index: number, hop: Hop, before: Unit): HopWork {
  return {
    ...unitWork,
    index,
    hop,
    steps: stepsOf(before, hop, unitWork),
    keep: (name, bytes) => unitWork.keep(`hop-${index + 1}-${name}`, bytes),
  };
}

function hopOf(record: UnitRecord, index: number): Hop {
  const hop = record.planned.hops[index];
  if (hop !== undefined) return hop;
  throw new Problem('internal/unexpected', `${record.planned.key} has no hop ${index + 1}.`, {
    hint: 'Report this.',
  });
}

/**
 * Takes a hop that was not started. `upgraded`: it is verified. `current`: the unit stands behind it already, so this hop
 * is not needed; `after` is the unit as it was seen. Calls `onCommit` when the start stands on disk.
 */
export async function beginHop(
  record: UnitRecord,
  index: number,
  unitWork: UnitWork,
  onCommit: () => void,
): Promise<Ending> {
  const hop = hopOf(record, index);
  if (record.hops[index]?.startedAt != null) {
    throw new Problem('internal/unexpected', `A start of hop ${index + 1} is on record already.`, {
      hint: 'Report this. Look at the unit, then run upsfw resume.',
    });
  }
  if (record.hops[index]?.staged) {
    const takenUp = await takeUpStaged(record, index, unitWork, onCommit);
    if (takenUp !== null) return takenUp;
  }
  unitWork.progress('looking', null);
  const seen = await freshLook(record, index, unitWork);
  if (!isAtEnd(seen, hop, 'from')) return behind(seen);
  await unitWork.noEarlierStart(seen);
  const image = await unitWork.image(hop);
  refuseWhere(seen, hop, image, record, unitWork);
  const before = isUpsHop(hop) ? seen : withKnownUps(seen, asWritten(record, unitWork));
  await unitWork.partnersAreWell();
  const work = workOnHop(unitWork, index, hop, before);

  await work.journal.append({
    event: 'unit',
    unit: record.planned.key,
    attempt: record.attempt + (record.open ? 0 : 1),
    hop: index,
    before,
  });

  const fresh = contextFor(before, hop, image, record.hops[index] ?? null, work);
  const eventMark = await backup(fresh, work, settingsAreKept(asWritten(record, work), index));
  const noted: StepContext = { ...fresh, remembered: { ...fresh.remembered, eventMark } };
  const sentBy = await transfer(noted, work);
  work.abort.throwIfAborted();

  // Minutes have gone by since the first look. What counts is how the unit is now.
  let now = await readyToStart(record, work, noted);
  if (!isAtEnd(now, hop, 'from')) return behind(now);
  let context = noted;
  if (isUpsHop(hop) && record.planned.output === 'off' && now.condition.outputOn !== false) {
    await switchOff(noted, work);
    now = await readyToStart(record, work, noted);
    if (!isAtEnd(now, hop, 'from')) return behind(now);
  }
  if (now.condition.outputOn === false && isUpsHop(hop)) context = { ...noted, before: outputOff(before) };

  await note(work, index, 'start', 'committing');
  onCommit();
  const start = await limited('start', { ...context, signal: NEVER }, work.steps, work);
  await note(work, index, 'start', start.state, start);
  if (start.state === 'failed') return { outcome: 'failed', after: now, problem: start.problem, reasons: [] };
  if (start.state === 'staged')
    return { outcome: 'stopped', after: now, problem: start.problem, reasons: [] };
  const remembered = {
    transferred: sentBy === null ? null : { way: sentBy },
    startedAt: work.clock.now(),
    startedBy: start.way,
    staged: false,
    startWays: [...context.remembered.startWays, ...startWaysOf(hop, work)],
    eventMark,
  };
  const after: StepContext = { ...context, signal: NEVER, remembered };
  return start.state === 'unknown' ? askThenWatch(after, work) : settleAndVerify(after, work);
}

/** Looks and judges again right before the start; gives the unit as it is now. Throws where anything stands against it. */
async function readyToStart(record: UnitRecord, work: HopWork, context: StepContext): Promise<Unit> {
  const { index, hop } = work;
  const now = await freshLook(record, index, work);
  if (!isAtEnd(now, hop, 'from')) return now;
  await work.noEarlierStart(now);
  refuseWhere(now, hop, await work.image(hop), record, work);
  await work.partnersAreWell();
  const standing = await work.path.check('start', context);
  if (standing.state !== 'todo') throw notToBeStarted(standing.problem);
  work.abort.throwIfAborted();
  return now;
}

/**
 * The image of the hop was left on the card for a person to start. Watches what they may have started; null where nothing was,
 * so that the hop is begun like any other. Their start is written down like one of the tool: whatever becomes of it, neither this
 * run nor another makes a second one.
 */
async function takeUpStaged(
  record: UnitRecord,
  index: number,
  unitWork: UnitWork,
  onCommit: () => void,
): Promise<Ending | null> {
  const hop = hopOf(record, index);
  const memory = record.hops[index] ?? null;
  const before = memory?.before ?? record.planned.unit;
  const image = await unitWork.image(hop).catch(() => placeholder(hop));
  const work = workOnHop(unitWork, index, hop, before);
  const context = contextFor(before, hop, image, memory, work);
  let seen: Unit | null = null;
  try {
    seen = await freshLook(record, index, work);
  } catch (thrown) {
    // A unit that somebody has started is silent for a while.
    if (!asProblem(thrown).code.startsWith('link/')) throw thrown;
  }
  if (seen !== null && isAtEnd(seen, hop, 'from')) {
    const standing = await work.path.check('start', context);
    if (standing.state === 'todo') return null;
    const { problem } = standing;
    if (standing.state === 'unknown') return { outcome: 'stopped', after: seen, problem, reasons: [] };
    if (standing.state === 'failed') {
      await note(work, index, 'start', 'failed', { state: 'failed', way: null, problem });
      return { outcome: 'failed', after: seen, problem, reasons: [] };
    }
  }
  const state = seen === null ? 'unknown' : 'done';
  await note(work, index, 'start', state, { state, way: null, problem: null });
  onCommit();
  const remembered = { ...context.remembered, startedAt: work.clock.now() };
  return settleAndVerify({ ...context, signal: NEVER, remembered }, work);
}

/** The start of the hop is on record, of this process or of one that is gone. It is never made again. */
export async function watchHop(record: UnitRecord, index: number, unitWork: UnitWork): Promise<Ending> {
  const hop = hopOf(record, index);
  const memory = record.hops[index] ?? null;
  const asItWas = memory?.before ?? record.before ?? record.planned.unit;
  const before = outputIsOwed(record) ? outputOff(asItWas) : asItWas;
  // Watching needs the facts of the image, not its file.
  const image = await unitWork.image(hop).catch(() => placeholder(hop));
  const work = workOnHop(unitWork, index, hop, before);
  return askThenWatch(contextFor(before, hop, image, memory, work, NEVER), work);
}

function behind(unit: Unit): Ending {
  return { outcome: 'current', after: unit, problem: null, reasons: [] };
}

/** Asks the device what became of a start, and watches the update if there is or may be one. */
async function askThenWatch(context: StepContext, work: HopWork): Promise<Ending> {
  work.progress('asking what became of the start', null);
  const standing = await work.path.check('start', context);
  if (standing.state !== 'failed' && standing.state !== 'todo') return settleAndVerify(context, work);
  const problem =
    standing.problem ??
    new Problem(
      'device/start-not-seen',
      'A start was written down, but the unit shows no update and runs its old firmware.',
      {
        hint: `Nothing was started, or it had no effect. Allow a second attempt with: upsfw resume --again ${context.target.name}`,
      },
    );
  const way = context.remembered.startedBy;
  await note(work, work.index, 'start', 'failed', { state: 'failed', way, problem });
  return { outcome: 'failed', after: context.before, problem, reasons: [] };
}

/**
 * Keeps settings and event log of the card in the folder of the run, and gives the newest line of that log. Without a copy of
 * its settings the card's own firmware is not touched; an update of the UPS leaves them alone.
 */
async function backup(context: StepContext, work: HopWork, kept: boolean): Promise<string | null> {
  const { index } = work;
  if (!work.steps.some(({ does }) => does === 'backup')) return null;
  await note(work, index, 'backup', 'begun');
  const result = await limited('backup', context, work.steps, work);
  await note(work, index, 'backup', result.state, result);
  work.abort.throwIfAborted();
  if (result.state !== 'done' && !kept && !isUpsHop(work.hop))
    throw new Refusal({ outcome: 'failed', after: context.before, problem: result.problem, reasons: [] });
  return result.eventMark ?? null;
}

/** The record with what was written down since the work on the unit began. */
function asWritten(record: UnitRecord, work: UnitWork): UnitRecord {
  const { units } = fold(work.journal.events);
  return units.find(({ planned }) => planned.key === record.planned.key) ?? record;
}

/** A copy of the settings was made before an earlier file of this run: a card half-way is not left there for want of another. */
function settingsAreKept(record: UnitRecord, index: number): boolean {
  return record.planned.hops
    .slice(0, index)
    .some((hop, at) => !isUpsHop(hop) && record.hops[at]?.verified === true);
}

/** Brings the image onto the card and gives the way that it went, as far as that is known. */
async function transfer(context: StepContext, work: HopWork): Promise<string | null> {
  const { index } = work;
  if (!work.steps.some(({ does }) => does === 'transfer')) return null;
  await note(work, index, 'transfer', 'begun');
  const standing = await work.path.check('transfer', context);
  if (standing.state === 'done') {
    const way = context.remembered.transferred?.way ?? null;
    await note(work, index, 'transfer', 'done', { state: 'done', way, problem: null });
    return way;
  }
  const result = await limited('transfer', context, work.steps, work);
  if (result.state !== 'done' && work.abort.aborted) {
    await note(work, index, 'transfer', 'failed', result);
    work.abort.throwIfAborted();
  }
  await note(work, index, 'transfer', result.state, result);
  if (result.state === 'done') return result.way;
  // The image in the card's folder does nothing by itself: an upload of unknown end leaves the UPS as it was.
  throw new Refusal({ outcome: 'failed', after: context.before, problem: result.problem, reasons: [] });
}

async function settleAndVerify(context: StepContext, work: HopWork): Promise<Ending> {
  const { index, steps } = work;
  await note(work, index, 'settle', 'begun');
  const settled = await limited('settle', context, steps, work);
  await note(work, index, 'settle', settled.state, settled);
  if (settled.state === 'failed') {
    const after = settled.unit ?? context.before;
    return { outcome: 'failed', after, problem: settled.problem, reasons: [] };
  }
  // The unit has the image and says so; it installs it when somebody at its panel lets it.
  if (settled.state === 'received') {
    return { outcome: 'stopped', after: settled.unit ?? null, problem: settled.problem, reasons: [] };
  }
  if (settled.state !== 'done') {
    return { outcome: 'unknown', after: settled.unit ?? null, problem: settled.problem, reasons: [] };
  }
  await note(work, index, 'verify', 'begun');
  const verified = await limited('verify', context, steps, work);
  await note(work, index, 'verify', verified.state, verified);
  const outcome = verified.state === 'done' ? 'upgraded' : verified.state === 'failed' ? 'failed' : 'unknown';
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
