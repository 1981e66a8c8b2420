import { joinList, sanitize, unitKey } from '../core/index.ts';
import type { Inventory } from './load.ts';

/** Units that carry one load: they are never in flight together. */
export interface LoadGroup {
  /** Name of the load in `feeds`; null for a pair that only `redundantWith` names. */
  readonly load: string | null;
  /** Site of the load; null for a pair without one. */
  readonly site: string | null;
  /** Keys `site/name` of at least two units, in the order of the inventory. */
  readonly units: readonly string[];
}

/** A load that a single unit feeds, so nothing keeps that unit from being updated while others are. */
export interface LonelyFeed {
  readonly load: string;
  readonly unit: string;
  /** A load whose name differs in blanks, capitals, dashes, leading zeros or the site only; null where there is none. */
  readonly near: { readonly load: string; readonly units: readonly string[] } | null;
}

interface Load {
  readonly load: string;
  readonly site: string;
  readonly units: string[];
}

/** The loads of an inventory in its order. The same name at two sites means two loads. */
function loadsOf(inventory: Inventory): readonly Load[] {
  const loads = new Map<string, Load>();
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

/** The groups that a run keeps apart: by load, then the pairs that only `redundantWith` names. */
export function loadGroups(inventory: Inventory): readonly LoadGroup[] {
  const groups: LoadGroup[] = loadsOf(inventory).filter(({ units }) => units.length > 1);
  const seen = new Set(groups.flatMap(({ units }) => units.flatMap((a) => units.map((b) => `${a} ${b}`))));
  for (const unit of inventory.units) {
    const key = unitKey(unit);
    for (const other of unit.redundantWith) {
      if (other === key || seen.has(`${key} ${other}`)) continue;
      seen.add(`${key} ${other}`).add(`${other} ${key}`);
      groups.push({ load: null, site: null, units: [key, other] });
    }
  }
  return groups;
}

/** Loads that one unit alone feeds, without those units that `redundantWith` gives a partner. */
export function unpairedFeeds(inventory: Inventory): readonly LonelyFeed[] {
  const loads = loadsOf(inventory);
  const alike = new Map<string, Load[]>();
  for (const load of loads) {
    const form = formOf(load.load);
    const known = alike.get(form);
    if (known === undefined) alike.set(form, [load]);
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
    const others = (alike.get(formOf(load.load)) ?? []).filter((one) => one !== load);
    // Of the same site first: there the name is a slip of the keyboard.
    const near = others.find(({ site }) => site === load.site) ?? others[0] ?? null;
    return [{ load: load.load, unit, near: near === null ? null : { load: near.load, units: near.units } }];
  });
}

/** `Rack 01`, `rack-1` and `RACK_1` have one form. */
function formOf(load: string): string {
  return load
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')
    .replaceAll(/0+(?=\d)/g, '');
}

/** What to say of lonely feeds of these units, a line each for what looks like a slip, one line for the rest. */
export function unpairedFeedWarnings(
  feeds: readonly LonelyFeed[],
  chosen: ReadonlySet<string>,
): readonly string[] {
  const own = feeds.filter(
    ({ unit, near }) => chosen.has(unit) || near?.units.some((key) => chosen.has(key)) === true,
  );
  // Two lonely feeds with names alike are one slip.
  const slips = new Map<string, string>();
  for (const { load, unit, near } of own) {
    if (near === null) continue;
    const pair = [unit, ...near.units].toSorted().join(' ');
    if (slips.has(pair)) continue;
    slips.set(
      pair,
      `Only ${unit} feeds "${sanitize(load, 64)}", and ${joinList(near.units)} ${near.units.length === 1 ? 'feeds' : 'feed'} "${sanitize(near.load, 64)}". If that is one load, write one name at one site: until then these units may be updated together.`,
    );
  }
  const alone = own.flatMap(({ load, unit, near }) =>
    near === null ? [`${sanitize(load, 64)} (${unit})`] : [],
  );
  const rest =
    alone.length === 0
      ? []
      : [
          `Loads that a single unit feeds, so that no other unit protects them during its update: ${joinList(alone)}.`,
        ];
  return [...[...slips.values()].slice(0, MOST_SLIPS), ...moreSlips(slips.size), ...rest];
}

const MOST_SLIPS = 10;

function moreSlips(count: number): readonly string[] {
  return count > MOST_SLIPS
    ? [`and ${count - MOST_SLIPS} more loads whose names differ in their form only.`]
    : [];
}
