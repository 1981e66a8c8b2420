import { joinList, sanitize, unitKey } from '../core/index.ts';
import type { Inventory } from './load.ts';

/** A load that a single unit feeds, so that no other unit waits while that unit is updated. */
export interface UnpairedFeed {
  readonly load: string;
  readonly unit: string;
  /**
   * A load whose name differs only in spaces, case, dashes, leading zeros or the site; null where there is
   * none.
   */
  readonly similar: { readonly load: string; readonly units: readonly string[] } | null;
}

interface Load {
  readonly load: string;
  readonly site: string;
  /** Keys `site/name` in the order of the inventory. */
  readonly units: readonly string[];
}

/** The loads of an inventory in its order. The same name at two sites means two loads. */
function loadsOf(inventory: Inventory): readonly Load[] {
  const loads = new Map<string, Load & { readonly units: string[] }>();
  for (const unit of inventory.units) {
    for (const load of new Set(unit.feeds)) {
      const name = `${unit.site}/${load}`;
      const known = loads.get(name) ?? { load, site: unit.site, units: [] };
      known.units.push(unitKey(unit));
      loads.set(name, known);
    }
  }
  return [...loads.values()];
}

/**
 * The partners of every unit, by key: units that feed the same load, units that it names in `redundantWith`,
 * and units that name it there. Covers the whole inventory, because the partner of a chosen unit may not be
 * chosen.
 */
export function findPartners(inventory: Inventory): ReadonlyMap<string, readonly string[]> {
  const partners = new Map<string, Set<string>>(inventory.units.map((unit) => [unitKey(unit), new Set()]));
  const pair = (a: string, b: string): void => {
    if (a === b) return;
    partners.get(a)?.add(b);
    partners.get(b)?.add(a);
  };
  for (const unit of inventory.units) for (const other of unit.redundantWith) pair(unitKey(unit), other);
  for (const { units } of loadsOf(inventory)) for (const a of units) for (const b of units) pair(a, b);
  return new Map([...partners].map(([key, set]) => [key, [...set].sort()]));
}

/**
 * The groups of partners that hold one of the chosen units, by key. Units that are all partners of each other
 * form one group; otherwise each pair is a group.
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

/** Loads that a single unit feeds, except those of units that have a partner through `redundantWith`. */
export function unpairedFeeds(inventory: Inventory): readonly UnpairedFeed[] {
  const loads = loadsOf(inventory);
  const bySpelling = new Map<string, Load[]>();
  for (const load of loads) {
    const form = normalForm(load.load);
    const known = bySpelling.get(form);
    if (known === undefined) bySpelling.set(form, [load]);
    else known.push(load);
  }
  const paired = new Set(
    inventory.units.flatMap((unit) =>
      unit.redundantWith.length > 0 ? [unitKey(unit), ...unit.redundantWith] : [],
    ),
  );
  return loads.flatMap((load) => {
    const [unit] = load.units;
    if (unit === undefined || load.units.length > 1 || paired.has(unit)) return [];
    const others = (bySpelling.get(normalForm(load.load)) ?? []).filter((one) => one !== load);
    // A similar name at the same site is more likely a typing error than one at another site.
    const similar = others.find(({ site }) => site === load.site) ?? others[0] ?? null;
    return [
      {
        load: load.load,
        unit,
        similar: similar === null ? null : { load: similar.load, units: similar.units },
      },
    ];
  });
}

/** `Rack 01`, `rack-1` and `RACK_1` have one form. */
function normalForm(load: string): string {
  return load
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')
    .replaceAll(/0+(?=\d)/g, '');
}

/**
 * Warnings about unpaired feeds of the chosen units: a line for each likely typing error, one line for the
 * rest.
 */
export function unpairedFeedWarnings(
  feeds: readonly UnpairedFeed[],
  chosen: ReadonlySet<string>,
): readonly string[] {
  const own = feeds.filter(
    ({ unit, similar }) => chosen.has(unit) || similar?.units.some((key) => chosen.has(key)) === true,
  );
  // Two unpaired feeds with similar names are one typing error.
  const typos = new Map<string, string>();
  for (const { load, unit, similar } of own) {
    if (similar === null) continue;
    const pair = [unit, ...similar.units].toSorted().join(' ');
    if (typos.has(pair)) continue;
    typos.set(
      pair,
      `Only ${unit} feeds "${sanitize(load, 64)}", and ${joinList(similar.units)} ${similar.units.length === 1 ? 'feeds' : 'feed'} "${sanitize(similar.load, 64)}". If this is one load, use one name at one site: until then these units may be updated at the same time.`,
    );
  }
  const alone = own.flatMap(({ load, unit, similar }) =>
    similar === null ? [`${sanitize(load, 64)} (${unit})`] : [],
  );
  const rest =
    alone.length === 0
      ? []
      : [
          `Loads that only one unit feeds, so that no partner carries them during its update: ${joinList(alone)}.`,
        ];
  return [...[...typos.values()].slice(0, MOST_TYPOS), ...moreTypos(typos.size), ...rest];
}

const MOST_TYPOS = 10;

function moreTypos(count: number): readonly string[] {
  return count > MOST_TYPOS ? [`and ${count - MOST_TYPOS} more loads with similar names.`] : [];
}
