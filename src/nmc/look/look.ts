import {
  type Card,
  type Look,
  type LookContext,
  type NetworkAccess,
  Problem,
  type UnitTarget,
  unknownUnit,
} from '../../core/index.ts';
import { lookBySnmp } from '../../snmp/index.ts';
import { type NmcDeps, networkOf } from '../deps.ts';
import { withActivity } from './activity.ts';
import { cardByShell, lookByShell } from './shell-look.ts';

/** Looks at a unit through its card: by SNMP, and by the command line where SNMP is not used or silent. Only reads. */
export async function look(tools: NmcDeps, target: UnitTarget, context: LookContext): Promise<Look> {
  const seen = await lookOnce(tools, target, context);
  return context.update === undefined ? seen : withActivity(tools, target, seen, context, context.update);
}

async function lookOnce(tools: NmcDeps, target: UnitTarget, context: LookContext): Promise<Look> {
  const network = networkOf(target);
  const place = { site: target.site, name: target.name, host: network.host, port: network.ports.snmp };
  const bySnmp =
    network.snmp === null
      ? null
      : await lookBySnmp(
          tools.hub,
          { ...place, host: network.host, port: network.ports.snmp, snmp: network.snmp },
          context,
        );
  if (bySnmp !== null && bySnmp.problem?.code !== 'link/silent')
    return context.card === true ? withWholeCard(bySnmp, tools, target, context) : bySnmp;
  if (network.login === null)
    return bySnmp === null
      ? { unit: unknownUnit(place), kind: null, description: null, problem: noWay() }
      : explained(bySnmp, tools, network);
  await context.awaitTurn?.();
  // Where SNMP is meant to work, its silence is what the operator must hear of if SSH is silent too.
  const bySsh = await lookByShell(tools, target, context);
  if (bySsh.problem === null || bySsh.unit.card !== null || bySnmp === null) return bySsh;
  return explained(bySnmp, tools, network);
}

/** Silence with what can be told of its cause: a closed port, no way to the host, a credential that is not taken. */
async function explained(
  silent: Look,
  { hub }: NmcDeps,
  { host, ports, snmp }: NetworkAccess,
): Promise<Look> {
  if (snmp === null) return silent;
  const why = await hub.diagnoseSilence({ host, port: ports.snmp }, snmp);
  return why === null ? silent : { ...silent, problem: why };
}

/** What SNMP leaves out of a card is asked of its command line, where there is a login. */
async function withWholeCard(
  seen: Look,
  tools: NmcDeps,
  target: UnitTarget,
  context: LookContext,
): Promise<Look> {
  const { card } = seen.unit;
  const isCard = seen.problem === null || seen.problem.code === 'device/no-application';
  const whole = card !== null && card.serial !== null && card.boot !== null && card.os !== null;
  if (!isCard || whole || networkOf(target).login === null) return seen;
  const asked = await cardByShell(tools, target, context);
  if (asked === null) return seen;
  return { ...seen, unit: { ...seen.unit, card: card === null ? asked : completed(card, asked) } };
}

/** SNMP names the platform, which the command line leaves to be inferred: what both tell is taken from SNMP. */
function completed(card: Card, asked: Card): Card {
  return {
    model: card.model ?? asked.model,
    serial: card.serial ?? asked.serial,
    generation: card.generation ?? asked.generation,
    platform: card.platform ?? asked.platform,
    boot: card.boot ?? asked.boot,
    os: card.os ?? asked.os,
    app: card.app ?? asked.app,
  };
}

function noWay(): Problem {
  return new Problem('refused/no-path', 'There is neither an SNMP credential nor a login to look with.', {
    hint: 'Add snmp: or login: to the unit in the inventory.',
  });
}
