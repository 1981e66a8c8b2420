/**
 * The card driver: reaches a unit through its Network Management Card, over SSH, SCP, FTP and SNMP.
 *
 * Owns the protocols of each card generation and the meaning of the answers. Must not know rules, inventories
 * or other units. Imports core and snmp.
 *
 * `session`: SSH and the command line. `files`: SCP, FTP and listings. `look`: what a unit and its card run.
 * `ups-update` and `card-update`: the two procedures. `generations`: the differences between cards, as data.
 * `services`: which services a card offers. `record`: a recording of a card. `driver.ts` combines them.
 */
export { createNmcDriver } from './driver.ts';
export { downloadByFtp, listByFtp, removeByFtp, uploadByFtp } from './files/ftp.ts';
export type { FtpOptions } from './files/ftp-session.ts';
export { uploadByScp } from './files/scp.ts';
export { echoMayStall, factsOf, pathsOf, refusalOf, timeoutsFor } from './generations/index.ts';
export { EVENT_CODES, RESULT_CODES } from './phrases.ts';
export { recordCard } from './record/record.ts';
export { READ_COMMANDS } from './record/record-list.ts';
export { lookAtServices } from './services/services.ts';
export { createLogins } from './session/logins.ts';
export type { HostKeyStore } from './session/ssh.ts';
export { TIMEOUTS, type Timeouts } from './timeouts.ts';
