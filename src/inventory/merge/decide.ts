import { joinList, sanitize, unitKey } from '../../core/index.ts';
import type { UnitEntry } from '../schema.ts';
import { newUnit } from './addition.ts';
import { type UniqueUnit, withoutContested, withoutDoubles, withoutRepeats } from './duplicates.ts';
import { Directory, type Draft, type Entry, entriesOf, isAt, serialOf } from './entries.ts';
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

/** What a merge did with a unit, or why it did nothing. */
export interface MergeChange {
  readonly kind: 'added' | 'moved' | 'pinned' | 'conflict' | 'left-out';
  readonly site: string;
  readonly name: string;
  readonly message: string;
}

/** A unit of the inventory that gets its serial number. */
export interface Pin {
  readonly entry: Entry;
  readonly serial: string;
}

/** A unit that is to be written at a site, which may be a new one. */
export interface Addition {
  readonly site: string;
  readonly unit: UnitEntry;
}

/** What is to be written into an inventory. Nothing is ever taken out of it. */
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

/** Decides what a list of units means for an inventory. Identity is the serial number. */
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
  const { kept: list, repeats } = withoutRepeats(fitUnits(merge, units, options.site, options.addresses));
  for (const { found, instead } of repeats) {
    const first = `${instead.site}/${instead.name} (${serialText(instead)})`;
    merge.note(found.listed, 'left-out', found, `the list has ${whereIs(found)} for ${first} too`);
  }
  const { moves, rest } = moved(merge, singlesOf(merge, list));
  const { pins, additions } = settled(merge, rest, list);
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

function fitUnits(
  merge: Merge,
  units: readonly ListedUnit[],
  site: string,
  addresses: Addresses,
): readonly Found[] {
  return units.flatMap((listed) => {
    const fit = normalizeUnit(listed, site, addresses);
    if ('hosts' in fit) return [fit];
    const isKnown = fit.serial !== null && merge.pinned.has(fit.serial);
    if (fit.reason !== null) merge.note(listed, 'left-out', fit, fit.reason);
    else if (!isKnown) merge.note(listed, 'left-out', fit, 'the list names no address for it');
    return [];
  });
}

