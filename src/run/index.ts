/**
 * Runs: the inventory, the plan, and carrying it out with journal, locks, windows and limits.
 *
 * Owns when something is done to which unit, and what is written down about it. Must not know any protocol: units are
 * reached through the paths that are handed in. `import` reads the lists of others, and asks NetBox for its own. Imports core, disk, rules, images and yaml.
 */
export * from './credentials.ts';
export * from './discovery.ts';
export * from './earlier-starts.ts';
export * from './execution.ts';
export * from './executor.ts';
export * from './fold.ts';
export type { Imported, ImportNote, ImportOptions, NoteKind } from './import/imported.ts';
export { LARGEST_LIST } from './import/imported.ts';
export * from './import/importers.ts';
export { fetchNetbox, type NetboxSource } from './import/netbox-url.ts';
export * from './inventory.ts';
export { writeInventoryFile } from './inventory-file.ts';
export { sameHost } from './inventory-listed.ts';
export { type MergeChange, type Merged, type MergeOptions, mergeInventory } from './inventory-merge.ts';
export { HostSchema, InventorySchema, nameSchema, type SnmpReference } from './inventory-schema.ts';
export * from './journal.ts';
export { parseJournal } from './journal-lines.ts';
export type { ListedUnit } from './listed-unit.ts';
export * from './loads.ts';
export * from './locks.ts';
export * from './look-all.ts';
export * from './outlook.ts';
export * from './papers.ts';
export * from './partner-gate.ts';
export * from './partners.ts';
export * from './pins.ts';
export * from './plan-builder.ts';
export type { Ending, UnitWork } from './preflight.ts';
export * from './recovery.ts';
export * from './run-record.ts';
export { AuditUnitSchema, PlanSchema } from './schemas.ts';
export * from './secrets.ts';
export * from './state-folder.ts';
export * from './targets.ts';
export * from './window.ts';
