/**
 * The network path: a unit through its Network Management Card, over SSH, SCP, FTP and SNMP.
 *
 * Owns how a card is spoken to, generation by generation, and what its words mean. Must not know rules, inventories or
 * other units; imports core and snmp.
 */
export { createNmcPath } from './path.ts';
export type { HostKeyStore } from './ssh.ts';
export { WAITS, type Waits } from './waits.ts';
