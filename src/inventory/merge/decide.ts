import { joinList, sanitize, unitKey } from '../../core/index.ts';
import type { UnitEntry } from '../schema.ts';
import { type UniqueUnit, withoutContested, withoutDuplicates, withoutRepeats } from './duplicates.ts';
import { type Draft, type Entry, entriesOf, HostIndex, isAt, newUnit, serialOf } from './entries.ts';
import {
  type Addresses,
  type Found,
  type ListedUnit,
  normalizeUnit,
  placeText,
  serialText,
  whereIs,
} from './listed.ts';
import { type Move, proposeMove, resolveMoves } from './moves.ts';

/** What a merge did with a listed unit, or why it did nothing. */
export interface MergeChange {
  readonly kind: 'added' | 'moved' | 'pinned' | 'conflict' | 'left-out';
  readonly site: string;
  readonly name: string;
  readonly message: string;
}

/** A serial number for a unit that the inventory has without one. */
export interface Pin {
  readonly entry: Entry;
  readonly serial: string;
}

/** A new unit, at a site that may be new too. */
export interface Addition {
  readonly site: string;
  readonly unit: UnitEntry;
}

/** The changes to an inventory. A merge never removes anything. */
export interface Decisions {
  readonly moves: readonly Move[];
  readonly pins: readonly Pin[];
  readonly additions: readonly Addition[];
  /** In the order of the list. */
  readonly changes: readonly MergeChange[];
  /** Units that the inventory already has exactly as the list has them. */
  readonly unchanged: number;
}

/** The state of one merge. */
interface Merge {
  readonly file: Draft;
  readonly entries: readonly Entry[];
  /** Entries by the serial number that the file gives them. */
  readonly pinned: ReadonlyMap<string, Entry>;
  note(listed: ListedUnit, kind: MergeChange['kind'], at: Named, message: string): void;
}

interface Named {
  readonly site: string;
  readonly name: string;
}

/** Decides how a list of units changes an inventory. A unit is identified by its serial number. */
export function decide(
  file: Draft,
  units: readonly ListedUnit[],
  options: { readonly site: string; readonly addresses: Addresses },
): Decisions {
  const entries = entriesOf(file, options.addresses);
  const noted: { readonly order: number; readonly change: MergeChange }[] = [];
  const orders = new Map<ListedUnit, number>(units.map((unit, index) => [unit, index]));
  const merge: Merge = {
    file,
    entries,
    pinned: bySerial(entries),
    note(listed, kind, { site, name }, message) {
      noted.push({ order: orders.get(listed) ?? 0, change: { kind, site, name, message } });
    },
  };
  const { kept: list, repeats } = withoutRepeats(validUnits(merge, units, options.site, options.addresses));
  for (const { found, instead } of repeats) {
    const first = `${instead.site}/${instead.name} (${serialText(instead)})`;
    merge.note(found.listed, 'left-out', found, `the list has ${whereIs(found)} for ${first} as well`);
  }
  const { moves, rest } = moveKnown(merge, uniqueUnits(merge, list));
  const { pins, additions } = addOthers(merge, rest, list);
  const changes = noted.sort((a, b) => a.order - b.order).map(({ change }) => change);
  const unchanged = units.length - new Set(noted.map(({ order }) => order)).size;
  return { moves, pins, additions, changes, unchanged };
}

function bySerial(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  const pinned = new Map<string, Entry>();
  for (const entry of entries) {
    const serial = serialOf(entry);
    if (serial !== null && !pinned.has(serial)) pinned.set(serial, entry);
  }
  return pinned;
}

function validUnits(
  merge: Merge,
  units: readonly ListedUnit[],
  site: string,
  addresses: Addresses,
): readonly Found[] {
  return units.flatMap((listed) => {
    const unit = normalizeUnit(listed, site, addresses);
    if ('hosts' in unit) return [unit];
    const isKnown = unit.serial !== null && merge.pinned.has(unit.serial);
    if (unit.reason !== null) merge.note(listed, 'left-out', unit, unit.reason);
    else if (!isKnown) merge.note(listed, 'left-out', unit, 'the list gives no address for it');
    return [];
  });
}

/** The listed units once each, without those for whose address the list contradicts itself. */
function uniqueUnits(merge: Merge, list: readonly Found[]): readonly UniqueUnit[] {
  // Contradictions within the list come first, so that they do not depend on the inventory.
  const { certain, contested } = withoutContested(list);
  for (const { found, others } of contested) {
    const all = joinList([found, ...others].map(serialText));
    merge.note(found.listed, 'conflict', found, `the list has ${whereIs(found)} for ${all}`);
  }
  const unpinned = merge.entries.filter((entry) => entry.unit.serial === undefined);
  const { singles, seconds } = withoutDuplicates(certain, (serial, addresses) => {
    const own = merge.pinned.get(serial);
    const candidates = own === undefined ? unpinned : [own];
    return addresses.find((found) => candidates.some((entry) => isAt(entry, found))) ?? null;
  });
  for (const { found, instead } of seconds) {
    const entry = found.serial === null ? undefined : merge.pinned.get(found.serial);
    merge.note(
      found.listed,
      'left-out',
      entry === undefined ? found : named(entry),
      `${whereIs(found)} is another address of the card at ${whereIs(instead)} (${serialText(found)})`,
    );
  }
  return singles;
}

