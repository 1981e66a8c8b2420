import {
  isUpsHop,
  Problem,
  printable,
  type StepCheck,
  type StepContext,
  type StepResult,
  standingInWords,
  unitKey,
} from '../../core/index.ts';
import type { Tools } from '../tools.ts';
import type { LogWord } from './event-log.ts';
import { createSignReader, maybeByShell, type Signs, type Standing, standingOf } from './signs.ts';

const KEEP_OFF = 'Do not power the unit off. Look at its panel, then run upsfw resume.';

/**
 * What became of a start, or whether one may be made. With a start on record it is never `todo`: a unit that shows no sign
 * of an update for the quiet time failed safely, if a source says that nothing is running.
 */
export async function checkStart(tools: Tools, context: StepContext): Promise<StepCheck> {
  const begun = context.clock.monotonic();
  const onRecord = context.remembered.startedAt !== null;
  const byShell = maybeByShell(context);
  const read = createSignReader(tools, context);
  for (;;) {
    const signs = await read();
    // Before a start of its own the tool has not cleared the object: a failure that stands there may be an old one.
    const standing = standingOf(signs, onRecord && !byShell);
    if (standing === 'arrived') return { state: 'done', problem: null };
    if (standing === 'running') return { state: 'running', problem: null };
    if (!onRecord) return beforeStart(signs, standing, context);
    if (standing === 'received') return { state: 'running', problem: null };
    if (standing === 'failed') return { state: 'failed', problem: updateFailed(context, signs.log) };
    if (standing === 'away' || (signs.object !== 'none' && signs.object !== 'failed'))
      return { state: 'unknown', problem: null };
    if (context.clock.monotonic() - begun >= tools.waits.startSeen * 1000) {
      if (byShell && signs.transfer !== 'none') return { state: 'unknown', problem: null };
      const problem = signs.object === 'failed' ? updateFailed(context, signs.log) : notSeen(context);
      return { state: 'failed', problem };
    }
    context.progress(null, 'waiting for a sign of the update');
    await context.clock.sleep(tools.waits.poll * 1000, context.signal);
  }
}

function beforeStart(signs: Signs, standing: Standing, context: StepContext): StepCheck {
  if (context.remembered.staged) {
    const started = byPerson(signs, standing, context);
    if (started !== null) return started;
  }
  // An earlier attempt went by the command line, which alone may know that it is still at work.
  const askedInVain = context.remembered.startWays.includes('cli') && signs.transfer === null;
  if (signs.unchanged && askedInVain) return { state: 'unknown', problem: cannotAsk(context) };
  if (signs.unchanged) return { state: 'todo', problem: null };
  const problem = new Problem(
    'device/changed',
    `${unitKey(context.target)} does not answer as before; nothing was started.`,
    {
      hint: 'Look at the unit, then make a new plan.',
      transient: true,
    },
  );
  return { state: 'unknown', problem };
}

/**
 * Whether a person has started the image that was left for them. The event log tells, because it is newer than the image; what
 * the object shows may be the end of an earlier update, and is then no leave to start either. Null: nobody did.
 */
function byPerson(signs: Signs, standing: Standing, context: StepContext): StepCheck | null {
  if (standing === 'failed') return { state: 'failed', problem: updateFailed(context, signs.log) };
  if (standing !== 'received') return null;
  if (signs.log?.state === 'finished') return { state: 'running', problem: null };
  const problem = new Problem(
    'device/update-unknown',
    `The card says "successful" and ${unitKey(context.target)} runs ${standingInWords(context.hop, 'from')}: whether that is an earlier update or the image that was left on the card cannot be told. Nothing was started.`,
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
      transient: true,
    },
  );
}

function notSeen(context: StepContext): Problem {
  return new Problem(
    'device/start-not-seen',
    `A start was written down; ${unitKey(context.target)} says that no update is or was in process, and runs ${standingInWords(context.hop, 'from')} as before.`,
    {
      hint: `The start had no effect. Allow a second attempt with: upsfw resume --again ${context.target.name}`,
    },
  );
}

function updateFailed(context: StepContext, log: LogWord | null): Problem {
  const runs = `the unit runs ${standingInWords(context.hop, 'from')} as before`;
  const said =
    log?.state === 'failed'
      ? `The event log of the card says of the update: ${printable(log.line ?? '', 120)}; ${runs}.`
      : `The card says of its last update that it failed; ${runs}.`;
  return new Problem('device/update-failed', said, {
    hint: `Look at the event log of the card for the cause. Allow a second attempt with: upsfw resume --again ${context.target.name}`,
  });
}

/** Watches an update to its end. Silence and a lost link are normal; only the unit's own word ends it, or the limit. */
export async function takeSettle(tools: Tools, context: StepContext): Promise<StepResult> {
  const begun = context.clock.monotonic();
  const way = context.remembered.startedBy;
  const read = createSignReader(tools, context);
  // The object is cleared before a start by SNMP; after any other, a failure that stood there all along may be an old one.
  let failureIsNew = !maybeByShell(context);
  let receivedAt: number | null = null;
  let last: Signs;
  for (;;) {
    last = await read();
    if (last.object !== null && last.object !== 'failed') failureIsNew = true;
    const standing = standingOf(last, failureIsNew);
    const now = context.clock.monotonic();
    if (standing === 'arrived') return { state: 'done', way, problem: null, unit: last.unit };
    if (standing === 'failed')
      return { state: 'failed', way, problem: updateFailed(context, last.log), unit: last.unit };
    receivedAt = standing === 'received' ? (receivedAt ?? now) : null;
    if (receivedAt !== null && now - receivedAt >= tools.waits.received * 1000 && isTwoStep(context))
      return { state: 'received', way, problem: notInstalled(context), unit: last.unit };
    context.progress(typeof last.transfer === 'number' ? last.transfer / 100 : null, described(last));
    if (now - begun >= tools.waits.settle * 1000) break;
    await context.clock.sleep(tools.waits.poll * 1000, context.signal);
  }
  const result: StepResult = { state: 'unknown', way, problem: overdue(tools, context, last) };
  return last.itself ? { ...result, unit: last.unit } : result;
}

function isTwoStep({ hop }: StepContext): boolean {
  return isUpsHop(hop) && hop.twoStep;
}

function notInstalled(context: StepContext): Problem {
  return new Problem(
    'device/not-installed',
    `The unit has received ${context.image.file} and still runs ${standingInWords(context.hop, 'from')}: it waits for its installation.`,
    {
      hint: 'At its panel choose FW Install: Now (see first what its output does), or Next Off; then run upsfw resume, which looks and starts nothing.',
    },
  );
}

function described(signs: Signs): string {
  if (!signs.answers) return 'the unit is silent (normal while it restarts)';
  if (typeof signs.transfer === 'number') return 'the card sends the image to the UPS';
  if (signs.object === 'in-process') return 'the card says: in process';
  if (signs.object === 'successful' || signs.log?.state === 'finished')
    return 'the unit has the image; waiting for the new version';
  return 'waiting for the new version';
}

function overdue(tools: Tools, context: StepContext, last: Signs): Problem {
  const minutes = Math.round(tools.waits.settle / 60);
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
    `${minutes} minutes after the start ${state}; wanted was ${standingInWords(context.hop, 'to')}.`,
    { hint: KEEP_OFF },
  );
}
