import type { FirmwareReading } from './firmware.ts';

export const CARD_GENERATIONS = ['nmc1', 'nmc2', 'nmc3'] as const;
export type CardGeneration = (typeof CARD_GENERATIONS)[number];

/** A Network Management Card as it describes itself. Versions are as the card writes them (`v7.0.8`). */
export interface Card {
  readonly model: string | null;
  readonly serial: string | null;
  readonly generation: CardGeneration | null;
  /** Platform of its firmware files: `hw05`, `hw21`. */
  readonly platform: string | null;
  /** Version of its boot monitor. */
  readonly boot: string | null;
  readonly os: string | null;
  readonly app: { readonly name: string | null; readonly version: string | null } | null;
  /** How long the card runs since its last restart; null or absent if it does not say. */
  readonly uptimeSeconds?: number | null | undefined;
}

/** Parts of a card that have their own firmware. `card` is all of them in one file. */
export const CARD_PARTS = ['card-boot', 'card-os', 'card-app', 'card'] as const;
export type CardPart = (typeof CARD_PARTS)[number];

/** Condition of a unit at one moment. Every field may be unknown (null), and unknown is never yes. */
export interface Condition {
  readonly onLine: boolean | null;
  readonly outputOn: boolean | null;
  /** 0 to 100. */
  readonly batteryPercent: number | null;
  readonly runtimeSeconds: number | null;
  /** 0 to 100, more on overload. */
  readonly loadPercent: number | null;
  readonly calibrating: boolean | null;
  /** A self-test is running. */
  readonly selfTest: boolean | null;
  /** Raised flags that block an update; null if the flags cannot be read. */
  readonly alarms: readonly string[] | null;
  /** Raised flags that do not block an update (AVR, eco mode, replace battery); null as above. */
  readonly notices: readonly string[] | null;
  /** The card communicates with its UPS. If false, every other field may be stale. */
  readonly linkUp: boolean | null;
}

/** What a unit was read over. */
export const SEEN_BY = ['snmp', 'ssh', 'usb', 'serial'] as const;

/** A unit as read. Its identity is the serial number: address, firmware line and card may change. */
export interface Unit {
  readonly site: string | null;
  readonly name: string | null;
  readonly host: string | null;
  /** UDP port of SNMP, or the serial port or USB device of a local unit. */
  readonly port: number | string | null;
  readonly serial: string | null;
  readonly model: string | null;
  readonly sku: string | null;
  readonly manufactured: string | null;
  readonly ratingVA: number | null;
  readonly firmware: FirmwareReading;
  readonly card: Card | null;
  readonly condition: Condition;
  readonly reachable: boolean;
  readonly seenBy: (typeof SEEN_BY)[number] | null;
  /** True if the device itself reports that it is simulated. */
  readonly simulated: boolean;
}

/** What answered at an address. */
export type DeviceKind = 'smart-ups' | 'ups' | 'pdu' | 'ats' | 'cooling' | 'card' | 'agent' | 'other';

export const UNKNOWN_CONDITION: Condition = {
  onLine: null,
  outputOn: null,
  batteryPercent: null,
  runtimeSeconds: null,
  loadPercent: null,
  calibrating: null,
  selfTest: null,
  alarms: null,
  notices: null,
  linkUp: null,
};

/** A unit of which only the place in the inventory is known. */
export function unknownUnit(place: Pick<Unit, 'site' | 'name' | 'host' | 'port'>): Unit {
  return {
    site: place.site,
    name: place.name,
    host: place.host,
    port: place.port,
    serial: null,
    model: null,
    sku: null,
    manufactured: null,
    ratingVA: null,
    firmware: { raw: null, version: null, microLinkId: null },
    card: null,
    condition: UNKNOWN_CONDITION,
    reachable: false,
    seenBy: null,
    simulated: false,
  };
}

/** System contact of a simulated card, so that nobody takes a simulation for the real device. */
export const SIMULATED_MARK = 'upsfw simulated unit';

/** True if both are the same unit. Without a usable serial number the answer is no. */
export function sameUnit(a: Unit, b: Unit): boolean {
  const serial = usableSerial(a.serial);
  return serial !== null && serial === usableSerial(b.serial);
}

/** Words that begin a text instead of a serial number, also with a number: `tbd-2`, `UNKNOWN 1`. */
const PLACEHOLDER_WORDS = [
  'unknown',
  'undefined',
  'unspecified',
  'none',
  'null',
  'n/a',
  'not',
  'no serial',
  'tbd',
  'tba',
  'tbc',
  'todo',
  'to be',
  'pending',
  'missing',
  'dummy',
  'example',
  'sample',
  'placeholder',
  'default',
];
const PLACEHOLDER = new RegExp(
  `^(?:${PLACEHOLDER_WORDS.map((word) => word.replace(' ', '[ _-]')).join('|')})(?:[^a-z0-9]|[0-9]{0,3}$)`,
  'i',
);
/** Digits that count up or down, with zero at either end. */
const COUNTING = ['01234567890', '09876543210'];
/** Far above any serial number. */
const LONGEST_SERIAL_TEXT = 100;

/**
 * Whether a text is written where a serial number is not known: no digit in it (`Not Specified`, `-`), one
 * repeated character (`000000`, `xxxxxx`), digits that only count (`123456789`), or a word for it with a
 * number (`tbd-2`).
 *
 * The serial numbers of Smart-UPS units have digits for year and week. A placeholder that is taken for a
 * serial number could identify the wrong unit. A serial number that is taken for a placeholder blocks its
 * unit: a text that these rules do not name is a serial number, `AS0000000001` too.
 * Source: docs/sources/snmp.md#serial-numbers-that-identify-nothing
 */
export function isPlaceholder(text: string): boolean {
  const plain = text.slice(0, LONGEST_SERIAL_TEXT).normalize('NFKC').trim();
  const characters = plain.replaceAll(/[^\p{L}\p{N}]/gu, '');
  return (
    !/\d/.test(characters) ||
    /^(.)\1*$/i.test(characters) ||
    COUNTING.some((digits) => digits.includes(characters)) ||
    PLACEHOLDER.test(plain)
  );
}

/**
 * A serial number that distinguishes units, in capital letters; null for one that is too short, or a
 * placeholder. Agents without one return one repeated character (`FFFFFFFFFFFF`).
 */
export function usableSerial(serial: string | null): string | null {
  const text = serial?.trim() ?? '';
  return text.length < 6 || isPlaceholder(text) ? null : text.toUpperCase();
}
