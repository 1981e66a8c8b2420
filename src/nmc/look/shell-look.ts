import {
  asProblem,
  type Card,
  type Look,
  type LookContext,
  Problem,
  readFirmware,
  sanitize,
  UNKNOWN_CONDITION,
  type Unit,
  type UnitTarget,
  unknownUnit,
} from '../../core/index.ts';
import { type NmcDeps, networkOf, shellOptions } from '../deps.ts';
import { CODE } from '../phrases.ts';
import { parseFields, type Reply } from '../session/reply.ts';
import { withShell } from '../session/shell.ts';
import { cardFromAbout, mayServeUps } from './about.ts';

type Place = Pick<Unit, 'site' | 'name' | 'host' | 'port'>;

/** Looks at a unit by the command line of its card. Only reads. Never throws for what the device does. */
export async function lookByShell(deps: NmcDeps, target: UnitTarget, context: LookContext): Promise<Look> {
  const network = networkOf(target);
  const place = { site: target.site, name: target.name, host: network.host, port: network.ports.ssh };
  try {
    return await withShell(shellOptions(deps, network, context), async (shell) => {
      const about = await shell.run('about');
      const ups = await shell.run('upsabout');
      const status = await shell.run('detstatus -ss');
      if (ups.code === CODE.notFound) return withoutUps(place, cardFromAbout(about));
      const unit = unitFrom(place, about, ups, status);
      return { unit, kind: 'smart-ups', description: unit.model, problem: null };
    });
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return { unit: unknownUnit(place), kind: null, description: null, problem: asProblem(thrown) };
  }
}

/** The card alone, by its command line; null if it cannot be asked. */
export async function cardByShell(
  deps: NmcDeps,
  target: UnitTarget,
  context: LookContext,
): Promise<Card | null> {
  const network = networkOf(target);
  try {
    return await withShell(shellOptions(deps, network, context), async (shell) =>
      cardFromAbout(await shell.run('about')),
    );
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return null;
  }
}

function withoutUps(place: Place, card: Card | null): Look {
  if (card !== null && mayServeUps(card)) {
    const problem = new Problem(
      'device/no-application',
      `${place.host} is an APC card that has no command for a UPS (application: ${card.app?.name ?? 'none'}).`,
      { hint: 'A Smart-UPS may be behind it. Reload the application of the card, then look again.' },
    );
    const unit: Unit = { ...unknownUnit(place), card, reachable: true, seenBy: 'ssh' };
    return { unit, kind: 'card', description: card.model, problem };
  }
  const problem = new Problem('device/not-smart-ups', `${place.host} has no command for a UPS.`, {
    hint: 'Remove it from the inventory, or correct the address.',
  });
  return { unit: unknownUnit(place), kind: 'card', description: null, problem };
}

function unitFrom(place: Place, about: Reply, ups: Reply, status: Reply): Unit {
  const fields = parseFields(ups.lines);
  const fieldOf = (label: string): string | null => {
    const text = sanitize(fields.get(label) ?? '', 100);
    return text === '' ? null : text;
  };
  const rating = /^(\d{2,6}) VA$/.exec(fields.get('apparent power rating') ?? '');
  const state = parseFields(status.lines).get('status of ups') ?? '';
  const onLine = /^on ?line\b/i.test(state) ? true : /^on battery\b/i.test(state) ? false : null;
  return {
    ...unknownUnit(place),
    serial: fieldOf('serial number'),
    model: fieldOf('model'),
    sku: fieldOf('sku'),
    manufactured: fieldOf('manufacture date'),
    ratingVA: rating === null ? null : Number(rating[1]),
    firmware: readFirmware(fieldOf('firmware revision')),
    card: cardFromAbout(about),
    // The command line shows no flags. What it does not show is not known.
    condition: {
      ...UNKNOWN_CONDITION,
      onLine,
      linkUp: ups.code === CODE.upsLost ? false : ups.code === CODE.success,
    },
    reachable: true,
    seenBy: 'ssh',
  };
}
