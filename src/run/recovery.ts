import {
  asProblem,
  type Clock,
  type Hop,
  Problem,
  type StepContext,
  type StoredFile,
  type UnitTarget,
  type UpgradeDriver,
} from '../core/index.ts';
import {
  type Journal,
  type RunArtifacts,
  type RunRecord,
  startInDoubt,
  type UnitRecord,
} from '../state/index.ts';
import type { UnitResult } from './preflight.ts';
import { momentOf, StartGate } from './start-gate.ts';
import { contextFor, imageMetadata, recordStep, withTimeout } from './step.ts';

/**
 * A unit that runs nothing, and takes its image in its boot loader. It has no serial number to be known by and no card, so it is
 * none of the units of a fleet run; what it shares with them is the journal: the sending is on disk before the first block leaves,
 * and a run that was cut off asks the port what became of it.
 */
export interface Recovery {
  readonly journal: Journal;
  readonly target: UnitTarget;
  readonly path: UpgradeDriver;
  readonly clock: Clock;
  readonly simulationSpeed: number;
  readonly artifacts: RunArtifacts;
  /** Aborted when the operator wants the sending cancelled. */
  readonly stop: AbortSignal;
  readonly progress: (note: string, fraction: number | null) => void;
}

const NEVER = new AbortController().signal;

/**
 * Sends the image of the run's one hop, and watches what becomes of it. Nothing is sent where the journal cannot be written before the
 * first block; where it cannot be written later, the record says so.
 */
export async function recover(recovery: Recovery, image: StoredFile): Promise<RunRecord> {
  const { journal } = recovery;
  const record = oneUnit(journal);
  const before = record.planned.unit;
  await journal.append({
    event: 'unit',
    unit: record.planned.key,
    attempt: record.attempt + 1,
    hop: 0,
    before,
  });
  return endWith(recovery, await attempt(recovery, record, image));
}

/** Asks the port what became of a sending that is on record, and watches the unit if it may be at it. Sends nothing. */
export async function takeUpRecovery(recovery: Recovery): Promise<RunRecord> {
  const record = oneUnit(recovery.journal);
  const wasStarted = record.hops.some(({ startedAt }) => startedAt !== null);
  if (startInDoubt(record) === null && record.outcome !== 'unknown') {
    const left = record.outcome === 'pending' && !wasStarted;
    if (!left) return close(recovery.journal, record.outcome);
    const problem = new Problem('refused/stopped', 'Nothing was sent in this run.', { hint: SEND_AGAIN });
    return endWith(recovery, { outcome: 'stopped', after: null, problem, reasons: [] });
  }
  return endWith(recovery, await watch(recovery, record));
}

const SEND_AGAIN = 'Send the image with: upsfw local recover PORT IMAGE --expect-id ID';

async function attempt(recovery: Recovery, record: UnitRecord, image: StoredFile): Promise<UnitResult> {
  const context = contextOf(recovery, record, image, recovery.stop);
  try {
    recovery.progress('listening', null);
    const standing = await recovery.path.query('start', context);
    if (standing.state !== 'todo') return { ...NOT_BEGUN, problem: standing.problem ?? runsAlready() };
    if (recovery.stop.aborted) return stoppedByOperator();
  } catch (thrown) {
    return { ...NOT_BEGUN, problem: asProblem(thrown) };
  }
  const work = workOf(recovery, record);
  const gate = new StartGate({
    clock: recovery.clock,
    judgedAt: momentOf(recovery.clock),
    // The loader has just asked for an image, and nothing else can speak against one: it has no mains, window or partner to read.
    judge: async () => recovery.stop.throwIfAborted(),
    write: (method) => recordStep(work, 0, 'start', 'committing', null, { method, object: null }),
    takeBack: () => recordStep(work, 0, 'start', 'not-started'),
  });
  const sent = await withTimeout(
    'start',
    { ...context, commit: (method) => gate.commit(method) },
    work.steps,
    work,
  );
  gate.close();
  if (!gate.committed && recovery.journal.failed !== null)
    return { ...NOT_BEGUN, outcome: 'stopped', problem: recovery.journal.failed };
  if (!gate.committed || sent.state === 'not-started') {
    await recordStep(work, 0, 'start', 'not-started', sent);
    if (recovery.stop.aborted) return stoppedByOperator();
    const outcome = sent.state === 'not-started' ? 'refused' : 'failed';
    return { outcome, after: null, problem: sent.problem, reasons: [] };
  }
  await recordStep(work, 0, 'start', sent.state, sent);
  if (sent.state === 'failed') return { outcome: 'failed', after: null, problem: sent.problem, reasons: [] };
  return settle({ ...context, signal: NEVER }, recovery, record);
}

function runsAlready(): Problem {
  return new Problem(
    'device/start-refused',
    'The unit runs the version of the image by now; nothing was sent.',
    {
      hint: 'See how it stands: upsfw local inspect PORT.',
    },
  );
}

function stoppedByOperator(): UnitResult {
  const problem = new Problem('refused/stopped', 'Stopped by the operator before the first block was sent.', {
    hint: SEND_AGAIN,
  });
  return { ...NOT_BEGUN, outcome: 'stopped', problem };
}