/** Moves the units that the inventory knows by their serial numbers; `rest`: all other units. */
function moveKnown(
  merge: Merge,
  singles: readonly UniqueUnit[],
): { readonly moves: readonly Move[]; readonly rest: readonly UniqueUnit[] } {
  const proposed: Move[] = [];
  const rest: UniqueUnit[] = [];
  for (const single of singles) {
    const { found, conflicts } = single;
    const entry = found.serial === null || conflicts.length > 0 ? undefined : merge.pinned.get(found.serial);
    if (entry === undefined) {
      rest.push(single);
      continue;
    }
    const proposal = proposeMove(found, entry);
    if (proposal === null) continue;
    if ('to' in proposal) proposed.push(proposal);
    else merge.note(found.listed, proposal.kind, named(entry), `${serialText(found)}: ${proposal.reason}`);
  }
  const { made, blocked } = resolveMoves(proposed, merge.entries);
  for (const { move, by } of blocked) {
    merge.note(move.found.listed, 'conflict', named(move.entry), otherThere(move.found, by));
  }
  for (const { found, entry, from, to } of made) {
    entry.place = to;
    const places = `${placeText(from.host, from.port)} to ${placeText(to.host, to.port)}`;
    merge.note(found.listed, 'moved', named(entry), `moved from ${places} (${serialText(found)})`);
  }
  return { moves: made, rest };
}

/** Pins, adds or refuses the units that the inventory does not know by serial number. */
function addOthers(
  merge: Merge,
  rest: readonly UniqueUnit[],
  list: readonly Found[],
): { readonly pins: readonly Pin[]; readonly additions: readonly Addition[] } {
  const index = new HostIndex(merge.entries);
  const names = new Map<string, Set<string>>();
  const namesAt = (site: string): Set<string> => {
    const there = names.get(site) ?? new Set();
    names.set(site, there);
    return there;
  };
  for (const entry of merge.entries) namesAt(entry.site).add(entry.unit.name.toLowerCase());
  const pins: Pin[] = [];
  const additions: Addition[] = [];
  /** Entries that a unit of the list matches already. */
  const claimed = new Set<Entry>();

  const add = (single: UniqueUnit): Entry | null => {
    const { found } = single;
    const entry = newUnit(merge.file, single, namesAt(found.site));
    if (entry === null) {
      const reason = `neither the list nor the inventory has snmp or login for ${whereIs(found)}`;
      merge.note(found.listed, 'left-out', found, reason);
      return null;
    }
    additions.push(entry);
    index.add(entry);
    namesAt(found.site).add(entry.unit.name.toLowerCase());
    const pinnedAs = entry.unit.serial === undefined ? '' : ` (${serialText(found)})`;
    const renamed = entry.unit.name === found.name ? '' : `; the name ${found.name} is in use there`;
    merge.note(found.listed, 'added', named(entry), `added at ${whereIs(found)}${pinnedAs}${renamed}`);
    return entry;
  };

  const claimants = claimantsOf(list);
  for (const single of rest) {
    const { found, conflicts } = single;
    const there = index.at(found);
    if (conflicts.length > 0) {
      const entry = there ?? add(single);
      if (entry === null) continue;
      const places = joinList([whereIs(found), ...conflicts]);
      const message = `${serialText(found)} is reported at ${places}: it identifies none of them`;
      merge.note(found.listed, 'conflict', named(entry), message);
    } else if (there === null) {
      add(single);
    } else if (found.serial !== null && there.unit.serial === undefined) {
      const claims = claimants(there);
      const others = claims.filter((one) => one.serial !== null && one.serial !== found.serial);
      if (others.length > 0) {
        const answers = [found, ...others].map((one) => `${serialText(one)} at ${whereIs(one)}`);
        merge.note(found.listed, 'conflict', named(there), `it reports ${joinList(answers)}`);
        continue;
      }
      there.unit.serial = found.serial;
      if (there.path === null) {
        // A unit that this list added is written with the serial number.
        const message = `${whereIs(found)} is ${unitKey(named(there))}, which gets ${serialText(found)}`;
        merge.note(found.listed, 'left-out', found, message);
        continue;
      }
      pins.push({ entry: there, serial: found.serial });
      merge.note(found.listed, 'pinned', named(there), `${whereIs(found)} reports ${serialText(found)}`);
    } else if (found.serial !== null && serialOf(there) !== found.serial) {
      merge.note(found.listed, 'conflict', named(there), otherThere(found, there));
    } else if (there.path === null || claimed.has(there)) {
      const message = `its address ${whereIs(found)} is already used by ${unitKey(named(there))}`;
      merge.note(found.listed, 'left-out', found, message);
    } else claimed.add(there);
  }
  return { pins, additions };
}

/** The listed units at the place of an entry. */
function claimantsOf(list: readonly Found[]): (entry: Entry) => readonly Found[] {
  const byHost = new Map<string, Found[]>();
  for (const found of list) {
    for (const host of found.hosts) {
      const there = byHost.get(host);
      if (there === undefined) byHost.set(host, [found]);
      else there.push(found);
    }
  }
  return (entry) => {
    const near = new Set([...(entry.place?.hosts ?? [])].flatMap((host) => byHost.get(host) ?? []));
    return [...near].filter((found) => isAt(entry, found));
  };
}

function named(entry: Entry): Named {
  return { site: entry.site, name: entry.unit.name };
}

function otherThere(found: Found, entry: Entry): string {
  const { serial } = entry.unit;
  const known = serial === undefined ? 'a unit without a serial number' : `serial number ${sanitize(serial)}`;
  const key = unitKey(named(entry));
  return `${whereIs(found)} reports ${serialText(found)}, the inventory has ${known} there (${key})`;
}
