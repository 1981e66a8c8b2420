import type { FilePlace, SimulatedDevice } from '../device/device.ts';
import { checkFile } from '../device/image-check.ts';
import { badOption, FAILED, ISSUED, NO_DATA, NO_UPS, OK, type ShellAnswer } from './answer.ts';

/** A file that a command names. */
interface NamedFile {
  readonly place: FilePlace;
  readonly name: string;
  /** As the card shows it. */
  readonly path: string;
  /** What the card prints while it looks for a version. */
  readonly preamble: readonly string[];
}

/**
 * `upsfwupdate`. A file may be in the card's flash or, if the card has a port, on a USB drive.
 * Source: docs/sources/card.md#upsfwupdate
 */
export function updateCommand(device: SimulatedDevice, args: readonly string[]): ShellAnswer {
  const [option = '', ...rest] = args;
  const usage = usageOf(device);
  if (option === '?') return { lines: usage };
  if (option === '-status') return status(device);
  // What a card prints here is not published.
  if (option === '-lastresult') return device.linkUp ? NO_DATA : NO_UPS;
  if (option === '-list' && device.persona.usbDrive !== null) return list(device);
  if (option !== '-info' && option !== '-install') return badOption(usage);
  const found = findFile(device, rest);
  if (found === 'bad') return badOption(usage);
  if (!('place' in found)) return found;
  if (!device.card.up || device.card.appState !== 'A+') return NO_UPS;
  return option === '-info' ? info(device, found) : install(device, found);
}

function usageOf(device: SimulatedDevice): string[] {
  const usb = device.persona.usbDrive !== null;
  return [
    'Usage: upsfwupdate -- Configuration Options',
    `  upsfwupdate [-install <-file path${usb ? ' | -ver firmware version' : ''}>]`,
    `  [-info <-file path${usb ? ' | -ver firmware version' : ''}>]${usb ? ' [-list]' : ''} [-status] [-lastresult]`,
  ];
}

function status(device: SimulatedDevice): ShellAnswer {
  if (device.has('cli-status-fails')) return FAILED;
  if (!device.linkUp) return NO_UPS;
  return device.progress === null ? NO_DATA : { lines: [OK, `Status: ${progress(device.progress)}`] };
}

/** The form of the list is not published. */
function list(device: SimulatedDevice): ShellAnswer {
  const lines = [...device.usbDrive].map(([name, bytes]) => {
    const found = checkFile(bytes);
    return `${found.known ? `ID${found.id} UPS ${found.version}` : 'Unknown format'}  C:\\${name}`;
  });
  return { lines: [OK, ...lines] };
}

function findFile(device: SimulatedDevice, args: readonly string[]): NamedFile | ShellAnswer | 'bad' {
  const [option, value] = args;
  if (value === undefined) return 'bad';
  const usb = device.persona.usbDrive !== null;
  if (option === '-ver' && usb) return findVersion(device, value);
  if (option !== '-file') return 'bad';
  const onDrive = usb ? /^C:[\\/](?:upsfw[\\/])?([^\\/]+)$/i.exec(value)?.[1] : undefined;
  if (onDrive !== undefined)
    return device.usbDrive.has(onDrive) ? { place: 'usb', name: onDrive, path: value, preamble: [] } : FAILED;
  const name = /^\/?upsfw\/([^/]+)$/.exec(value)?.[1];
  if (name === undefined || !device.files.has(name)) return FAILED;
  return { place: 'flash', name, path: `/upsfw/${name}`, preamble: [] };
}

function findVersion(device: SimulatedDevice, wanted: string): NamedFile | ShellAnswer | 'bad' {
  const [, id, version] = /^ID(\d{1,4}) (UPS \d\d\.\d)$/.exec(wanted) ?? [];
  if (id === undefined || version === undefined) return 'bad';
  const searching = `Searching for version '${version}'...`;
  for (const [name, bytes] of device.usbDrive) {
    const found = checkFile(bytes);
    if (!found.known || String(found.id) !== id || `UPS ${found.version}` !== version) continue;
    const path = `C:\\${name}`;
    return { place: 'usb', name, path, preamble: [`${searching} found.`, `Version '${version}' at ${path}`] };
  }
  return { lines: [`${searching} not found.`, ...FAILED.lines] };
}

function info(device: SimulatedDevice, { place, name, path, preamble }: NamedFile): ShellAnswer {
  const check = device.check(name, place);
  return {
    lines: [
      ...preamble,
      OK,
      `Update File:         ${path}`,
      `Compatible with UPS: ${check.compatible ? 'Yes' : 'No'}`,
      `Update Version: ${check.known ? `UPS ${check.version}` : 'unknown'}`,
      ...(check.known ? [] : ['Unknown format']),
    ],
  };
}

function install(device: SimulatedDevice, { place, name, preamble }: NamedFile): ShellAnswer {
  // What a card asks here is not published; any line without a result code will do.
  const question = { lines: ['The output is on. Type YES to continue:'], next: 'question' } as const;
  if (device.has('cli-lost')) return { lines: [], next: 'hang-up' };
  if (device.has('cli-failed')) return FAILED;
  if (device.has('cli-asks')) return question;
  const go = (method: 'cli' | 'confirmed'): ShellAnswer => {
    const answer = device.start(name, method, place);
    if (device.has('cli-answer-lost')) return { lines: [], next: 'hang-up' };
    if (device.has('cli-fails-and-starts')) return FAILED;
    if (answer !== 'started' && !device.linkUp) return NO_UPS;
    return answer === 'started'
      ? { lines: [...preamble, ISSUED] }
      : { lines: [...preamble, ...FAILED.lines] };
  };
  if (device.persona.outputOnUpdate !== 'asks' || !device.outputOn) return go('cli');
  return { ...question, answered: (typed) => (typed.trim() === 'YES' ? go('confirmed') : { lines: [] }) };
}

function progress({ sent, total }: { readonly sent: number; readonly total: number }): string {
  return `${Math.floor(sent / 1024)}k/${Math.floor(total / 1024)}k (${Math.floor((sent * 100) / total)}%)`;
}
