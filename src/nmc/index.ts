/**
 * The network path: a unit through its Network Management Card, over SSH, SCP, FTP and SNMP.
 *
 * Owns how a card is spoken to, generation by generation, and what its words mean. Must not know rules, inventories or
 * other units; imports core and snmp.
 *
 * `session`: SSH and the command line. `files`: SCP, FTP, listings. `look`: what a unit and its card are. `update`: the steps of
 * an update of the UPS. `card`: those of the card's own firmware. `generations`: what differs from card to card, as data.
 * `services`: what a card has on. `record`: reading a card for a report. `path.ts` puts the steps together.
 */
export { createNmcDriver } from './driver.ts';
export { downloadByFtp, listByFtp, removeByFtp, uploadByFtp } from './files/ftp.ts';
export type { FtpOptions } from './files/ftp-session.ts';
export { uploadByScp } from './files/scp.ts';
export { echoMayStall, factsOf, placesOf, refusalOf, timeoutsFor } from './generations/index.ts';
export { EVENT_CODES, RESULT_CODES } from './phrases.ts';
export { recordCard } from './record/record.ts';
export { READ_COMMANDS } from './record/record-list.ts';
export { lookAtServices } from './services/services.ts';
export { createLogins } from './session/logins.ts';
export type { HostKeyStore } from './session/ssh.ts';
export { TIMEOUTS, type Timeouts } from './timeouts.ts';