const NOT_BEGUN: UnitResult = { outcome: 'refused', after: null, problem: null, reasons: [] };

async function watch(recovery: Recovery, record: UnitRecord): Promise<UnitResult> {
  const context = contextOf(recovery, record, imageMetadata(hopOf(record)), NEVER);
  recovery.progress('asking what became of the sending', null);
  const standing = await recovery.path.query('start', context);
  if (standing.state === 'todo') {
    const problem = new Problem(
      'device/update-failed',
      'The unit waits in its boot loader: the image did not get there whole.',
      { hint: SEND_AGAIN },
    );
    await recordStep(workOf(recovery, record), 0, 'start', 'failed', {
      state: 'failed',
      method: 'xmodem',
      problem,
    });
    return { outcome: 'failed', after: null, problem, reasons: [] };
  }
  return settle(context, recovery, record);
}

async function settle(context: StepContext, recovery: Recovery, record: UnitRecord): Promise<UnitResult> {
  const work = workOf(recovery, record);
  const broken = whyBroken(recovery.journal);
  await recordStep(work, 0, 'settle', 'begun');
  const settled = await withTimeout('settle', context, work.steps, work);
  await recordStep(work, 0, 'settle', settled.state, settled);
  if (settled.state === 'failed')
    return { outcome: 'failed', after: null, problem: settled.problem, reasons: [] };
  if (settled.state !== 'done') {
    const after = settled.unit ?? null;
    return { outcome: 'unknown', after, problem: broken ?? settled.problem, reasons: [] };
  }
  await recordStep(work, 0, 'verify', 'begun');
  const verified = await withTimeout('verify', context, work.steps, work);
  await recordStep(work, 0, 'verify', verified.state, verified);
  if (broken !== null) return { outcome: 'unknown', after: null, problem: maybeAnother(broken), reasons: [] };
  const after = verified.unit ?? null;
  const outcome = verified.state === 'done' ? 'upgraded' : verified.state === 'failed' ? 'failed' : 'unknown';
  return { outcome, after, problem: verified.problem, reasons: [] };
}

/** Why the sending broke off with blocks left, as the journal holds it; null where it did not, or where nobody got to write it. */
function whyBroken({ events }: Journal): Problem | null {
  const sent = events.findLast((event) => event.event === 'step' && event.step === 'start');
  if (sent?.event !== 'step' || sent.state !== 'unknown' || sent.problem === null) return null;
  return new Problem(sent.problem.code, sent.problem.message, { hint: sent.problem.hint });
}

/** A unit that did not get all of an image cannot run it, so whoever answers at the port is not known to be that unit. */
function maybeAnother({ code, message }: Problem): Problem {
  return new Problem(
    code,
    `${message} A unit that runs answers at the port now; whether it is the same one is not known.`,
    { hint: 'Compare its serial number with the unit: upsfw local inspect PORT.' },
  );
}

async function endWith({ journal }: Recovery, ending: UnitResult): Promise<RunRecord> {
  const { planned } = oneUnit(journal);
  await journal.append({
    event: 'end',
    unit: planned.key,
    outcome: ending.outcome,
    after: ending.after,
    problem: ending.problem?.toJSON() ?? null,
    reasons: [...ending.reasons],
  });
  return close(journal, ending.outcome);
}

async function close(journal: Journal, outcome: UnitRecord['outcome']): Promise<RunRecord> {
  await journal.append({ event: 'closed', state: outcome === 'stopped' ? 'stopped' : 'done' });
  return journal.state.record();
}

function oneUnit(journal: Journal): UnitRecord {
  const [record] = journal.state.units;
  if (record !== undefined) return record;
  throw new Problem('config/run', 'The journal of the recovery names no unit.', { hint: SEND_AGAIN });
}

function hopOf({ planned }: UnitRecord): Hop {
  const [hop] = planned.hops;
  if (hop !== undefined) return hop;
  throw new Problem('internal/unexpected', 'A recovery has no hop.', { hint: 'Report this.' });
}

/** What a step needs that a fleet run has more of. */
function workOf(recovery: Recovery, record: UnitRecord) {
  const hop = hopOf(record);
  const answer = recovery.path.steps(recovery.target, record.planned.unit, hop);
  if (!answer.possible) throw answer.problem;
  return { ...recovery, hop, steps: answer.steps };
}

function contextOf(
  recovery: Recovery,
  record: UnitRecord,
  image: StoredFile,
  signal: AbortSignal,
): StepContext {
  const { target, clock, simulationSpeed, artifacts: papers, progress } = recovery;
  const { key, unit } = record.planned;
  const work = {
    target,
    clock,
    simulationSpeed: simulationSpeed,
    abort: signal,
    progress,
    keep: (name: string, bytes: Buffer) => papers.keep(key, name, bytes),
    transcript: (said: Parameters<RunArtifacts['transcript']>[1]) => papers.transcript(key, said),
  };
  return contextFor(unit, hopOf(record), image, record.hops[0] ?? null, work, signal);
}
