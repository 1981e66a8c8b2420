import ipaddr from 'ipaddr.js';
import { Problem, readHost, sanitize, usableSerial } from '../../core/index.ts';
import { isName, LONGEST_NAME, sanitizeName } from '../names.ts';
import { PortSchema, type SnmpReference } from '../schema.ts';

/** Resolved addresses, by host name in lower case. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/** A listed unit in the form that an inventory takes. */
export interface Found {
  readonly listed: ListedUnit;
  readonly host: string;
  /** The host and its addresses, each in its normal form. */
  readonly hosts: ReadonlySet<string>;
  /** Null: the list does not give it, so that of the inventory counts. */
  readonly port: number | null;
  /** Null where it has none that identifies a unit. */
  readonly serial: string | null;
  readonly card: string | null;
  readonly site: string;
  /** Name for a new entry; may not be unique yet. */
  readonly name: string;
}

/** A listed unit that an inventory cannot hold, and why. */
export interface Invalid {
  readonly site: string;
  readonly name: string;
  readonly serial: string | null;
  /** Null: it has no host at all. */
  readonly reason: string | null;
}

/** A serial number that an inventory can hold. */
const WRITABLE_SERIAL = /^[\x20-\x7e]{6,32}$/;

/** Brings a listed unit into the form that an inventory takes. `site`: for units without a site. */
export function normalizeUnit(listed: ListedUnit, site: string, addresses: Addresses): Found | Invalid {
  const serial = writableSerial(listed.serial);
  const written = listed.host?.trim() ?? '';
  const read = readHost(written);
  const host = read.ok ? read.host : written;
  const place = sanitizeName(listed.site ?? '') ?? siteName(site);
  const name = sanitizeName(listed.name ?? '') ?? defaultName(serial, host);
  const invalid = (reason: string | null): Invalid => ({ site: place, name, serial, reason });
  if (host === '') return invalid(null);
  if (!read.ok) return invalid(`"${sanitize(host, 64)}" ${read.why}`);
  if (listed.snmpPort !== null && !PortSchema.safeParse(listed.snmpPort).success) {
    return invalid(`${listed.snmpPort} is not a valid UDP port`);
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

/** Checks the site for units without a site. Throws Problem config/inventory for an invalid name. */
function siteName(site: string): string {
  if (isName(site)) return site;
  throw new Problem('config/inventory', `"${sanitize(site)}" cannot be the name of a site.`, {
    hint: 'Use letters, digits, dot, dash and underscore, and begin with a letter or a digit.',
  });
}

function writableSerial(serial: string | null): string | null {
  const usable = usableSerial(serial);
  return usable !== null && WRITABLE_SERIAL.test(usable) ? usable : null;
}

function defaultName(serial: string | null, host: string): string {
  const name = serial === null ? host.replaceAll(/[^A-Za-z0-9._-]/g, '-') : `ups-${serial.toLowerCase()}`;
  return sanitizeName(name) ?? 'ups';
}

/** Makes a name unique by a number at its end. `taken`: names in lower case. */
export function uniqueName(wanted: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count += 1) {
    const end = count === 1 ? '' : `-${count}`;
    const name = wanted.slice(0, LONGEST_NAME - end.length) + end;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

/** Whether a host is an IP address and not a name. */
export function isAddress(host: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(host) || (host.includes(':') && ipaddr.isValid(host));
}

/** The same text for all spellings of a host. */
export function normalHost(host: string): string {
  return isAddress(host) ? ipaddr.process(host).toNormalizedString() : host.toLowerCase();
}

/** Whether two texts name one host: brackets, case and the form of an IPv6 address do not count. */
export function sameHost(a: string, b: string): boolean {
  const [one, other] = [readHost(a), readHost(b)];
  return one.ok && other.ok && normalHost(one.host) === normalHost(other.host);
}

/** A host and the addresses of its name, each in its normal form. */
export function hostsOf(host: string, addresses: Addresses): ReadonlySet<string> {
  return new Set([host, ...(addresses.get(host.toLowerCase()) ?? [])].map(normalHost));
}

/** Whether two results of `hostsOf` share an address. */
export function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const host of a) if (b.has(host)) return true;
  return false;
}

/** A host, with its SNMP port where that is not 161. */
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

/** A unit from a sweep or a list, to be written into an inventory. Null = not known there. */
export interface ListedUnit {
  readonly site: string | null;
  /** The merge makes it valid and unique. */
  readonly name: string | null;
  /** Address or host name. */
  readonly host: string | null;
  readonly serial: string | null;
  /**
   * Serial number of its card: separates one card with two addresses from two units with one serial number.
   */
  readonly cardSerial: string | null;
  readonly snmpPort: number | null;
  /** The credential that the unit accepted, as a reference; null = that of the inventory. */
  readonly snmp: SnmpReference | null;
}
