import {
  type Card,
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
import { cardByShell } from '../look/shell-look.ts';
import { isRunning, observeUpdate } from '../ups-update/status.ts';
import { type CardObservation, expectsUps, hasSameSerial, lastTransfer, observeCard } from './status.ts';

/**
 * Whether the upload that starts a hop may be made, or the result of one that is in the journal. With one in
 * the journal the answer is never `todo`. Only `settle` can tell a card that ignored the file from one that
 * is about to restart.
 */
export async function queryCardStart(deps: NmcDeps, context: StepContext): Promise<StepCheck> {
  const observation = await observeCard(deps, context);
  if (observation.arrived) return { state: 'done', problem: null };
  if (context.remembered.startedAt !== null) return { state: 'unknown', problem: null };
  if (!observation.isSameCard || !isAt(observation.unit, context.hop, 'from'))
    return { state: 'unknown', problem: cardChanged(context) };
  const unseen = await findBlindness(deps, context);
  if (unseen !== null) return { state: 'unknown', problem: unseen };
  // An update of the UPS, started by anybody and by any method, runs through this card and would end with its
  // restart.
  const remembered = { ...context.remembered, startMethods: ['cli'] as const };
  const ofUps = await observeUpdate(deps, { ...context, remembered });
  return { state: isRunning(ofUps) ? 'running' : 'todo', problem: null };
}

/**
 * Why the card could not be seen after the hop: without a matching application only its command line tells
 * which card it is and what it runs. Null if it can be asked now, or shows itself over SNMP after the hop.
 * Source: docs/sources/snmp.md#card-without-its-application
 */
async function findBlindness(deps: NmcDeps, context: StepContext): Promise<Problem | null> {
  if (expectsUps(context)) return null;
  const asked = await cardByShell(deps, context.target, context);
  const isProblem = asked instanceof Problem;
  if (!isProblem && hasSameSerial(asked, context.before.card)) return null;
  const why = isProblem
    ? `it cannot be read: ${asked.message}`
    : `it shows the serial number ${asked.serial ?? 'none'} for card ${context.before.card?.serial ?? 'none'}.`;
  return new Problem(
    isProblem && asked.code === 'device/login' ? asked.code : 'refused/no-path',
    `This file was not sent: between its operating system and its application only its command line shows what it runs, and ${why}`,
    isProblem
      ? { hint: asked.hint, cause: asked }
      : { hint: 'Log in by hand and run about. Check the host and the SSH port in the inventory.' },
  );
}

function cardChanged(context: StepContext): Problem {
  return new Problem(
    'device/changed',
    `The card of ${unitKey(context.target)} does not answer as before; nothing was sent.`,
    { hint: 'Look at the card, then make a new plan.' },
  );
}

/** What a card has reported without a change, and since when. */
interface Streak {
  readonly observed: 'arrived' | 'unchanged' | 'other';
  readonly since: number;
}

/**
 * Watches the card until it is back with its new firmware. Silence is normal, because the card restarts. A
 * card that runs on unchanged for the quiet time did not accept the file. Any other end within the limit is
 * unknown.
 */
export async function executeCardSettle(deps: NmcDeps, context: StepContext): Promise<StepResult> {
  const { clock, remembered } = context;
  const method = remembered.startedBy;
  const startedAt = clock.monotonic();
  let wasAway = false;
  let streak: Streak = { observed: 'other', since: startedAt };
  let last: CardObservation;
  for (;;) {
    last = await observeCard(deps, context);
    const now = clock.monotonic();
    const observed = last.arrived ? 'arrived' : last.unchanged ? 'unchanged' : 'other';
    if (observed !== streak.observed) streak = { observed, since: now };
    if (last.isAway) wasAway = true;
    const seconds = (now - streak.since) / 1000;
    // The card may read the version from the stored file before it has restarted with it.
    const isBack = wasAway || seconds >= deps.timeouts.startSeen;
    if (observed === 'arrived' && isBack && last.app !== 'starting')
      return { state: 'done', method, problem: null, unit: last.unit };
    if (observed === 'unchanged' && seconds >= deps.timeouts.cardQuiet) {
      const transfer = await lastTransfer(deps, context);
      const problem = notTaken(context, { card: last.unit.card, wasAway, transfer });
      return { state: 'failed', method, problem, unit: last.unit };
    }
    context.progress(null, describe(last));
    if (now - startedAt >= deps.timeouts.cardSettle * 1000) break;
    await clock.sleep(deps.timeouts.poll * 1000, context.signal);
  }
  const result: StepResult = { state: 'unknown', method, problem: timedOut(deps, context, last) };
  return last.isSameCard ? { ...result, unit: last.unit } : result;
}

function describe(observation: CardObservation): string {
  if (observation.isAway) return 'the card is silent (normal while it restarts)';
  if (observation.app === 'starting') return 'the application of the card is starting';
  return observation.arrived ? 'the card reports its new version' : 'waiting for the new version of the card';
}

interface Seen {
  /** As it answers now. */
  readonly card: Card | null;
  /** It was silent after the upload. */
  readonly wasAway: boolean;
  /** Its own result of the upload; null if it was not asked. */
  readonly transfer: string | null;
}

/** For a card that runs what it ran before. */
export function notTaken(context: StepContext, { card, wasAway, transfer }: Seen): Problem {
  const uptime = card?.uptimeSeconds ?? null;
  const uptimeBefore = context.before.card?.uptimeSeconds ?? null;
  const { clock, remembered } = context;
  const sinceStart = (clock.now().getTime() - (remembered.startedAt ?? clock.now()).getTime()) / 1000;
  // A short restart may fall between two looks. Its uptime shows it, where it is known.
  const isKnown = uptime !== null && uptimeBefore !== null;
  const hasRestarted = wasAway || (isKnown && uptime < uptimeBefore);
  const ranOn = isKnown && uptime > sinceStart;
  const how = hasRestarted ? 'has restarted' : ranOn ? 'did not restart' : 'was not seen to restart';
  const result = transfer === null ? '' : ` Its result of the file transfer: ${sanitize(transfer, 60)}.`;
  return new Problem(
    'device/update-failed',
    `The card ${how} and runs ${describeEnd(context.hop, 'from')} as before.${result}`,
    {
      hint: `Compare the file with the vendor's. Allow a second attempt with: upsfw resume --retry ${unitKey(context.target)}`,
    },
  );
}

function timedOut(deps: NmcDeps, context: StepContext, last: CardObservation): Problem {
  const minutes = Math.round(deps.timeouts.cardSettle / 60);
  const card = last.unit.card?.serial ?? 'none';
  const state =
    last.unit.card === null
      ? `the card ${last.unit.reachable ? 'answers, but cannot be read' : 'does not answer'}${last.problem === null ? '' : ` (${last.problem.message})`}`
      : !last.isSameCard
        ? `another card answers (serial number ${card})`
        : last.app === 'starting'
          ? 'the application of the card is still starting'
          : `the card runs ${describeInstalled(last.unit, context.hop)}`;
  // A card that answers needs another remedy than one that is silent.
  const answers = last.unit.card === null && last.unit.reachable ? last.problem : null;
  const hint =
    answers === null
      ? 'Look at the LEDs of the card; its boot monitor accepts files over the serial port.'
      : `${answers.hint} The card may have lost its settings: the run folder has the copy from before.`;
  return new Problem(
    'device/update-unknown',
    `Watched for ${minutes} minutes: ${state}; expected ${describeEnd(context.hop, 'to')}.`,
    { hint: `This does not affect the UPS. ${hint} Then run upsfw resume.` },
  );
}
