import {
  type Card,
  compare,
  firmwareForm,
  type Image,
  type PathKind,
  type Unit,
  upsFirmware,
  usableSerial,
} from '../core/index.ts';
import type { RuleBook } from './load.ts';
import type { Line } from './schema.ts';

/** A fact that a rule may ask for; null = not known. */
export type Fact = string | number | boolean | null;
export type Facts = ReadonlyMap<string, Fact>;

/** Facts that are compared as versions inside the unit's line. */
export const VERSION_FACTS: ReadonlySet<string> = new Set(['unit.version', 'image.version']);

/** What is known of a unit by itself. */
export function unitFacts(unit: Unit): Map<string, Fact> {
  const { condition } = unit;
  return new Map<string, Fact>([
    ['unit.firmwareForm', firmwareForm(unit.firmware)],
    ['unit.firmwareRaw', unit.firmware.raw],
    ['unit.version', unit.firmware.version],
    ['unit.microLinkId', unit.firmware.microLinkId === null ? null : String(unit.firmware.microLinkId)],
    ['unit.sku', unit.sku],
    ['unit.family', familyOf(unit)],
    ['unit.serial', unit.serial],
    ['unit.serialUsable', usableSerial(unit.serial) !== null],
    ['condition.onLine', condition.onLine],
    ['condition.outputOn', condition.outputOn],
    ['condition.batteryPercent', condition.batteryPercent],
    ['condition.calibrating', condition.calibrating],
    ['condition.selfTest', condition.selfTest],
    ['condition.alarmCount', condition.alarms?.length ?? null],
    ['condition.alarms', condition.alarms === null ? null : condition.alarms.join(', ') || 'none'],
    ['condition.linkUp', condition.linkUp],
  ]);
}

/** The letters before the first digit of the SKU: the whole run, because SC is not SCL and SU is not SURT. */
function familyOf(unit: Unit): string | null {
  return /^([A-Z]{2,6})\d/.exec(unit.sku?.trim().toUpperCase() ?? '')?.[1] ?? null;
}

/** What is known of a unit and an image together. */
export function updateFacts(book: RuleBook, unit: Unit, image: Image, path: PathKind | null): Facts {
  const { microLinkId } = unit.firmware;
  const line = microLinkId === null ? undefined : book.lines.get(microLinkId);
  const facts = unitFacts(unit);
  const add = (name: string, fact: Fact): void => {
    facts.set(name, fact);
  };
  add('path', path);
  add('image.file', image.file);
  add('image.microLinkId', image.microLinkId === null ? null : String(image.microLinkId));
  add(
    'image.fits',
    image.microLinkId === null || microLinkId === null ? null : image.microLinkId === microLinkId,
  );
  add('image.intact', image.problems.length === 0);
  add('image.problems', image.problems[0]?.message ?? 'every record is whole');
  add('image.version', image.version);
  add('image.order', orderOf(unit, image));
  add('image.signed', image.signed);
  add('image.sha256', image.sha256);
  add('image.hashKnown', line?.images.some((known) => known.sha256 === image.sha256) ?? false);
  add('unit.runsSigned', runsSigned(unit, line));
  add('catalogue.newest', line?.newest ?? null);
  add('catalogue.newestIsNewerThanImage', newestIsNewer(unit, image, line));
  for (const [name, fact] of cardPathFacts(unit, line)) add(name, fact);
  for (const [name, fact] of cardAppFacts(unit.card, line)) add(name, fact);
  return facts;
}

/** How the image's version stands to the installed one; null where they cannot be compared. */
export function orderOf(unit: Unit, image: Image): 'newer' | 'same' | 'older' | null {
  const installed = upsFirmware(unit.firmware);
  if (installed === null || image.version === null || image.microLinkId === null) return null;
  const order = compare(
    { component: 'ups', line: String(image.microLinkId), version: image.version },
    installed,
  );
  if (order === undefined) return null;
  return order === 1 ? 'newer' : order === 0 ? 'same' : 'older';
}

function newestIsNewer(unit: Unit, image: Image, line: Line | undefined): boolean | null {
  const id = unit.firmware.microLinkId;
  // An image that changes the line is compared with nothing of the line that it leaves.
  if (line?.newest == null || image.version === null || id === null || image.microLinkIdAfter !== id)
    return false;
  const order = compareIn(id, line.newest, image.version);
  return order === null ? null : order === 1;
}

