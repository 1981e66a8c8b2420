import {
  describeEnd,
  describeInstalled,
  Problem,
  type StepContext,
  type StepResult,
  sameUnit,
} from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import { notTaken } from './settle.ts';
import { type CardSigns, expectsUps, readCardSigns } from './status.ts';

/** Compares the card and the UPS behind it with what was wanted and with what they were; gives them time to become so. */
export async function takeCardVerify(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const begun = context.clock.monotonic();
  for (;;) {
    const signs = await readCardSigns(tools, context);
    const complaints = differences(signs, context);
    if (complaints.length === 0) return { state: 'done', method: null, problem: null, unit: signs.unit };
    if (context.clock.monotonic() - begun < tools.timeouts.verify * 1000) {
      context.progress(null, `not yet as it should be: ${complaints.join('; ')}`);
      await context.clock.sleep(tools.timeouts.poll * 1000, context.signal);
      continue;
    }
    const seen = signs.itself ? { unit: signs.unit } : {};
    if (signs.unchanged)
      return { state: 'failed', method: null, problem: notTaken(context, true, null), ...seen };
    const problem = new Problem('device/changed', `After the update of the card: ${complaints.join('; ')}.`, {
      hint: 'Look at the page About and the event log of the card. The UPS itself was not touched.',
    });
    return { state: 'unknown', method: null, problem, ...seen };
  }
}

function differences(signs: CardSigns, context: StepContext): readonly string[] {
  const { hop } = context;
  const { unit } = signs;
  if (!unit.reachable) return ['the card does not answer'];
  if (!signs.itself) return [`another card answers (serial number ${unit.card?.serial ?? 'none'})`];
  const said: string[] = [];
  if (!signs.arrived)
    said.push(`the card runs ${describeInstalled(unit, hop)}, wanted ${describeEnd(hop, 'to')}`);
  return expectsUps(context) ? [...said, ...aboutUps(signs, context)] : said;
}

/** Words for an application that is not well, by its mark in the line `Stat`. */
const APP_WORDS = {
  starting: 'is still starting (A?)',
  mismatch: 'does not match its operating system (A!)',
  damaged: 'has a wrong checksum (A-)',
} as const;

function aboutUps({ unit, app, problem }: CardSigns, { before }: StepContext): readonly string[] {
  if (app !== null && app !== 'well') return [`the application of the card ${APP_WORDS[app]}`];
  if (problem !== null) return [problem.message];
  if (!sameUnit(unit, before)) {
    return [`serial number of the UPS is ${unit.serial ?? 'none'}, was ${before.serial ?? 'none'}`];
  }
  const said: string[] = [];
  if (unit.condition.linkUp !== true) said.push('the card is not known to have word from its UPS');
  if (unit.condition.outputOn !== before.condition.outputOn) {
    said.push(`the output is ${word(unit.condition.outputOn)}, was ${word(before.condition.outputOn)}`);
  }
  return said;
}

function word(outputOn: boolean | null): string {
  return outputOn === null ? 'not known' : outputOn ? 'on' : 'off';
}
