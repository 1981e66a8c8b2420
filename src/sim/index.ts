/**
 * Simulated devices on real sockets and ports, for the demo, for `simulate` and for the tests.
 *
 * Owns one state machine per device, its endpoints (SNMP, SSH, FTP, telnet, web; serial and USB), the
 * personas of cards and units, and the fault tables. Follows what is known of real cards and units, not what
 * the client expects: it must not know snmp, nmc, local or images.
 */
export { buildCardFile, type CardFileRecipe, cardFileName } from './device/card-file-builder.ts';
export { SimulatedDevice } from './device/device.ts';
export {
  buildImage,
  DEMO_IMAGES,
  type ImageRecipe,
  LOCAL_IMAGES,
  PERSONA_IMAGES,
  ROUTE_IMAGES,
} from './device/image-builder.ts';
export { HOSTILE, type Hostile } from './endpoints/hostile.ts';
export {
  communityMessage,
  type ForgedUser,
  int,
  type Level,
  octets,
  oid,
  PDU,
  pduFor,
  type ReceivedRequest,
  readRequest,
  reportPdu,
  securedMessage,
  tlv,
} from './endpoints/snmp/forged.ts';
export { FAULTS, type Fault } from './faults.ts';
export { type FleetOptions, type RunningOtherDevice, type SimulatedFleet, startFleet } from './fleet.ts';
export { inventoryText } from './inventory.ts';
export { SimulatedLocalDevice } from './local/device.ts';
export type { LocalFault } from './local/faults.ts';
export { type LocalPersona, type LocalPersonaName, loadLocalPersona } from './local/personas.ts';
export {
  type LocalSimulation,
  type LocalUnits,
  startLocalSimulation,
  startLocalUnits,
} from './local/start.ts';
export { MANY_ADDRESSES, MOST_DEVICES } from './network.ts';
export { OTHER_DEVICES, type OtherDeviceName } from './other-devices.ts';
export {
  loadPersona,
  loadPersonaFile,
  PERSONAS,
  type Persona,
  type PersonaName,
  PersonaSchema,
} from './personas.ts';
export { DEMO_UNITS, manyUnits, type SimulatedUnit } from './units.ts';
