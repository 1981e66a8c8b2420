/**
 * SNMP: one shared socket, the OID table, looks at units through their cards, sweeps, and the update object.
 *
 * Owns what is read and written over SNMP. Must not know rules, inventories or other protocols; imports core
 * only.
 */

export { canonicalAddress } from './client/canonical-address.ts';
export { createSnmpHub, type SnmpHub, type SnmpHubOptions } from './client/hub.ts';
export { OID } from './client/oids.ts';
export { isAnsweredElsewhere } from './client/problems.ts';
export type { SetOutcome, SnmpSession } from './client/session.ts';
export type { SnmpAnswers, SnmpValue } from './client/values.ts';
export { applicationIn, describeContradiction, type Identification, identify } from './look/identify.ts';
export { lookBySnmp } from './look/look.ts';
export { nameIn, showsNoApplication } from './look/names.ts';
export { lostUps, noApplication, notSmartUps } from './look/problems.ts';
export { type AddressList, listAddresses, readRanges } from './sweep/addresses.ts';
export { type DiscoverResult, discover } from './sweep/discover.ts';
export type { ForeignAnswer } from './sweep/foreign.ts';
export type { SweepRate } from './sweep/options.ts';
export { PACE } from './sweep/pace.ts';
export {
  clearUpdateResult,
  readUpdateState,
  requestUpdate,
  type UpdateObjectState,
} from './update-object.ts';
