/**
 * Devices that are not there, on real sockets: the demonstration, the rehearsal and the peer of the tests.
 *
 * Owns one state machine a device, its faces (SNMP, SSH, FTP, telnet, web), what cards say of themselves, and a table of faults.
 * Follows what is known of real cards, not what the client expects: it must not know snmp, nmc, local or images.
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
