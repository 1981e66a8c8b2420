import type { SimulatedDevice } from './device.ts';

/**
 * What a command of the card's command line answers. `hang-up`: the connection closes instead of an answer; `asks`: the next
 * line that is typed is the answer to a question.
 */
export interface ShellAnswer {
  readonly lines: readonly string[];
  readonly ending?: 'bye' | 'hang-up' | 'asks';
}

const OK = 'E000: Success';
const NOT_FOUND: ShellAnswer = { lines: ['E101: Command Not Found'] };
const BAD_OPTION: ShellAnswer = { lines: ['E102: Parameter Error'] };
const NO_DATA: ShellAnswer = { lines: ['E106: Data Not Available'] };
const NO_UPS: ShellAnswer = { lines: ['E107: Serial communication with the UPS has been lost'] };

/** Answers one line of input (card notes, sections 1.3, 2.2 and 2.3). Commands are not case-sensitive, options are. */
export function answerCommand(device: SimulatedDevice, line: string, folder: { path: string }): ShellAnswer {
  const [word = '', ...options] = line.trim().match(/"[^"]*"|\S+/g) ?? [];
  const words = options.map((option) => option.replace(/^"|"$/g, ''));
  device.counters.commands += 1;
  switch (word.toLowerCase()) {
    case '':
      return { lines: [] };
    case '?':
    case 'help':
      return { lines: commandList(device) };
    case 'about':
      return { lines: about(device) };
    case 'upsabout':
      return device.linkUp ? { lines: upsabout(device) } : NO_UPS;
    case 'detstatus':
      return device.linkUp
        ? { lines: [OK, `Status of UPS: ${status(device)}`, 'Last Transfer: None'] }
        : NO_UPS;
    case 'whoami':
      return { lines: [OK, 'apc'] };
    case 'pwd':
      return { lines: [OK, folder.path] };
    case 'cd':
      return changeFolder(folder, words[0] ?? '/');
    case 'dir':
      return { lines: [OK, ...listing(device, words[0] ?? folder.path)] };
    case 'delete':
      return device.remove((words[0] ?? '').replace(/^.*\//, ''))
        ? { lines: [OK] }
        : { lines: ['E100: Command failed'] };
    case 'upsfwupdate':
      return device.persona.upsfwupdate ? updateCommand(device, words) : NOT_FOUND;
    case 'exit':
    case 'quit':
    case 'bye':
      return { lines: ['Connection Closed - Bye'], ending: 'bye' };
    default:
      return NOT_FOUND;
  }
}

function commandList(device: SimulatedDevice): string[] {
  const names = [
    '?',
    'about',
    'cd',
    'delete',
    'detstatus',
    'dir',
    'exit',
    'help',
    'pwd',
    'quit',
    'upsabout',
    'whoami',
  ];
  return ['System Commands:', ...(device.persona.upsfwupdate ? [...names, 'upsfwupdate'] : names)];
}

function about(device: SimulatedDevice): string[] {
  const { card } = device.persona;
  const pad = (label: string, value: string): string =>
    device.persona.generation === 'nmc3' ? `${label} \t\t${value}` : `${label.padEnd(24)}${value}`;
  return [
    OK,
    'Hardware Factory',
    '---------------',
    pad('Model Number:', card.model),
    pad('Serial Number:', device.cardSerial),
    pad('Hardware Revision:', card.hardwareRevision),
    '',
    'Application Module',
    '---------------',
    pad('Name:', card.appName),
    pad('Version:', card.appVersion),
    '',
    'APC OS(AOS)',
    '---------------',
    pad('Name:', 'aos'),
    pad('Version:', card.osVersion),
  ];
}

function upsabout(device: SimulatedDevice): string[] {
  const { ups } = device.persona;
  return [
    OK,
    `Model: ${ups.model}`,
    ...(ups.sku === null ? [] : [`SKU: ${ups.sku}`]),
    `Serial Number: ${device.serial}`,
    `Firmware Revision: ${device.firmware}`,
    `Manufacture Date: ${ups.manufactured}`,
    ...(ups.ratingVA === null ? [] : [`Apparent Power Rating: ${ups.ratingVA} VA`]),
  ];
}

function status(device: SimulatedDevice): string {
  if (!device.outputOn) return 'Off, No Alarms Present';
  return device.onBattery ? 'On Battery' : 'On Line, No Alarms Present';
}

function changeFolder(folder: { path: string }, where: string): ShellAnswer {
  const path = where.startsWith('/') ? where : `${folder.path}/${where}`;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const clean = where === '..' ? '/' : `/${parts.join('/')}`;
  if (clean !== '/' && clean !== '/upsfw') return { lines: ['E100: Command failed'] };
  folder.path = clean;
  return { lines: [OK] };
}

/** Lines as a card of AOS 6 prints them: size, date, name; folders end in a slash. */
export function listing(device: SimulatedDevice, path: string): string[] {
  const date = 'Nov  5  2020';
  if (/^\/?upsfw\/?$/.test(path)) {
    return [...device.files].map(([name, bytes]) => `${String(bytes.length).padStart(12)} ${date}  ${name}`);
  }
  return [
    `${'3137536'.padStart(12)} ${date}  apc_${device.persona.card.platform}_aos.bin`,
    `${'0'.padStart(12)} ${date}  upsfw/`,
  ];
}

function updateCommand(device: SimulatedDevice, words: readonly string[]): ShellAnswer {
  const [option, ...rest] = words;
  switch (option) {
    case '?':
      return {
        lines: [
          'Usage: upsfwupdate -- Configuration Options',
          '  upsfwupdate [-install <-file path>]',
          '  [-info <-file path>] [-status] [-lastresult]',
        ],
      };
    case '-status':
      if (device.phase === 'restarting' || device.phase === 'lost') return NO_UPS;
      return device.progress === null ? NO_DATA : { lines: [OK, `Status: ${progress(device.progress)}`] };
    case '-lastresult':
      // What a card prints here is published nowhere.
      return NO_DATA;
    case '-info':
      return withFile(rest, (name) => info(device, name));
    case '-install':
      return withFile(rest, (name) => install(device, name));
    default:
      return BAD_OPTION;
  }
}

function withFile(words: readonly string[], act: (name: string) => ShellAnswer): ShellAnswer {
  const [option, path] = words;
  if (option !== '-file' || path === undefined) return BAD_OPTION;
  const name = /^\/?upsfw\/([^/]+)$/.exec(path)?.[1];
  return name === undefined ? { lines: ['E100: Command failed'] } : act(name);
}

function info(device: SimulatedDevice, name: string): ShellAnswer {
  if (!device.files.has(name)) return { lines: ['E100: Command failed'] };
  const check = device.check(name);
  return {
    lines: [
      OK,
      `Update File:         /upsfw/${name}`,
      `Compatible with UPS: ${check.compatible ? 'Yes' : 'No'}`,
      `Update Version: ${check.known ? `UPS ${check.version}` : 'unknown'}`,
    ],
  };
}

function install(device: SimulatedDevice, name: string): ShellAnswer {
  if (device.has('cli-lost')) return { lines: [], ending: 'hang-up' };
  if (device.has('cli-failed')) return { lines: ['E100: Command failed'] };
  // What a card asks here is published nowhere; any line without a result code stands for it.
  if (device.has('cli-asks')) return { lines: ['The output is on. Type YES to go on:'], ending: 'asks' };
  const answer = device.start(name);
  if (device.has('cli-answer-lost')) return { lines: [], ending: 'hang-up' };
  return { lines: [answer === 'started' ? 'E001: Successfully Issued' : 'E100: Command failed'] };
}

function progress({ sent, total }: { readonly sent: number; readonly total: number }): string {
  return `${Math.floor(sent / 1024)}k/${Math.floor(total / 1024)}k (${Math.floor((sent * 100) / total)}%)`;
}
