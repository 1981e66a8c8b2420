import { isPlaceholder, Problem, readHost, sanitize, usableSerial } from '../../core/index.ts';
import { type ListedUnit, normalHost } from '../merge/listed.ts';
import { LONGEST_NAME, sanitizeName } from '../names.ts';
import { isRounded, type SnmpReference } from '../schema.ts';
import { plainAddress, plainSerial } from './decorations.ts';
import { type DeviceKind, otherDevice } from './device-kind.ts';

/**
 * What a note means for its entry. `left-out`: not imported, and a person must check whether a unit is
 * missing. `not-needed`: not imported, because it is no Smart-UPS or repeats another entry. `remark`:
 * imported.
 */
export type NoteKind = 'left-out' | 'not-needed' | 'remark';

/** A note on an entry that was not imported, or not completely. Never holds a secret of the list. */
export interface ImportNote {
  readonly kind: NoteKind;
  /** The place in the list, in the terms of its format: `line 4`, `results[3]`, `[rack-1]`. */
  readonly place: string;
  readonly message: string;
}

/** The part of a list that an inventory can take. */
export interface Imported {
  readonly units: readonly ListedUnit[];
  readonly notes: readonly ImportNote[];
}

/** Options of an import. */
export interface ImportOptions {
  /** Only the hosts of this group and its child groups; for lists with groups. */
  readonly group?: string;
}

/** An address as listed, with or without a prefix length (`192.0.2.31/24`). */
export interface RawAddress {
  readonly text: string | null;
  /** What a note calls it where it is used because the entry has no other: `OOB IP`. */
  readonly instead?: string;
}

/** An unchecked entry of a list. Null or empty = the list does not give it. */
export interface RawUnit extends DeviceKind {
  readonly site: string | null;
  readonly name: string | null;
  /** In the order of preference: the first that is an address or a host name counts. */
  readonly hosts: readonly RawAddress[];
  readonly serial: string | null;
  readonly port: string | number | null;
  readonly snmp?: SnmpReference | null;
}

/** Collects the units of one list. */
export interface UnitCollector {
  /**
   * Checks an entry and takes it, or leaves it out with a note. `missing`: the note for an entry without an
   * address.
   */
  add(place: string, raw: RawUnit, missing?: string): void;
  /** Adds a remark on an entry that is taken, or on the whole list. */
  note(place: string, message: string): void;
  /** Leaves out an entry with a mistake, or one that contradicts another. */
  leaveOut(place: string, why: string): void;
  /** Leaves out an entry that is no Smart-UPS. */
  passOver(place: string, why: string): void;
  end(): Imported;
}

/** The largest list that is read, in bytes and in characters. */
export const LARGEST_LIST = 32 * 1024 * 1024;

const SHORTEST_SERIAL = 6;
const LONGEST_SERIAL = 32;
/** Characters of a listed name that are read. */
const LONGEST_LISTED_NAME = 1000;
/** The prefix length or mask after an address. */
const PREFIX_LENGTH = /^([0-9A-Fa-f:.]+)\/(?:\d{1,3}|255(?:\.\d{1,3}){3})$/;
/** What people write where there is no address. */
const NO_ADDRESS = /^(?:[^\p{L}\p{N}]+|n\/?a|none|null|unknown|tbd|dhcp|not set|not assigned)$/iu;
/** The replacement character, and UTF-8 that was read as Windows-1252 (`KÃ¶ln`). */
const LOST_IN_CONVERSION = /\uFFFD|[\u00C2\u00C3][\u0080-\u00BF]|\u00E2\u20AC/;

export function collectUnits(): UnitCollector {
  const taken: Taken[] = [];
  const notes: ImportNote[] = [];
  /** The name of a site in the list, by its name in the inventory. */
  const listedSites = new Map<string, string>();

  const addNote = (kind: NoteKind, place: string, message: string): void => {
    notes.push({ kind, place: sanitize(place, 120), message: sanitize(message, 400) });
  };
  const note: UnitCollector['note'] = (place, message) => addNote('remark', place, message);
  const leaveOut: UnitCollector['leaveOut'] = (place, why) => addNote('left-out', place, `left out: ${why}`);
  const passOver: UnitCollector['passOver'] = (place, why) =>
    addNote('not-needed', place, `not needed: ${why}`);

  const noteLost = (place: string, what: string, text: string): void => {
    if (LOST_IN_CONVERSION.test(text))
      note(
        place,
        `its ${what} "${shown(text)}" lost characters in an earlier conversion: export it as UTF-8`,
      );
  };

  const siteOf = (place: string, raw: string | null): string | null => {
    const listed = raw?.trim() ?? '';
    if (listed === '') return null;
    const site = sanitizeName(listed);
    noteLost(place, 'site', listed.slice(0, LONGEST_LISTED_NAME));
    if (site === null) {
      note(place, `the site "${shown(listed)}" has no character that a site name may have; ignored`);
      return null;
    }
    const before = listedSites.get(site);
    if (before === undefined) {
      listedSites.set(site, listed);
      if (listed.length > LONGEST_NAME) note(place, `the site "${shown(listed)}" ${shortened(listed, site)}`);
    } else if (before !== listed) {
      note(place, `the sites "${shown(before)}" and "${shown(listed)}" both become ${site}`);
    }
    return site;
  };

  const nameOf = (place: string, raw: string | null): string | null => {
    const name = sanitize(raw ?? '', LONGEST_LISTED_NAME);
    if (name === '') return null;
    const valid = sanitizeName(name);
    noteLost(place, 'name', name);
    if (valid === null) {
      note(place, `its name "${shown(name)}" has no character that a name may have; it gets another name`);
      return null;
    }
    if (name.length > LONGEST_NAME) note(place, `its name ${shortened(name, valid)}`);
    return name;
  };

  const serialOf = (place: string, raw: string | null): string | null => {
    const serial = plainSerial(raw ?? '');
    if (serial === '') return null;
    if (isRounded(serial)) {
      note(
        place,
        `its serial number "${shown(serial)}" is a number that a spreadsheet rounded; not imported. Format the column as text and export the list again`,
      );
      return null;
    }
    if (serial.length >= SHORTEST_SERIAL && serial.length <= LONGEST_SERIAL && sanitize(serial) === serial) {
      if (!isPlaceholder(serial)) return serial;
      note(place, `its serial number "${shown(serial)}" is a placeholder; not imported`);
      return null;
    }
    note(
      place,
      `its serial number does not have ${SHORTEST_SERIAL} to ${LONGEST_SERIAL} characters; not imported`,
    );
    return null;
  };

  const portOf = (place: string, raw: string | number | null): number | null => {
    const text = String(raw ?? '').trim();
    if (text === '') return null;
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port >= 1 && port <= 65_535) return port;
    note(place, 'its SNMP port is not a number from 1 to 65535; not imported');
    return null;
  };

  return {
    note,
    leaveOut,
    passOver,
    add(place, raw, missing = 'no address') {
      const other = otherDevice(raw);
      if (other !== null) {
        passOver(place, other);
        return;
      }
      const read = hostOf(raw.hosts);
      if ('why' in read) {
        leaveOut(place, read.why === null ? missing : `its address ${read.why}`);
        return;
      }
      if (read.note !== null) note(place, read.note);
      const unit: ListedUnit = {
        site: siteOf(place, raw.site),
        name: nameOf(place, raw.name),
        host: read.host,
        serial: serialOf(place, raw.serial),
        cardSerial: null,
        snmpPort: portOf(place, raw.port),
        snmp: raw.snmp ?? null,
      };
      taken.push({ place, unit });
    },
    end: () => ({ units: withoutRepeats(taken, { note, leaveOut, passOver }), notes }),
  };
}

