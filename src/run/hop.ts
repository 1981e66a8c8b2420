import {
  asProblem,
  type Hop,
  isAt,
  isUpsHop,
  Problem,
  type ProblemCode,
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
import { outcomeBeforeStart, type UnitResult, UnitStop, type UnitWork } from './unit-work.ts';

/**
 * One hop of one unit: from a look at the unit to the verified firmware, or watching a start that is on
 * record.
 */

const NEVER = new AbortController().signal;

/** Every later step would need the same login. */
const LOGIN_PROBLEMS: readonly ProblemCode[] = ['device/login', 'device/login-code', 'refused/login'];

/** What a step of the hop works with. A received image is recorded in the journal. */
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
 * Executes a hop that was not started. `upgraded`: it is verified. `current`: the hop is not needed,
 * because the unit is past it already; `after` is the unit that was seen. See {@link OnCommit}.
 */
export async function beginHop(
  record: UnitRecord,
  index: number,
  unitWork: UnitWork,
  onCommit: OnCommit,
): Promise<UnitResult> {
  const hop = hopOf(record, index);
  if (record.hops[index]?.startedAt != null) {
    throw new Problem('internal/unexpected', `The journal already has a start of hop ${index + 1}.`, {
      hint: 'Report this. Look at the unit, then run upsfw resume.',
    });
  }
  if (record.hops[index]?.staged) {
    const resumed = await resumeStaged(record, index, unitWork, onCommit);
    if (resumed !== null) return resumed;
  }
  const { policy } = unitWork;
  unitWork.progress('checking the unit', null);
  const { unit: seen, isPast } = await policy.locate(record, index, unitWork);
  if (isPast) return alreadyAt(seen);
  const image = await unitWork.image(hop);
  await policy.preflight(record, { unit: seen, hop, image, quick: false }, unitWork);
  const before = isUpsHop(hop) ? seen : withKnownUps(seen, currentRecord(record, unitWork));
  const work = workOnHop(unitWork, index, hop, before);
  const context = hopContext(before, hop, image, record.hops[index] ?? null, work);
  // An update that somebody else started may be reading a file of the same name on the card.
  await refuseBusy(seen, work, context);
  work.abort.throwIfAborted();

  await work.journal.append({
    event: 'unit',
    unit: record.planned.key,
    attempt: record.attempt + (record.open ? 0 : 1),
    hop: index,
    before,
  });

  const eventMark = await backup(context, work, settingsKept(currentRecord(record, work), index));
  const withMark: StepContext = { ...context, remembered: { ...context.remembered, eventMark } };
  const sentBy = await transfer(withMark, work);
  work.abort.throwIfAborted();

  const started = await startHop(record, work, withMark, onCommit);
  if (started.kind === 'past') return alreadyAt(started.unit);
  if (started.kind === 'ended') return started.unitResult;
  const { result, method } = started;
  const after: StepContext = {
    ...started.context,
    signal: NEVER,
    remembered: {
      ...started.context.remembered,
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
 * The image of the hop was left on the card for a person to start. Watches the update that they may have
 * started; null if there is none, and the hop is begun like any other. Their start goes into the journal
 * like one of the tool, so that neither this run nor another makes a second one.
 */
async function resumeStaged(
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
    // A unit is silent for a while during an update.
    if (!asProblem(thrown).code.startsWith('link/')) throw thrown;
  }
  if (seen !== null && isAt(seen, hop, 'from')) {
    const check = await work.driver.query('start', context);
    if (check.state === 'todo') return null;
    const { problem } = check;
    if (check.state === 'unknown') return { outcome: 'stopped', after: seen, problem, reasons: [] };
    if (check.state === 'failed') {
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

/** Watches a hop whose start is on record, by this process or an earlier one. The start is never repeated. */
export async function watchHop(record: UnitRecord, index: number, unitWork: UnitWork): Promise<UnitResult> {
  const hop = hopOf(record, index);
  const memory = record.hops[index] ?? null;
  const planned = memory?.before ?? record.before ?? record.planned.unit;
  const before = outputNeedsRestore(record) ? outputOff(planned) : planned;
  // Watching needs the metadata of the image, not its file.
  const image = await unitWork.image(hop).catch(() => imageMetadata(hop));
  const work = workOnHop(unitWork, index, hop, before);
  return askThenWatch(hopContext(before, hop, image, memory, work, NEVER), work);
}

function alreadyAt(unit: Unit): UnitResult {
  return { outcome: 'current', after: unit, problem: null, reasons: [] };
}

/**
 * Asks the device for the result of a start, and watches the update if there is or may be one. An error
 * answer of the card does not prove that a start failed: the unit may still be updating.
 */
async function askThenWatch(context: StepContext, work: HopWork): Promise<UnitResult> {
  work.progress('asking for the result of the start', null);
  const problem = work.policy.noEffect(await work.driver.query('start', context), context);
  if (problem === null) return settleAndVerify(context, work);
  const method = context.remembered.startedBy;
  await recordStep(work, work.index, 'start', 'failed', { state: 'failed', method, problem });
  return { outcome: 'failed', after: work.policy.seen(context.before), problem, reasons: [] };
}

/**
 * Saves settings and event log of the card in the folder of the run; returns the newest line of the log. Card
 * firmware is not updated without a copy of the settings. An update of the UPS does not change them.
 */
async function backup(context: StepContext, work: HopWork, haveSettings: boolean): Promise<string | null> {
  const { index } = work;
  if (!work.steps.some(({ step }) => step === 'backup')) return null;
  await recordStep(work, index, 'backup', 'begun');
  const result = await withTimeout('backup', context, work.steps, work);
  await recordStep(work, index, 'backup', result.state, result);
  work.abort.throwIfAborted();
  const { problem } = result;
  if (problem !== null) work.progress(`no complete backup: ${problem.message}`, null);
  const isLogin = LOGIN_PROBLEMS.some((code) => code === problem?.code);
  if (result.state !== 'done' && (isLogin || (!haveSettings && !isUpsHop(work.hop)))) {
    throw new UnitStop({
      outcome: outcomeBeforeStart(problem),
      after: context.before,
      problem,
      reasons: [],
    });
  }
  return result.eventMark ?? null;
}

/** The record, with everything that was recorded since the work on the unit began. */
function currentRecord(record: UnitRecord, work: UnitWork): UnitRecord {
  return work.journal.state.unit(record.planned.key) ?? record;
}

/**
 * An earlier hop of this run saved the settings. A card between two files is not left there because a
 * second copy cannot be made.
 */
function settingsKept(record: UnitRecord, index: number): boolean {
  return record.planned.hops
    .slice(0, index)
    .some((hop, at) => !isUpsHop(hop) && record.hops[at]?.verified === true);
}

/** Transfers the image to the card; returns the method, null if it is not known. */
async function transfer(context: StepContext, work: HopWork): Promise<string | null> {
  const { index } = work;
  if (!work.steps.some(({ step }) => step === 'transfer')) return null;
  await recordStep(work, index, 'transfer', 'begun');
  const check = await work.driver.query('transfer', context);
  if (check.state === 'done') {
    const method = context.remembered.transferred?.method ?? null;
    await recordStep(work, index, 'transfer', 'done', { state: 'done', method, problem: null });
    return method;
  }
  const result = await withTimeout('transfer', context, work.steps, work);
  if (result.state !== 'done' && work.abort.aborted) {
    await recordStep(work, index, 'transfer', 'failed', result);
    work.abort.throwIfAborted();
  }
  await recordStep(work, index, 'transfer', result.state, result);
  if (result.state === 'done') return result.method;
  // An image on the card does nothing by itself, so an upload with an unknown result leaves the UPS as it
  // was.
  const { problem } = result;
  throw new UnitStop({
    outcome: outcomeBeforeStart(problem, result.state !== 'not-started'),
    after: context.before,
    problem,
    reasons: [],
  });
}

async function settleAndVerify(context: StepContext, work: HopWork): Promise<UnitResult> {
  const { policy, journal } = work;
  const runStep = async (step: 'settle' | 'verify'): Promise<StepResult> => {
    await recordStep(work, work.index, step, 'begun');
    const result = policy.review(await withTimeout(step, context, work.steps, work), step, journal);
    await recordStep(work, work.index, step, result.state, result);
    return result;
  };
  const settled = await runStep('settle');
  const seen = settled.unit ?? null;
  if (settled.state === 'failed') return ended('failed', seen ?? policy.seen(context.before), settled);
  // The unit has the image, and installs it when its panel allows it.
  if (settled.state === 'received') return ended('stopped', seen, settled);
  if (settled.state !== 'done') return ended('unknown', seen, settled);
  const verified = await runStep('verify');
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
