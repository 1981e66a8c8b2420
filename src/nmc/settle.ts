import {
  Problem,
  type StepCheck,
  type StepContext,
  type StepResult,
  standingInWords,
  unitKey,
} from '../core/index.ts';
import type { Tools } from './tools.ts';
import { isRunning, maybeByShell, readSigns, type Signs } from './update-signs.ts';

const KEEP_OFF = 'Do not power the unit off. Look at its panel, then run upsfw resume.';

/**
 * What became of a start, or whether one may be made. With a start on record it is never `todo`: a unit that shows no sign
 * of an update for the quiet time failed safely, if a source says that nothing is running.
 */
export async function checkStart(tools: Tools, context: StepContext): Promise<StepCheck> {
  const begun = context.clock.monotonic();
  const onRecord = context.remembered.startedAt !== null;
  for (;;) {
    const signs = await readSigns(tools, context);
    if (signs.arrived) return { state: 'done', problem: null };
    if (isRunning(signs)) return { state: 'running', problem: null };
    if (!onRecord) return beforeStart(signs, context);
    if (signs.object === 'successful') return { state: 'running', problem: null };
    if (!signs.unchanged || (signs.object !== 'none' && signs.object !== 'failed'))
      return { state: 'unknown', problem: null };
    const byShell = maybeByShell(context);
    if (signs.object === 'failed' && !byShell) return { state: 'failed', problem: updateFailed(context) };
    if (context.clock.monotonic() - begun >= tools.waits.startSeen * 1000) {
      if (byShell && signs.transfer !== 'none') return { state: 'unknown', problem: null };
      const problem = signs.object === 'failed' ? updateFailed(context) : notSeen(context);
      return { state: 'failed', problem };
    }
    context.progress(null, 'waiting for a sign of the update');
    await context.clock.sleep(tools.waits.poll * 1000, context.signal);
  }
}

function beforeStart(signs: Signs, context: StepContext): StepCheck {
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
    `A start was written down; ${unitKey(context.target)} says that no update is or was in process, and runs UPS ${context.hop.from.version} as before.`,
    {
      hint: `The start had no effect. Allow a second attempt with: upsfw resume --again ${context.target.name}`,
    },
  );
}

function updateFailed(context: StepContext): Problem {
  return new Problem(
    'device/update-failed',
    `The card says of its last update that it failed; the unit runs UPS ${context.hop.from.version} as before.`,
    {
      hint: `Look at the event log of the card for the cause. Allow a second attempt with: upsfw resume --again ${context.target.name}`,
    },
  );
}

/** Watches an update to its end. Silence and a lost link are normal; only the unit's own word ends it, or the limit. */
export async function takeSettle(tools: Tools, context: StepContext): Promise<StepResult> {
  const begun = context.clock.monotonic();
  // The object is cleared before a start by SNMP; after any other, a failure that stood there all along may be an old one.
  let failureIsNew = !maybeByShell(context);
  let last: Signs;
  for (;;) {
    last = await readSigns(tools, context);
    if (last.arrived)
      return { state: 'done', way: context.remembered.startedBy, problem: null, unit: last.unit };
    if (last.object !== null && last.object !== 'failed') failureIsNew = true;
    if (last.object === 'failed' && last.unchanged && failureIsNew && !isRunning(last)) {
      return {
        state: 'failed',
        way: context.remembered.startedBy,
        problem: updateFailed(context),
        unit: last.unit,
      };
    }
    context.progress(typeof last.transfer === 'number' ? last.transfer / 100 : null, described(last));
    if (context.clock.monotonic() - begun >= tools.waits.settle * 1000) break;
    await context.clock.sleep(tools.waits.poll * 1000, context.signal);
  }
  const result: StepResult = {
    state: 'unknown',
    way: context.remembered.startedBy,
    problem: overdue(tools, context, last),
  };
  return last.itself ? { ...result, unit: last.unit } : result;
}

function described(signs: Signs): string {
  if (!signs.answers) return 'the unit is silent (normal while it restarts)';
  if (typeof signs.transfer === 'number') return 'the card sends the image to the UPS';
  if (signs.object === 'in-process') return 'the card says: in process';
  if (signs.object === 'successful') return 'the card says: successful; waiting for the new version';
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
