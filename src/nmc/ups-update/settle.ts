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
import { createObserver, mayHaveStartedByCli, type UpdateObservation, updateStateOf } from './status.ts';

const KEEP_OFF = 'Do not power the unit off. Look at its panel, then run upsfw resume.';

/**
 * What became of a start, or whether one may be made. With a start on record it is never `todo`: a unit that shows no sign
 * of an update for the quiet time failed safely, if a source says that nothing is running.
 */
export async function checkStart(tools: NmcDeps, context: StepContext): Promise<StepCheck> {
  const begun = context.clock.monotonic();
  const { startedAt, received } = context.remembered;
  const read = createObserver(tools, context);
  for (;;) {
    const signs = await read();
    const standing = updateStateOf(signs, received);
    if (standing === 'arrived') return { state: 'done', problem: null };
    if (standing === 'running') return { state: 'running', problem: null };
    if (startedAt === null) return { ...(await beforeStart(tools, signs, context)), object: signs.object };
    if (standing === 'received') return { state: 'running', problem: null };
    if (standing === 'failed') return { state: 'failed', problem: updateFailed(context, signs.log) };
    if (standing === 'away') return { state: 'unknown', problem: null };
    if (context.clock.monotonic() - begun >= tools.timeouts.startSeen * 1000) {
      if (!showsNoUpdate(signs, context)) return { state: 'unknown', problem: null };
      const problem =
        signs.object === 'failed' ? updateFailed(context, signs.log) : notSeen(context, signs.log);
      return { state: 'failed', problem };
    }
    context.progress(null, 'waiting for a sign of the update');
    await context.clock.sleep(tools.timeouts.poll * 1000, context.signal);
  }
}

/**
 * Whether the sources of a unit that runs its old firmware are enough to say that no update runs or waits. A result that stood
 * there before, and a card that may have restarted and forgotten, need an event log that can be read and names no update.
 */
function showsNoUpdate(signs: UpdateObservation, context: StepContext): boolean {
  const { refusal } = context.remembered;
  const logIsEmpty = signs.log?.state === 'nothing';
  if (isTwoStep(context) && !logIsEmpty && signs.object !== 'failed') return false;
  if (mayHaveStartedByCli(context) && signs.transfer !== 'none') return false;
  if (signs.object === 'none' || signs.object === 'failed') return true;
  if (signs.object === 'successful') return logIsEmpty;
  // Without the object the card's own error answer and its command line are two sources that agree.
  return refusal !== null && signs.transfer === 'none';
}

