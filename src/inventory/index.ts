/**
 * The inventory: its schema, its units with settings, credentials and partners, and how units are added.
 *
 * Owns the meaning of an inventory file, the sources of secrets, and which units feed the same load. `import`
 * reads lists of other systems and queries NetBox; `merge` adds units to a file. Must not know rules, images,
 * runs or any protocol of a unit; imports core, files and yaml.
 */
export {
  type CommunityVersion,
  type CredentialReference,
  communityReference,
  credentialsOf,
  distinctCredentials,
  loadCredentials,
} from './credentials.ts';
export { classifyFound, findingsOf, listedUnits } from './discovered.ts';
export { type Decoded, decodeList } from './import/encoding.ts';
export { IMPORT_FORMATS, IMPORTERS, type ImportFormat } from './import/formats.ts';
export {
  type Imported,
  type ImportNote,
  type ImportOptions,
  LARGEST_LIST,
  type NoteKind,
} from './import/imported.ts';
export { fetchNetbox } from './import/netbox-api.ts';
export { type Inventory, type InventoryUnit, loadInventory, readInventory } from './load.ts';
export { findPartners, protectedGroups, unpairedFeeds, unpairedFeedWarnings } from './loads.ts';
export { type ListedUnit, sameHost } from './merge/listed.ts';
export { type Merged, type MergeOptions, mergeInventory } from './merge/merge.ts';
export { writeInventoryFile } from './merge/write.ts';
export { nameSchema } from './names.ts';
export { HostSchema, InventorySchema, type SnmpReference, secretOptionSchema } from './schema.ts';
export { createSecretResolver, type SecretResolver, type SecretSources } from './secrets.ts';
export {
  expectSecrets,
  missingSecrets,
  type Purpose,
  resolveTarget,
  resolveTargets,
  snmpAccess,
} from './targets.ts';
