import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { hasCode, type LocalAccess, Problem, reasonOf } from '../core/index.ts';
import { countedFindings, type Findings, listFindings, parseYaml, readTextWithin } from '../yaml/index.ts';
import { contradictions, fullKey } from './checks.ts';
import { InventorySchema, type SnmpReference, type UnitEntry } from './schema.ts';

/** A unit of the inventory whose secrets are still references. */
export interface InventoryUnit {
  readonly site: string;
  readonly name: string;
  readonly host: string | null;
  readonly serial: string | null;
  readonly feeds: readonly string[];
  /** Keys `site/name` of the units that carry the same load. */
  readonly redundantWith: readonly string[];
  /** `off`: the operator lets the tool switch the output off for an update; null: it is never switched. */
  readonly switchOutput: 'off' | null;
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
  /** SHA-256 of its text, in hex. */
  readonly sha256: string;
  /** Hashes of images, in hex, that a person has compared with those of the vendor. */
  readonly trust: readonly string[];
  /** What an image is worth whose hash neither the catalogue nor `trust` has. */
  readonly unknownImages: 'refuse' | 'warn';
  /** Absolute path of the images folder; null where the file names none. */
  readonly images: string | null;
  readonly sites: readonly InventorySite[];
  /** SNMP credentials that stand at the defaults and at sites, whether a unit uses them or not. */
  readonly snmp: readonly SnmpReference[];
  readonly units: readonly InventoryUnit[];
}

type Settings = Omit<
  UnitEntry,
  'name' | 'host' | 'serialPort' | 'usb' | 'serial' | 'feeds' | 'redundantWith' | 'switchOutput'
>;

const LARGEST_FILE = 8 * 1024 * 1024;

/** Reads an inventory file. Throws Problem config/inventory with every finding, or config/inventory-missing. */
export async function loadInventory(file: string): Promise<Inventory> {
  const path = resolve(file);
  return readInventory(await readText(path, file), path, file);
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return await readTextWithin(path, LARGEST_FILE);
  } catch (thrown) {
    if (hasCode(thrown, 'EFBIG')) {
      throw new Problem('config/inventory', `${shown} has more than ${LARGEST_FILE} bytes.`, {
        hint: 'Name the inventory file, not something else.',
      });
    }
    throw new Problem(
      'config/inventory-missing',
      `The inventory ${shown} cannot be read: ${reasonOf(thrown)}.`,
      {
        hint: 'Name the file with --inventory, or copy inventory.example.yaml to inventory.yaml and fill it in.',
        cause: thrown,
      },
    );
  }
}

/** Parses inventory text; `path` is where relative paths start, `shown` is the name used in messages. */
export function readInventory(text: string, path: string, shown: string): Inventory {
  if (text.trim() === '') {
    throw new Problem('config/inventory', `The inventory ${shown} is empty.`, {
      hint: 'Copy inventory.example.yaml and fill it in, or have units found: upsfw discover RANGE --write FILE.',
    });
  }
  const parsed = parseYaml(text, InventorySchema);
  // Both kinds of findings at once, so that nobody has to mend a file twice.
  const odd = contradictions(parsed.ok ? parsed.value : parsed.plain, parsed.at);
  if (!parsed.ok) throw inventoryProblem(shown, parsed.findings.with(odd));
  if (odd.count > 0) throw inventoryProblem(shown, odd.with());

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
        switchOutput: unit.switchOutput ?? null,
        settings: { ...onlySettings(defaults), ...onlySettings(site), ...onlySettings(unit), ports },
        local: localAccess(unit),
      };
    }),
  );
  return {
    file: path,
    sha256: createHash('sha256').update(text).digest('hex'),
    trust: (parsed.value.trust ?? []).map((hash) => hash.toLowerCase()),
    unknownImages: parsed.value.unknownImages ?? 'warn',
    images: parsed.value.images === undefined ? null : resolve(dirname(path), parsed.value.images),
    sites: parsed.value.sites.map((site) => ({
      name: site.name,
      concurrency: site.concurrency ?? defaults.concurrency ?? 1,
    })),
    snmp: [defaults, ...parsed.value.sites].flatMap(({ snmp }) => snmp ?? []),
    units,
  };
}

function inventoryProblem(shown: string, findings: Findings): Problem {
  const text = `The inventory has ${countedFindings(findings)}:\n${listFindings(shown, findings)}`;
  return new Problem('config/inventory', text, {
    hint: 'Mend the named places. README.md and schema/inventory.schema.json say what may stand where.',
  });
}

function onlySettings(entry: Settings): Settings {
  const kept: Settings = {};
  const keys = ['snmp', 'write', 'login', 'transfer', 'start', 'plaintext', 'ssh', 'ftp', 'window'] as const;
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
