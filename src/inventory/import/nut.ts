import { sanitize } from '../../core/index.ts';
import { gather, type Imported, type RawUnit, refuseHuge, unreadable } from './imported.ts';

/** A section of ups.conf: a unit. */
interface Section {
  readonly name: string;
  readonly line: number;
  /** By the name of the setting. */
  readonly values: Map<string, string>;
}

const HINT = 'Give ups.conf of NUT: sections [name] with lines like port = 10.0.0.1.';

/** MIBs that a card of a Smart-UPS speaks; others are those of other makers and of other devices. */
const MIBS: ReadonlySet<string> = new Set(['auto', 'apcc', 'apc', 'ietf']);

/** Drivers that speak to a Smart-UPS at a port of the machine. */
const LOCAL_DRIVER = /^(?:usbhid-ups|genericups|apc)/;

const CREDENTIAL = ['snmp_version', 'community', 'secName', 'authPassword', 'privPassword'] as const;

const LONGEST_LINE = 10_000;

/** What may be repeated in a note. */
const WORD = /^[a-z0-9_-]{1,32}$/i;

const OTHER_TRANSPORT = /^(?:tcp6?|unix|ssh|tlstcp|dtlsudp):/i;

/** Takes the snmp-ups sections of a ups.conf; communities and passwords stay there. Throws Problem config/import. */
export function importNut(text: string): Imported {
  refuseHuge(text);
  const sections = sectionsOf(text);
  const credentials = new Set(
    sections
      .filter(({ values }) => whyOther(values) === null && whyNot(values) === null)
      .map(({ values }) => JSON.stringify(CREDENTIAL.map((key) => values.get(key)))),
  );
  const units = gather();
  for (const section of sections) {
    const place = `[${section.name}] in line ${section.line}`;
    const other = whyOther(section.values);
    if (other !== null) {
      units.passOver(place, other);
      continue;
    }
    const why = whyNot(section.values);
    if (why !== null) {
      units.leaveOut(place, why);
      continue;
    }
    const lost = lostAccess(section, credentials.size > 1);
    if (lost !== null) units.note(place, lost);
    units.add(place, {
      site: null,
      name: section.name,
      serial: null,
      ...peer(section.values.get('port') ?? ''),
    });
  }
  return units.end();
}

/** Why a section is of a device of another maker; null where it may be of a Smart-UPS. */
function whyOther(values: Section['values']): string | null {
  const driver = values.get('driver');
  if (driver === undefined) return null;
  if (driver !== 'snmp-ups') {
    return LOCAL_DRIVER.test(driver) ? null : `its driver is ${shown(driver)}, which speaks to no Smart-UPS`;
  }
  const mibs = values.get('mibs') ?? 'auto';
  if (MIBS.has(mibs.toLowerCase())) return null;
  return `its mibs is ${shown(mibs)}, which is not that of a Smart-UPS`;
}

/** Why a section of what may be a Smart-UPS cannot be taken; null where it can. */
function whyNot(values: Section['values']): string | null {
  const driver = values.get('driver');
  if (driver === undefined) return 'it names no driver';
  if (driver !== 'snmp-ups') {
    return `its driver is ${shown(driver)}, so it is no card in the network; add a local unit by hand with serialPort or usb`;
  }
  if (OTHER_TRANSPORT.test(values.get('port') ?? '')) {
    return 'its port is not reached by UDP';
  }
  return null;
}

function shown(word: string): string {
  return WORD.test(word) ? word : 'another one';
}

/** What of its credentials is to be given by hand, and how; null where it names none. Never says the credential. */
function lostAccess({ name, values }: Section, own: boolean): string | null {
  const shown = sanitize(name, 64);
  const ending = own
    ? `_${name
        .toUpperCase()
        .replaceAll(/[^A-Z0-9]+/g, '_')
        .slice(0, 40)}`
    : '';
  if (values.get('snmp_version') === 'v3') {
    return `user and pass phrases of [${shown}] (SNMPv3) are left out: give them with user, authKey: env:UPS_AUTH${ending} and privKey: env:UPS_PRIV${ending}`;
  }
  if (!values.has('community')) return null;
  const version = values.get('snmp_version') === 'v2c' ? 'v2c' : 'v1';
  return `community of [${shown}] (SNMP ${version}) is left out: give it by env:UPS_READ${ending}`;
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`; `udp:` may stand before it. */
function peer(text: string): Pick<RawUnit, 'host' | 'port'> {
  const address = text.replace(/^udp6?:/i, '');
  const found = /^\[([^\]]*)\](?::(\d+))?$/.exec(address) ?? /^([^:]*):(\d+)$/.exec(address);
  return found === null ? { host: address, port: null } : { host: found[1] ?? null, port: found[2] ?? null };
}

function sectionsOf(text: string): readonly Section[] {
  const sections = new Map<string, Section>();
  let open: Section | null = null;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const words = wordsOf(raw, line);
    const [first = '', equals, value] = words;
    if (first === '') continue;
    const name = first.startsWith('[') ? (/^\[([^\]]+)\]$/.exec(first)?.[1] ?? '') : null;
    if (name !== null) {
      if (name === '') throw unreadable(`line ${line}`, 'expected a section like [name]', HINT);
      // NUT reads a section that is there twice as one.
      open = sections.get(name) ?? { name, line, values: new Map() };
      sections.set(name, open);
      continue;
    }
    if (equals !== undefined && equals !== '=') {
      throw unreadable(`line ${line}`, 'expected a setting like port = 10.0.0.1', HINT);
    }
    open?.values.set(first, value ?? '');
  }
  return [...sections.values()];
}

/** The words of a line: quotes hold a word together, a backslash takes the next character as it is, # begins a comment. */
function wordsOf(text: string, line: number): readonly string[] {
  if (text.length > LONGEST_LINE) {
    throw unreadable(`line ${line}`, `a line of more than ${LONGEST_LINE} characters`, HINT);
  }
  const word = /\s*(?:(#.*)|(=)|((?:[^\s"\\#=]|\\.)+)|"((?:[^"\\]|\\.)*)")/y;
  const words: string[] = [];
  const plain = text.trimEnd();
  while (word.lastIndex < plain.length) {
    const found = word.exec(plain);
    if (found === null)
      throw unreadable(
        `line ${line}`,
        'a quote is opened and never closed, or a backslash ends the line',
        HINT,
      );
    const [, comment, equals, bare, quoted] = found;
    if (comment !== undefined) break;
    words.push(equals ?? (bare ?? quoted ?? '').replaceAll(/\\(.)/g, '$1'));
  }
  return words;
}
