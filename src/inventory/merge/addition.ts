import { isDeepStrictEqual } from 'node:util';
import type { UniqueUnit } from './duplicates.ts';
import { type Draft, type Entry, effectiveSettings } from './entries.ts';
import { uniqueName } from './listed.ts';

/**
 * The entry for a listed unit: only what differs from what counts at its site. `alreadyExists`: names of that site in lower case.
 * Null where neither list nor inventory says how the unit is read, which no inventory may hold.
 */
export function newUnit(
  file: Draft,
  { found, rivals }: UniqueUnit,
  taken: ReadonlySet<string>,
): Entry | null {
  const counting = effectiveSettings(file, found.site);
  const { snmp } = found.listed;
  if (snmp === null && counting.snmp === null && !counting.hasLogin) return null;
  const port = found.port ?? counting.port;
  return {
    site: found.site,
    unit: {
      name: uniqueName(found.name, taken),
      host: found.host,
      ...(found.serial === null || rivals.length > 0 ? {} : { serial: found.serial }),
      ...(port === counting.port ? {} : { ports: { snmp: port } }),
      ...(snmp === null || sameValue(snmp, counting.snmp) ? {} : { snmp }),
    },
    path: null,
    place: { host: found.host, hosts: found.hosts, port },
  };
}

/** Whether two values are written alike, whatever the order of their keys. */
export function sameValue(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}
