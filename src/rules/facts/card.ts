import {
  type Card,
  type CardFile,
  cardPartVersion,
  compare,
  type Unit,
  usableSerial,
} from '../../core/index.ts';
import type { FirmwareLine } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareCardVersions } from '../engine/versions.ts';

/** Compares two versions of one part of a card; null if they cannot be compared. */
export function cardOrder(
  version: string | null,
  installed: string | null,
): 'newer' | 'same' | 'older' | null {
  if (version === null || installed === null) return null;
  const order = compareCardVersions(version, installed);
  return order === null ? null : order === 0 ? 'same' : order > 0 ? 'newer' : 'older';
}

/** Facts about one firmware file on a card. Between two files a card may run without its application. */
export function cardFileFacts(
  unit: Unit,
  card: Card | null,
  file: CardFile,
): readonly (readonly [string, Fact])[] {
  const installed = file.part === null ? null : cardPartVersion(card, file.part);
  const app = card?.app?.name ?? null;
  return [
    ...cardOnlyFacts(card),
    ['unit.serial', unit.serial],
    ['unit.serialUsable', usableSerial(unit.serial) !== null],
    ['condition.linkUp', unit.condition.linkUp],
    ['condition.onLine', unit.condition.onLine],
    ['file.name', file.file],
    ['file.part', file.part],
    ['file.platform', file.platform],
    ['file.app', file.app],
    ['file.version', file.version],
    ['file.major', majorOf(file.version)],
    ['file.installed', installed],
    ['file.installedMajor', majorOf(installed)],
    ['file.majorsAbove', difference(majorOf(file.version), majorOf(installed))],
    ['file.nextMajor', nextMajor(installed)],
    ['file.order', cardOrder(file.version, installed)],
    ['file.intact', file.problems.length === 0],
    ['file.problems', file.problems[0]?.message ?? 'no problem found'],
    ['file.fitsPlatform', equal(file.platform, card?.platform ?? null)],
    ['file.fitsApp', equal(file.app, app)],
    ['file.completes', completes(card, file)],
  ];
}

export function cardOnlyFacts(card: Card | null): readonly (readonly [string, Fact])[] {
  return [
    ['card.model', card?.model ?? null],
    ['card.generation', card?.generation ?? null],
    ['card.platform', card?.platform ?? null],
    ['card.serial', card?.serial ?? null],
    ['card.serialUsable', usableSerial(card?.serial ?? null) !== null],
    ['card.boot', card?.boot ?? null],
    ['card.appName', card?.app?.name ?? null],
  ];
}

function equal(a: string | null, b: string | null): boolean | null {
  return a === null || b === null ? null : a === b;
}

function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

function nextMajor(installed: string | null): number | null {
  const major = majorOf(installed);
  return major === null ? null : major + 1;
}

/** The number before the first point of a card version; null if there is none. */
export function majorOf(version: string | null): number | null {
  const found = /^v?(\d{1,4})\./i.exec(version?.trim() ?? '');
  return found === null ? null : Number(found[1]);
}

/** The card already runs the operating system of this application: the update is between two files. */
function completes(card: Card | null, file: CardFile): boolean {
  return file.part === 'card-app' && cardOrder(file.version, card?.os ?? null) === 'same';
}

/** Facts about faults of the card itself, for the stage `card-health`. */
export function cardHealthFacts(card: Card): readonly (readonly [string, Fact])[] {
  const { uptimeSeconds = null } = card;
  return [
    ...cardOnlyFacts(card),
    ['card.os', card.os],
    ['card.uptimeSeconds', uptimeSeconds],
    ['card.uptimeMinutes', uptimeSeconds === null ? null : Math.floor(uptimeSeconds / 60)],
  ];
}

/** Facts about the card of a unit, and the minimum application in the release notes of its line. */
export function cardFacts(
  card: Card | null,
  line: FirmwareLine | undefined,
): readonly (readonly [string, Fact])[] {
  const name = card?.app?.name ?? null;
  const version = card?.app?.version ?? null;
  const named = (line?.minCardApp ?? []).filter((one) => one.app === name);
  const minimum = (
    named.find((one) => one.card !== undefined && card?.model?.startsWith(one.card)) ??
    named.find((one) => one.card === undefined)
  )?.version;
  const of = (text: string) => ({ component: 'card-app' as const, line: name ?? '', version: text });
  const order = minimum === undefined || version === null ? undefined : compare(of(version), of(minimum));
  return [
    ['card.isThere', card !== null],
    ['card.model', card?.model ?? null],
    ['card.generation', card?.generation ?? null],
    ['card.app', name === null && version === null ? null : `${name ?? '?'} ${version ?? '?'}`],
    ['card.appMinima', line?.minCardApp.map((one) => `${one.app} ${one.version}`).join(', ') || null],
    ['card.appMinimum', minimum === undefined ? null : `${name} ${minimum}`],
    ['card.appIsEnough', order === undefined ? null : order >= 0],
  ];
}