/**
 * Whether the installed firmware is a signed one: yes from the first release known to be signed on, no up to the last one
 * known not to be, unknown in between.
 */
function runsSigned(unit: Unit, line: Line | undefined): boolean | null {
  const { version, microLinkId } = unit.firmware;
  if (version === null || microLinkId === null || line === undefined) return null;
  const versions = (signed: boolean): string[] =>
    line.images.flatMap((image) =>
      image.signed === signed && image.version !== null ? [image.version] : [],
    );
  if (versions(true).some((known) => (compareIn(microLinkId, version, known) ?? -1) >= 0)) return true;
  if (versions(true).length === 0 && versions(false).length > 0) return false;
  if (versions(false).some((known) => (compareIn(microLinkId, version, known) ?? 1) <= 0)) return false;
  return null;
}

export function compareIn(id: number, a: string, b: string): -1 | 0 | 1 | null {
  const of = (version: string) => ({ component: 'ups' as const, line: String(id), version });
  return compare(of(a), of(b)) ?? null;
}

function cardPathFacts(unit: Unit, line: Line | undefined): readonly (readonly [string, Fact])[] {
  const say = (
    path: string | null,
    because: string,
    remedy: string,
  ): readonly (readonly [string, Fact])[] => [
    ['card.path', path],
    ['card.pathBecause', because],
    ['card.pathRemedy', remedy],
  ];
  const { version, microLinkId } = unit.firmware;
  const local = 'Update this unit over its serial or USB port with the vendor’s Firmware Upgrade Wizard';
  if (version === null || microLinkId === null || line === undefined || line.cardPath.update === 'unknown') {
    return say(
      null,
      `whether units of id ${microLinkId ?? '?'} take updates through a card is not known`,
      `${local}.`,
    );
  }
  const { update, off, on } = line.cardPath;
  if (update === 'no')
    return say('never', `units of id ${microLinkId} take no update through a card`, `${local}.`);
  const shut = off === undefined ? -1 : compareIn(microLinkId, version, off);
  if (shut === -1) return say('open', `at ${version} the card path of id ${microLinkId} is open`, '');
  if (shut === null || on === undefined)
    return say(null, `whether ${version} takes updates through a card is not known`, `${local}.`);
  if (on === 'never') {
    return say(
      'never',
      `from ${off} on id ${microLinkId} takes no update through a card, and no release opens it again; installed is ${version}`,
      `${local}.`,
    );
  }
  if (on === 'panel') {
    return say(
      null,
      `from ${off} on the front panel decides whether id ${microLinkId} takes updates through a card, and the card cannot tell; installed is ${version}`,
      `At the panel allow SmartSlot under Firmware Update Interfaces, and say so in a rule file; or: ${local}.`,
    );
  }
  const opened = compareIn(microLinkId, version, on);
  if (opened === 0 || opened === 1)
    return say(
      'open',
      `from ${on} on the card path of id ${microLinkId} is open; installed is ${version}`,
      '',
    );
  return say(
    'shut',
    `release ${off} shut the card path of id ${microLinkId} and ${on} opens it again; installed is ${version}`,
    `${local} once, to ${on} or later. From then on updates through the card work again.`,
  );
}

function cardAppFacts(card: Card | null, line: Line | undefined): readonly (readonly [string, Fact])[] {
  const name = card?.app?.name ?? null;
  const version = card?.app?.version ?? null;
  const minimum = name === null ? undefined : line?.minCardApp?.[name];
  const of = (text: string) => ({ component: 'card-app' as const, line: name ?? '', version: text });
  const order = minimum === undefined || version === null ? undefined : compare(of(version), of(minimum));
  return [
    ['card.model', card?.model ?? null],
    ['card.generation', card?.generation ?? null],
    ['card.app', name === null && version === null ? null : `${name ?? '?'} ${version ?? '?'}`],
    ['card.appMinimum', minimum === undefined ? null : `${name} ${minimum}`],
    ['card.appIsEnough', order === undefined ? null : order >= 0],
  ];
}