/** The listed units once each, without those about whose address the list contradicts itself. */
function singlesOf(merge: Merge, list: readonly Found[]): readonly UniqueUnit[] {
  // What the list alone says comes first, so that it says the same whatever the inventory has by then.
  const { certain, contested } = withoutContested(list);
  for (const { found, others } of contested) {
    const all = joinList([found, ...others].map(serialText));
    merge.note(found.listed, 'conflict', found, `the list has ${whereIs(found)} for ${all}`);
  }
  const unpinned = merge.entries.filter((entry) => entry.unit.serial === undefined);
  const { singles, seconds } = withoutDoubles(certain, (serial, ways) => {
    const own = merge.pinned.get(serial);
    const candidates = own === undefined ? unpinned : [own];
    return ways.find((found) => candidates.some((entry) => isAt(entry, found))) ?? null;
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

/** Lets the units move that the inventory knows by their serial numbers; `rest` are those that it does not know by it. */
function moved(
  merge: Merge,
  singles: readonly UniqueUnit[],
): { readonly moves: readonly Move[]; readonly rest: readonly UniqueUnit[] } {
  const wishes: Move[] = [];
  const rest: UniqueUnit[] = [];
  for (const single of singles) {
    const { found, rivals } = single;
    const entry = found.serial === null || rivals.length > 0 ? undefined : merge.pinned.get(found.serial);
    if (entry === undefined) {
      rest.push(single);
      continue;
    }
    const wish = proposeMove(found, entry);
    if (wish === null) continue;
    if ('to' in wish) wishes.push(wish);
    else merge.note(found.listed, wish.kind, named(entry), `${serialText(found)}: ${wish.reason}`);
  }
  const { made, blocked } = resolveMoves(wishes, merge.entries);
  for (const { move, by } of blocked) {
    merge.note(move.found.listed, 'conflict', named(move.entry), otherThere(move.found, by));
  }
  for (const { found, entry, from, to } of made) {
    entry.place = to;
    const way = `${placeText(from.host, from.port)} to ${placeText(to.host, to.port)}`;
    merge.note(found.listed, 'moved', named(entry), `moved from ${way} (${serialText(found)})`);
  }
  return { moves: made, rest };
}

/** Pins, adds or refuses what the inventory does not know by serial number. */
function settled(
  merge: Merge,
  rest: readonly UniqueUnit[],
  list: readonly Found[],
): { readonly pins: readonly Pin[]; readonly additions: readonly Addition[] } {
  const directory = new Directory(merge.entries);
  const names = new Map<string, Set<string>>();
  const namesAt = (site: string): Set<string> => {
    const there = names.get(site) ?? new Set();
    names.set(site, there);
    return there;
  };
  for (const entry of merge.entries) namesAt(entry.site).add(entry.unit.name.toLowerCase());
  const pins: Pin[] = [];
  const additions: Addition[] = [];
  /** Entries of the inventory that a unit of the list is already. */
  const claimed = new Set<Entry>();

  const add = (single: UniqueUnit): Entry | null => {
    const { found } = single;
    const entry = newUnit(merge.file, single, namesAt(found.site));
    if (entry === null) {
      const reason = `nothing says how ${whereIs(found)} is read: neither snmp nor login`;
      merge.note(found.listed, 'left-out', found, reason);
      return null;
    }
    additions.push(entry);
    directory.add(entry);
    namesAt(found.site).add(entry.unit.name.toLowerCase());
    const pinnedAs = entry.unit.serial === undefined ? '' : ` (${serialText(found)})`;
    const renamed = entry.unit.name === found.name ? '' : `; the name ${found.name} is taken there`;
    merge.note(found.listed, 'added', named(entry), `added at ${whereIs(found)}${pinnedAs}${renamed}`);
    return entry;
  };

  for (const single of rest) {
    const { found, rivals } = single;
    const there = directory.at(found);
    if (rivals.length > 0) {
      const entry = there ?? add(single);
      if (entry === null) continue;
      const places = joinList([whereIs(found), ...rivals]);
      const message = `${serialText(found)} is claimed at ${places}: it identifies none of them`;
      merge.note(found.listed, 'conflict', named(entry), message);
    } else if (there === null) {
      add(single);
    } else if (found.serial !== null && there.unit.serial === undefined) {
      const claims = list.filter((one) => isAt(there, one));
      const others = claims.filter((one) => one.serial !== null && one.serial !== found.serial);
      if (others.length > 0) {
        const answers = [found, ...others].map((one) => `${serialText(one)} at ${whereIs(one)}`);
        merge.note(found.listed, 'conflict', named(there), `it answers as ${joinList(answers)}`);
        continue;
      }
      there.unit.serial = found.serial;
      if (there.path === null) {
        // A unit that came with this very list is written with it.
        const message = `${whereIs(found)} is ${unitKey(named(there))}, which gets its ${serialText(found)}`;
        merge.note(found.listed, 'left-out', found, message);
        continue;
      }
      pins.push({ entry: there, serial: found.serial });
      merge.note(found.listed, 'pinned', named(there), `${whereIs(found)} answers as ${serialText(found)}`);
    } else if (found.serial !== null && serialOf(there) !== found.serial) {
      merge.note(found.listed, 'conflict', named(there), otherThere(found, there));
    } else if (there.path === null || claimed.has(there)) {
      const message = `its address ${whereIs(found)} is already that of ${unitKey(named(there))}`;
      merge.note(found.listed, 'left-out', found, message);
    } else claimed.add(there);
  }
  return { pins, additions };
}

function named(entry: Entry): Named {
  return { site: entry.site, name: entry.unit.name };
}

function otherThere(found: Found, entry: Entry): string {
  const { serial } = entry.unit;
  const known = serial === undefined ? 'a unit without a serial number' : `serial number ${sanitize(serial)}`;
  const key = unitKey(named(entry));
  return `${whereIs(found)} answers as ${serialText(found)}, the inventory has ${known} there (${key})`;
}
