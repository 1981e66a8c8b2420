import type { SimulatedDevice } from '../device/device.ts';
import { cardDate, cardTime } from '../device/event-log.ts';
import { badOption, OK, type ShellAnswer } from './answer.ts';

const REBOOT_SECONDS = 60;
/** A card answers the command before it goes down. */
const REBOOT_DELAY_SECONDS = 2;

/** Label and value as a card prints them: spaces up to the second generation, tabs on the third. */
function padded(device: SimulatedDevice, label: string, value: string): string {
  return device.persona.generation === 'nmc3' ? `${label} \t\t${value}` : `${label.padEnd(24)}${value}`;
}

function bootName(device: SimulatedDevice): string {
  return device.persona.generation === 'nmc3' ? 'boot' : 'bootmon';
}

/** As printed by `about`, `system` and the first screen. */
export function uptime(device: SimulatedDevice): string {
  const minutes = Math.floor(device.card.uptimeSeconds / 60);
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} Days ${hours % 24} Hours ${minutes % 60} Minutes`;
}

/** `about`: the hardware and its software, in blocks. Source: docs/sources/card.md#command-output */
export function about(device: SimulatedDevice): string[] {
  const { card } = device.persona;
  const block = (title: string, name: string, version: string): string[] => [
    '',
    title,
    '---------------',
    padded(device, 'Name:', name),
    padded(device, 'Version:', version),
    padded(device, 'Date:', 'Nov  6 2020'),
    padded(device, 'Time:', '11:08:39'),
  ];
  const { appName, appVersion, osVersion, bootVersion } = device.card;
  return [
    OK,
    'Hardware Factory',
    '---------------',
    padded(device, 'Model Number:', card.model),
    padded(device, 'Serial Number:', device.cardSerial),
    padded(device, 'Hardware Revision:', card.hardwareRevision),
    padded(device, 'Manufacture Date:', '05/11/2021'),
    padded(device, 'MAC Address:', '02 00 00 00 00 01'),
    padded(device, 'Management Uptime:', uptime(device)),
    ...(appName === null ? emptySlot(device) : block('Application Module', appName, appVersion)),
    ...block('APC OS(AOS)', 'aos', osVersion),
    ...block('APC Boot Monitor', bootName(device), bootVersion),
  ];
}

/** In place of a missing application. Source: docs/sources/card.md#application-lost */
function emptySlot(device: SimulatedDevice): string[] {
  const { appSlot } = device.persona;
  if (appSlot === 'absent') return [];
  const content =
    appSlot === 'invalid'
      ? ['Invalid Module Header!']
      : [padded(device, 'Name:', bootName(device)), padded(device, 'Version:', device.card.bootVersion)];
  return ['', 'Application Module', '---------------', ...content];
}

/** `system`. Source: docs/sources/card.md#command-output */
export function system(device: SimulatedDevice): string[] {
  const { appName, appVersion, osVersion, bootVersion, appState } = device.card;
  return [
    OK,
    'Host Name Sync: Disabled',
    `Name: ${device.name}`,
    'Contact: upsfw simulated unit',
    'Location: Unknown',
    'Message: ',
    `DateTime: ${cardDate(device.now())}:${cardTime(device.now())}`,
    'User: Super User',
    `Up Time: ${uptime(device)}`,
    `Stat: P+ N4+ N6+ ${appState}`,
    `Bootmon: ${bootName(device)}:${bootVersion}`,
    `AOS: aos:${osVersion}`,
    `App: ${appName === null ? 'none' : `${appName}:${appVersion}`}`,
  ];
}

/** The column widths are made up. */
export function userTable(): string[] {
  const row = (...cells: readonly string[]): string =>
    cells
      .map((cell) => cell.padEnd(22))
      .join('')
      .trimEnd();
  return [
    OK,
    row('Name', 'User Type', 'Status'),
    row('----', '---------', '------'),
    row('apc', 'Super', 'Enabled'),
    row('device', 'Device', 'Disabled'),
  ];
}

/**
 * `ftp`, and `ftp -S`, which takes effect at the next restart of the card.
 * Source: docs/sources/card.md#command-output
 */
export function ftpService(device: SimulatedDevice, args: readonly string[]): ShellAnswer {
  const [option, value] = args;
  if (option === undefined)
    return { lines: [OK, `Service: ${device.card.ftpOn ? 'Enabled' : 'disabled'}`, 'Ftp Port: 21'] };
  if (option !== '-S' || (value !== 'enable' && value !== 'disable'))
    return badOption(['Usage: ftp -- Configuration Options', '  ftp [-S <enable | disable>]']);
  device.counters.settings += 1;
  device.card.setFtp(value === 'enable');
  return { lines: ['E002: Success', 'Reboot required for change to take effect.'] };
}

export function consoleService(device: SimulatedDevice): string[] {
  return [
    OK,
    `Telnet: ${device.persona.telnet ? 'Enabled' : 'Disabled'}`,
    `SSH: ${device.persona.ssh === 'none' ? 'Disabled' : 'Enabled'}`,
    'Telnet Port: 23',
    'SSH Port: 22',
    'Baud Rate: 9600',
  ];
}

export function date(device: SimulatedDevice): string[] {
  return [
    OK,
    `Date: ${cardDate(device.now())}`,
    `Time: ${cardTime(device.now())}`,
    'Format: mm/dd/yyyy',
    'Time Zone: 00:00',
  ];
}

/** The result code comes last here, as in `session`. */
export function lastReset(device: SimulatedDevice): string[] {
  return [device.card.restarted ? '04 Requested Reset' : '09 Coldstart Reset', OK];
}

export function sessions(device: SimulatedDevice): string[] {
  return [
    'User            Interface       Address         Logged In Time',
    '-----------------------------------------------------------------',
    `apc             SSH             127.0.0.1       ${cardTime(device.now())}`,
    OK,
  ];
}

/**
 * `reboot` asks first, `reboot -Y` does not; the output of the UPS is not affected.
 * Source: docs/sources/card.md#login-and-prompt
 */
export function reboot(device: SimulatedDevice, args: readonly string[]): ShellAnswer {
  const go = (): ShellAnswer => {
    device.counters.cardReboots += 1;
    device.after(REBOOT_DELAY_SECONDS, () => device.card.restart(REBOOT_SECONDS));
    return { lines: ['Rebooting...'] };
  };
  if (args[0] === '-Y') return go();
  if (args.length > 0) return badOption(['Usage: reboot', '  reboot [-Y]']);
  return {
    lines: ["Enter 'YES' to continue or <ENTER> to cancel : "],
    next: 'question',
    answered: (typed) => (typed.trim() === 'YES' ? go() : { lines: [] }),
  };
}
