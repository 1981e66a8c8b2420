import { unitKey } from '../core/index.ts';
import type { Inventory, InventoryUnit } from './load.ts';

/**
 * For every unit the units that carry the same load: those that it names in `redundantWith`, those that name it, and
 * those that feed the same thing. Over the whole inventory, because the partner of a chosen unit may not be chosen.
 */
export function findPartners(inventory: Inventory): ReadonlyMap<string, readonly string[]> {
  const partners = new Map<string, Set<string>>(inventory.units.map((unit) => [unitKey(unit), new Set()]));
  const pair = (a: string, b: string): void => {
    if (a === b) return;
    partners.get(a)?.add(b);
    partners.get(b)?.add(a);
  };
  const feeders = new Map<string, InventoryUnit[]>();
  for (const unit of inventory.units) {
    for (const other of unit.redundantWith) pair(unitKey(unit), other);
    for (const load of unit.feeds) {
      // The same load name at two sites means two loads.
      const name = `${unit.site}/${load}`;
      const others = feeders.get(name) ?? [];
      for (const other of others) pair(unitKey(unit), unitKey(other));
      feeders.set(name, [...others, unit]);
    }
  }
  return new Map([...partners].map(([key, set]) => [key, [...set].sort()]));
}

/**
 * The groups of units with the same load that have one of the chosen units in them, by key. Units that all share with each
 * other are one group; where not all of them do, each pair is one.
 */
export function protectedGroups(
  partners: ReadonlyMap<string, readonly string[]>,
  chosen: ReadonlySet<string>,
): readonly (readonly string[])[] {
  const together = (key: string): readonly string[] => [key, ...(partners.get(key) ?? [])].sort();
  const groups = new Map<string, readonly string[]>();
  for (const key of chosen) {
    const others = partners.get(key) ?? [];
    if (others.length === 0) continue;
    const all = together(key);
    const isGroup = all.every((one) => together(one).join('\n') === all.join('\n'));
    for (const group of isGroup ? [all] : others.map((other) => [key, other].sort()))
      groups.set(group.join('\n'), group);
  }
  return [...groups.values()];
}
