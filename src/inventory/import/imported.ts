import { Problem, readHost, sanitize, usableSerial } from '../../core/index.ts';
import { type ListedUnit, normalHost } from '../merge/listed.ts';
import { LONGEST_NAME, sanitizeName } from '../names.ts';
import { isRounded } from '../schema.ts';

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

/** What a list gives about the kind of a device; null or absent where it gives nothing. */
interface DeviceKind {
  /** The role in that list: `ups`, `Rack PDU`, `access_switch`. */
  readonly role?: string | null | undefined;
  /** Model or type: `SMT1500RMI2UNC`, `AP8853`. */
  readonly model?: string | null | undefined;
  /** The sysDescr of the device. */
  readonly description?: string | null | undefined;
}

/** An unchecked entry of a list. Null or empty = the list does not give it. */
export interface RawUnit extends DeviceKind {
  readonly site: string | null;
  readonly name: string | null;
  readonly host: string | null;
  readonly serial: string | null;
  readonly port: string | number | null;
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

  const siteOf = (place: string, raw: string | null): string | null => {
    const listed = raw?.trim() ?? '';
    if (listed === '') return null;
    const site = sanitizeName(listed);
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
    if (valid === null) {
      note(place, `its name "${shown(name)}" has no character that a name may have; it gets another name`);
      return null;
    }
    if (name.length > LONGEST_NAME) note(place, `its name ${shortened(name, valid)}`);
    return name;
  };

  const serialOf = (place: string, raw: string | null): string | null => {
    const serial = raw?.trim() ?? '';
    if (serial === '') return null;
    if (isRounded(serial)) {
      note(
        place,
        `its serial number "${shown(serial)}" is a number that a spreadsheet rounded; not imported. Format the column as text and export the list again`,
      );
      return null;
    }
    if (serial.length >= SHORTEST_SERIAL && serial.length <= LONGEST_SERIAL && sanitize(serial) === serial) {
      return serial;
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
        passOver(place, `it is no UPS: ${other}`);
        return;
      }
      const host = raw.host?.trim() ?? '';
      if (host === '') {
        leaveOut(place, missing);
        return;
      }
      const read = readHost(host.replace(/^([0-9A-Fa-f:.]+)\/\d{1,3}$/, '$1'));
      if (!read.ok) {
        leaveOut(place, `its address ${read.why}`);
        return;
      }
      const unit: ListedUnit = {
        site: siteOf(place, raw.site),
        name: nameOf(place, raw.name),
        host: read.host,
        serial: serialOf(place, raw.serial),
        cardSerial: null,
        snmpPort: portOf(place, raw.port),
        snmp: null,
      };
      taken.push({ place, unit });
    },
    end: () => ({ units: withoutRepeats(taken, { leaveOut, passOver }), notes }),
  };
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
  { leaveOut, passOver }: Pick<UnitCollector, 'leaveOut' | 'passOver'>,
): readonly ListedUnit[] {
  const first = new Map<string, Taken>();
  const placeOf = ({ host, snmpPort }: ListedUnit): string => `${normalHost(host ?? '')} ${snmpPort ?? ''}`;
  for (const one of taken) {
    const place = placeOf(one.unit);
    const known = first.get(place);
    if (known === undefined || (known.unit.serial === null && one.unit.serial !== null))
      first.set(place, one);
  }
  return taken.flatMap(({ place, unit }) => {
    const kept = first.get(placeOf(unit));
    if (kept === undefined || kept.unit === unit) return [unit];
    const isOther = unit.serial !== null && usableSerial(unit.serial) !== usableSerial(kept.unit.serial);
    if (isOther) return [unit];
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

const LONGEST_KIND = 300;
/** Model families of Smart-UPS units, and words for a UPS. */
const UPS =
  /\bups\b|uninterrupt|smart-?ups|^(?:apc[-_ ]?)?(?:SMT|SMX|SMC|SMTL|SRT|SRC|SRTL|SUA|SUM|SURT|SURTA|SU|SUVS|DLA?|DLT)[0-9]/i;
/** Roles of other devices, with single spaces between the words. */
const OTHER_ROLE =
  /\b(?:[er]?pdus?|power distribution|ats|sts|transfer switch(?:es)?|netbotz)\b|\b(?:switch(?:es)?|routers?|firewalls?|servers?|cameras?|sensors?|cooling|crac|air condition(?:er|ers|ing)|patch panels?|kvms?|console)$/i;
/**
 * Model numbers of rack PDUs and transfer switches, monitors and air conditioners of the same maker.
 * Source: docs/sources/snmp.md#sysdescr
 */
const OTHER_MODEL =
  /^(?:apc[-_ ]?)?(?:AP(?:44|77|78|79|84|86|87|88|89)\d\d|AP(?:DU|EPDU)\d|A?EPDU\d|NBRK\d|NBPD\d|NBWL\d|AP9[37]\d\dTH|ACR[CDP]\d)|\b(?:rack[-_ ]?pdu|masterswitch|switched rack|metered rack|in-?row|netbotz|transfer switch)\b/i;
/** Applications of the cards of other devices, as in their sysDescr. */
const OTHER_APPLICATION = /\bAN1:apc_hw\d\d_(?:rpdu\w*|ats\w*|nb\w*|acrc\w*|acrp\w*|env\w*|ms3\w*)_/i;

/** Why a device is no UPS; null where it is one, or where the list does not show it. */
function otherDevice({ role, model, description }: DeviceKind): string | null {
  const [listedRole, listedModel] = [bounded(role), bounded(model)];
  const use = listedRole.replaceAll(/[\s_-]+/g, ' ');
  if (UPS.test(use)) return null;
  if (OTHER_ROLE.test(use)) return `its role is "${listedRole}"`;
  if (UPS.test(listedModel)) return null;
  if (OTHER_MODEL.test(listedModel)) return `its model is "${listedModel}"`;
  const application = OTHER_APPLICATION.exec((description ?? '').slice(0, LONGEST_KIND));
  return application === null ? null : `its card runs "${application[0].replace(/_$/, '')}"`;
}

function bounded(text: string | null | undefined): string {
  return (text ?? '').slice(0, LONGEST_KIND).trim();
}
