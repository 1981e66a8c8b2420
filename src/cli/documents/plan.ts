import { resolve } from 'node:path';
import { contentHash, type Plan, type StoredImage, type WorkOrder } from '../../core/index.ts';
import { findPartners, type Inventory, protectedGroups } from '../../inventory/index.ts';
import type { PlanDocument, PlanOrigin } from '../../report/index.ts';
import { advisoriesOf, type LeftOut, type RuleBook, workOrder } from '../../rules/index.ts';

/** What a plan was made with. */
export interface PlanSources {
  readonly inventory: Inventory;
  readonly book: RuleBook;
  readonly imagesFolder: string | null;
  readonly images: readonly StoredImage[];
  /** Files that were not used because of `--as-of`. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * A plan with everything that its approver sees. `digest` covers all of it, so that no part of a plan file
 * can be edited. `ruleFiles`: the rule files of the operator.
 */
export function planDocument(
  plan: Plan,
  fleet: PlanSources,
  ruleFiles: readonly string[],
  now: Date,
): PlanDocument {
  const { book, images, inventory } = fleet;
  const keys = new Set(plan.units.map(({ key }) => key));
  const content = {
    schema: 'upsfw/plan@1' as const,
    generatedAt: now.toISOString(),
    ...plan,
    madeWith: originOf(plan, fleet, ruleFiles),
    protects: protectedGroups(findPartners(inventory), keys),
    advisories: Object.fromEntries(
      plan.units.map(({ key, unit }) => [key, advisoriesOf(book, unit.firmware, unit.card)]),
    ),
    workOrders: workOrders(plan, book, images),
    leftOut: fleet.leftOut,
  };
  // Hash what a reader of the file gets.
  return { ...content, digest: contentHash(JSON.parse(JSON.stringify(content))) };
}

function originOf(plan: Plan, fleet: PlanSources, ruleFiles: readonly string[]): PlanOrigin {
  const { inventory, imagesFolder, book } = fleet;
  return {
    inventory: {
      file: inventory.file,
      sha256: inventory.sha256,
      entries: entryHashes(
        inventory,
        plan.units.map(({ key }) => key),
      ),
    },
    images: imagesFolder,
    rules: ruleFiles.map((file) => resolve(file)),
    override: [...book.overridden].map(([rule, reason]) => ({ rule, reason })),
    asOf: book.asOf,
  };
}

/**
 * A hash of the inventory entry of each unit, by key: all settings that apply to it, the entries of its
 * partners, and the concurrency of its site. It covers secrets as references only. Units without an entry are
 * left out.
 */
export function entryHashes(inventory: Inventory, keys: readonly string[]): Readonly<Record<string, string>> {
  const entries = new Map(inventory.units.map((unit) => [`${unit.site}/${unit.name}`, unit]));
  const partners = findPartners(inventory);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const entry = entries.get(key);
      if (entry === undefined) return [];
      const others = (partners.get(key) ?? []).map((other) => entries.get(other) ?? other);
      const site = inventory.sites.find(({ name }) => name === entry.site);
      return [[key, contentHash({ entry, others, concurrency: site?.concurrency ?? null })]];
    }),
  );
}

function workOrders(plan: Plan, book: RuleBook, images: readonly StoredImage[]): readonly WorkOrder[] {
  return plan.units.flatMap(({ key, unit, verdict, problem }) => {
    // A plan for the card alone needs no work at the UPS.
    if (plan.component === 'card' && problem?.code !== 'device/no-application') return [];
    return workOrder(book, { key, unit, verdict, transport: verdict.transport, images, problem }) ?? [];
  });
}
