import { z } from 'zod';
import { readHost, unitKey } from '../core/index.ts';
import { FindingList, type Locate } from '../yaml/index.ts';
import { oneForm } from './merge/listed.ts';

const Present = z.unknown().optional();

/** A credential as far as its halves are concerned. What has no such shape is there all the same. */
const AccessView = z
  .object({ version: Present, auth: Present, authKey: Present, priv: Present, privKey: Present })
  .nullable()
  .optional()
  .catch({});

const settings = {
  snmp: AccessView,
  write: AccessView,
  login: Present,
  ports: z.object({ snmp: Present }).optional().catch(undefined),
  window: z.object({ from: Present, to: Present }).nullable().optional().catch(undefined),
};
const Name = z.string().nullable().catch(null);

const UnitView = z.object({
  name: Name,
  host: Present,
  serialPort: Present,
  usb: Present,
  serial: Present,
  redundantWith: z.array(z.unknown()).catch([]),
  ...settings,
});
type UnitView = z.infer<typeof UnitView>;

const SiteView = z.object({
  name: Name,
  ...settings,
  units: z.array(UnitView.nullable().catch(null)).catch([]),
});
type SettingsView = Pick<UnitView, keyof typeof settings>;

/** An inventory file as far as it has a shape: a file with mistakes has contradictions too, and all are said at once. */
const FileView = z
  .object({
    defaults: z.object(settings).catch({}),
    sites: z.array(SiteView.nullable().catch(null)).catch([]),
  })
  .catch({ defaults: {}, sites: [] });

/** `redundantWith` names a unit of the same site, or any unit as `site/name`. */
export function fullKey(site: string, name: string): string {
  return name.includes('/') ? name : `${site}/${name}`;
}

type Add = (path: readonly PropertyKey[], message: string) => void;

/** What the shape of the file cannot tell: doubles, names that lead nowhere, halves of a setting. */
export function contradictions(plain: unknown, at: Locate): FindingList {
  const file = FileView.parse(plain);
  const findings = new FindingList();
  const add: Add = (path, message) => findings.add(at(path), () => message);
  const keys = new Set(
    file.sites.flatMap((site) =>
      (site?.units ?? []).map((unit) => unitKey({ site: site?.name ?? '', name: unit?.name ?? '' })),
    ),
  );
  const siteNames = new Set<string>();
  const seen = new Map<string, string>();
  const once = (what: string, owner: string, path: readonly PropertyKey[]): void => {
    const first = seen.get(what);
    if (first !== undefined) add(path, `${what} is already that of ${first}`);
    else seen.set(what, owner);
  };

  checkSettings(file.defaults, ['defaults'], add);
  for (const [s, site] of file.sites.entries()) {
    if (site === null) continue;
    const sitePath = ['sites', s];
    const siteName = site.name ?? '';
    if (siteNames.has(siteName)) add([...sitePath, 'name'], `the site "${siteName}" is there twice`);
    if (site.name !== null) siteNames.add(site.name);
    checkSettings(site, sitePath, add);
    for (const [u, unit] of site.units.entries()) {
      if (unit === null) continue;
      const path = [...sitePath, 'units', u];
      const key = unitKey({ site: siteName, name: unit.name ?? '' });
      checkSettings(unit, path, add);
      checkWays(unit, [unit, site, file.defaults], path, add);
      if (unit.name !== null) once(`the name "${key}"`, key, [...path, 'name']);
      if (typeof unit.serial === 'string')
        once(`the serial number "${unit.serial}"`, key, [...path, 'serial']);
      if (typeof unit.host === 'string') {
        const port = unit.ports?.snmp ?? site.ports?.snmp ?? file.defaults.ports?.snmp ?? 161;
        const read = readHost(unit.host);
        const host = read.ok ? oneForm(read.host) : unit.host;
        once(`the address ${host} port ${String(port)}`, key, [...path, 'host']);
      }
      for (const way of ['serialPort', 'usb'] as const) {
        const port = unit[way];
        if (typeof port === 'string') once(`the port ${way}: ${port}`, key, [...path, way]);
      }
      for (const [r, other] of unit.redundantWith.entries()) {
        if (typeof other !== 'string') continue;
        const full = fullKey(siteName, other);
        if (!keys.has(full)) add([...path, 'redundantWith', r], `there is no unit "${full}"`);
        if (full === key) add([...path, 'redundantWith', r], 'a unit cannot be redundant with itself');
      }
    }
  }
  return findings;
}

/** `intendedIssues`: unit, site and defaults, in the order in which a setting counts. */
function checkWays(
  unit: UnitView,
  nearest: readonly SettingsView[],
  path: readonly PropertyKey[],
  add: Add,
): void {
  const name = unit.name ?? '';
  const ways = [unit.host, unit.serialPort, unit.usb].filter((way) => way !== undefined).length;
  if (ways === 0) add(path, `unit "${name}" has no host, serialPort or usb: there is no way to it`);
  if (ways > 1) add(path, `unit "${name}" has more than one of host, serialPort and usb`);
  if (unit.host === undefined) return;
  const snmp = nearest.find((entry) => entry.snmp !== undefined)?.snmp ?? null;
  const login = nearest.find((entry) => entry.login !== undefined)?.login ?? null;
  if (snmp === null && login === null) {
    add(path, `unit "${name}" has neither snmp nor login: nothing can be read from it`);
  }
}

function checkSettings(entry: SettingsView, path: readonly PropertyKey[], add: Add): void {
  for (const name of ['snmp', 'write'] as const) {
    const access = entry[name];
    if (access === undefined || access === null || access.version !== '3') continue;
    const here = [...path, name];
    if ((access.auth === undefined) !== (access.authKey === undefined)) {
      add(here, `${name}: auth and authKey go together`);
    }
    if ((access.priv === undefined) !== (access.privKey === undefined)) {
      add(here, `${name}: priv and privKey go together`);
    }
    if (access.priv !== undefined && access.auth === undefined) add(here, `${name}: priv needs auth`);
  }
  const { window } = entry;
  if (window && window.from !== undefined && window.from === window.to)
    add([...path, 'window', 'to'], 'the window ends when it begins');
}
