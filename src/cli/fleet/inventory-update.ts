import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hasCode, Problem, reasonOf, sanitize } from '../../core/index.ts';
import { openOutputFile } from '../../files/index.ts';
import {
  LARGEST_LIST,
  type ListedUnit,
  type Merged,
  mergeInventory,
  readInventory,
} from '../../inventory/index.ts';
import { readTextWithin } from '../../yaml/index.ts';

/**
 * The text of the inventory; null where it does not exist yet. Throws Problem config/inventory-missing, or
 * config/usage where the file cannot be written. Call it before any device is asked.
 */
export async function readInventoryText(file: string): Promise<string | null> {
  await openOutputFile(file, '--write');
  try {
    return await readTextWithin(file, LARGEST_LIST);
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return null;
    const why = reasonOf(thrown);
    throw new Problem('config/inventory-missing', `The inventory ${sanitize(file)} cannot be read: ${why}.`, {
      hint: 'Name a readable and writable file with --write, or a new one.',
      cause: thrown,
    });
  }
}

/**
 * Resolves the host names of an inventory and merges units into its text. `shown`: its name in messages.
 * Throws Problem config/inventory.
 */
export async function mergeListed(
  before: string | null,
  shown: string,
  units: readonly ListedUnit[],
  options: { readonly site: string; readonly heading?: readonly string[] },
): Promise<Merged> {
  const addresses = before === null ? new Map<string, readonly string[]>() : await addressesOf(before, shown);
  return mergeInventory(before, shown, units, { ...options, addresses });
}

/** The addresses of the host names in an inventory. */
async function addressesOf(text: string, file: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = readInventory(text, file, file).units.flatMap(({ host }) =>
    host === null || isIP(host) !== 0 ? [] : [host.toLowerCase()],
  );
  const found = new Map<string, readonly string[]>();
  await Promise.all(
    names.map(async (name) => {
      const all = await lookup(name, { all: true }).catch(() => []);
      found.set(
        name,
        all.map(({ address }) => address),
      );
    }),
  );
  return found;
}
