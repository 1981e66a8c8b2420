import {
  type Card,
  hasAnswered,
  type Look,
  type LookContext,
  type NetworkAccess,
  Problem,
  type ProblemCode,
  type UnitTarget,
  unknownUnit,
} from '../../core/index.ts';
import { isAnsweredElsewhere, lookBySnmp } from '../../snmp/index.ts';
import { type NmcDeps, networkOf } from '../deps.ts';
import { withActivity } from './activity.ts';
import { cardByShell, lookByShell } from './shell-look.ts';

/**
 * Looks at a unit through its card: by SNMP, or by the command line if SNMP is not used or silent. Only
 * reads.
 */
export async function look(deps: NmcDeps, target: UnitTarget, context: LookContext): Promise<Look> {
  const seen = await lookOnce(deps, target, context);
  return context.update === undefined ? seen : withActivity(deps, target, seen, context, context.update);
}

async function lookOnce(deps: NmcDeps, target: UnitTarget, context: LookContext): Promise<Look> {
  const network = networkOf(target);
  const place = { site: target.site, name: target.name, host: network.host, port: network.ports.snmp };
  const bySnmp =
    network.snmp === null
      ? null
      : await lookBySnmp(
          deps.hub,
          { ...place, host: network.host, port: network.ports.snmp, snmp: network.snmp },
          context,
        );
  if (bySnmp !== null && bySnmp.problem?.code !== 'link/silent')
    return context.card === true ? withWholeCard(bySnmp, deps, target, context) : bySnmp;
  if (network.login === null)
    return bySnmp === null
      ? { unit: unknownUnit(place), kind: null, description: null, problem: noAccess() }
      : explainSilence(bySnmp, deps, network);
  await context.awaitTurn?.();
  // Where SNMP should work, its silence is what the operator has to see if SSH is silent too.
  const bySsh = await lookByShell(deps, target, context);
  if (bySsh.problem === null || bySsh.unit.card !== null || bySnmp === null) return bySsh;
  const silence = await explainSilence(bySnmp, deps, network);
  return hasAnswered(bySsh.problem) && silence.problem?.code === 'link/silent'
    ? { ...bySsh, problem: withSilence(bySsh.problem, silence.problem) }
    : silence;
}

/** The card answers SSH, so it is not silent; both problems are shown. */
function withSilence(problem: Problem, silence: Problem): Problem {
  return new Problem(problem.code, `${problem.message} ${silence.message}`, {
    hint: `${problem.hint} For SNMP: ${silence.hint}`,
    details: problem.details,
    cause: problem,
  });
}

/**
 * Adds the cause of a silence, if it can be found: a closed port, no route to the host, a rejected
 * credential.
 */
async function explainSilence(
  silent: Look,
  { hub }: NmcDeps,
  { host, ports, snmp }: NetworkAccess,
): Promise<Look> {
  // An answer from elsewhere explains the silence better than the port that was asked.
  if (snmp === null || isAnsweredElsewhere(silent.problem)) return silent;
  const why = await hub.diagnoseSilence({ host, port: ports.snmp }, snmp);
  if (why === null) return silent;
  return { ...silent, unit: { ...silent.unit, reachable: hasAnswered(why) }, problem: why };
}

/** Problems of a card that answers without its UPS. */
const CARD_ANSWERS: readonly ProblemCode[] = ['device/no-application', 'device/lost-ups'];

/** Completes what SNMP leaves out of a card by its command line, if there is a login. */
async function withWholeCard(
  seen: Look,
  deps: NmcDeps,
  target: UnitTarget,
  context: LookContext,
): Promise<Look> {
  const { card } = seen.unit;
  const isCard = seen.problem === null || CARD_ANSWERS.includes(seen.problem.code);
  const whole = card !== null && card.serial !== null && card.boot !== null && card.os !== null;
  if (!isCard || whole || networkOf(target).login === null) return seen;
  const asked = await cardByShell(deps, target, context);
  if (asked instanceof Problem) return card === null ? withoutShell(seen, asked) : seen;
  return { ...seen, unit: { ...seen.unit, card: card === null ? asked : mergeCards(card, asked) } };
}

/** A card of which SNMP shows nothing: the operator has to see why the command line shows nothing either. */
function withoutShell(seen: Look, why: Problem): Look {
  const { problem } = seen;
  if (problem === null) return seen;
  const message = `${problem.message} Its command line cannot be read: ${why.message}`;
  return {
    ...seen,
    problem: new Problem(problem.code, message, { hint: `${problem.hint} ${why.hint}`, cause: why }),
  };
}

/** SNMP reports the platform, which the command line only implies, so SNMP values take precedence. */
function mergeCards(card: Card, asked: Card): Card {
  return {
    model: card.model ?? asked.model,
    serial: card.serial ?? asked.serial,
    generation: card.generation ?? asked.generation,
    platform: card.platform ?? asked.platform,
    boot: card.boot ?? asked.boot,
    os: card.os ?? asked.os,
    app: card.app ?? asked.app,
    uptimeSeconds: card.uptimeSeconds ?? asked.uptimeSeconds ?? null,
  };
}

function noAccess(): Problem {
  return new Problem(
    'refused/no-path',
    'The inventory has neither an SNMP credential nor a login for this unit.',
    {
      hint: 'Add snmp: or login: to the unit in the inventory.',
    },
  );
}
