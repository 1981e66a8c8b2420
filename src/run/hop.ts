import {
  asProblem,
  type Hop,
  isAt,
  isUpsHop,
  Problem,
  type StepContext,
  type StepResult,
  type StoredFile,
  type Unit,
} from '../core/index.ts';
import { type HopRecord, outputNeedsRestore, type UnitRecord } from '../state/index.ts';
import { outputOff } from './output.ts';
import { withKnownUps } from './preflight.ts';
import { type HopWork, type OnCommit, refuseBusy, startHop } from './start.ts';
import { contextFor, imageMetadata, recordStep, stepsOf, withTimeout } from './step.ts';
import { type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';

/** One hop of one unit: from a look at the unit to the verified firmware, or the watch over a start that is on record. */

const NEVER = new AbortController().signal;

/** What a step of the hop works with; what it sees of the unit goes into the journal. */
function hopContext(
  before: Unit,
  hop: Hop,
  image: StoredFile,
  memory: HopRecord | null,
  work: HopWork,
  signal: AbortSignal = work.abort,
): StepContext {
  return {
    ...contextFor(before, hop, image, memory, work, signal),
    received: () => recordStep(work, work.index, 'settle', 'received'),
  };
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
 * is not needed; `after` is the unit as it was seen. Calls `onCommit` as the start is on disk or taken back.
 */
export async function beginHop(
  record: UnitRecord,
  index: number,
  unitWork: UnitWork,
  onCommit: OnCommit,
): Promise<UnitResult> {
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
  const { policy } = unitWork;
  unitWork.progress('looking', null);
  const { unit: seen, isPast } = await policy.locate(record, index, unitWork);
  if (isPast) return alreadyAt(seen);
  const image = await unitWork.image(hop);
  await policy.preflight(record, { unit: seen, hop, image, quick: false }, unitWork);
  const before = isUpsHop(hop) ? seen : withKnownUps(seen, currentRecord(record, unitWork));
  const work = workOnHop(unitWork, index, hop, before);
  const fresh = hopContext(before, hop, image, record.hops[index] ?? null, work);
  // A file of the same name on the card may be the one that an update of somebody else reads.
  await refuseBusy(seen, work, fresh);
  work.abort.throwIfAborted();

  await work.journal.append({
    event: 'unit',
    unit: record.planned.key,
    attempt: record.attempt + (record.open ? 0 : 1),
    hop: index,
    before,
  });

  const eventMark = await backup(fresh, work, settingsAreKept(currentRecord(record, work), index));
  const noted: StepContext = { ...fresh, remembered: { ...fresh.remembered, eventMark } };
  const sentBy = await transfer(noted, work);
  work.abort.throwIfAborted();

  const started = await startHop(record, work, noted, onCommit);
  if (started.kind === 'behind') return alreadyAt(started.unit);
  if (started.kind === 'ended') return started.ending;
  const { context, result, method } = started;
  const after: StepContext = {
    ...context,
    signal: NEVER,
    remembered: {
      ...context.remembered,
      transferred: sentBy === null ? null : { method: sentBy },
      startedAt: work.clock.now(),
      startedBy: result.method ?? method,
      staged: false,
      startMethods: [
        ...context.remembered.startMethods,
        ...(method === null || method === 'xmodem' ? [] : [method]),
      ],
      refusal: result.problem?.code === 'device/start-refused' ? result.problem : null,
    },
  };
  return result.state === 'unknown' ? askThenWatch(after, work) : settleAndVerify(after, work);
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
  onCommit: OnCommit,
): Promise<UnitResult | null> {
  const hop = hopOf(record, index);
  const memory = record.hops[index] ?? null;
  const before = memory?.before ?? record.planned.unit;
  const image = await unitWork.image(hop).catch(() => imageMetadata(hop));
  const work = workOnHop(unitWork, index, hop, before);
  const context = hopContext(before, hop, image, memory, work);
  let seen: Unit | null = null;
  try {
    seen = (await work.policy.locate(record, index, work)).unit;
  } catch (thrown) {
    // A unit that somebody has started is silent for a while.
    if (!asProblem(thrown).code.startsWith('link/')) throw thrown;
  }
  if (seen !== null && isAt(seen, hop, 'from')) {
    const standing = await work.driver.query('start', context);
    if (standing.state === 'todo') return null;
    const { problem } = standing;
    if (standing.state === 'unknown') return { outcome: 'stopped', after: seen, problem, reasons: [] };
    if (standing.state === 'failed') {
      await recordStep(work, index, 'start', 'failed', { state: 'failed', method: null, problem });
      return { outcome: 'failed', after: seen, problem, reasons: [] };
    }
  }
  const state = seen === null ? 'unknown' : 'done';
  await recordStep(work, index, 'start', state, { state, method: null, problem: null });
  onCommit(true);
  const remembered = { ...context.remembered, startedAt: work.clock.now() };
  return settleAndVerify({ ...context, signal: NEVER, remembered }, work);
}

/** The start of the hop is on record, of this process or of one that is gone. It is never made again. */
export async function watchHop(record: UnitRecord, index: number, unitWork: UnitWork): Promise<UnitResult> {
  const hop = hopOf(record, index);
  const memory = record.hops[index] ?? null;
  const asItWas = memory?.before ?? record.before ?? record.planned.unit;
  const before = outputNeedsRestore(record) ? outputOff(asItWas) : asItWas;
  // Watching needs the facts of the image, not its file.
  const image = await unitWork.image(hop).catch(() => imageMetadata(hop));
  const work = workOnHop(unitWork, index, hop, before);
  return askThenWatch(hopContext(before, hop, image, memory, work, NEVER), work);
}

function alreadyAt(unit: Unit): UnitResult {
  return { outcome: 'current', after: unit, problem: null, reasons: [] };
}

/**
 * Asks the device what became of a start, and watches the update if there is or may be one. An error answer of the card is not
 * enough to call a start failed: as long as the unit may be at it, it is in flight.
 */
async function askThenWatch(context: StepContext, work: HopWork): Promise<UnitResult> {
  work.progress('asking what became of the start', null);
  const problem = work.policy.noEffect(await work.driver.query('start', context), context);
  if (problem === null) return settleAndVerify(context, work);
  const method = context.remembered.startedBy;
  await recordStep(work, work.index, 'start', 'failed', { state: 'failed', method: method, problem });
  return { outcome: 'failed', after: work.policy.seen(context.before), problem, reasons: [] };
}

/**
 * Keeps settings and event log of the card in the folder of the run, and gives the newest line of that log. Without a copy of
 * its settings the card's own firmware is not touched; an update of the UPS leaves them alone.
 */
async function backup(context: StepContext, work: HopWork, kept: boolean): Promise<string | null> {
  const { index } = work;
  if (!work.steps.some(({ step: does }) => does === 'backup')) return null;
  await recordStep(work, index, 'backup', 'begun');
  const result = await withTimeout('backup', context, work.steps, work);
  await recordStep(work, index, 'backup', result.state, result);
  work.abort.throwIfAborted();
  const { problem } = result;
  const isLogin = problem?.code === 'device/login' || problem?.code === 'refused/login';
  if (result.state !== 'done' && (isLogin || (!kept && !isUpsHop(work.hop)))) {
    throw new UnitStop({
      outcome: work.policy.outcomeBeforeStart(problem, 'check'),
      after: context.before,
      problem,
      reasons: [],
    });
  }
  return result.eventMark ?? null;
}

/** The record with what was written down since the work on the unit began. */
function currentRecord(record: UnitRecord, work: UnitWork): UnitRecord {
  return work.journal.state.unit(record.planned.key) ?? record;
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
  if (!work.steps.some(({ step: does }) => does === 'transfer')) return null;
  await recordStep(work, index, 'transfer', 'begun');
  const standing = await work.driver.query('transfer', context);
  if (standing.state === 'done') {
    const method = context.remembered.transferred?.method ?? null;
    await recordStep(work, index, 'transfer', 'done', { state: 'done', method: method, problem: null });
    return method;
  }
  const result = await withTimeout('transfer', context, work.steps, work);
  if (result.state !== 'done' && work.abort.aborted) {
    await recordStep(work, index, 'transfer', 'failed', result);
    work.abort.throwIfAborted();
  }
  await recordStep(work, index, 'transfer', result.state, result);
  if (result.state === 'done') return result.method;
  // The image in the card's folder does nothing by itself: an upload of unknown end leaves the UPS as it was.
  const { problem } = result;
  throw new UnitStop({
    outcome: work.policy.outcomeBeforeStart(problem, 'check'),
    after: context.before,
    problem,
    reasons: [],
  });
}

async function settleAndVerify(context: StepContext, work: HopWork): Promise<UnitResult> {
  const { policy, journal } = work;
  const take = async (step: 'settle' | 'verify'): Promise<StepResult> => {
    await recordStep(work, work.index, step, 'begun');
    const result = policy.review(await withTimeout(step, context, work.steps, work), step, journal);
    await recordStep(work, work.index, step, result.state, result);
    return result;
  };
  const settled = await take('settle');
  const seen = settled.unit ?? null;
  if (settled.state === 'failed') return ended('failed', seen ?? policy.seen(context.before), settled);
  // The unit has the image and says so; it installs it when its panel allows it.
  if (settled.state === 'received') return ended('stopped', seen, settled);
  if (settled.state !== 'done') return ended('unknown', seen, settled);
  const verified = await take('verify');
  const outcome = verified.state === 'done' ? 'upgraded' : verified.state === 'failed' ? 'failed' : 'unknown';
  return ended(outcome, verified.unit ?? null, verified);
}

function ended(
  outcome: UnitResult['outcome'],
  after: Unit | null,
  { problem }: Pick<StepResult, 'problem'>,
): UnitResult {
  return { outcome, after, problem, reasons: [] };
}
