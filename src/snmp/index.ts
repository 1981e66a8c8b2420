/**
 * SNMP: one shared socket, the OID table, a look at a unit through its card, and the update object.
 *
 * Owns what is asked and written over SNMP. Must not know rules, inventories or other protocols; imports core only.
 */
export {
  type AddressList,
  listAddresses,
  type ReadRanges,
  readRanges,
  spelledLikeSocket,
} from './addresses.ts';
export { type DiscoverOptions, type DiscoverResult, discover } from './discover.ts';
export { createSnmpHub, type SnmpHub, type SnmpHubOptions } from './hub.ts';
export { lookBySnmp, type SnmpTarget } from './look.ts';
export { OID } from './oids.ts';
export type { SetOutcome, SnmpSession } from './session.ts';
export { clearUpdateResult, readUpdateState, requestUpdate, type UpdateState } from './update-object.ts';
