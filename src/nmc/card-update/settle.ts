import {
  describeEnd,
  describeInstalled,
  isAt,
  Problem,
  type StepCheck,
  type StepContext,
  type StepResult,
  sanitize,
  unitKey,
} from '../../core/index.ts';
import type { NmcDeps } from '../deps.ts';
import { isRunning, readSigns } from '../ups-update/status.ts';
import { type CardSigns, lastTransfer, readCardSigns } from './status.ts';

/**
 * Whether the upload that starts a hop may be made, or what became of one that is on record. With one on record it is never
 * `todo`, and only watching the card (settle) tells a card that did not take it from one that is about to restart.
 */
export async function checkCardStart(tools: NmcDeps, context: StepContext): Promise<StepCheck> {
  const signs = await readCardSigns(tools, context);
  if (signs.arrived) return { state: 'done', problem: null };
  if (context.remembered.startedAt !== null) return { state: 'unknown', problem: null };
  if (!signs.itself || !isAt(signs.unit, context.hop, 'from'))
    return { state: 'unknown', problem: notAsBefore(context) };
  // Whoever started it, and by which way: an update of the UPS runs through this card and would end with its restart.
  const remembered = { ...context.remembered, startMethods: ['cli'] as const };
  const ofUps = await readSigns(tools, { ...context, remembered });
  return { state: isRunning(ofUps) ? 'running' : 'todo', problem: null };
}

function notAsBefore(context: StepContext): Problem {
  return new Problem(
    'device/changed',
    `The card of ${unitKey(context.target)} does not answer as before; nothing was sent.`,
    { hint: 'Look at the card, then make a new plan.' },
  );
}

/** What a card has been saying for a while, and since when. */
interface Steady {
  readonly says: 'arrived' | 'unchanged' | 'other';
  readonly since: number;
}

/**
 * Watches the card until it is back with its new firmware. Silence is normal: it restarts. A card that goes on as before for
 * the quiet time did not take the file; anything else that does not end within the limit is not known.
 */
export async function takeCardSettle(tools: NmcDeps, context: StepContext): Promise<StepResult> {
  const { clock, remembered } = context;
  const method = remembered.startedBy;
  const begun = clock.monotonic();
  let wasAway = false;
  let steady: Steady = { says: 'other', since: begun };
  let last: CardSigns;
  for (;;) {
    last = await readCardSigns(tools, context);
    const now = clock.monotonic();
    const says = last.arrived ? 'arrived' : last.unchanged ? 'unchanged' : 'other';
    if (says !== steady.says) steady = { says, since: now };
    if (!last.unit.reachable) wasAway = true;
    const seconds = (now - steady.since) / 1000;
    // A version may be read from the file that was stored, before the card has restarted with it.
    const isBack = wasAway || seconds >= tools.timeouts.startSeen;
    if (says === 'arrived' && isBack && last.app !== 'starting')
      return { state: 'done', method: method, problem: null, unit: last.unit };
    if (says === 'unchanged' && seconds >= tools.timeouts.cardQuiet) {
      const problem = notTaken(context, wasAway, await lastTransfer(tools, context));
      return { state: 'failed', method: method, problem, unit: last.unit };
    }
    context.progress(null, described(last));
    if (now - begun >= tools.timeouts.cardSettle * 1000) break;
    await clock.sleep(tools.timeouts.poll * 1000, context.signal);
  }
  const result: StepResult = { state: 'unknown', method: method, problem: overdue(tools, context, last) };
  return last.itself ? { ...result, unit: last.unit } : result;
}

function described(signs: CardSigns): string {
  if (!signs.unit.reachable) return 'the card is silent (normal while it restarts)';
  if (signs.app === 'starting') return 'the application of the card is starting';
  return signs.arrived ? 'the card gives its new version' : 'waiting for the new version of the card';
}

/** The card runs what it ran before. */
export function notTaken(context: StepContext, wasAway: boolean, transfer: string | null): Problem {
  const how = wasAway ? 'has restarted and runs' : 'did not restart and runs';
  const says = transfer === null ? '' : ` Of the file it says: ${sanitize(transfer, 60)}.`;
  return new Problem(
    'device/update-failed',
    `The card ${how} ${describeEnd(context.hop, 'from')} as before.${says}`,
    {
      hint: `Compare the file with that of the vendor. Allow a second attempt with: upsfw resume --retry ${unitKey(context.target)}`,
    },
  );
}

function overdue(tools: NmcDeps, context: StepContext, last: CardSigns): Problem {
  const minutes = Math.round(tools.timeouts.cardSettle / 60);
  const card = last.unit.card?.serial ?? 'none';
  const state = !last.unit.reachable
    ? `the card does not answer${last.problem === null ? '' : ` (${last.problem.message})`}`
    : !last.itself
      ? `another card answers (serial number ${card})`
      : last.app === 'starting'
        ? 'the application of the card is still starting'
        : `the card runs ${describeInstalled(last.unit, context.hop)}`;
  return new Problem(
    'device/update-unknown',
    `Watched for ${minutes} minutes: ${state}; wanted was ${describeEnd(context.hop, 'to')}.`,
    {
      hint: 'The UPS is not touched by this. Look at the lamps of the card; its boot monitor takes files over the serial port. Then run upsfw resume.',
    },
  );
}
