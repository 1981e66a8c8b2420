import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type LocalAccess, Problem, unitKey } from '../core/index.ts';
import { type Finding, type Locate, listFindings, parseYaml } from '../yaml/index.ts';
import { type InventoryFile, InventorySchema, type SiteEntry, type UnitEntry } from './inventory-schema.ts';

/** A unit of the inventory whose secrets are still references. */
export interface InventoryUnit {
  readonly site: string;
  readonly name: string;
  readonly host: string | null;
  readonly serial: string | null;
  readonly feeds: readonly string[];
  /** Keys `site/name` of the units that carry the same load. */
  readonly redundantWith: readonly string[];
  readonly settings: Settings;
  readonly local: LocalAccess | null;
}

export interface InventorySite {
  readonly name: string;
  /** Units written at the same time. */
  readonly concurrency: number;
}

export interface Inventory {
  /** Absolute path of the file. */
  readonly file: string;
  /** Absolute path of the images folder; null where the file names none. */
  readonly images: string | null;
  readonly sites: readonly InventorySite[];
  readonly units: readonly InventoryUnit[];
}

type Settings = Omit<
  UnitEntry,
  'name' | 'host' | 'serialPort' | 'usb' | 'serial' | 'feeds' | 'redundantWith'
>;

const LARGEST_FILE = 8 * 1024 * 1024;

/** Reads an inventory file. Throws Problem config/inventory with every finding, or config/inventory-missing. */
export async function loadInventory(file: string): Promise<Inventory> {
  const path = resolve(file);
  return readInventory(await readText(path, file), path, file);
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE) {
      throw new Problem('config/inventory', `${shown} has ${size} bytes, more than ${LARGEST_FILE}.`, {
        hint: 'Name the inventory file, not something else.',
      });
    }
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    throw new Problem('config/inventory-missing', `The inventory ${shown} cannot be read.`, {
      hint: 'Name the file with --inventory, or copy inventory.example.yaml to inventory.yaml and fill it in.',
      cause: thrown,
    });
  }
}

/** Parses inventory text; `path` is where relative paths start, `shown` is the name used in messages. */
export function readInventory(text: string, path: string, shown: string): Inventory {
  const parsed = parseYaml(text, InventorySchema);
  if (!parsed.ok) throw inventoryProblem(shown, parsed.findings);
  const findings = contradictions(parsed.value, parsed.at);
  if (findings.length > 0) throw inventoryProblem(shown, findings);

  const defaults = parsed.value.defaults ?? {};
  const units = parsed.value.sites.flatMap((site) =>
    site.units.map((unit): InventoryUnit => {
      const ports = { ...defaults.ports, ...site.ports, ...unit.ports };
      return {
        site: site.name,
        name: unit.name,
        host: unit.host ?? null,
        serial: unit.serial ?? null,
        feeds: unit.feeds ?? [],
        redundantWith: (unit.redundantWith ?? []).map((other) => fullKey(site.name, other)),
        settings: { ...onlySettings(defaults), ...onlySettings(site), ...onlySettings(unit), ports },
        local: localAccess(unit),
      };
    }),
  );
  return {
    file: path,
    images: parsed.value.images === undefined ? null : resolve(dirname(path), parsed.value.images),
    sites: parsed.value.sites.map((site) => ({
      name: site.name,
      concurrency: site.concurrency ?? defaults.concurrency ?? 1,
    })),
    units,
  };
}

function inventoryProblem(shown: string, findings: readonly Finding[]): Problem {
  const count = findings.length === 1 ? 'one finding' : `${findings.length} findings`;
  return new Problem('config/inventory', `The inventory has ${count}:\n${listFindings(shown, findings)}`, {
    hint: 'Mend the named places. README.md and schema/inventory.schema.json say what may stand where.',
  });
}

