import { z } from 'zod';
import { joinList, Problem, sanitize } from '../../core/index.ts';
import { chosen, type Group, Membership, readGroup } from './ansible-groups.ts';
import { Entry, faultsText, fieldsOf, shapeOf } from './entry.ts';
import {
  collectUnits,
  type Imported,
  type ImportOptions,
  type RawAddress,
  type UnitCollector,
  unreadable,
} from './imported.ts';
import { parseJsonList } from './json-list.ts';

/** Ansible marks values from other sources: `{ "__ansible_unsafe": "text" }`. */
const Marked = z.strictObject({ __ansible_unsafe: z.string() });

const List = z.record(z.string(), z.unknown());

const HINT = 'Give what ansible-inventory --list prints (JSON, without --yaml).';

/** `ansible-inventory --list` does not expand templates. */
const TEMPLATE = '{{';

/** Variables with the address, in the order of preference. The plugin of NetBox sets the last ones too. */
const ADDRESS_VARS = ['ansible_host', 'primary_ip', 'primary_ip4', 'primary_ip6'] as const;
const OOB_VAR = 'oob_ip';
/** Names of the implicit host of Ansible. */
const THIS_COMPUTER = /^(?:localhost|127\.0\.0\.1|::1)$/i;
const SERIAL_VARS = ['upsfw_serial', 'serial', 'serial_number'] as const;
const PORT_VARS = ['upsfw_snmp_port', 'snmp_port'] as const;
/** Variables of the plugins of NetBox and Nautobot, with the option `plurals` and without it. */
const SITE_VARS = ['sites', 'site'] as const;
const PLACE_VARS = ['locations', 'location', 'regions', 'region'] as const;
const ROLE_VARS = ['device_roles', 'device_role', 'role', 'roles'] as const;
const MAKER_VARS = ['manufacturers', 'manufacturer'] as const;
const TYPE_VARS = ['device_types', 'device_type'] as const;
/** Other variables whose values are names of groups with the option `group_names_raw`. */
const GROUP_VARS = ['tags', 'tenants', 'tenant', 'platforms', 'platform', 'racks', 'rack', 'status'] as const;
const IN_NAMED = ['slug', 'name', 'display', 'model', 'value'];

/**
 * Imports the hosts of `ansible-inventory --list`, or those of one group and its children. Throws Problem
 * config/import.
 */
export function importAnsible(text: string, { group }: ImportOptions = {}): Imported {
  const { _meta, ...rest } = parseJsonList(text, List, HINT);
  const units = collectUnits();
  const { groups, hostvars } = readGroups(rest, _meta, units);
  const exported = [...groups].filter(([, { hasVars }]) => hasVars).map(([name]) => name);
  if (exported.length > 0) {
    const named = joinList(exported.map((name) => sanitize(name, 40)));
    units.note('vars', `variables of the groups ${named} are not read: create the list without --export`);
  }
  const membership = new Membership(groups);
  for (const name of hostsOf(groups, membership, hostvars, group)) {
    importHost(name, hostvars.get(name), { units, membership, group });
  }
  return units.end();
}

function readGroups(
  values: Readonly<Record<string, unknown>>,
  meta: unknown,
  units: UnitCollector,
): { readonly groups: ReadonlyMap<string, Group>; readonly hostvars: ReadonlyMap<string, unknown> } {
  const groups = new Map<string, Group>();
  const hostvars = new Map<string, unknown>();
  for (const [name, value] of Object.entries(values)) {
    const place = `group ${name}`;
    const group = readGroup(value, (why) => units.note(place, `${why}; ignored`));
    if (group === null) {
      units.note(place, `it is ${shapeOf(value)} and no group; ignored`);
      continue;
    }
    groups.set(name, group);
    for (const [host, own] of group.vars) if (!hostvars.has(host)) hostvars.set(host, own);
  }
  const listed = fieldsOf(meta)?.hostvars;
  const own = fieldsOf(listed);
  if (own === null && listed !== undefined && listed !== null)
    units.note('_meta.hostvars', `it is ${shapeOf(listed)}; the hosts have no variables`);
  for (const [host, vars] of Object.entries(own ?? {})) hostvars.set(host, vars);
  const isEmpty = [...groups.values()].every(({ hosts, children }) => hosts.length + children.length === 0);
  if (isEmpty && hostvars.size === 0 && Object.keys(values).length > 0) {
    throw unreadable('the top level', 'it has no group with hosts or child groups', HINT);
  }
  return { groups, hostvars };
}

