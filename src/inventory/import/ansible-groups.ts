import { joinList, sanitize } from '../../core/index.ts';
import { isDeviceWord } from './device-kind.ts';
import { fieldsOf } from './entry.ts';
import type { UnitCollector } from './imported.ts';

/** A group of `ansible-inventory --list`. */
export interface Group {
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  readonly hasVars: boolean;
}
export type Groups = ReadonlyMap<string, Group>;

/** Groups that are no site. */
const NO_SITE: ReadonlySet<string> = new Set(['all', 'ungrouped', 'is_virtual', 'virtual', 'unknown']);

/**
 * Prefixes of the groups that the NetBox inventory plugin makes of other fields than the site, in both forms
 * (`device_roles_` with the option `plurals`, else `role_`). None of these groups is a site.
 * Source: docs/sources/practice.md#groups-of-the-netbox-inventory-plugin
 */
const NO_SITE_PREFIX =
  /^(?:device_roles?|roles?|manufacturers?|device_types?|tags?|tenants?|tenant_groups?|platforms?|status|racks?|rack_roles?|rack_groups?|site_groups?|clusters?|cluster_(?:types?|groups?|devices?)|services?|custom_fields?|cf|is_virtual|asset_tag|serial|time_zone|utc_offset|config_context|local_context_data|dns_name|disk|memory|vcpus|env|environments?|os|vendors?|models?|types?|functions?)[_-]/i;
/** Groups of places around or inside a site: used where nothing else gives the site. */
const PLACE_PREFIX = /^(?:locations?|regions?|facility)[_-](?=.)/i;
/** The groups of sites. */
const SITE_PREFIX = /^(?:sites?|data_?cent(?:er|re)s?|dc|campus|standort)[_-](?!groups?[_-])(?=.)/i;
const ROLE_PREFIX = /^(?:device_roles?|roles?)[_-](?=.)/i;
const MAKER_PREFIX = /^(?:manufacturers?|vendors?)[_-](?=.)/i;

/**
 * The group in a value of the list: an object, in the oldest format an array of its hosts. The hosts may be
 * an object, as in the YAML form. Names the parts of another shape. Null where the value is no group at all.
 */
export function readGroup(
  value: unknown,
  fault: (why: string) => void,
): (Group & { readonly vars: ReadonlyMap<string, unknown> }) | null {
  const fields = Array.isArray(value) ? { hosts: value } : fieldsOf(value);
  if (fields === null) return null;
  const vars = new Map<string, unknown>();
  const names = (part: string, items: unknown): readonly string[] => {
    if (items === undefined || items === null) return [];
    const keyed = fieldsOf(items);
    if (keyed !== null) {
      if (part === 'hosts') for (const [host, own] of Object.entries(keyed)) vars.set(host, own);
      return Object.keys(keyed);
    }
    if (!Array.isArray(items)) {
      fault(`its ${part} are no list`);
      return [];
    }
    const found = items.filter((item: unknown) => typeof item === 'string' && item !== '');
    if (found.length < items.length) fault(`${items.length - found.length} of its ${part} are no names`);
    return found.map(String);
  };
  const { hosts, children, vars: groupVars } = fields;
  return {
    hosts: names('hosts', hosts),
    children: names('children', children),
    hasVars: Object.keys(fieldsOf(groupVars) ?? {}).length > 0,
    vars,
  };
}

/** Groups by their child groups, and by their hosts. */
export class Membership {
  readonly #groups: Groups;
  readonly #direct = new Map<string, string[]>();
  readonly #parents = new Map<string, string[]>();
  readonly #above = new Map<string, ReadonlySet<string>>();

  constructor(groups: Groups) {
    this.#groups = groups;
    for (const [name, { hosts, children }] of groups) {
      for (const host of new Set(hosts)) push(this.#direct, host, name);
      for (const child of new Set(children)) push(this.#parents, child, name);
    }
  }

  /** The hosts of a group and of all groups below it. */
  hostsBelow(top: string): readonly string[] {
    const found = new Set([top]);
    // The loop reaches what is added meanwhile; a cycle adds nothing.
    for (const name of found) for (const child of this.#groups.get(name)?.children ?? []) found.add(child);
    return [...new Set([...found].flatMap((name) => this.#groups.get(name)?.hosts ?? []))];
  }

  /** All groups above a group, without it. */
  #groupsAbove(group: string): ReadonlySet<string> {
    const known = this.#above.get(group);
    if (known !== undefined) return known;
    const found = new Set(this.#parents.get(group));
    for (const name of found) for (const parent of this.#parents.get(name) ?? []) found.add(parent);
    this.#above.set(group, found);
    return found;
  }

  /** The groups of a host: those that list it, then those above them. */
  groupsOf(host: string): ReadonlySet<string> {
    const direct = this.#direct.get(host) ?? [];
    return new Set([...direct, ...direct.flatMap((group) => [...this.#groupsAbove(group)])]);
  }

  /** What the groups of a host say about its role and its manufacturer. */
  kindOf(host: string): { readonly roles: readonly string[]; readonly makers: readonly string[] } {
    const all = [...this.groupsOf(host)];
    return { roles: withoutPrefix(all, ROLE_PREFIX), makers: withoutPrefix(all, MAKER_PREFIX) };
  }

  /**
   * The site that the groups of a host give: a group of sites, else the nearest group that is of nothing
   * else, else a place. `limit`: the group of `--group`, which counts only where there is no other.
   * `values`: names that the variables of the host use for something else than the site.
   */
  siteOf(
    host: string,
    limit: string | undefined,
    values: ReadonlySet<string>,
    note: UnitCollector['note'],
    place: string,
  ): string | null {
    const sites = withoutPrefix([...this.groupsOf(host)], SITE_PREFIX);
    if (sites.length > 0) return chosen(sites, 'site groups', place, note);
    const direct = (this.#direct.get(host) ?? []).filter(
      (name) => !NO_SITE.has(name) && !NO_SITE_PREFIX.test(name) && !values.has(name),
    );
    const plain = direct.filter((name) => !PLACE_PREFIX.test(name) && !isDeviceWord(name));
    const candidates =
      plain.length > 0 ? direct.filter((name) => plain.includes(name) || isDeviceWord(name)) : direct;
    const nearest = candidates.filter(
      (name) => !candidates.some((other) => other !== name && this.#groupsAbove(other).has(name)),
    );
    const others = nearest.filter((name) => name !== limit).sort();
    // A group of what its hosts are, such as `ups`, becomes the site only if it was chosen and is alone.
    const places = others.filter((name) => !isDeviceWord(name));
    const own = nearest.find((name) => name === limit) ?? null;
    const site =
      places.length === 0 ? own : chosen([...places, ...others.filter(isDeviceWord)], 'groups', place, note);
    return site?.replace(PLACE_PREFIX, '') ?? null;
  }
}

/** The first of several names, with a note on the others. */
export function chosen(
  names: readonly string[],
  what: string,
  place: string,
  note: UnitCollector['note'],
): string | null {
  const [first] = names;
  if (first === undefined) return null;
  if (names.length > 1) {
    const named = joinList(names.map((name) => sanitize(name, 40)));
    note(
      place,
      `it is in the ${what} ${named}; ${sanitize(first, 40)} becomes its site. Set upsfw_site to choose another`,
    );
  }
  return first;
}

function withoutPrefix(names: readonly string[], prefix: RegExp): readonly string[] {
  return names.flatMap((name) => (prefix.test(name) ? [name.replace(prefix, '')] : []));
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