function onlySettings(entry: Settings): Settings {
  const kept: Settings = {};
  const keys = ['snmp', 'write', 'login', 'transfer', 'start', 'plaintext', 'ssh', 'window'] as const;
  for (const key of keys) {
    if (entry[key] !== undefined) Object.assign(kept, { [key]: entry[key] });
  }
  return kept;
}

function localAccess(unit: UnitEntry): LocalAccess | null {
  if (unit.serialPort !== undefined) return { serialPort: unit.serialPort };
  if (unit.usb !== undefined) return { usb: unit.usb };
  return null;
}

/** `redundantWith` names a unit of the same site, or any unit as `site/name`. */
function fullKey(site: string, name: string): string {
  return name.includes('/') ? name : `${site}/${name}`;
}

/** What the shape of the file cannot tell: doubles, names that lead nowhere, halves of a setting. */
function contradictions(file: InventoryFile, at: Locate): Finding[] {
  const findings: Finding[] = [];
  const add = (path: readonly PropertyKey[], message: string): void => {
    findings.push({ ...at(path), message });
  };
  const keys = new Set(
    file.sites.flatMap((site) => site.units.map((unit) => unitKey({ site: site.name, name: unit.name }))),
  );
  const siteNames = new Set<string>();
  const seen = new Map<string, string>();

  const once = (what: string, owner: string, path: readonly PropertyKey[]): void => {
    const first = seen.get(what);
    if (first !== undefined) add(path, `${what} is already that of ${first}`);
    else seen.set(what, owner);
  };

  checkCredentials(file.defaults ?? {}, ['defaults'], add);
  for (const [s, site] of file.sites.entries()) {
    const sitePath = ['sites', s];
    if (siteNames.has(site.name)) add([...sitePath, 'name'], `the site "${site.name}" is there twice`);
    siteNames.add(site.name);
    checkCredentials(site, sitePath, add);
    for (const [u, unit] of site.units.entries()) {
      const path = [...sitePath, 'units', u];
      const key = unitKey({ site: site.name, name: unit.name });
      checkCredentials(unit, path, add);
      checkUnit(unit, site, file, path, add);
      once(`the name "${key}"`, key, [...path, 'name']);
      if (unit.serial !== undefined) once(`the serial number "${unit.serial}"`, key, [...path, 'serial']);
      if (unit.host !== undefined) {
        const port = unit.ports?.snmp ?? site.ports?.snmp ?? file.defaults?.ports?.snmp ?? 161;
        once(`the address ${unit.host} port ${port}`, key, [...path, 'host']);
      }
      for (const [r, other] of (unit.redundantWith ?? []).entries()) {
        const full = fullKey(site.name, other);
        if (!keys.has(full)) add([...path, 'redundantWith', r], `there is no unit "${full}"`);
        if (full === key) add([...path, 'redundantWith', r], 'a unit cannot be redundant with itself');
      }
    }
  }
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

type Add = (path: readonly PropertyKey[], message: string) => void;

function checkUnit(
  unit: UnitEntry,
  site: SiteEntry,
  file: InventoryFile,
  path: readonly PropertyKey[],
  add: Add,
): void {
  const ways = [unit.host, unit.serialPort, unit.usb].filter((way) => way !== undefined).length;
  if (ways === 0) add(path, `unit "${unit.name}" has no host, serialPort or usb: there is no way to it`);
  if (ways > 1) add(path, `unit "${unit.name}" has more than one of host, serialPort and usb`);
  if (unit.host === undefined) return;
  const nearest = { ...onlySettings(file.defaults ?? {}), ...onlySettings(site), ...onlySettings(unit) };
  if ((nearest.snmp ?? null) === null && (nearest.login ?? null) === null) {
    add(path, `unit "${unit.name}" has neither snmp nor login: nothing can be read from it`);
  }
}

function checkCredentials(entry: Settings, path: readonly PropertyKey[], add: Add): void {
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
  const window = entry.window;
  if (window && window.from === window.to) add([...path, 'window', 'to'], 'the window ends when it begins');
}
