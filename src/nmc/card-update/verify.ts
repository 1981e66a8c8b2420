import {
  describeEnd,
  describeInstalled,
  Problem,
  type StepContext,
  type StepResult,
  sameUnit,
} from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import { APP_PROBLEMS } from '../look/about.ts';
import { describeOutput } from '../ups-update/output.ts';
import { notTaken } from './settle.ts';
import { type CardObservation, expectsUps, observeCard } from './status.ts';

/** Compares the card and its UPS with the target and with their state before; waits until they match. */
export async function executeCardVerify(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const startedAt = context.clock.monotonic();
  for (;;) {
    const observation = await observeCard(deps, context);
    const complaints = differences(observation, context);
    if (complaints.length === 0)
      return { state: 'done', method: null, problem: null, unit: observation.unit };
    if (context.clock.monotonic() - startedAt < deps.timeouts.verify * 1000) {
      context.progress(null, `not yet as expected: ${complaints.join('; ')}`);
      await context.clock.sleep(deps.timeouts.poll * 1000, context.signal);
      continue;
    }
    const seen = observation.isSameCard ? { unit: observation.unit } : {};
    if (observation.unchanged)
      return {
        state: 'failed',
        method: null,
        problem: notTaken(context, { card: observation.unit.card, wasAway: true, transfer: null }),
        ...seen,
      };
    const problem = new Problem('device/changed', `After the update of the card: ${complaints.join('; ')}.`, {
      hint: 'Look at the About page and the event log of the card. The update did not affect the UPS.',
    });
    return { state: 'unknown', method: null, problem, ...seen };
  }
}

function differences(observation: CardObservation, context: StepContext): readonly string[] {
  const { hop } = context;
  const { unit } = observation;
  if (unit.card === null) return [observation.problem?.message ?? 'the card does not answer'];
  if (!observation.isSameCard) return [`another card answers (serial number ${unit.card?.serial ?? 'none'})`];
  const complaints: string[] = [];
  if (!observation.arrived)
    complaints.push(`the card runs ${describeInstalled(unit, hop)}, expected ${describeEnd(hop, 'to')}`);
  return expectsUps(context) ? [...complaints, ...upsDifferences(observation, context)] : complaints;
}

function upsDifferences({ unit, app, problem }: CardObservation, { before }: StepContext): readonly string[] {
  if (app !== null && app !== 'running') return [`the application of the card ${APP_PROBLEMS[app]}`];
  if (problem !== null) return [problem.message];
  if (!sameUnit(unit, before)) {
    return [`serial number of the UPS is ${unit.serial ?? 'none'}, was ${before.serial ?? 'none'}`];
  }
  const complaints: string[] = [];
  if (unit.condition.linkUp !== true) complaints.push('the card is not known to have a link to its UPS');
  if (unit.condition.outputOn !== before.condition.outputOn) {
    complaints.push(
      `the output is ${describeOutput(unit.condition.outputOn)}, was ${describeOutput(before.condition.outputOn)}`,
    );
  }
  return complaints;
}
