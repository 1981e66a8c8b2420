import { Problem, readHost, sanitize, usableSerial } from '../../core/index.ts';
import { type ListedUnit, oneForm } from '../merge/listed.ts';
import { sanitizeName } from '../names.ts';
import { isRounded, LONGEST_NAME } from '../schema.ts';

/**
 * What a note means for its entry. `left-out`: a unit may be missing now, and somebody has to look. `not-needed`: it is left
 * out and nothing is missing, because it is no unit for this tool or is in the list already. `remark`: it is taken.
 */
export type NoteKind = 'left-out' | 'not-needed' | 'remark';

/** An entry that was left out of an import, or of which something was lost. Never holds a secret of the list. */
export interface ImportNote {
  readonly kind: NoteKind;
  /** Where it stands in the list, as that list counts: `line 4`, `results[3]`, `[rack-1]`. */
  readonly place: string;
  readonly message: string;
}

/** What a list of somebody else holds, as far as an inventory can take it. */
export interface Imported {
  readonly units: readonly ListedUnit[];
  readonly notes: readonly ImportNote[];
}

/** What an import may be told besides its text. */
export interface ImportOptions {
  /** Only the hosts of this group and of the groups below it; for lists that have groups. */
  readonly group?: string;
}

/** What a list says of the kind of a device; null or absent where it says nothing. */
interface KindWords {
  /** What the keeper of the list calls its use: `ups`, `Rack PDU`, `access_switch`. */
  readonly role?: string | null | undefined;
  /** Model or type: `SMT1500RMI2UNC`, `AP8853`. */
  readonly model?: string | null | undefined;
  /** What the device says of itself. */
  readonly description?: string | null | undefined;
}

/** An entry as it stands in a list, before anything of it is checked. Null or empty = not said there. */
export interface RawUnit extends KindWords {
  readonly site: string | null;
  readonly name: string | null;
  readonly host: string | null;
  readonly serial: string | null;
  readonly port: string | number | null;
}

/** Gathers the units of one list; each goes in with its place. */
export interface Gathering {
  /** Checks an entry and takes it, or leaves it out with a note. `missing`: what to say where it has no address. */
  add(place: string, raw: RawUnit, missing?: string): void;
  /** Says something of an entry that is taken, or of the whole list. */
  note(place: string, message: string): void;
  /** Leaves an entry out that has a fault, or contradicts another one. */
  leaveOut(place: string, why: string): void;
  /** Leaves an entry out that is no unit for this tool. */
  passOver(place: string, why: string): void;
  end(): Imported;
}

/** More characters than this are not read of any list. */
export const LARGEST_LIST = 32 * 1024 * 1024;

const SHORTEST_SERIAL = 6;
const LONGEST_SERIAL = 32;
/** Characters of a name in a list that are looked at. */
const LONGEST_WISH = 1000;

export function gather(): Gathering {
  const taken: Taken[] = [];
  const notes: ImportNote[] = [];
  /** What a site was called in the list, by the name that it gets here. */
  const called = new Map<string, string>();

  const say = (kind: NoteKind, place: string, message: string): void => {
    notes.push({ kind, place: sanitize(place, 120), message: sanitize(message, 400) });
  };
  const note: Gathering['note'] = (place, message) => say('remark', place, message);
  const leaveOut: Gathering['leaveOut'] = (place, why) => say('left-out', place, `left out: ${why}`);
  const passOver: Gathering['passOver'] = (place, why) => say('not-needed', place, `not needed: ${why}`);

  const siteOf = (place: string, raw: string | null): string | null => {
    const wanted = raw?.trim() ?? '';
    if (wanted === '') return null;
    const site = sanitizeName(wanted);
    if (site === null) {
      note(place, `the site "${shown(wanted)}" holds nothing that a site name may hold; it counts as none`);
      return null;
    }
    const before = called.get(site);
    if (before === undefined) {
      called.set(site, wanted);
      if (wanted.length > LONGEST_NAME) note(place, `the site "${shown(wanted)}" ${cut(wanted, site)}`);
    } else if (before !== wanted) {
      note(place, `the sites "${shown(before)}" and "${shown(wanted)}" both become ${site}`);
    }
    return site;
  };

  const nameOf = (place: string, raw: string | null): string | null => {
    const name = sanitize(raw ?? '', LONGEST_WISH);
    if (name === '') return null;
    const fit = sanitizeName(name);
    if (fit === null) {
      note(place, `its name "${shown(name)}" holds nothing that a name may hold; it gets another one`);
      return null;
    }
    if (name.length > LONGEST_NAME) note(place, `its name ${cut(name, fit)}`);
    return name;
  };

  const serialOf = (place: string, raw: string | null): string | null => {
    const serial = raw?.trim() ?? '';
    if (serial === '') return null;
    if (isRounded(serial)) {
      note(
        place,
        `its serial number "${shown(serial)}" is a number that a spreadsheet has rounded; left away. Make the column text and export the list again`,
      );
      return null;
    }
    if (serial.length >= SHORTEST_SERIAL && serial.length <= LONGEST_SERIAL && sanitize(serial) === serial) {
      return serial;
    }
    note(
      place,
      `its serial number is no text of ${SHORTEST_SERIAL} to ${LONGEST_SERIAL} characters; left away`,
    );
    return null;
  };

  const portOf = (place: string, raw: string | number | null): number | null => {
    const text = String(raw ?? '').trim();
    if (text === '') return null;
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port >= 1 && port <= 65_535) return port;
    note(place, 'its SNMP port is no number from 1 to 65535; left away');
    return null;
  };

  return {
    note,
    leaveOut,
    passOver,
    add(place, raw, missing = 'no address') {
      const other = whyNoUps(raw);
      if (other !== null) {
        passOver(place, `it is no UPS, ${other}`);
        return;
      }
      const wish = raw.host?.trim() ?? '';
      if (wish === '') {
        leaveOut(place, missing);
        return;
      }
      const read = readHost(wish.replace(/^([0-9A-Fa-f:.]+)\/\d{1,3}$/, '$1'));
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
    end: () => ({ units: withoutTwins(taken, { leaveOut, passOver }), notes }),
  };
}

