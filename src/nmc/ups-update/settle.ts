import {
  describeEnd,
  isUpsHop,
  Problem,
  type StepCheck,
  type StepContext,
  type StepResult,
  sanitize,
  unitKey,
} from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import { type LoggedStatus, lastUpdateIn } from '../look/event-log.ts';
import { readEventLog } from '../look/event-log-source.ts';
import {
  createObserver,
  describeAbsence,
  mayHaveStartedByCli,
  type UpdateObservation,
  updateStateOf,
} from './status.ts';

const KEEP_POWERED_HINT = 'Do not power the unit off. Look at its panel, then run upsfw resume.';

/**
 * The result of a start, or whether one may be made. With a start in the journal the answer is never `todo`.
 * A unit without any trace of an update for the quiet time has failed safely, if a source confirms that
 * nothing is running.
 */
export async function queryStart(deps: NmcDeps, context: StepContext): Promise<StepCheck> {
  const watchedSince = context.clock.monotonic();
  const { startedAt, received } = context.remembered;
  const read = createObserver(deps, context);
  for (;;) {
    const observation = await read();
    const state = updateStateOf(observation, received);
    if (state === 'arrived') return { state: 'done', problem: null };
    if (state === 'running') return { state: 'running', problem: null };
    if (startedAt === null)
      return { ...(await beforeStart(deps, observation, context)), object: observation.object };
    if (state === 'received') return { state: 'running', problem: null };
    if (state === 'failed') return { state: 'failed', problem: updateFailed(context, observation.log) };
    if (state === 'away') return { state: 'unknown', problem: null };
    if (context.clock.monotonic() - watchedSince >= deps.timeouts.startSeen * 1000) {
      if (!showsNoUpdate(observation, context)) return { state: 'unknown', problem: null };
      const problem =
        observation.object === 'failed'
          ? updateFailed(context, observation.log)
          : notSeen(context, observation.log);
      return { state: 'failed', problem };
    }
    context.progress(null, 'waiting for a trace of the update');
    await context.clock.sleep(deps.timeouts.poll * 1000, context.signal);
  }
}

/**
 * Whether the sources of a unit with its old firmware prove that no update runs or waits. An old result, or a
 * card that may have restarted and lost its state, needs a readable event log without an update in it.
 */
function showsNoUpdate(observation: UpdateObservation, context: StepContext): boolean {
  const { refusal } = context.remembered;
  const logIsEmpty = observation.log?.state === 'nothing';
  if (isTwoStep(context) && !logIsEmpty && observation.object !== 'failed') return false;
  if (mayHaveStartedByCli(context) && observation.transfer !== 'none') return false;
  if (observation.object === 'none' || observation.object === 'failed') return true;
  if (observation.object === 'successful') return logIsEmpty;
  // Without the update object, the card's error answer and its command line are two sources that agree.
  return refusal !== null && observation.transfer === 'none';
}

async function beforeStart(
  deps: NmcDeps,
  observation: UpdateObservation,
  context: StepContext,
): Promise<StepCheck> {
  if (context.remembered.staged && observation.unchanged) {
    const started = startedByPerson(observation, context);
    if (started !== null) return started;
  }
  // An earlier start may have been made by the command line, which alone may show that it is still running.
  const cliIsSilent =
    context.remembered.startMethods.includes('cli') &&
    (observation.transfer === null || observation.transfer === 'not-offered');
  if (observation.unchanged && cliIsSilent)
    return { state: 'unknown', problem: cannotQueryEarlierStart(context) };
  if (observation.unchanged)
    return (await startedElsewhere(deps, context)) ?? { state: 'todo', problem: null };
  const problem = new Problem(
    'device/changed',
    `${unitKey(context.target)} does not answer as before; nothing was started.`,
    {
      hint: 'Look at the unit, then make a new plan.',
    },
  );
  return { state: 'unknown', problem };
}

/**
 * An update that this run did not start, by the event log of the card: one that runs, or an image that is not
 * installed yet. The update object forgets such an image when the card restarts. Null: the log shows none, or
 * this attempt is a retry.
 */
