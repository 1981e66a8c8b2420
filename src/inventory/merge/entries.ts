import { isDeepStrictEqual } from 'node:util';
import { usableSerial } from '../../core/index.ts';
import type { YamlPath } from '../../yaml/index.ts';
import type { InventoryFile, SnmpReference, UnitEntry } from '../schema.ts';
import type { UniqueUnit } from './duplicates.ts';
import { type Addresses, type Found, hostsOf, overlap, uniqueName } from './listed.ts';

/** The content of an inventory file, which may have no site yet. */
export type Draft = Pick<InventoryFile, 'defaults' | 'sites'>;

/** The place where a unit answers. */
export interface Place {
  readonly host: string;
  /** The host and its addresses, each in its normal form. */
  readonly hosts: ReadonlySet<string>;
  readonly port: number;
}

/** A unit of an inventory as a merge sees it. */
export interface Entry {
  readonly site: string;
  /** The unit as written in the file. */
  readonly unit: UnitEntry;
  /** Its path in the file; null for a new unit. */
  readonly path: YamlPath | null;
  /** Changes when the unit moves; null for a unit that is not on the network. */
  place: Place | null;
}

/** The settings of a unit that sets nothing itself. */
export interface EffectiveSettings {
  readonly port: number;
  readonly snmp: SnmpReference | null;
  readonly hasLogin: boolean;
}

/** The effective settings of a site, which need not exist yet. */
export function effectiveSettings(file: Draft, name: string): EffectiveSettings {
  const site = file.sites.find((one) => one.name === name);
  const nearest = [site, file.defaults];
  return {
    port: site?.ports?.snmp ?? file.defaults?.ports?.snmp ?? 161,
    snmp: nearest.find((one) => one?.snmp !== undefined)?.snmp ?? null,
    hasLogin: (nearest.find((one) => one?.login !== undefined)?.login ?? null) !== null,
  };
}

/** The units of an inventory in the order of the file. */
export function entriesOf(file: Draft, addresses: Addresses): Entry[] {
  return file.sites.flatMap((site, s) => {
    const settings = effectiveSettings(file, site.name);
    return site.units.map((unit, u): Entry => {
      const port = unit.ports?.snmp ?? settings.port;
      const { host } = unit;
      return {
        site: site.name,
        unit,
        path: ['sites', s, 'units', u],
        place: host === undefined ? null : { host, hosts: hostsOf(host, addresses), port },
      };
    });
  });
}

/** The serial number of an entry, in the form for comparisons. */
export function serialOf(entry: Entry): string | null {
  return usableSerial(entry.unit.serial ?? null);
}

/** Whether a listed unit answered at the place of an entry. A port that the list does not give may be any. */
export function isAt(entry: Entry, found: Found): boolean {
  const { place } = entry;
  if (place === null || !overlap(place.hosts, found.hosts)) return false;
  return found.port === null || found.port === place.port;
}

/** Entries by host. */
export class HostIndex {
  readonly #byHost = new Map<string, Entry[]>();

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.add(entry);
  }

  /** Adds an entry under its hosts. */
  add(entry: Entry): void {
    for (const host of entry.place?.hosts ?? []) {
      const there = this.#byHost.get(host);
      if (there === undefined) this.#byHost.set(host, [entry]);
      else there.push(entry);
    }
  }

  /**
   * The entry where a listed unit answered. An entry with the same host comes before one whose name resolves
   * to it.
   */
  at(found: Found): Entry | null {
    const there = [...found.hosts]
      .flatMap((host) => this.#byHost.get(host) ?? [])
      .filter((entry) => isAt(entry, found));
    const [own] = found.hosts;
    return there.find((entry) => [...(entry.place?.hosts ?? [])][0] === own) ?? there[0] ?? null;
  }
}

/**
 * The entry for a listed unit, with only what differs from the settings of its site. `taken`: names of that
 * site in lower case. Null where neither list nor inventory gives SNMP or a login, because no inventory may
 * hold such a unit.
 */
export function newUnit(
  file: Draft,
  { found, conflicts }: UniqueUnit,
  taken: ReadonlySet<string>,
): Entry | null {
  const settings = effectiveSettings(file, found.site);
  const { snmp } = found.listed;
  if (snmp === null && settings.snmp === null && !settings.hasLogin) return null;
  const port = found.port ?? settings.port;
  return {
    site: found.site,
    unit: {
      name: uniqueName(found.name, taken),
      host: found.host,
      ...(found.serial === null || conflicts.length > 0 ? {} : { serial: found.serial }),
      ...(port === settings.port ? {} : { ports: { snmp: port } }),
      ...(snmp === null || sameValue(snmp, settings.snmp) ? {} : { snmp }),
    },
    path: null,
    place: { host: found.host, hosts: found.hosts, port },
  };
}

/** Whether two values are equal as JSON, whatever the order of their keys. */
export function sameValue(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}