interface Taken {
  readonly place: string;
  readonly unit: ListedUnit;
}

/**
 * The units without those at an address that another row has already: the row with the serial number counts, else the first.
 * Two serial numbers at one address stay, because which of them is right is not known here.
 */
function withoutTwins(
  taken: readonly Taken[],
  { leaveOut, passOver }: Pick<Gathering, 'leaveOut' | 'passOver'>,
): readonly ListedUnit[] {
  const first = new Map<string, Taken>();
  const placeOf = ({ host, snmpPort }: ListedUnit): string => `${oneForm(host ?? '')} ${snmpPort ?? ''}`;
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
    if (saysNoMore(unit, kept.unit)) passOver(place, `it repeats ${kept.place}`);
    else leaveOut(place, `its address ${unit.host} is already that of ${kept.place}`);
    return [];
  });
}

/** Whether a row holds nothing that another row at the same address does not say too. */
function saysNoMore(unit: ListedUnit, kept: ListedUnit): boolean {
  return (['site', 'name', 'serial'] as const).every((key) => unit[key] === null || unit[key] === kept[key]);
}

function cut(text: string, fit: string): string {
  return `has ${text.length} characters, ${LONGEST_NAME} at most are taken: it becomes ${fit}`;
}

function shown(text: string): string {
  return sanitize(text, 64);
}

/** A list that cannot be read: `place` is its line or path, `expected` what should stand there. */
export function unreadable(place: string, expected: string, hint: string, cause?: unknown): Problem {
  return new Problem('config/import', `The list cannot be read at ${sanitize(place, 120)}: ${expected}.`, {
    hint,
    cause,
  });
}

/** Throws Problem config/import for a list that is larger than any list of units. */
export function refuseHuge(text: string): void {
  if (text.length <= LARGEST_LIST) return;
  throw new Problem(
    'config/import',
    `The list has ${text.length} characters, more than ${LARGEST_LIST} are not read.`,
    { hint: 'Take over only the UPS units, or in parts.' },
  );
}

const LONGEST_KIND = 300;
/** Families of units for which this tool is made, and the word itself. */
const UPS =
  /\bups\b|uninterrupt|smart-?ups|^(?:apc[-_ ]?)?(?:SMT|SMX|SMC|SMTL|SRT|SRC|SRTL|SUA|SUM|SURT|SURTA|SU|SUVS|DLA?|DLT)[0-9]/i;
/** Roles of devices that are no UPS, as keepers of lists write them, with single blanks between the words. */
const OTHER_ROLE =
  /\b(?:[er]?pdus?|power distribution|ats|sts|transfer switch(?:es)?|netbotz)\b|\b(?:switch(?:es)?|routers?|firewalls?|servers?|cameras?|sensors?|cooling|crac|air condition(?:er|ers|ing)|patch panels?|kvms?|console)$/i;
/**
 * Model numbers of rack PDUs and transfer switches, monitors and air conditioners of the same maker.
 * Source: docs/sources/snmp.md#sysdescr
 */
const OTHER_MODEL =
  /^(?:apc[-_ ]?)?(?:AP(?:44|77|78|79|84|86|87|88|89)\d\d|AP(?:DU|EPDU)\d|A?EPDU\d|NBRK\d|NBPD\d|NBWL\d|AP9[37]\d\dTH|ACR[CDP]\d)|\b(?:rack[-_ ]?pdu|masterswitch|switched rack|metered rack|in-?row|netbotz|transfer switch)\b/i;
/** Applications of cards of other devices, as sysDescr names them. */
const OTHER_APPLICATION = /\bAN1:apc_hw\d\d_(?:rpdu\w*|ats\w*|nb\w*|acrc\w*|acrp\w*|env\w*|ms3\w*)_/i;

/** Why a device of a list is no UPS; null where it is one, or where the list does not tell. */
function whyNoUps({ role, model, description }: KindWords): string | null {
  const [roleWords, modelWords] = [wordsOf(role), wordsOf(model)];
  const use = roleWords.replaceAll(/[\s_-]+/g, ' ');
  if (UPS.test(use)) return null;
  if (OTHER_ROLE.test(use)) return `its role is "${roleWords}"`;
  if (UPS.test(modelWords)) return null;
  if (OTHER_MODEL.test(modelWords)) return `its model is "${modelWords}"`;
  const application = OTHER_APPLICATION.exec((description ?? '').slice(0, LONGEST_KIND));
  return application === null ? null : `its card runs "${application[0].replace(/_$/, '')}"`;
}

function wordsOf(text: string | null | undefined): string {
  return (text ?? '').slice(0, LONGEST_KIND).trim();
}
