import {
  asProblem,
  type Card,
  type Look,
  type LookContext,
  Problem,
  printable,
  readFirmware,
  UNKNOWN_CONDITION,
  type Unit,
  type UnitTarget,
  unseenUnit,
} from '../core/index.ts';
import { lookBySnmp } from '../snmp/index.ts';
import { CODE } from './phrases.ts';
import { parseFields, type Reply } from './reply.ts';
import { withShell } from './shell.ts';
import { networkOf, shellOptions, type Tools } from './tools.ts';

/** Looks at a unit through its card: by SNMP, and by the command line where SNMP is not used or silent. Only reads. */
export async function look(tools: Tools, target: UnitTarget, context: LookContext): Promise<Look> {
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
  if (bySnmp !== null && bySnmp.problem?.code !== 'link/silent') return bySnmp;
  if (network.login === null)
    return bySnmp ?? { unit: unseenUnit(place), kind: null, description: null, problem: noWay() };
  // Where SNMP is meant to work, its silence is what the operator must hear of if SSH is silent too.
  const bySsh = await lookByShell(tools, target, context);
  return bySsh.problem === null || bySnmp === null ? bySsh : bySnmp;
}

function noWay(): Problem {
  return new Problem('refused/no-path', 'There is neither an SNMP credential nor a login to look with.', {
    hint: 'Add snmp: or login: to the unit in the inventory.',
  });
}

async function lookByShell(tools: Tools, target: UnitTarget, context: LookContext): Promise<Look> {
  const network = networkOf(target);
  const place = { site: target.site, name: target.name, host: network.host, port: network.ports.ssh };
  try {
    return await withShell(shellOptions(tools, network, context.signal), async (shell) => {
      const about = await shell.run('about');
      const ups = await shell.run('upsabout');
      const status = await shell.run('detstatus -ss');
      if (ups.code === CODE.notFound) {
        const problem = new Problem('device/not-smart-ups', `${network.host} has no command for a UPS.`, {
          hint: 'Remove it from the inventory, or correct the address.',
        });
        return { unit: unseenUnit(place), kind: 'card', description: null, problem };
      }
      const unit = unitFrom(place, about, ups, status);
      return { unit, kind: 'smart-ups', description: unit.model, problem: null };
    });
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return { unit: unseenUnit(place), kind: null, description: null, problem: asProblem(thrown) };
  }
}

function unitFrom(
  place: Pick<Unit, 'site' | 'name' | 'host' | 'port'>,
  about: Reply,
  ups: Reply,
  status: Reply,
): Unit {
  const fields = parseFields(ups.lines);
  const said = (label: string): string | null => {
    const text = printable(fields.get(label) ?? '', 100);
    return text === '' ? null : text;
  };
  const rating = /^(\d{2,6}) VA$/.exec(fields.get('apparent power rating') ?? '');
  const state = parseFields(status.lines).get('status of ups') ?? '';
  const onLine = /^on ?line\b/i.test(state) ? true : /^on battery\b/i.test(state) ? false : null;
  return {
    ...unseenUnit(place),
    serial: said('serial number'),
    model: said('model'),
    sku: said('sku'),
    manufactured: said('manufacture date'),
    ratingVA: rating === null ? null : Number(rating[1]),
    firmware: readFirmware(said('firmware revision')),
    card: cardFrom(about),
    // The command line shows no flags, and what it does not show is not known.
    condition: {
      ...UNKNOWN_CONDITION,
      onLine,
      linkUp: ups.code === CODE.upsLost ? false : ups.code === CODE.success,
    },
    reachable: true,
    seenBy: 'ssh',
  };
}

/** `about` has three blocks: the hardware, the application, the operating system. */
function cardFrom(about: Reply): Card | null {
  if (about.code !== CODE.success) return null;
  const blocks: string[][] = [[]];
  for (const line of about.lines) {
    if (/^(?:Application Module|APC OS\(AOS\)|APC Boot Monitor)/.test(line)) blocks.push([]);
    blocks.at(-1)?.push(line);
  }
  const [hardware, app, os, boot] = blocks.map((lines) => parseFields(lines));
  const text = (fields: ReadonlyMap<string, string> | undefined, label: string): string | null => {
    const clean = printable(fields?.get(label) ?? '', 100);
    return clean === '' ? null : clean;
  };
  const name = text(app, 'name');
  return {
    model: text(hardware, 'model number'),
    serial: text(hardware, 'serial number'),
    // The application of a card is made for one platform only (card notes, 1.1); `sumx` of the first generation has no SSH.
    generation: name === 'su' ? 'nmc3' : name === 'sumx' ? 'nmc2' : null,
    platform: name === 'su' ? 'hw21' : name === 'sumx' ? 'hw05' : null,
    boot: text(boot, 'version'),
    os: text(os, 'version'),
    app: name === null ? null : { name, version: text(app, 'version') },
  };
}
