import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { hasCode, type LocalAccess, Problem, reasonOf } from '../core/index.ts';
import { countedFindings, type Findings, listFindings, parseYaml, readTextWithin } from '../yaml/index.ts';
import { findContradictions, fullKey } from './checks.ts';
import { InventorySchema, type SnmpReference, type UnitEntry } from './schema.ts';

/** A unit of the inventory whose secrets are still references. */
export interface InventoryUnit {
  readonly site: string;
  readonly name: string;
  readonly host: string | null;
  readonly serial: string | null;
  readonly feeds: readonly string[];
  /** Keys `site/name` of the units that `redundantWith` names. */
  readonly redundantWith: readonly string[];
  /** `off`: upsfw may switch the output off for an update. Null: it never does. */
  readonly switchOutput: 'off' | null;
  readonly settings: Settings;
  readonly local: LocalAccess | null;
}

export interface InventorySite {
  readonly name: string;
  /** Units updated at the same time. */
  readonly concurrency: number;
}

export interface Inventory {
  /** Absolute path of the file. */
  readonly file: string;
  /** SHA-256 of its text, in hex. */
  readonly sha256: string;
  /** Hashes of images, in hex, that a person compared with the hashes of the vendor. */
  readonly trust: readonly string[];
  /** How an image counts whose hash is neither in the catalogue nor in `trust`. */
  readonly unknownImages: 'refuse' | 'warn';
  /** Absolute path of the images folder; null where the file names none. */
  readonly images: string | null;
  readonly sites: readonly InventorySite[];
  /** SNMP credentials of the defaults and of sites, also those that no unit uses. */
  readonly snmp: readonly SnmpReference[];
  readonly units: readonly InventoryUnit[];
}

type Settings = Omit<
  UnitEntry,
  'name' | 'host' | 'serialPort' | 'usb' | 'serial' | 'feeds' | 'redundantWith' | 'switchOutput'
>;

const LARGEST_FILE = 8 * 1024 * 1024;

/**
 * Reads an inventory file. Throws Problem config/inventory with every finding, or config/inventory-missing.
 */
export async function loadInventory(file: string): Promise<Inventory> {
  const path = resolve(file);
  return readInventory(await readText(path, file), path, file);
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return await readTextWithin(path, LARGEST_FILE);
  } catch (thrown) {
    if (hasCode(thrown, 'EFBIG')) {
      throw new Problem(
        'config/inventory',
        `${shown} has more than ${LARGEST_FILE} bytes, so it is no inventory.`,
        {
          hint: 'Name the inventory file with --inventory.',
        },
      );
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

/**
 * Parses inventory text. `path`: the file, from whose folder relative paths start. `shown`: its name in
 * messages.
 */
export function readInventory(text: string, path: string, shown: string): Inventory {
  if (text.trim() === '') {
    throw new Problem('config/inventory', `The inventory ${shown} is empty.`, {
      hint: 'Copy inventory.example.yaml and fill it in, or search the network: upsfw discover RANGE --write FILE.',
    });
  }
  const parsed = parseYaml(text, InventorySchema);
  // Both kinds of findings at once, so that the file needs to be fixed only once.
  const contradicting = findContradictions(parsed.ok ? parsed.value : parsed.plain, parsed.at);
  if (!parsed.ok) throw inventoryProblem(shown, parsed.findings.with(contradicting));
  if (contradicting.count > 0) throw inventoryProblem(shown, contradicting.with());

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
    hint: 'Fix these places. docs/inventory.md and schema/inventory.schema.json describe every key.',
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