async function beforeStart(
  tools: NmcDeps,
  signs: UpdateObservation,
  context: StepContext,
): Promise<StepCheck> {
  if (context.remembered.staged && signs.unchanged) {
    const started = byPerson(signs, context);
    if (started !== null) return started;
  }
  // An earlier attempt went by the command line, which alone may know that it is still at work.
  const askedInVain =
    context.remembered.startMethods.includes('cli') &&
    (signs.transfer === null || signs.transfer === 'not-offered');
  if (signs.unchanged && askedInVain) return { state: 'unknown', problem: cannotAsk(context) };
  if (signs.unchanged) return (await byOthers(tools, context)) ?? { state: 'todo', problem: null };
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
 * An update that somebody else started: one that runs, or an image that waits for its installation, by the event log of the card. Its
 * object forgets an image when the card restarts. Null: the log shows none, or the operator allowed this attempt and knows.
 */
async function byOthers(tools: NmcDeps, context: StepContext): Promise<StepCheck | null> {
  if (!isUpsHop(context.hop) || context.remembered.staged) return null;
  const log = await readEventLog(tools, context);
  const last = log === null ? null : lastUpdateIn(log.lines);
  const line = sanitize(last?.line ?? '', 120);
  if (last?.state === 'transferring') {
    const problem = new Problem(
      'device/busy',
      `${unitKey(context.target)} is at an update that this run did not start. Its event log says: ${line}.`,
      { hint: 'Wait until it has ended, look at the unit, and make a new plan.' },
    );
    return { state: 'running', problem };
  }
  const isReceived = last?.state === 'received';
  // Only a unit that installs later than it receives can hold an image that no source names.
  const isUnknown = last === null && isTwoStep(context) && context.remembered.startMethods.length === 0;
  if (!isReceived && !isUnknown) return null;
  const problem = new Problem(
    'device/not-installed',
    isReceived
      ? `${unitKey(context.target)} has received an image that is not installed yet. Its event log says: ${line}.`
      : `Whether an image waits at ${unitKey(context.target)} is not known: its event log could not be read.`,
    {
      hint: 'Look at its panel. Let the image install there, or take it back, and make a new plan. Nothing was started.',
    },
  );
  return { state: 'unknown', problem };
}

/**
 * Whether a person has started the image that was left for them. The event log tells, because it is newer than the image; what
 * the object shows may be the end of an earlier update, and is then no leave to start either. Null: nobody did.
 */
function byPerson(signs: UpdateObservation, context: StepContext): StepCheck | null {
  if (signs.log?.state === 'failed') return { state: 'failed', problem: updateFailed(context, signs.log) };
  if (signs.log?.state === 'finished') return { state: 'running', problem: null };
  if (signs.object !== 'successful') return null;
  const problem = new Problem(
    'device/update-unknown',
    `The card says "successful" and ${unitKey(context.target)} runs ${describeEnd(context.hop, 'from')}: whether that is an earlier update or the image that was left on the card cannot be told. Nothing was started.`,
    {
      hint: 'Look at its panel for an install that waits. Once it has installed, run upsfw resume; if there is none, make a new run: upsfw upgrade.',
    },
  );
  return { state: 'unknown', problem };
}

function cannotAsk(context: StepContext): Problem {
  return new Problem(
    'device/update-unknown',
    `Whether the update of an earlier attempt still runs could not be asked of ${unitKey(context.target)}; nothing was started.`,
    {
      hint: 'Bring its command line within reach (SSH, login), then allow the attempt again.',
    },
  );
}

function notSeen(context: StepContext, log: LoggedStatus | null): Problem {
  const { refusal, startedBy } = context.remembered;
  // A person may have started an image that was left for them; then the tool has sent nothing.
  const byPerson = 'The image was left on the card, and this run sent no start.';
  const answer = refusal?.message ?? (startedBy === null ? byPerson : 'A start was sent.');
  return new Problem(
    refusal === null ? 'device/start-not-seen' : 'device/start-refused',
    `${answer} ${unitKey(context.target)} shows no update and runs ${describeEnd(context.hop, 'from')} as before. ${logSays(log)}`,
    {
      hint: `${startedBy === null ? 'Nobody has started it, or the start had no effect' : 'The start had no effect'}. Allow another attempt with: upsfw resume --retry ${unitKey(context.target)}`,
      details: logLines(log),
    },
  );
}

function updateFailed(context: StepContext, log: LoggedStatus | null): Problem {
  const said = log?.state === 'failed' ? 'The event log of the card says' : 'The card says';
  return new Problem(
    'device/update-failed',
    `${said} that the update failed; the unit runs ${describeEnd(context.hop, 'from')} as before. ${logSays(log)}`,
    {
      hint: `${explainHint(log)}Allow a second attempt with: upsfw resume --retry ${unitKey(context.target)}`,
      details: logLines(log),
    },
  );
}

/** The command that says what the deciding line of the log means. */
function explainHint(log: LoggedStatus | null): string {
  const code = /0x[0-9A-Fa-f]{4}/.exec(log?.line ?? '')?.[0];
  return code === undefined ? '' : `Its meaning: upsfw explain ${code}. `;
}

/** The newest lines of one start are enough to see why it failed. */
const MOST_LOG_LINES = 10;

function logSays(log: LoggedStatus | null): string {
  if (log === null) return 'Its event log was not read.';
  return log.since.length === 0
    ? 'Its event log has no line since the start.'
    : 'The lines of its event log since the start follow.';
}

/** The lines of the event log since the start, oldest first. */
function logLines(log: LoggedStatus | null): readonly string[] {
  return (log?.since ?? []).slice(-MOST_LOG_LINES).map((line) => sanitize(line, 150));
}

/** Watches an update to its end. Silence and a lost link are normal; only the unit's own word ends it, or the limit. */
export async function takeSettle(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const begun = context.clock.monotonic();
  const method = context.remembered.startedBy;
  const read = createObserver(tools, context);
  let { received } = context.remembered;
  let receivedAt: number | null = null;
  let last: UpdateObservation;
  for (;;) {
    last = await read();
    const standing = updateStateOf(last, received);
    const now = context.clock.monotonic();
    if (standing === 'arrived') return { state: 'done', method: method, problem: null, unit: last.unit };
    if (standing === 'failed')
      return { state: 'failed', method: method, problem: updateFailed(context, last.log), unit: last.unit };
    if (standing === 'received' && !received) {
      received = true;
      await context.received();
    }
    receivedAt = standing === 'received' ? (receivedAt ?? now) : null;
    if (receivedAt !== null && now - receivedAt >= tools.timeouts.received * 1000 && isTwoStep(context))
      return { state: 'received', method: method, problem: notInstalled(context), unit: last.unit };
    context.progress(typeof last.transfer === 'number' ? last.transfer / 100 : null, described(last));
    if (now - begun >= tools.timeouts.settle * 1000) break;
    await context.clock.sleep(tools.timeouts.poll * 1000, context.signal);
  }
  const result: StepResult = { state: 'unknown', method: method, problem: overdue(tools, context, last) };
  return last.itself ? { ...result, unit: last.unit } : result;
}

function isTwoStep({ hop }: StepContext): boolean {
  return isUpsHop(hop) && hop.twoStep;
}

function notInstalled(context: StepContext): Problem {
  return new Problem(
    'device/not-installed',
    `The unit has received ${context.image.file} and still runs ${describeEnd(context.hop, 'from')}: it waits for its installation.`,
    {
      hint: 'At its panel choose FW Install: Now (see first what its output does), or Next Off; then run upsfw resume, which looks and starts nothing.',
    },
  );
}

function described(signs: UpdateObservation): string {
  if (!signs.answers) return 'the unit is silent (normal while it restarts)';
  if (typeof signs.transfer === 'number') return 'the card sends the image to the UPS';
  if (signs.object === 'in-process') return 'the card says: in process';
  if (signs.object === 'successful' || signs.log?.state === 'finished')
    return 'the unit has the image; waiting for the new version';
  return 'waiting for the new version';
}

function overdue(tools: NmcDeps, context: StepContext, last: UpdateObservation): Problem {
  const minutes = Math.round(tools.timeouts.settle / 60);
  const { version, microLinkId } = last.unit.firmware;
  const state = !last.answers
    ? 'the unit does not answer'
    : !last.itself
      ? `another unit answers (serial number ${last.unit.serial ?? 'none'})`
      : last.object === 'successful'
        ? `the card says successful, but the unit runs UPS ${version ?? '?'} (it may wait for an install at its panel)`
        : `the unit runs UPS ${version ?? '?'} (ID${microLinkId ?? '?'})`;
  return new Problem(
    'device/update-unknown',
    `Watched for ${minutes} minutes: ${state}; wanted was ${describeEnd(context.hop, 'to')}.`,
    { hint: KEEP_OFF },
  );
}