function importHost(
  name: string,
  listed: unknown,
  { units, membership, group }: { units: UnitCollector; membership: Membership; group: string | undefined },
): void {
  const place = `host ${name}`;
  const own = fieldsOf(listed);
  if (own === null && listed !== undefined && listed !== null)
    units.note(place, `its variables are ${shapeOf(listed)}; ignored`);
  const values = Object.fromEntries(Object.entries(own ?? {}).map(([key, value]) => [key, unmarked(value)]));
  const vars = new Entry(values);
  // Variables such as `role` may mean something else, so their shape is no fault.
  const kinds = new Entry(values);
  const names = (keys: readonly string[], from: Entry = kinds): readonly string[] =>
    keys.flatMap((key) => from.labels(key, IN_NAMED)).filter((text) => !text.includes(TEMPLATE));
  const plain = (keys: readonly string[]): string | null =>
    keys.map((key) => vars.text(key)).find((text) => text !== null && !text.includes(TEMPLATE)) ?? null;

  const addresses = ADDRESS_VARS.map((key) => plain([key])).filter((text) => text !== null);
  if (addresses.length === 0 && vars.value('ansible_host') !== undefined) {
    units.leaveOut(place, 'its ansible_host is not plain text (a template or an encrypted value)');
    return;
  }
  const oob = plain([OOB_VAR]);
  if (addresses.length === 0 && oob === null && THIS_COMPUTER.test(name)) {
    units.passOver(place, 'it is the computer with Ansible');
    return;
  }
  const hosts: readonly RawAddress[] = [
    ...addresses.map((text) => ({ text })),
    ...(oob === null ? [] : [{ text: oob, instead: 'OOB IP address' }]),
  ];
  const [roles, makers, types] = [names(ROLE_VARS), names(MAKER_VARS), names(TYPE_VARS)];
  const byGroup = membership.kindOf(name);
  const raw = {
    site:
      plain(['upsfw_site']) ??
      chosen(names(SITE_VARS, vars), 'sites', place, units.note) ??
      membership.siteOf(
        name,
        group,
        new Set([...roles, ...makers, ...types, ...names(GROUP_VARS)]),
        units.note,
        place,
      ) ??
      names(PLACE_VARS)[0] ??
      null,
    name,
    // A name is no replacement for an address that is wrong.
    hosts: hosts.length > 0 ? hosts : [{ text: name }],
    serial: plain(SERIAL_VARS),
    port: plain(PORT_VARS),
    role: (roles.length > 0 ? roles : byGroup.roles).join(', '),
    model: types.join(', '),
    makers: makers.length > 0 ? makers : byGroup.makers,
  };
  const faults = faultsText(vars);
  if (faults !== null) units.note(place, faults);
  units.add(place, raw);
}

function unmarked(value: unknown): unknown {
  const marked = Marked.safeParse(value);
  return marked.success ? marked.data.__ansible_unsafe : value;
}

function hostsOf(
  groups: ReadonlyMap<string, Group>,
  membership: Membership,
  hostvars: ReadonlyMap<string, unknown>,
  group: string | undefined,
): readonly string[] {
  if (group === undefined) {
    return [...new Set([...[...groups.values()].flatMap(({ hosts }) => hosts), ...hostvars.keys()])];
  }
  if (!groups.has(group)) {
    const known = [...groups.keys()].map((name) => sanitize(name, 40));
    throw new Problem('config/import', `The list has no group "${sanitize(group, 40)}".`, {
      hint: `Its groups are ${joinList(known) || 'none'}.`,
    });
  }
  return membership.hostsBelow(group);
}
