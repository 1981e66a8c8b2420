import ipaddr from 'ipaddr.js';
import { Problem, readHost, sanitize, usableSerial } from '../../core/index.ts';
import { sanitizeName } from '../names.ts';
import { LONGEST_NAME, PortSchema, type SnmpReference } from '../schema.ts';

/** Addresses by host name in lower case, as far as names could be resolved. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/** A listed unit made fit for an inventory. */
export interface Found {
  readonly listed: ListedUnit;
  readonly host: string;
  /** All spellings that lead to this host, each in one form. */
  readonly hosts: ReadonlySet<string>;
  /** Null: not known there, so whatever counts in the inventory. */
  readonly port: number | null;
  /** Null where there is none that tells units apart. */
  readonly serial: string | null;
  readonly card: string | null;
  readonly site: string;
  /** Name for a new entry, not yet unlike the others. */
  readonly name: string;
}

/** A listed unit that cannot stand in an inventory, and why. */
export interface Invalid {
  readonly site: string;
  readonly name: string;
  readonly serial: string | null;
  /** Null: it has no host at all. */
  readonly reason: string | null;
}

/** What is written into a file as the identity of a unit: visible characters, as long as an inventory takes. */
const WRITABLE_SERIAL = /^[\x20-\x7e]{6,32}$/;

/** Makes a listed unit fit for an inventory; `site` is for units that name none. */
export function normalizeUnit(listed: ListedUnit, site: string, addresses: Addresses): Found | Invalid {
  const serial = writableSerial(listed.serial);
  const wish = listed.host?.trim() ?? '';
  const read = readHost(wish);
  const host = read.ok ? read.host : wish;
  const place = sanitizeName(listed.site ?? '') ?? siteName(site);
  const name = sanitizeName(listed.name ?? '') ?? ownName(serial, host);
  const unfit = (reason: string | null): Invalid => ({ site: place, name, serial, reason });
  if (host === '') return unfit(null);
  if (!read.ok) return unfit(`"${sanitize(host, 64)}" ${read.why}`);
  if (listed.snmpPort !== null && !PortSchema.safeParse(listed.snmpPort).success) {
    return unfit(`${listed.snmpPort} is no UDP port`);
  }
  return {
    listed,
    host,
    hosts: hostsOf(host, addresses),
    port: listed.snmpPort,
    serial,
    card: usableSerial(listed.cardSerial),
    site: place,
    name,
  };
}

/** The site for units that name none. Throws Problem config/inventory where an inventory cannot hold that name. */
function siteName(site: string): string {
  if (sanitizeName(site) === site) return site;
  throw new Problem('config/inventory', `"${sanitize(site)}" cannot be the name of a site.`, {
    hint: 'Give a site name of letters, digits, dot, dash and underscore.',
  });
}

function writableSerial(serial: string | null): string | null {
  const usable = usableSerial(serial);
  return usable !== null && WRITABLE_SERIAL.test(usable) ? usable : null;
}

function ownName(serial: string | null, host: string): string {
  const wish = serial === null ? host.replaceAll(/[^A-Za-z0-9._-]/g, '-') : `ups-${serial.toLowerCase()}`;
  return sanitizeName(wish) ?? 'ups';
}

/** A name that `alreadyExists` does not have (in lower case), made by a number at its end. */
export function uniqueName(wish: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count += 1) {
    const end = count === 1 ? '' : `-${count}`;
    const name = wish.slice(0, LONGEST_NAME - end.length) + end;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

/** Whether text is an IP address; else it is a host name. */
export function isAddress(host: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(host) || (host.includes(':') && ipaddr.isValid(host));
}

/** One form for all spellings of a host. */
export function oneForm(host: string): string {
  return isAddress(host) ? ipaddr.process(host).toNormalizedString() : host.toLowerCase();
}

/** Whether two words name one host: brackets, capitals and the form of an IPv6 address do not count. */
export function sameHost(a: string, b: string): boolean {
  const [one, other] = [readHost(a), readHost(b)];
  return one.ok && other.ok && oneForm(one.host) === oneForm(other.host);
}

/** A host and the addresses that its name leads to, each in one form. */
export function hostsOf(host: string, addresses: Addresses): ReadonlySet<string> {
  return new Set([host, ...(addresses.get(host.toLowerCase()) ?? [])].map(oneForm));
}

/** Whether two hosts, as of `hostsOf`, lead to one place. */
export function meet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const host of a) if (b.has(host)) return true;
  return false;
}

/** A host with its SNMP port where that is another than usual. */
export function placeText(host: string, port: number | null): string {
  return port === null || port === 161 ? host : `${host} port ${port}`;
}

/** Where a listed unit answered. */
export function whereIs(found: Found): string {
  return placeText(found.host, found.port);
}

/** The serial number of a listed unit in a message. */
export function serialText(found: Found): string {
  return found.serial === null ? 'no serial number' : `serial number ${found.serial}`;
}

/** A unit as a sweep or somebody else's list knows it, to be written into an inventory. Null = not known there. */
export interface ListedUnit {
  readonly site: string | null;
  /** A wish: the merge makes it fit for an inventory and unlike the others. */
  readonly name: string | null;
  /** Address or host name. */
  readonly host: string | null;
  readonly serial: string | null;
  /** Serial number of its card: tells one card with two addresses from two units of one serial number. */
  readonly cardSerial: string | null;
  readonly snmpPort: number | null;
  /** The credential that was answered to, as a reference; null = that of the inventory. */
  readonly snmp: SnmpReference | null;
}
