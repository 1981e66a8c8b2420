import {
  describeEnd,
  describeInstalled,
  isAt,
  Problem,
  type StepContext,
  type StepResult,
  type Unit,
  unitKey,
  usableSerial,
} from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import { describeOutput } from './output.ts';
import { describeAbsence, isRunning, observeUpdate } from './status.ts';
import { removeLeftImage } from './transfer.ts';

/**
 * Compares the unit after the update with the target and with its state before; waits until they match. Then
 * removes the image from the card.
 */
export async function executeVerify(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const startedAt = context.clock.monotonic();
  for (;;) {
    const observation = await observeUpdate(deps, context);
    const complaints = observation.answers
      ? differences(observation.unit, context)
      : [describeAbsence(observation)];
    if (complaints.length === 0) {
      await removeLeftImage(deps, context);
      return { state: 'done', method: null, problem: null, unit: observation.unit };
    }
    if (context.clock.monotonic() - startedAt < deps.timeouts.verify * 1000) {
      context.progress(null, `not yet as before: ${complaints.join('; ')}`);
      await context.clock.sleep(deps.timeouts.poll * 1000, context.signal);
      continue;
    }
    const isUnchanged = observation.unchanged && complaints.length === 1 && !isRunning(observation);
    const seen = observation.isSameUnit ? { unit: observation.unit } : {};
    if (isUnchanged) {
      const problem = new Problem(
        'device/update-failed',
        `After the update the unit still runs ${describeEnd(context.hop, 'from')}.`,
        {
          hint: `It is unchanged. Allow a second attempt with: upsfw resume --retry ${unitKey(context.target)}`,
        },
      );
      return { state: 'failed', method: null, problem, ...seen };
    }
    const problem = new Problem('device/changed', `After the update: ${complaints.join('; ')}.`, {
      hint: 'Inspect the unit and its load on site. Do not power it off while its panel shows an update.',
    });
    return { state: 'unknown', method: null, problem, ...seen };
  }
}

/** What differs from the expectation; the version first. */
function differences(unit: Unit, context: StepContext): string[] {
  const { hop, before } = context;
  const complaints: string[] = [];
  if (!isAt(unit, hop, 'to')) {
    complaints.push(`firmware is ${describeInstalled(unit, hop)}, expected ${describeEnd(hop, 'to')}`);
  }
  if (usableSerial(unit.serial) !== usableSerial(before.serial)) {
    complaints.push(`serial number is ${unit.serial ?? 'none'}, was ${before.serial ?? 'none'}`);
  }
  const now = unit.condition;
  const then = before.condition;
  if (now.linkUp !== true) complaints.push('the card is not known to have a link to its UPS');
  if (now.onLine !== true) complaints.push('the unit is not known to be on mains');
  if (now.outputOn !== then.outputOn)
    complaints.push(`the output is ${describeOutput(now.outputOn)}, was ${describeOutput(then.outputOn)}`);
  const fresh = (now.alarms ?? ['alarm flags that cannot be read']).filter(
    (alarm) => !(then.alarms ?? []).includes(alarm),
  );
  if (fresh.length > 0) complaints.push(`new alarms: ${fresh.join(', ')}`);
  return complaints;
}
