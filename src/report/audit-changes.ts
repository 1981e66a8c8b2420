import { compare, type Status, type Unit, upsFirmware, usableSerial } from '../core/index.ts';

/** The part of an audited unit that is compared. */
export interface ComparedUnit
  extends Pick<Unit, 'site' | 'name' | 'host' | 'serial' | 'firmware' | 'reachable'> {
  readonly verdict: { readonly status: Status };
  readonly advisories:
    | readonly {
        readonly id: string;
        readonly status: string;
        readonly component?: 'ups' | 'card' | undefined;
      }[]
    | null;
}

/** A unit in one of the two audits. */
export interface ChangeSide extends Pick<Unit, 'site' | 'name' | 'host' | 'serial' | 'firmware'> {
  readonly status: Status;
}

/**
 * A changed unit. Site, name and serial number are from the new audit, or from the earlier one if the unit is
 * gone.
 */
export interface AuditChange {
  readonly site: string | null;
  readonly name: string | null;
  readonly serial: string | null;
  /** Null where the unit is not in the earlier audit. */
  readonly before: ChangeSide | null;
  /** Null where the unit is gone. */
  readonly now: ChangeSide | null;
}

/** Changes between two audits. A unit may be in several lists. A value that is not known is no change. */
export interface AuditChanges {
  readonly new: readonly AuditChange[];
  readonly gone: readonly AuditChange[];
  /** The same serial number at another host, site or name. */
  readonly moved: readonly AuditChange[];
  /** Another serial number at the same site, name and host. */
  readonly replaced: readonly AuditChange[];
  readonly upgraded: readonly AuditChange[];
  readonly downgraded: readonly AuditChange[];
  /** Firmware of another line, or of an unknown order. */
  readonly firmwareChanged: readonly AuditChange[];
  /**
   * Current before, and outdated or blocked now with the same firmware: catalogue, rules or images changed.
   */
  readonly newlyOutdated: readonly AuditChange[];
  /**
   * Affected by advisories that were not known to affect it before: those of the UPS with the same firmware,
   * and those of its card.
   */
  readonly newlyVulnerable: readonly (AuditChange & { readonly advisories: readonly string[] })[];
  readonly unreachable: readonly AuditChange[];
  readonly back: readonly AuditChange[];
}

export type ChangeKind = keyof AuditChanges;

/** All kinds of change, in the order of the report. */
export const CHANGE_KINDS = [
  'new',
  'gone',
  'moved',
  'replaced',
  'unreachable',
  'back',
  'upgraded',
  'downgraded',
  'firmwareChanged',
  'newlyOutdated',
  'newlyVulnerable',
] as const satisfies readonly ChangeKind[];

/** The selection of an audit; empty = everything. */
export interface AuditSelection {
  readonly sites: readonly string[];
  readonly units: readonly string[];
}

interface Compared {
  readonly units: readonly ComparedUnit[];
}

/**
 * Compares two audits. A unit is identified by its serial number, or by site and name where the number is
 * unusable or not unique. `selection`: that of `now`. Only units inside of it can be gone, and none where
 * single units were selected: a unit that is no longer in the inventory cannot be selected.
 */