/** The first usable host, with a note where it is not the preferred one; else why there is none. */
function hostOf(
  hosts: readonly RawAddress[],
): { readonly host: string; readonly note: string | null } | { readonly why: string | null } {
  let first: string | null = null;
  for (const { text, instead } of hosts) {
    const listed = text?.trim() ?? '';
    if (listed === '' || NO_ADDRESS.test(listed)) continue;
    const read = readHost(plainAddress(listed).replace(PREFIX_LENGTH, '$1'));
    if (!read.ok) {
      first ??= read.why;
      continue;
    }
    if (first !== null) return { host: read.host, note: `its first address ${first}; another one is used` };
    const note = instead === undefined ? null : `it has no primary address; its ${instead} is used`;
    return { host: read.host, note };
  }
  return { why: first };
}

interface Taken {
  readonly place: string;
  readonly unit: ListedUnit;
}

/**
 * One unit for each address: the entry with a serial number counts, else the first. Two serial numbers at one
 * address both stay, because the list does not show which one is right.
 */
function withoutRepeats(
  taken: readonly Taken[],
  { note, leaveOut, passOver }: Pick<UnitCollector, 'note' | 'leaveOut' | 'passOver'>,
): readonly ListedUnit[] {
  const first = new Map<string, Taken>();
  const bySerial = new Map<string, Taken>();
  const placeOf = ({ host, snmpPort }: ListedUnit): string => `${normalHost(host ?? '')} ${snmpPort ?? ''}`;
  for (const one of taken) {
    const place = placeOf(one.unit);
    const known = first.get(place);
    if (known === undefined || (known.unit.serial === null && one.unit.serial !== null))
      first.set(place, one);
  }
  return taken.flatMap((one) => {
    const { place, unit } = one;
    const kept = first.get(placeOf(unit));
    const serial = usableSerial(unit.serial);
    if (
      kept === undefined ||
      kept === one ||
      (serial !== null && serial !== usableSerial(kept.unit.serial))
    ) {
      if (kept !== undefined && kept !== one)
        note(place, `its address ${unit.host} is also that of ${kept.place}, with another serial number`);
      const same = serial === null ? undefined : bySerial.get(serial);
      if (same !== undefined)
        note(place, `its serial number ${shown(serial ?? '')} is also that of ${same.place}`);
      else if (serial !== null) bySerial.set(serial, one);
      return [unit];
    }
    if (isCovered(unit, kept.unit)) passOver(place, `it repeats ${kept.place}`);
    else leaveOut(place, `its address ${unit.host} is already used by ${kept.place}`);
    return [];
  });
}

/** Whether another entry at the same address gives everything that this one gives. */
function isCovered(unit: ListedUnit, kept: ListedUnit): boolean {
  return (['site', 'name', 'serial'] as const).every((key) => unit[key] === null || unit[key] === kept[key]);
}

function shortened(text: string, name: string): string {
  return `has ${text.length} characters, a name has ${LONGEST_NAME} at most: it becomes ${name}`;
}

function shown(text: string): string {
  return sanitize(text, 64);
}

/** A list that cannot be parsed. `place`: its line or path. `expected`: what is wrong or expected there. */
export function unreadable(place: string, expected: string, hint: string, cause?: unknown): Problem {
  return new Problem('config/import', `The list cannot be read at ${sanitize(place, 120)}: ${expected}.`, {
    hint,
    cause,
  });
}

/** Throws Problem config/import for a list that is too large. */
export function refuseHuge(text: string): void {
  if (text.length <= LARGEST_LIST) return;
  throw new Problem(
    'config/import',
    `The list has ${text.length} characters; the limit is ${LARGEST_LIST}.`,
    { hint: 'Export the UPS units only, or import the list in parts.' },
  );
}