async function startedElsewhere(deps: NmcDeps, context: StepContext): Promise<StepCheck | null> {
  if (!isUpsHop(context.hop) || context.remembered.staged) return null;
  const log = await readEventLog(deps, context);
  const last = log === null ? null : lastUpdateIn(log.lines);
  const line = sanitize(last?.line ?? '', 120);
  if (last?.state === 'transferring') {
    const problem = new Problem(
      'device/busy',
      `${unitKey(context.target)} is being updated, and this run did not start it. Its event log says: ${line}.`,
      { hint: 'Wait until the update has ended, look at the unit, and make a new plan.' },
    );
    return { state: 'running', problem };
  }
  const isReceived = last?.state === 'received';
  // Only a unit that installs later than it receives can hold an image that no source shows.
  const isUnknown = last === null && isTwoStep(context) && context.remembered.startMethods.length === 0;
  if (!isReceived && !isUnknown) return null;
  const problem = new Problem(
    'device/not-installed',
    isReceived
      ? `${unitKey(context.target)} has received an image that is not installed yet. Its event log says: ${line}.`
      : `Whether ${unitKey(context.target)} holds an image that is not installed is not known: its event log could not be read.`,
    {
      hint: 'Nothing was started. Look at its panel: let the image install, or discard it. Then make a new plan.',
    },
  );
  return { state: 'unknown', problem };
}

/**
 * Whether a person has started the staged image. The event log decides, because its lines are newer than the
 * image. The update object may show the result of an earlier update, so it neither proves a start nor permits
 * one. Null: nobody did.
 */
function startedByPerson(observation: UpdateObservation, context: StepContext): StepCheck | null {
  if (observation.log?.state === 'failed')
    return { state: 'failed', problem: updateFailed(context, observation.log) };
  if (observation.log?.state === 'finished') return { state: 'running', problem: null };
  if (observation.object !== 'successful') return null;
  const problem = new Problem(
    'device/update-unknown',
    `The card reports "successful" and ${unitKey(context.target)} runs ${describeEnd(context.hop, 'from')}. Whether that result is of the staged image or of an earlier update is not known. Nothing was started.`,
    {
      hint: 'Look at its panel for an image that waits to be installed. After the installation run upsfw resume. If there is none, start a new run: upsfw upgrade.',
    },
  );
  return { state: 'unknown', problem };
}

function cannotQueryEarlierStart(context: StepContext): Problem {
  return new Problem(
    'device/update-unknown',
    `${unitKey(context.target)} could not be asked whether the update of an earlier attempt still runs; nothing was started.`,
    {
      hint: 'Make its command line reachable (SSH, login), then allow the attempt again.',
    },
  );
}

function notSeen(context: StepContext, log: LoggedStatus | null): Problem {
  const { refusal, startedBy } = context.remembered;
  // A person may have started a staged image; then this run has sent nothing.
  const staged = 'The image was left on the card, and this run sent no start.';
  const answer = refusal?.message ?? (startedBy === null ? staged : 'A start was sent.');
  return new Problem(
    refusal === null ? 'device/start-not-seen' : 'device/start-refused',
    `${answer} ${unitKey(context.target)} shows no update and runs ${describeEnd(context.hop, 'from')} as before. ${describeLog(log)}`,
    {
      hint: `${startedBy === null ? 'Nobody has started it, or the start had no effect' : 'The start had no effect'}. Allow another attempt with: upsfw resume --retry ${unitKey(context.target)}`,
      details: logLines(log),
    },
  );
}

function updateFailed(context: StepContext, log: LoggedStatus | null): Problem {
  const source = log?.state === 'failed' ? 'The event log of the card reports' : 'The card reports';
  return new Problem(
    'device/update-failed',
    `${source} that the update failed; the unit runs ${describeEnd(context.hop, 'from')} as before. ${describeLog(log)}`,
    {
      hint: `${explainHint(log)}Allow a second attempt with: upsfw resume --retry ${unitKey(context.target)}`,
      details: logLines(log),
    },
  );
}

