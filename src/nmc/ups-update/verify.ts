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
import { isRunning, readSigns } from './status.ts';
import { removeLeftImage } from './transfer.ts';

/**
 * Compares the unit after the update with what was wanted and with what it was; gives it time to become so. The image of a
 * verified update is taken off the card.
 */
export async function takeVerify(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const begun = context.clock.monotonic();
  for (;;) {
    const signs = await readSigns(tools, context);
    const complaints = signs.answers ? differences(signs.unit, context) : ['the unit does not answer'];
    if (complaints.length === 0) {
      await removeLeftImage(tools, context);
      return { state: 'done', method: null, problem: null, unit: signs.unit };
    }
    if (context.clock.monotonic() - begun < tools.timeouts.verify * 1000) {
      context.progress(null, `not yet as before: ${complaints.join('; ')}`);
      await context.clock.sleep(tools.timeouts.poll * 1000, context.signal);
      continue;
    }
    const oldAndWell = signs.unchanged && complaints.length === 1 && !isRunning(signs);
    const seen = signs.itself ? { unit: signs.unit } : {};
    if (oldAndWell) {
      const problem = new Problem(
        'device/update-failed',
        `After the update the unit still runs ${describeEnd(context.hop, 'from')}.`,
        {
          hint: `It is as it was before. Allow a second attempt with: upsfw resume --retry ${unitKey(context.target)}`,
        },
      );
      return { state: 'failed', method: null, problem, ...seen };
    }
    const problem = new Problem('device/changed', `After the update: ${complaints.join('; ')}.`, {
      hint: 'Go and look at the unit and its load. Do not power it off while its panel shows an update.',
    });
    return { state: 'unknown', method: null, problem, ...seen };
  }
}

/** What is not as it should be; the version first. */
function differences(unit: Unit, context: StepContext): string[] {
  const { hop, before } = context;
  const said: string[] = [];
  if (!isAt(unit, hop, 'to')) {
    said.push(`firmware is ${describeInstalled(unit, hop)}, wanted ${describeEnd(hop, 'to')}`);
  }
  if (usableSerial(unit.serial) !== usableSerial(before.serial)) {
    said.push(`serial number is ${unit.serial ?? 'none'}, was ${before.serial ?? 'none'}`);
  }
  const now = unit.condition;
  const then = before.condition;
  if (now.linkUp !== true) said.push('the card is not known to have word from its UPS');
  if (now.onLine !== true) said.push('the unit is not known to be on mains');
  if (now.outputOn !== then.outputOn)
    said.push(`the output is ${word(now.outputOn)}, was ${word(then.outputOn)}`);
  const fresh = (now.alarms ?? ['alarm flags that cannot be read']).filter(
    (alarm) => !(then.alarms ?? []).includes(alarm),
  );
  if (fresh.length > 0) said.push(`new alarms: ${fresh.join(', ')}`);
  return said;
}

function word(outputOn: boolean | null): string {
  return outputOn === null ? 'not known' : outputOn ? 'on' : 'off';
}
