/**
 * Devices that are not there, on real sockets: the demonstration, the rehearsal and the peer of the tests.
 *
 * Owns one state machine a device, its faces (SNMP, SSH, FTP), what cards say of themselves, and a table of faults.
 * Follows what is known of real cards, not what the client expects: it must not know snmp, nmc, local or images.
 */

export type { SimulatedDevice } from './device.ts';
export type { Fault } from './faults.ts';
export { FAULTS } from './faults.ts';
export {
  DEMO_UNITS,
  type FleetOptions,
  type RunningUnit,
  type SimulatedFleet,
  type SimulatedUnit,
  startFleet,
} from './fleet.ts';
export { buildImage, DEMO_IMAGES, type ImageRecipe, ROUTE_IMAGES } from './image-builder.ts';
export { PERSONAS, type PersonaName } from './personas.ts';