/** The command that explains the deciding line of the log. */
function explainHint(log: LoggedStatus | null): string {
  const code = /0x[0-9A-Fa-f]{4}/.exec(log?.line ?? '')?.[0];
  return code === undefined ? '' : `To explain it: upsfw explain ${code}. `;
}

/** The newest lines of one start are enough to see why it failed. */
const MAX_LOG_LINES = 10;

function describeLog(log: LoggedStatus | null): string {
  if (log === null) return 'Its event log was not read.';
  return log.since.length === 0
    ? 'Its event log has no line since the start.'
    : 'The lines of its event log since the start follow.';
}

/** The lines of the event log since the start, oldest first. */
function logLines(log: LoggedStatus | null): readonly string[] {
  return (log?.since ?? []).slice(-MAX_LOG_LINES).map((line) => sanitize(line, 150));
}

/**
 * Watches an update to its end. Silence and a lost link are normal; only a report of the unit ends it, or the
 * limit.
 */
export async function executeSettle(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const watchedSince = context.clock.monotonic();
  const method = context.remembered.startedBy;
  const read = createObserver(deps, context);
  let { received } = context.remembered;
  let receivedAt: number | null = null;
  let last: UpdateObservation;
  for (;;) {
    last = await read();
    const state = updateStateOf(last, received);
    const now = context.clock.monotonic();
    if (state === 'arrived') return { state: 'done', method, problem: null, unit: last.unit };
    if (state === 'failed')
      return { state: 'failed', method, problem: updateFailed(context, last.log), unit: last.unit };
    if (state === 'received' && !received) {
      received = true;
      await context.received();
    }
    receivedAt = state === 'received' ? (receivedAt ?? now) : null;
    if (receivedAt !== null && now - receivedAt >= deps.timeouts.received * 1000 && isTwoStep(context))
      return { state: 'received', method, problem: notInstalled(context), unit: last.unit };
    context.progress(typeof last.transfer === 'number' ? last.transfer / 100 : null, describe(last));
    if (now - watchedSince >= deps.timeouts.settle * 1000) break;
    await context.clock.sleep(deps.timeouts.poll * 1000, context.signal);
  }
  const result: StepResult = { state: 'unknown', method, problem: timedOut(deps, context, last) };
  return last.isSameUnit ? { ...result, unit: last.unit } : result;
}

function isTwoStep({ hop }: StepContext): boolean {
  return isUpsHop(hop) && hop.twoStep;
}

function notInstalled(context: StepContext): Problem {
  return new Problem(
    'device/not-installed',
    `The unit has received ${context.image.file}, has not installed it, and still runs ${describeEnd(context.hop, 'from')}.`,
    {
      hint: 'At its panel choose FW Install: Now (check first what happens to its output), or Next Off. Then run upsfw resume: it asks this unit again and does not start it.',
    },
  );
}

function describe(observation: UpdateObservation): string {
  if (observation.isLost) return 'the card answers and has lost its UPS (normal while the UPS restarts)';
  if (!observation.answers) return 'the unit is silent (normal while it restarts)';
  if (typeof observation.transfer === 'number') return 'the card sends the image to the UPS';
  if (observation.object === 'in-process') return 'the card reports an update in process';
  if (observation.object === 'successful' || observation.log?.state === 'finished')
    return 'the unit has the image; waiting for the new version';
  return 'waiting for the new version';
}

function timedOut(deps: NmcDeps, context: StepContext, last: UpdateObservation): Problem {
  const minutes = Math.round(deps.timeouts.settle / 60);
  const { version, microLinkId } = last.unit.firmware;
  const state = !last.answers
    ? describeAbsence(last)
    : !last.isSameUnit
      ? `another unit answers (serial number ${last.unit.serial ?? 'none'})`
      : last.object === 'successful'
        ? `the card reports successful, but the unit runs UPS ${version ?? '?'} (it may wait for an install at its panel)`
        : `the unit runs UPS ${version ?? '?'} (ID${microLinkId ?? '?'})`;
  return new Problem(
    'device/update-unknown',
    `Watched for ${minutes} minutes: ${state}; expected ${describeEnd(context.hop, 'to')}.`,
    { hint: KEEP_POWERED_HINT },
  );
}
