/** What a version belongs to. Versions can be compared only within one component and one firmware line. */
export type Component = 'ups' | 'card-boot' | 'card-os' | 'card-app';

/** `line` is the Micro-Link ID of a UPS as text (`18`, `1015`) or the platform of a card (`hw05`, `hw21`). */
export interface Firmware {
  readonly component: Component;
  readonly line: string;
  readonly version: string;
}

/** A firmware string as read from a unit. What the string does not contain is null, never a guess. */
export interface FirmwareReading {
  readonly raw: string | null;
  readonly version: string | null;
  readonly microLinkId: number | null;
}

/**
 * The form of a firmware string.
 * `micro-link`: contains a UPS version. `ups-link`: the older protocol of SU, SUA and SURT units
 * (`652.13.I`). `other`: readable, but neither (a bare `4.1`). `none`: nothing usable.
 * Source: docs/sources/snmp.md#firmware-strings
 */
export const FIRMWARE_FORMS = ['micro-link', 'ups-link', 'other', 'none'] as const;
export type FirmwareForm = (typeof FIRMWARE_FORMS)[number];

const MAX_FIRMWARE_STRING = 128;
/** Text before the parts: a product name that ends in `FW:`. */
const PREFIX = /^[\w .+-]{0,60}\bFW:\s*/i;
/**
 * One part of a string: a component with its version, the bare version of a second component (`00.5`), or
 * the ID (`ID=18`). The brackets at its end hold the ID of the part, or one number for each component.
 * Two digits, point, one digit: every UPS record of 84 vendor images has that shape. A letter marks a patch;
 * `v` only means "version".
 */
const PART =
  /^(?:(?<name>[A-Z]{3})\s*(?<letter>[A-Z]?)\s*)?(?<version>\d{1,2}\.\d{1,2})(?:\s*\(\s*(?:ID\s*(?<bracket>\d{1,10})|(?<first>\d{1,10})\s*-\s*(?<second>\d{1,10}))\s*\))?$/i;
const ID_PART = /^ID\s*=\s*(\d{1,10})$/i;
const UPS_VERSION = /^\d\d\.\d$/;
/** Components beside the UPS: its communication and other processors, boot loaders and display. */
const OTHER_COMPONENTS: ReadonlySet<string> = new Set([
  'COM',
  'MCU',
  'BMC',
  'LCD',
  'MBL',
  'UBL',
  'CBL',
  'PKG',
]);
const MAX_PARTS = 4;
/** `v 15.5 (1026)`, as in the vendor's version table. */
const TABLE_STRING = /^v\s*(?<letter>[a-uw-z]?)(?<version>\d\d\.\d)\s*\(\s*(?<bracket>\d{1,10})\s*\)$/i;
const UPS_LINK = /^\d{2,3}\.[0-9a-z]{1,4}\.[a-z]$/i;
const BARE_VERSION = /^(\d{1,2}\.\d{1,2})(?:\s*\(\s*ID\s*\d+\s*\))?$/i;

interface UpsString {
  readonly version: string;
  readonly id: number | null;
}

function upsString(raw: string | null): UpsString | null {
  const text = textOf(raw);
  const table = TABLE_STRING.exec(text)?.groups;
  if (table !== undefined) return upsOf(table.letter, table.version, table.bracket);
  const parts = text
    .replace(PREFIX, '')
    .split('/', MAX_PARTS + 1)
    .map((part) => part.trim());
  return parts.length > MAX_PARTS ? null : upsOfParts(parts);
}

/** The UPS among the parts of a string, in any order; null if a part has no known form. */
function upsOfParts(parts: readonly string[]): UpsString | null {
  let ups: Readonly<Record<string, string | undefined>> | null = null;
  let isFirst = false;
  let components = 0;
  let hasBare = false;
  let pair: string | null = null;
  const ids: string[] = [];
  for (const part of parts) {
    const id = ID_PART.exec(part)?.[1];
    if (id !== undefined) {
      ids.push(id);
      continue;
    }
    const groups = PART.exec(part)?.groups;
    if (groups === undefined) return null;
    const name = groups.name?.toUpperCase() ?? null;
    // A second version without a name has been seen after the UPS alone.
    if (name === null && (parts.length !== 2 || groups.first !== undefined || groups.bracket !== undefined))
      return null;
    hasBare = hasBare || name === null;
    components += 1;
    if (groups.first !== undefined) {
      // The numbers stand once, at the end of the string.
      if (part !== parts.at(-1)) return null;
      pair = groups.first;
    }
    if (name === 'UPS') {
      if (ups !== null || !UPS_VERSION.test(groups.version ?? '')) return null;
      ups = groups;
      isFirst = components === 1;
      if (groups.bracket !== undefined) ids.push(groups.bracket);
    } else if (name !== null && !OTHER_COMPONENTS.has(name)) return null;
  }
  if (ups === null || (hasBare && ids.length > 0)) return null;
  // Two IDs contradict each other.
  if (ids.length > 1 || (ids.length > 0 && pair !== null)) return null;
  if (pair !== null && components !== 2) return null;
  // The first number has been seen to be that of the UPS where the UPS comes first.
  return upsOf(ups.letter, ups.version, ids[0] ?? (isFirst && pair !== null ? pair : undefined));
}

