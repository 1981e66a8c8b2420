/**
 * Devices that are not there, on real sockets and ports: the demonstration, the rehearsal and the peer of the tests.
 *
 * Owns one state machine a device, its faces (SNMP, SSH, FTP, telnet, web; serial line and USB), what cards and units say of
 * themselves, and tables of faults. Follows what is known of real cards and units, not what the client expects: it must not know
 * snmp, nmc, local or images.
 */

export { BYSTANDERS, type BystanderName } from './bystanders.ts';
export {
  buildCardFile,
  type CardFileRecipe,
  type CardPart,
  cardFileName,
} from './device/card-file-builder.ts';
export type { SimulatedDevice } from './device/device.ts';
export {
  buildImage,
  DEMO_IMAGES,
  type ImageRecipe,
  PERSONA_IMAGES,
  ROUTE_IMAGES,
} from './device/image-builder.ts';
export { HOSTILE, type Hostile } from './faces/hostile-face.ts';
export type { Fault } from './faults.ts';
export { FAULTS } from './faults.ts';
export {
  type FleetOptions,
  type RunningBystander,
  type RunningHostile,
  type RunningUnit,
  type SimulatedFleet,
  startFleet,
} from './fleet.ts';
export { inventoryText } from './inventory.ts';
export type { LocalState, SimulatedLocalDevice } from './local/device.ts';
export { LOCAL_FAULTS, type LocalFault } from './local/faults.ts';
export { LOCAL_IMAGES } from './local/images.ts';
export {
  LOCAL_PERSONAS,
  type LocalPersona,
  type LocalPersonaName,
  loadLocalPersona,
} from './local/personas.ts';
export { type LocalRehearsal, startLocalRehearsal } from './local/rehearsal.ts';
export {
  type LocalUnits,
  type RunningLocalUnit,
  type SimulatedLocalUnit,
  startLocalUnits,
} from './local/start.ts';
export { MANY_ADDRESSES, MOST_DEVICES } from './network.ts';
export {
  loadPersona,
  loadPersonaFile,
  PERSONAS,
  type Persona,
  type PersonaName,
  PersonaSchema,
} from './personas.ts';
export { DEMO_UNITS, manyUnits, type SimulatedUnit } from './units.ts';
