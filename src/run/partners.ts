import { unitKey } from '../core/index.ts';
import type { Execution } from './execution.ts';
import type { Inventory, InventoryUnit } from './inventory.ts';

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

/**
 * The partners of the units of a run: those of the inventory as it is now, and those that it named when the run was begun. A line that
 * was removed since must not take the protection away.
 */
export function partnersOf({
  inventory,
  journal,
}: Pick<Execution, 'inventory' | 'journal'>): ReadonlyMap<string, readonly string[]> {
  const partners = new Map(findPartners(inventory));
  const [first] = journal.events;
  const atBegin = first?.event === 'run' ? (first.partners ?? {}) : {};
  for (const [key, others] of Object.entries(atBegin)) {
    for (const other of others) {
      partners.set(key, [...new Set([...(partners.get(key) ?? []), other])].sort());
      partners.set(other, [...new Set([...(partners.get(other) ?? []), key])].sort());
    }
  }
  return partners;
}

/**
 * Lets a unit go to work only while none of its partners is at work. Entries of an inventory are told apart by name first; once
 * serial numbers were read, these decide, because one unit may have two entries.
 */
export class Flight {
  readonly #partners: ReadonlyMap<string, readonly string[]>;
  readonly #flying = new Set<string>();
  /** Serial numbers of the units at work, by key. */
  readonly #serials = new Map<string, string>();
  /** Serial numbers that the partners of a unit at work answered with, by its key. */
  readonly #guarded = new Map<string, Set<string>>();
  #landed: (() => void)[] = [];

  constructor(partners: ReadonlyMap<string, readonly string[]>) {
    this.#partners = partners;
  }

  /** Resolves when the unit may work; from then on its partners wait until `leave`. */
  async enter(key: string): Promise<void> {
    while ((this.#partners.get(key) ?? []).some((partner) => this.#flying.has(partner))) {
      await new Promise<void>((resolve) => {
        this.#landed.push(resolve);
      });
    }
    this.#flying.add(key);
  }

  leave(key: string): void {
    this.#flying.delete(key);
    this.#serials.delete(key);
    this.#guarded.delete(key);
    const waiting = this.#landed;
    this.#landed = [];
    for (const wake of waiting) wake();
  }

  /**
   * Notes which unit is at work under a key. Gives the key of another unit at work that it must not run beside: one with the same
   * serial number, or one whose partner answered with it. Null where there is none.
   */
  claim(key: string, serial: string): string | null {
    this.#serials.set(key, serial);
    for (const [other, guarded] of this.#guarded) if (other !== key && guarded.has(serial)) return other;
    return this.#withSerial(serial, key);
  }

  /**
   * Keeps the unit with this serial number from starting while `key` is at work. Gives the key under which it is at work
   * already, else null.
   */
  guard(key: string, partnerSerial: string): string | null {
    this.#guarded.set(key, (this.#guarded.get(key) ?? new Set()).add(partnerSerial));
    return this.#withSerial(partnerSerial, key);
  }

  #withSerial(serial: string, except: string): string | null {
    for (const [key, other] of this.#serials) if (key !== except && other === serial) return key;
    return null;
  }
}