function upsOf(letter = '', version = '', id: string | undefined): UpsString | null {
  // `v` would sort as a patch.
  if (letter.toLowerCase() === 'v') return null;
  return { version: `${letter.toLowerCase()}${version}`, id: id === undefined ? null : Number(id) };
}

function textOf(raw: string | null): string {
  // A string longer than any known one is not cut to a readable one. Spaces around it do not count.
  if (raw === null || raw.length > MAX_FIRMWARE_STRING * 4) return '';
  const text = raw.trim();
  return text.length > MAX_FIRMWARE_STRING ? '' : text;
}

/**
 * Reads a firmware string as a device prints it, in any documented form; see {@link FirmwareForm}. For text
 * that a person typed there is {@link readTypedFirmware}.
 */
export function readFirmware(raw: string | null): FirmwareReading {
  const ups = upsString(raw);
  if (ups !== null) {
    const real = ups.id !== null && ups.id > 0 && ups.id <= 0xffff;
    return { raw, version: ups.version, microLinkId: real ? ups.id : null };
  }
  const text = textOf(raw);
  if (UPS_LINK.test(text)) return { raw, version: text, microLinkId: null };
  return { raw, version: BARE_VERSION.exec(text)?.[1] ?? null, microLinkId: null };
}

/**
 * The ID that a unit reports, even if it cannot be a Micro-Link ID (0, 99999). Such a unit has an ID that is
 * in no list, which differs from having none.
 */
export function printedId(reading: FirmwareReading): number | null {
  return reading.microLinkId ?? upsString(reading.raw)?.id ?? null;
}

/** The form of a firmware string; see {@link FirmwareForm}. */
export function firmwareForm(reading: FirmwareReading): FirmwareForm {
  if (reading.microLinkId !== null || upsString(reading.raw) !== null) return 'micro-link';
  if (UPS_LINK.test(textOf(reading.raw))) return 'ups-link';
  return reading.version === null ? 'none' : 'other';
}

/** What a person can type, for messages. */
export const TYPED_FIRMWARE_FORMS = '"UPS 09.3 (ID18)", "UPS 9.3 / ID=18", "9.3 ID18" or "ID18 UPS 9.3"';

/** Words before a version. Only `UPS` says what the version belongs to. */
const LABELS = '(?:(?:ups|firmware|revision|version|fw|rev|ver|v)[ .:=]*){0,4}';
const VERSION = String.raw`(?<labels>${LABELS})(?<letter>[a-uw-z]?) ?(?<major>\d{1,2})\.(?<minor>\d)`;
/** The ID needs its name: a bare number beside a version can be anything. */
const ID = String.raw`[(\[]? ?(?:micro-?link )?id[ .:=#-]*(?<id>\d{1,10})(?!\d) ?[)\]]?`;
const BETWEEN = ' ?[,;/|-]? ?';

/** `Smart-UPS 1500`, `SMT1500RMI2U:` */
const PRODUCT =
  /^(?!.*(?:\bid\b|\bid\d|\d\.\d))(?:apc )?(?:smart-?ups\b[\w +-]{0,40}|[a-z]{2,5}\d[\w-]{0,30})[:,]? ?$/i;

const FORMS: readonly RegExp[] = [
  new RegExp(`^${VERSION}${BETWEEN}${ID}$`, 'i'),
  new RegExp(`^${ID}${BETWEEN}${VERSION}$`, 'i'),
  // As in the vendor's version table.
  new RegExp(String.raw`^${VERSION} ?\( ?(?<id>\d{1,10}) ?\)$`, 'i'),
  new RegExp(`^${VERSION}$`, 'i'),
];

/**
 * Reads a firmware string that a person typed, or copied from somewhere: any order of version and ID, any
 * spaces, one digit before the point. What a device prints has the result of {@link readFirmware}. A looser
 * text is first written in the form of a unit, which is then `raw`. A text that could mean two things is not
 * readable: an ID without its name (`09.3/18`), a comma for the point, a version with two digits after it.
 * Never throws; the time does not grow with the length.
 */
