import {
  asProblem,
  type Card,
  hasAnswered,
  type Look,
  type LookContext,
  Problem,
  readFirmware,
  rethrowInternal,
  sanitize,
  UNKNOWN_CONDITION,
  type Unit,
  type UnitTarget,
  unknownUnit,
  usableSerial,
} from '../../core/index.ts';
import {
  applicationIn,
  describeContradiction,
  type Identification,
  identify,
  lostUps,
  nameIn,
  noApplication,
  notSmartUps,
} from '../../snmp/index.ts';
import { type NmcDeps, networkOf, type SessionContext, shellOptions } from '../deps.ts';
import { CODE, meaningOf } from '../phrases.ts';
import { parseFields, type Reply } from '../session/reply.ts';
import { type Shell, withShell } from '../session/shell.ts';
import { APP_PROBLEMS, type AppStatus, appStateOf, cardFromAbout } from './about.ts';

type Place = Pick<Unit, 'site' | 'name' | 'host' | 'port'>;

/** Looks at a unit by the command line of its card. Only reads. Never throws for what the device does. */
export async function lookByShell(deps: NmcDeps, target: UnitTarget, context: LookContext): Promise<Look> {
  const network = networkOf(target);
  const place = { site: target.site, name: target.name, host: network.host, port: network.ports.ssh };
  try {
    return await withShell(shellOptions(deps, network, context), async (shell) => {
      const card = cardFromAbout(await shell.run('about'));
      const ups = await shell.run('upsabout');
      const status = await shell.run('detstatus -ss');
      if (ups.code === CODE.notFound) return withoutUps(place, card, null);
      const unit = unitFrom(place, card, ups, status);
      const isDown = unit.condition.linkUp === false && usableSerial(nameIn(unit.serial)) === null;
      const hasWord =
        !isDown && [unit.model, unit.serial, unit.firmware.raw].some((text) => nameIn(text) !== null);
      // Only a card that describes itself can be known to have lost something.
      const isKnown = identifyCard(card, null).signs.length > 0 || ups.code !== CODE.success;
      if (!hasWord && isKnown) return withoutWord(place, card, ups.code, await appStatus(shell));
      const found = identifyCard(card, unit);
      const doubt = describeContradiction(found);
      if (found.product.kind === 'smart-ups' || !hasWord)
        return { unit, kind: 'smart-ups', description: unit.model, doubt, problem: null };
      return { ...notASmartUps(place, card, found, unit.model), unit };
    });
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    const problem = asProblem(thrown);
    const unit: Unit = { ...unknownUnit(place), reachable: hasAnswered(problem) };
    return { unit, kind: null, description: null, problem };
  }
}

/** The card alone, by its command line; or why it cannot be asked. Never throws for what the device does. */
export async function cardByShell(
  deps: NmcDeps,
  target: UnitTarget,
  context: SessionContext,
): Promise<Card | Problem> {
  const network = networkOf(target);
  try {
    const card = await withShell(shellOptions(deps, network, context), async (shell) =>
      cardFromAbout(await shell.run('about')),
    );
    return card ?? notDescribed(network.host);
  } catch (thrown) {
    context.signal.throwIfAborted();
    rethrowInternal(thrown);
    return asProblem(thrown);
  }
}

function notDescribed(host: string): Problem {
  return new Problem('device/garbage', `The answer of ${host} to the command "about" names no card.`, {
    hint: 'Log in by hand and run about.',
  });
}

/** Whether the application runs; null if the card does not say so. */
async function appStatus(shell: Shell): Promise<AppStatus | null> {
  try {
    return appStateOf(await shell.run('system'));
  } catch {
    // The session has ended, and what was read before it counts.
    return null;
  }
}

/** What the card is by its application and model, and by the UPS where one is known. */
function identifyCard(card: Card | null, ups: Unit | null): Identification {
  return identify({
    objectId: null,
    application: applicationIn(card),
    platform: card?.platform ?? null,
    cardModel: card?.model ?? null,
    model: ups?.model ?? null,
    sku: ups?.sku ?? null,
    firmware: ups?.firmware ?? readFirmware(null),
  });
}

/** A card that lacks the command for a UPS, or whose application does not run. */
function withoutUps(place: Place, card: Card | null, status: AppStatus | null): Look {
  const found = identifyCard(card, null);
  const isForOthers = !['smart-ups', 'card'].includes(found.product.kind);
  if (card === null) {
    const problem = new Problem('device/not-smart-ups', `${place.host} has no command for a UPS.`, {
      hint: 'Find out on site what answers at this address. The host in the inventory may be wrong.',
    });
    return { unit: answered(place, null), kind: 'card', description: null, problem };
  }
  if (isForOthers) return notASmartUps(place, card, found, null);
  const state = status === null ? '' : `, which ${APP_PROBLEMS[status]}`;
  const what = `APC card without a running application (application: ${card.app?.name ?? 'none'}${state})`;
  const problem = noApplication(place.host ?? '', what);
  return { unit: answered(place, card), kind: 'card', description: card.model, problem };
}

/** A card whose command line gives nothing about a UPS. `code`: its answer. */
function withoutWord(place: Place, card: Card | null, code: string | null, status: AppStatus | null): Look {
  const isBroken = status === 'damaged' || status === 'mismatch';
  if (isBroken || applicationIn(card) === 'none') return withoutUps(place, card, isBroken ? status : null);
  const found = identifyCard(card, null);
  const { kind } = found.product;
  if (found.signs.length > 0 && kind !== 'smart-ups') return notASmartUps(place, card, found, null);
  const starting = status === 'starting' ? ', and its application is still starting' : '';
  const isLost = code === CODE.upsLost || code === CODE.noData || code === CODE.success;
  const answer = `upsabout answers ${meaningOf(code)}`;
  const problem = isLost
    ? lostUps(place.host ?? '', card, `${answer}${code === CODE.success ? ' without a name' : ''}${starting}`)
    : new Problem('device/garbage', `The card at ${place.host} shows nothing about its UPS: ${answer}.`, {
        hint: 'Log in by hand and run upsabout. The account may not have the right to read the UPS.',
      });
  const unit = answered(place, card, code === CODE.upsLost ? false : null);
  return { unit, kind: kind === 'smart-ups' ? kind : 'card', description: card?.model ?? null, problem };
}

function notASmartUps(place: Place, card: Card | null, found: Identification, model: string | null): Look {
  const parts = [found.product.name, model ?? card?.model, card?.app?.name, card?.app?.version];
  const description = parts.filter((part) => part != null).join(' ');
  const problem = notSmartUps(place.host ?? '', found, description);
  return { unit: answered(place, card), kind: found.product.kind, description, problem };
}

/** The unit behind a card that answered; nothing of it is known. */
function answered(place: Place, card: Card | null, linkUp: false | null = null): Unit {
  const condition = { ...UNKNOWN_CONDITION, linkUp };
  return { ...unknownUnit(place), card, condition, reachable: true, seenBy: 'ssh' };
}

function unitFrom(place: Place, card: Card | null, ups: Reply, status: Reply): Unit {
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
    card,
    // The command line shows no flags. What it does not show is not known.
    condition: {
      ...UNKNOWN_CONDITION,
      onLine,
      linkUp: [ups.code, status.code].includes(CODE.upsLost) ? false : ups.code === CODE.success,
    },
    reachable: true,
    seenBy: 'ssh',
  };
}
