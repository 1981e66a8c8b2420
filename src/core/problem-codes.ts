/**
 * Every problem code with its meaning: the closed list for `Problem.code`. `docs/codes.md` holds the same
 * list, and a test compares the two.
 */
export const PROBLEM_CODES = {
  'config/usage': 'The command line has an unknown command, option or value.',
  'config/file': 'A file or folder cannot be read or written, or the machine has no room for it.',
  'config/inventory': 'The inventory file has findings; each is given with line and column.',
  'config/inventory-missing': 'The inventory file does not exist or cannot be read.',
  'config/import': 'A list to import cannot be read or fetched, or contains no unit.',
  'config/secret':
    'A secret reference cannot be resolved (variable not set, file missing or open to others, command failed).',
  'config/selection': 'No unit of the inventory matches --site or --unit.',
  'config/credentials': 'A credentials file is malformed or cannot be read.',
  'config/override': 'The overridden rule does not exist or is final.',
  'config/rules': 'A rule file is malformed.',
  'config/images': 'The images folder does not exist or contains no image.',
  'config/plan':
    'The plan file is malformed or was edited, or its inventory, images or rules are no longer the same.',
  'config/run': 'There is no such run or audit, or it cannot be read.',
  'config/state': 'The state folder cannot be used.',
  'config/usb-drive':
    'The folder is no usable USB drive: missing, not FAT, not the root, not empty, or full.',
  'image/empty': 'The image file has no bytes.',
  'image/size': 'The size of the image file is not a multiple of 128, or is over the limit.',
  'image/truncated': 'The file ends in the middle of a record.',
  'image/header-checksum': 'The checksum of a record header is wrong.',
  'image/payload-checksum': 'The checksum of a record payload is wrong.',
  'image/format': 'The bytes are not an update image, or the container format is not known.',
  'image/no-ups-record': 'No record names the UPS firmware, so the release version is not known.',
  'image/name': 'A record or file name has no known form.',
  'image/unreadable': 'The image file cannot be read from disk.',
  'image/package': 'The file is a package of the vendor: unpack it. Card files are in its folder Bins.',
  'image/other-card': 'The file is for another product or another kind of card, and is left alone.',
  'image/console-form':
    'The file is for the boot monitor of a card, over its serial port. It is never uploaded.',
  'image/renamed': 'The file name is that of a copy, or was changed. The file is not used.',
  'image/changed': 'The image file has changed since the plan was made.',
  'image/fetch': 'The image cannot be downloaded, or another file arrived.',
  'image/copy': 'The copy of the image differs from what was written.',
  'device/not-smart-ups': 'A device answers, but it is not a Smart-UPS.',
  'device/no-application': 'An APC card answers without its application; the UPS behind it is not visible.',
  'device/lost-ups': 'The card answers, but it has lost its UPS.',
  'device/garbage': 'The answer of the device cannot be parsed.',
  'device/login': 'The card refused the user name or password.',
  'device/login-limit': 'The card has no free session.',
  'device/login-code':
    'The card asks for a one-time code. Give upsfw a local user of the card without an e-mail address.',
  'device/password-change': 'The card demands a new password before it accepts commands.',
  'device/no-room': 'The card has no room for the image, or refused to store it.',
  'device/other-images': 'The card holds other images, and a start over SNMP cannot name the right one.',
  'device/upload-mismatch': 'The card lists the file with another size than was sent.',
  'device/incompatible': 'The card reports that the image does not fit the UPS.',
  'device/start-refused': 'The card refused to start the update.',
  'device/start-unavailable': 'The card offers no known start method; the image is on the card.',
  'device/start-not-seen': 'The start is in the journal, but the unit shows no update.',
  'device/update-failed': 'The unit reports that the update failed, and runs its old firmware.',
  'device/update-unknown': 'The update was started, and its result is not known.',
  'device/busy': 'An update that this run did not start is in progress.',
  'device/changed': 'After the update, version, identity, output or alarms of the unit are not as expected.',
  'device/output': 'The output of a unit is not as expected, or could not be switched.',
  'device/not-installed':
    'The unit has the image and runs its old firmware until it is installed at the panel.',
  'device/no-backup': 'Settings or event log of the card could not be read, so the run has no copy of them.',
  'device/stale-result': 'The card shows an old update result that cannot be cleared.',
  'device/no-file': 'The card has no such file, or does not serve it.',
  'device/banner': 'The card sends its System Message in a form that is not valid SSH.',
  'device/boot-loader': 'The unit runs no firmware: it waits in its boot loader for an image.',
  'link/port': 'A serial or USB port does not exist, may not be opened, or is in use.',
  'link/dns': 'The host name has no address.',
  'link/silent': 'No answer: wrong address, wrong credential, or the device is off.',
  'link/refused': 'The port is closed.',
  'link/closed': 'The connection was closed before the end.',
  'link/timeout': 'The device did not answer in time.',
  'link/handshake': 'Client and card have no SSH algorithm in common.',
  'link/reset': 'The card reset the data connection in the middle of a file.',
  'link/host-key': 'The SSH host key differs from the known one.',
  'link/snmp': 'The SNMP agent answered with an error.',
  'link/snmp-auth': 'The SNMPv3 agent refused user, authentication or privacy.',
  'link/ftp': 'The FTP server answered with an error.',
  'link/scp': 'The SCP side of the card answered with an error.',
  'link/ssh': 'The SSH side of the card answered with an error.',
  'link/unreachable': 'No host answers at the address, or there is no route to it.',
  'link/certificate': 'The certificate differs from the known one, or is missing where one is known.',
  'refused/rule': 'A rule blocks the update.',
  'refused/login': 'Other cards refused the same login, so it was not sent to this one.',
  'refused/plaintext':
    'The method would send secrets or images without encryption, and the inventory does not allow it.',
  'refused/window': 'The maintenance window of the unit is closed.',
  'refused/partner': 'A unit that feeds the same load is not healthy, not known, or being updated.',
  'refused/locked': 'Another process works on this unit.',
  'refused/stale-plan': 'The unit has changed since the plan was made.',
  'refused/no-path': 'There is no method to send an update to this unit from here.',
  'refused/identity': 'The unit has no usable serial number, or two units have the same one.',
  'refused/confirmation': 'The plan was not confirmed.',
  'refused/interrupted': 'The operator pressed Ctrl-C, and the command ended before it started an update.',
  'refused/second-attempt': 'An earlier start on this unit failed, or its result is not known.',
  'refused/stopped': 'The operator stopped the run before this unit was started.',
  'internal/unexpected': 'A defect of the tool itself.',
} as const;

export type ProblemCode = keyof typeof PROBLEM_CODES;

/** First parts of codes that upsfw gives before it sends anything: a policy, or a mistake in a file. */
const REFUSING_PARTS = ['refused', 'config', 'image'] as const;

/**
 * Codes of a device that count as a refusal too: nothing went wrong, and upsfw does not begin the update.
 */
export const REFUSING_DEVICE_CODES = [
  'device/busy',
  'device/lost-ups',
  'device/not-installed',
  'device/not-smart-ups',
] as const;

/**
 * How a unit ends on which nothing was started: `refused` where upsfw decided not to begin, `failed` where
 * the device, the connection or upsfw did not do what was asked. A resume continues a refused unit without a
 * retry. `docs/codes.md` has the table.
 */
export function outcomeWithoutStart(code: string): 'refused' | 'failed' {
  const decided =
    REFUSING_PARTS.some((part) => code.startsWith(`${part}/`)) ||
    REFUSING_DEVICE_CODES.some((one) => one === code);
  return decided ? 'refused' : 'failed';
}
