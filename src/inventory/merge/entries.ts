import { usableSerial } from '../../core/index.ts';
import type { YamlPath } from '../../yaml/index.ts';
import type { InventoryFile, SnmpReference, UnitEntry } from '../schema.ts';
import { type Addresses, type Found, hostsOf, meet } from './listed.ts';

/** An inventory as written, which may have no site yet. */
export type Draft = Pick<InventoryFile, 'defaults' | 'sites'>;

/** Where a unit answers. */
export interface Place {
  readonly host: string;
  /** All spellings that lead to the host, each in one form. */
  readonly hosts: ReadonlySet<string>;
  readonly port: number;
}

/** A unit of an inventory, as far as a merge looks at it. */
export interface Entry {
  readonly site: string;
  /** The unit as written; new ones grow here. */
  readonly unit: UnitEntry;
  /** Where it stands in the file; null for a new one. */
  readonly path: YamlPath | null;
  /** Changes where the unit moves; null for a unit that is not on the network. */
  place: Place | null;
}

/** What counts for a unit of a site that says nothing itself. */
export interface EffectiveSettings {
  readonly port: number;
  readonly snmp: SnmpReference | null;
  readonly hasLogin: boolean;
}

/** What counts at a site, which need not be there yet. */
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
    const counting = effectiveSettings(file, site.name);
    return site.units.map((unit, u): Entry => {
      const port = unit.ports?.snmp ?? counting.port;
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

/** The serial number of an entry as it is compared. */
export function serialOf(entry: Entry): string | null {
  return usableSerial(entry.unit.serial ?? null);
}

/** Whether a listed unit answered where an entry stands. A port that the list does not know is any. */
export function isAt(entry: Entry, found: Found): boolean {
  const { place } = entry;
  if (place === null || !meet(place.hosts, found.hosts)) return false;
  return found.port === null || found.port === place.port;
}

/** Entries by what leads to them. */
export class Directory {
  readonly #byHost = new Map<string, Entry[]>();

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.add(entry);
  }

  /** Takes an entry in by its place. */
  add(entry: Entry): void {
    for (const host of entry.place?.hosts ?? []) {
      const there = this.#byHost.get(host);
      if (there === undefined) this.#byHost.set(host, [entry]);
      else there.push(entry);
    }
  }

  /** The entry where a listed unit answered; one that names the host itself before one whose name leads there. */
  at(found: Found): Entry | null {
    const there = [...found.hosts]
      .flatMap((host) => this.#byHost.get(host) ?? [])
      .filter((entry) => isAt(entry, found));
    const [own] = found.hosts;
    return there.find((entry) => [...(entry.place?.hosts ?? [])][0] === own) ?? there[0] ?? null;
  }
}
