import { z } from 'zod';
import { joinList, Problem, sanitize } from '../../core/index.ts';
import { collectUnits, type Imported, type ImportOptions } from './imported.ts';
import { parseJsonList } from './json-list.ts';

/** Ansible marks values from other sources: `{ "__ansible_unsafe": "text" }`. */
const Value = z
  .unknown()
  .transform((value) => {
    const marked = z.strictObject({ __ansible_unsafe: z.string() }).safeParse(value);
    return marked.success ? marked.data.__ansible_unsafe : value;
  })
  .optional();

const Vars = z.object({
  ansible_host: Value,
  upsfw_site: Value,
  upsfw_serial: Value,
  serial: Value,
  serial_number: Value,
  upsfw_snmp_port: Value,
  snmp_port: Value,
});
type Vars = z.infer<typeof Vars>;

/** A group, or in the oldest format only its hosts. */
const Group = z.preprocess(
  (value) => (Array.isArray(value) ? { hosts: value } : value),
  z.object({
    hosts: z.array(z.string()).default([]),
    children: z.array(z.string()).default([]),
    vars: z.record(z.string(), z.unknown()).default({}),
  }),
);
type Groups = ReadonlyMap<string, z.infer<typeof Group>>;

const List = z
  .object({ _meta: z.object({ hostvars: z.record(z.string(), Vars).default({}) }).optional() })
  .catchall(Group);

const HINT = 'Give what ansible-inventory --list prints (JSON, without --yaml).';

/** `ansible-inventory --list` does not expand templates. */
const TEMPLATE = '{{';

/** Groups that are no site. */
const NO_SITE: ReadonlySet<string> = new Set(['all', 'ungrouped']);

/**
 * Imports the hosts of `ansible-inventory --list`, or those of one group and its children. Throws Problem
 * config/import.
 */
export function importAnsible(text: string, { group }: ImportOptions = {}): Imported {
  const { _meta, ...rest } = parseJsonList(text, List, HINT);
  const groups: Groups = new Map(Object.entries(rest));
  const hostvars = _meta?.hostvars ?? {};
  const units = collectUnits();
  const exported = [...groups].filter(([, { vars }]) => Object.keys(vars).length > 0).map(([name]) => name);
  if (exported.length > 0) {
    const named = joinList(exported.map((name) => sanitize(name, 40)));
    units.note('vars', `variables of the groups ${named} are not read: create the list without --export`);
  }
  const memberships = groupsByHost(groups);
  for (const name of hostsOf(groups, hostvars, group)) {
    const place = `host ${name}`;
    const vars = new Map(Object.entries(Object.hasOwn(hostvars, name) ? (hostvars[name] ?? {}) : {}));
    const plain = (key: keyof Vars): string | number | null => {
      const value = vars.get(key);
      if (typeof value === 'number') return value;
      return typeof value === 'string' && !value.includes(TEMPLATE) ? value : null;
    };
    const host = vars.get('ansible_host') ?? name;
    if (typeof host !== 'string' || host.includes(TEMPLATE)) {
      units.leaveOut(place, 'its ansible_host is not plain text (a template or an encrypted value)');
      continue;
    }
    const serial = plain('upsfw_serial') ?? plain('serial') ?? plain('serial_number');
    if (typeof serial === 'number') {
      units.note(
        place,
        'its serial number is a number and may have lost digits; not imported. Put it in quotes',
      );
    }
    units.add(place, {
      site:
        plain('upsfw_site')?.toString() ??
        siteOf(memberships.get(name) ?? [], groups, group, (why) => units.note(place, why)),
      name,
      host,
      serial: typeof serial === 'string' ? serial : null,
      port: plain('upsfw_snmp_port') ?? plain('snmp_port'),
    });
  }
  return units.end();
}

function hostsOf(
  groups: Groups,
  hostvars: Readonly<Record<string, unknown>>,
  group: string | undefined,
): readonly string[] {
  if (group === undefined) {
    return [...new Set([...[...groups.values()].flatMap(({ hosts }) => hosts), ...Object.keys(hostvars)])];
  }
  if (!groups.has(group)) {
    const known = [...groups.keys()].map((name) => sanitize(name, 40));
    throw new Problem('config/import', `The list has no group "${sanitize(group, 40)}".`, {
      hint: `Its groups are ${joinList(known) || 'none'}.`,
    });
  }
  return [...new Set([...descendants(groups, group)].flatMap((name) => groups.get(name)?.hosts ?? []))];
}

/** A group and all groups below it. */
function descendants(groups: Groups, top: string): ReadonlySet<string> {
  const found = new Set([top]);
  // The loop reaches what is added meanwhile; a cycle adds nothing.
  for (const name of found) for (const child of groups.get(name)?.children ?? []) found.add(child);
  return found;
}

/** The groups that list a host directly, except those that are no site. */
function groupsByHost(groups: Groups): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [group, { hosts }] of groups) {
    if (NO_SITE.has(group)) continue;
    for (const host of new Set(hosts)) {
      const before = found.get(host);
      if (before === undefined) found.set(host, [group]);
      else before.push(group);
    }
  }
  return found;
}

/**
 * The site of a host: the nearest of its groups. The group of `--group` counts only where there is no other.
 */
function siteOf(
  direct: readonly string[],
  groups: Groups,
  limit: string | undefined,
  note: (why: string) => void,
): string | null {
  const nearest = direct.filter(
    (name) => !direct.some((other) => other !== name && descendants(groups, name).has(other)),
  );
  const sites = nearest.filter((name) => name !== limit).sort();
  const [first = nearest[0] ?? null] = sites;
  if (sites.length > 1 && first !== null) {
    const named = joinList(sites.map((name) => sanitize(name, 40)));
    note(
      `it is in the groups ${named}; ${sanitize(first, 40)} becomes its site. Set upsfw_site to choose another`,
    );
  }
  return first;
}