export function compareAudits(
  before: Compared,
  now: Compared,
  selection: AuditSelection = { sites: [], units: [] },
): AuditChanges {
  const { pairs, gone, found } = pairUnits(before.units, now.units);
  const inside = ({ site }: ComparedUnit): boolean =>
    selection.units.length === 0 &&
    (selection.sites.length === 0 || (site !== null && selection.sites.includes(site)));
  const same = pairs.filter(({ how }) => how !== 'place');
  const only = (matches: (pair: Pair) => boolean): readonly AuditChange[] =>
    same.filter(matches).map(changeOf);
  return {
    new: found.map((unit) => changeOf({ before: null, now: unit })),
    gone: gone.filter(inside).map((unit) => changeOf({ before: unit, now: null })),
    moved: only((pair) => pair.how === 'serial' && hasMoved(pair)),
    replaced: pairs.filter(({ how }) => how === 'place').map(changeOf),
    upgraded: only((pair) => firmwareStep(pair) === 'forwards'),
    downgraded: only((pair) => firmwareStep(pair) === 'backwards'),
    firmwareChanged: only((pair) => firmwareStep(pair) === 'other'),
    newlyOutdated: only(
      (pair) =>
        firmwareStep(pair) === 'none' &&
        pair.before.verdict.status === 'current' &&
        ['outdated', 'blocked'].includes(pair.now.verdict.status),
    ),
    newlyVulnerable: same.flatMap((pair) => {
      const isSame = firmwareStep(pair) === 'none';
      const advisories = newlyAffecting(pair, ({ component = 'ups' }) =>
        component === 'card' ? pair.before.reachable : isSame,
      );
      return advisories.length === 0 ? [] : [{ ...changeOf(pair), advisories }];
    }),
    unreachable: only((pair) => pair.before.reachable && !pair.now.reachable),
    back: only((pair) => !pair.before.reachable && pair.now.reachable),
  };
}

/** The number of changes in all lists. */
export function changeCount(changes: AuditChanges): number {
  return CHANGE_KINDS.reduce((sum, kind) => sum + changes[kind].length, 0);
}

interface Pair {
  readonly before: ComparedUnit;
  readonly now: ComparedUnit;
  /**
   * `serial`: certainly the same unit; `key`: probably the same unit; `place`: another unit in the same
   * place.
   */
  readonly how: 'serial' | 'key' | 'place';
}

interface Pairing {
  readonly pairs: readonly Pair[];
  /** Units of the earlier audit that are not in the new one. */
  readonly gone: readonly ComparedUnit[];
  /** Units of the new audit that are not in the earlier one. */
  readonly found: readonly ComparedUnit[];
}

function pairUnits(before: readonly ComparedUnit[], now: readonly ComparedUnit[]): Pairing {
  const earlierBySerial = bySerial(before);
  const nowBySerial = bySerial(now);
  const earlierOf = new Map<ComparedUnit, Pair>();
  const taken = new Set<ComparedUnit>();
  for (const [serial, unit] of nowBySerial) {
    const earlier = earlierBySerial.get(serial);
    if (earlier === undefined) continue;
    earlierOf.set(unit, { before: earlier, now: unit, how: 'serial' });
    taken.add(earlier);
  }
  const places = grouped(before, keyOf);
  for (const unit of now) {
    if (earlierOf.has(unit)) continue;
    const [earlier] = (places.get(keyOf(unit)) ?? []).filter((one) => !taken.has(one));
    const how = earlier === undefined ? null : matchAtPlace(earlier, unit);
    if (earlier === undefined || how === null) continue;
    earlierOf.set(unit, { before: earlier, now: unit, how });
    taken.add(earlier);
  }
  return completePairing(before, now, earlierOf, taken);
}

/** Unpaired units are new or gone, except unread units at a known place: nobody knows which unit is there. */
function completePairing(
  before: readonly ComparedUnit[],
  now: readonly ComparedUnit[],
  earlierOf: ReadonlyMap<ComparedUnit, Pair>,
  taken: ReadonlySet<ComparedUnit>,
): Pairing {
  const earlierAt = new Map(before.map((unit) => [keyOf(unit), unit]));
  const nowAt = new Map(now.map((unit) => [keyOf(unit), unit]));
  const pairs: Pair[] = [];
  const found: ComparedUnit[] = [];
  const gone: ComparedUnit[] = [];
  for (const unit of now) {
    const pair = earlierOf.get(unit);
    const there = isUnread(unit) ? earlierAt.get(keyOf(unit)) : undefined;
    if (pair !== undefined) pairs.push(pair);
    else if (there !== undefined) pairs.push({ before: there, now: unit, how: 'key' });
    else found.push(unit);
  }
  for (const unit of before.filter((one) => !taken.has(one))) {
    const there = isUnread(unit) ? nowAt.get(keyOf(unit)) : undefined;
    if (there === undefined) gone.push(unit);
    else pairs.push({ before: unit, now: there, how: 'key' });
  }
  return { pairs, gone, found };
}