export function readTypedFirmware(text: string | null): FirmwareReading {
  const strict = readFirmware(text);
  const form = firmwareForm(strict);
  if (text === null || form === 'micro-link' || form === 'ups-link') return strict;
  const written = unitForm(text);
  return written === null ? strict : readFirmware(written);
}

/** The text as a unit would print it; null if it has no form that is clear. */
function unitForm(text: string): string | null {
  if (text.length > MAX_FIRMWARE_STRING * 4) return null;
  const plain = folded(text);
  if (plain.length > MAX_FIRMWARE_STRING) return null;
  const padded = plain.replace(/(?<![\d.])(?=\d\.\d(?![\d.]))/g, '0');
  if (firmwareForm(readFirmware(padded)) === 'micro-link') return padded;
  const found = FORMS.map((form) => form.exec(plain)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) {
    // A product name before the text of the unit, as in a report. What looks like an ID or a version is none.
    const at = plain.search(/(?<![\w-])UPS \d{1,2}\.\d/i);
    return at > 0 && PRODUCT.test(plain.slice(0, at)) ? unitForm(plain.slice(at)) : null;
  }
  // A bracket without its partner is a rest of other text.
  if (!/^(?:\(\)|\[\])?$/.test(plain.replace(/[^()[\]]/g, ''))) return null;
  const { labels = '', letter = '', major = '', minor = '', id } = found;
  const isNamed = /ups/i.test(labels);
  // A bare version without an ID decides nothing.
  if (id === undefined && !isNamed) return null;
  // A SURT prints `5.1 (ID5)`, and that ID is no Micro-Link ID. Source: docs/sources/snmp.md#firmware-strings
  if (!isNamed && major.length === 1 && id !== undefined && id.length === 1) return null;
  const version = `${letter}${major.padStart(2, '0')}.${minor}`;
  return `UPS ${version}${id === undefined ? '' : ` (ID${id})`}`;
}

/** A quotation mark at the start and at the end. */
const QUOTED = /^["'`\u2018-\u201f](.*)["'`\u2018-\u201f]$/;

/**
 * Full-width characters and dashes as on a plain keyboard, single spaces (also for underscores), no quotes
 * around the text, and no end of a sentence behind it.
 */
function folded(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\s\p{Zs}\p{Cf}_]+/gu, ' ')
    .trim()
    .replace(QUOTED, '$1')
    .trim()
    .replace(/ ?[.,;]$/, '');
}

/** The firmware of a UPS as a comparable value; null unless both version and Micro-Link ID are known. */
export function upsFirmware(reading: FirmwareReading): Firmware | null {
  if (reading.version === null || reading.microLinkId === null) return null;
  return { component: 'ups', line: String(reading.microLinkId), version: reading.version };
}

const UPS_ORDER = /^([a-z]?)(\d\d)\.(\d)$/i;
const CARD_ORDER = /^v?(\d{1,4}(?:\.\d{1,4}){0,4})(?:\.?([a-z]))?$/i;

/** Version text as numbers to compare place by place; undefined if the text has no known form. */
function places(component: Component, version: string): readonly number[] | undefined {
  if (component === 'ups') {
    const found = UPS_ORDER.exec(version);
    // A letter marks a patch of the plain version, so no letter sorts before `a`.
    return found === null ? undefined : [Number(found[2]), Number(found[3]), letterPlace(found[1] ?? '')];
  }
  const found = CARD_ORDER.exec(version);
  if (found === null) return undefined;
  const numbers = (found[1] ?? '').split('.').map(Number);
  while (numbers.length < 5) numbers.push(0);
  return [...numbers, letterPlace(found[2] ?? '')];
}

function letterPlace(letter: string): number {
  return letter === '' ? 0 : letter.toLowerCase().charCodeAt(0) - 96;
}

/**
 * Orders two firmwares: -1, 0 or 1. Undefined if they cannot be compared: another component, another firmware
 * line, or a version of no known form. Undefined refuses: 02.0 of ID1060 runs on newer hardware than 15.0 of
 * ID18.
 */
export function compare(a: Firmware, b: Firmware): -1 | 0 | 1 | undefined {
  if (a.component !== b.component || a.line !== b.line) return undefined;
  const left = places(a.component, a.version);
  const right = places(b.component, b.version);
  if (left === undefined || right === undefined) return undefined;
  for (const [index, place] of left.entries()) {
    const other = right[index] ?? 0;
    if (place !== other) return place < other ? -1 : 1;
  }
  return 0;
}
