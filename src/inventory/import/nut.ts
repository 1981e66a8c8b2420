import { sanitize } from '../../core/index.ts';
import { collectUnits, type Imported, type RawUnit, refuseHuge, unreadable } from './imported.ts';

/** A section of ups.conf, which is one unit. */
interface Section {
  readonly name: string;
  readonly line: number;
  /** Values by the name of the setting. */
  readonly values: Map<string, string>;
}

const HINT = 'Give ups.conf of NUT: sections [name] with lines like port = 10.0.0.1.';

/** Values of `mibs` that fit the card of a Smart-UPS. */
const MIBS: ReadonlySet<string> = new Set(['auto', 'apcc', 'apc', 'ietf']);

/** Drivers for a Smart-UPS at a local port. */
const LOCAL_DRIVER = /^(?:usbhid-ups|genericups|apc)/;

const CREDENTIAL = ['snmp_version', 'community', 'secName', 'authPassword', 'privPassword'] as const;

const LONGEST_LINE = 10_000;

/** A setting that a note may repeat. */
const HARMLESS = /^[a-z0-9_-]{1,32}$/i;

const OTHER_TRANSPORT = /^(?:tcp6?|unix|ssh|tlstcp|dtlsudp):/i;

/** Imports the snmp-ups sections of a ups.conf, without its secrets. Throws Problem config/import. */
export function importNut(text: string): Imported {
  refuseHuge(text);
  const sections = sectionsOf(text);
  const credentials = new Set(
    sections
      .filter(({ values }) => otherDevice(values) === null && notImportable(values) === null)
      .map(({ values }) => JSON.stringify(CREDENTIAL.map((key) => values.get(key)))),
  );
  const units = collectUnits();
  for (const section of sections) {
    const place = `[${section.name}] in line ${section.line}`;
    const other = otherDevice(section.values);
    if (other !== null) {
      units.passOver(place, other);
      continue;
    }
    const why = notImportable(section.values);
    if (why !== null) {
      units.leaveOut(place, why);
      continue;
    }
    const omitted = omittedAccess(section, credentials.size > 1);
    if (omitted !== null) units.note(place, omitted);
    units.add(place, {
      site: null,
      name: section.name,
      serial: null,
      ...peer(section.values.get('port') ?? ''),
    });
  }
  return units.end();
}

/** Why a section is of another device; null where it may be of a Smart-UPS. */
function otherDevice(values: Section['values']): string | null {
  const driver = values.get('driver');
  if (driver === undefined) return null;
  if (driver !== 'snmp-ups') {
    return LOCAL_DRIVER.test(driver) ? null : `its driver is ${shown(driver)}, which is not for a Smart-UPS`;
  }
  const mibs = values.get('mibs') ?? 'auto';
  if (MIBS.has(mibs.toLowerCase())) return null;
  return `its mibs is ${shown(mibs)}, which is not for a Smart-UPS`;
}

/** Why a section cannot be imported although it may be of a Smart-UPS; null where it can. */
function notImportable(values: Section['values']): string | null {
  const driver = values.get('driver');
  if (driver === undefined) return 'it has no driver';
  if (driver !== 'snmp-ups') {
    return `its driver is ${shown(driver)}, so it is a local unit; add it to the inventory with serialPort or usb`;
  }
  if (OTHER_TRANSPORT.test(values.get('port') ?? '')) {
    return 'its port uses another transport than UDP';
  }
  return null;
}

function shown(value: string): string {
  return HARMLESS.test(value) ? value : 'another one';
}

/**
 * The note on credentials that the operator has to add; null where the section has none. Never repeats a
 * credential.
 */
function omittedAccess({ name, values }: Section, own: boolean): string | null {
  const shown = sanitize(name, 64);
  const suffix = own
    ? `_${name
        .toUpperCase()
        .replaceAll(/[^A-Z0-9]+/g, '_')
        .slice(0, 40)}`
    : '';
  if (values.get('snmp_version') === 'v3') {
    return `user and passphrases of [${shown}] (SNMPv3) are not imported: add them with user, authKey: env:UPS_AUTH${suffix} and privKey: env:UPS_PRIV${suffix}`;
  }
  if (!values.has('community')) return null;
  const version = values.get('snmp_version') === 'v2c' ? 'v2c' : 'v1';
  return `community of [${shown}] (SNMP ${version}) is not imported: add it as env:UPS_READ${suffix}`;
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`, with or without `udp:` before it. */
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
    const [first = '', equals, value] = tokensOf(raw, line);
    if (first === '') continue;
    const name = first.startsWith('[') ? (/^\[([^\]]+)\]$/.exec(first)?.[1] ?? '') : null;
    if (name !== null) {
      if (name === '') throw unreadable(`line ${line}`, 'expected a section like [name]', HINT);
      // NUT merges sections of the same name.
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

/**
 * The tokens of a line: quotes enclose one token, a backslash escapes the next character, # begins a comment.
 */
function tokensOf(text: string, line: number): readonly string[] {
  if (text.length > LONGEST_LINE) {
    throw unreadable(`line ${line}`, `a line of more than ${LONGEST_LINE} characters`, HINT);
  }
  const token = /\s*(?:(#.*)|(=)|((?:[^\s"\\#=]|\\.)+)|"((?:[^"\\]|\\.)*)")/y;
  const tokens: string[] = [];
  const plain = text.trimEnd();
  while (token.lastIndex < plain.length) {
    const found = token.exec(plain);
    if (found === null)
      throw unreadable(
        `line ${line}`,
        'an opening quote has no closing quote, or a backslash ends the line',
        HINT,
      );
    const [, comment, equals, bare, quoted] = found;
    if (comment !== undefined) break;
    tokens.push(equals ?? (bare ?? quoted ?? '').replaceAll(/\\(.)/g, '$1'));
  }
  return tokens;
}