/** A silent unit, or one that answers without its identity, as a card that has lost its UPS does. */
function isUnread({ reachable, serial, verdict }: ComparedUnit): boolean {
  return usableSerial(serial) === null && (!reachable || verdict.status === 'unknown');
}

function matchAtPlace(before: ComparedUnit, now: ComparedUnit): Pair['how'] | null {
  const [earlier, later] = [usableSerial(before.serial), usableSerial(now.serial)];
  if (earlier === null || later === null || earlier === later) return 'key';
  return before.host === now.host ? 'place' : null;
}

/** Units by usable serial number. A number of two units identifies neither. */
function bySerial(units: readonly ComparedUnit[]): ReadonlyMap<string, ComparedUnit> {
  const groups = grouped(units, ({ serial }) => usableSerial(serial));
  return new Map(
    [...groups].flatMap(([serial, [unit, ...others]]) =>
      serial === null || unit === undefined || others.length > 0 ? [] : [[serial, unit] as const],
    ),
  );
}

function grouped<Key>(
  units: readonly ComparedUnit[],
  by: (unit: ComparedUnit) => Key,
): ReadonlyMap<Key, readonly ComparedUnit[]> {
  const groups = new Map<Key, ComparedUnit[]>();
  for (const unit of units) {
    const group = groups.get(by(unit));
    if (group === undefined) groups.set(by(unit), [unit]);
    else group.push(unit);
  }
  return groups;
}

function keyOf({ site, name }: ComparedUnit): string {
  return JSON.stringify([site, name]);
}

function hasMoved({ before, now }: Pair): boolean {
  return before.host !== now.host || keyOf(before) !== keyOf(now);
}

/** How the firmware of a unit changed; `unknown` where one side was not read. */
function firmwareStep({ before, now }: Pair): 'none' | 'forwards' | 'backwards' | 'other' | 'unknown' {
  const [earlier, later] = [upsFirmware(before.firmware), upsFirmware(now.firmware)];
  if (earlier !== null && later !== null) {
    const order = compare(earlier, later);
    if (order === undefined) {
      return earlier.line === later.line && earlier.version === later.version ? 'none' : 'other';
    }
    return order === 0 ? 'none' : order < 0 ? 'forwards' : 'backwards';
  }
  // Protocols report different facts: only facts that both audits have can differ.
  const differs = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;
  if (
    differs(before.firmware.version, now.firmware.version) ||
    differs(before.firmware.microLinkId, now.firmware.microLinkId)
  ) {
    return 'other';
  }
  if (before.firmware.version !== null && now.firmware.version !== null) return 'none';
  if (before.firmware.version !== null || now.firmware.version !== null) return 'unknown';
  const [text, other] = [before.firmware.raw?.trim() ?? null, now.firmware.raw?.trim() ?? null];
  if (text === null || other === null) return 'unknown';
  return text === other ? 'none' : 'other';
}

function newlyAffecting(
  { before, now }: Pair,
  counts: (advisory: { readonly component?: 'ups' | 'card' | undefined }) => boolean,
): readonly string[] {
  // An audit without advisories cannot show which are new.
  if (before.advisories === null || now.advisories === null) return [];
  const known = new Set(before.advisories.flatMap(({ id, status }) => (status === 'affected' ? [id] : [])));
  return now.advisories.flatMap((advisory) =>
    advisory.status === 'affected' && counts(advisory) && !known.has(advisory.id) ? [advisory.id] : [],
  );
}

function changeOf({ before, now }: Pick<Pair, 'before' | 'now'> | OneSided): AuditChange {
  const { site = null, name = null } = now ?? before ?? {};
  return {
    site,
    name,
    serial: now?.serial ?? before?.serial ?? null,
    before: before === null ? null : sideOf(before),
    now: now === null ? null : sideOf(now),
  };
}

type OneSided =
  | { readonly before: null; readonly now: ComparedUnit }
  | { readonly before: ComparedUnit; readonly now: null };

function sideOf({ site, name, host, serial, firmware, verdict }: ComparedUnit): ChangeSide {
  return { site, name, host, serial, firmware, status: verdict.status };
}
