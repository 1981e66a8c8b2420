import type { SimulatedDevice } from '../device/device.ts';
import { absolutePath, cardFiles } from '../device/files.ts';
import { FAILED, NOT_FOUND, OK, type ShellAnswer } from './answer.ts';
import {
  about,
  consoleService,
  date,
  ftpService,
  lastReset,
  reboot,
  sessions,
  system,
  userTable,
} from './card.ts';
import { detstatus, upsabout } from './status.ts';
import { updateCommand } from './update.ts';
import { upsCommand } from './ups.ts';

interface Command {
  readonly run: (device: SimulatedDevice, args: readonly string[], folder: Folder) => ShellAnswer;
  /** For commands that only some cards have. */
  readonly offered?: (device: SimulatedDevice) => boolean;
}

const prints = (lines: (device: SimulatedDevice) => readonly string[]): Command => ({
  run: (device) => ({ lines: lines(device) }),
});

const LEAVE: Command = { run: () => ({ lines: ['Connection Closed - Bye'], next: 'logout' }) };
const HELP: Command = prints((device) => ['System Commands:', ...namesFor(device)]);
const sinceSix = (device: SimulatedDevice): boolean => device.persona.listing === '6';

/** The commands by lower-case name. */
const COMMANDS: Readonly<Record<string, Command>> = {
  '?': HELP,
  about: prints(about),
  bye: { ...LEAVE, offered: sinceSix },
  cd: { run: (device, args, folder) => changeFolder(device, folder, args[0] ?? '/') },
  console: prints(consoleService),
  date: prints(date),
  delete: {
    run: (device, args) => (device.remove((args[0] ?? '').replace(/^.*\//, '')) ? { lines: [OK] } : FAILED),
  },
  detstatus: { run: detstatus },
  dir: { run: (device, args, folder) => listFolder(device, folder, args[0] ?? '') },
  eventlog: {
    run: (device) => (device.logText === null ? FAILED : { lines: [], next: 'event-log' }),
  },
  exit: LEAVE,
  ftp: { run: ftpService },
  help: HELP,
  lastrst: prints(lastReset),
  pwd: { run: (_, __, folder) => ({ lines: [OK, folder.path] }), offered: sinceSix },
  quit: LEAVE,
  reboot: { run: reboot },
  session: prints(sessions),
  system: prints(system),
  ups: { run: upsCommand },
  upsabout: { run: upsabout },
  upsfwupdate: { run: updateCommand, offered: (device) => device.persona.upsfwupdate },
  user: prints(userTable),
  whoami: prints(() => [OK, 'apc']),
  xferstatus: prints(transferStatus),
};

function isOffered(device: SimulatedDevice, command: Command): boolean {
  return command.offered === undefined || command.offered(device);
}

function namesFor(device: SimulatedDevice): string[] {
  const names = Object.entries(COMMANDS).filter(([, command]) => isOffered(device, command));
  return names.map(([name]) => (name === 'xferstatus' ? 'xferStatus' : name));
}

/**
 * Answers one line of input. Commands are not case-sensitive, options are.
 * Sources: docs/sources/card.md#upsfwupdate, docs/sources/card.md#result-codes,
 * docs/sources/card.md#command-output
 */
export function answerCommand(device: SimulatedDevice, line: string, folder: Folder): ShellAnswer {
  const [first = '', ...options] = line.trim().match(/"[^"]*"|\S+/g) ?? [];
  const args = options.map((option) => option.replace(/^"|"$/g, ''));
  device.counters.commands += 1;
  if (first === '') return { lines: [] };
  const recorded = device.phase === 'idle' ? device.persona.answers[line.trim()] : undefined;
  if (recorded !== undefined) return { lines: recorded };
  const name = first.toLowerCase();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined || !isOffered(device, command)) return NOT_FOUND;
  return command.run(device, args, folder);
}

/** The current folder of a session. */
export interface Folder {
  path: string;
}

export function changeFolder(device: SimulatedDevice, folder: Folder, where: string): ShellAnswer {
  const path = absolutePath(where, folder.path);
  if (!cardFiles(device).isFolder(path)) return FAILED;
  folder.path = path;
  return { lines: [OK] };
}

/** `dir`: a folder, or one file. */
export function listFolder(device: SimulatedDevice, folder: Folder, where: string): ShellAnswer {
  const lines = cardFiles(device).lines(absolutePath(where, folder.path));
  return lines === null ? FAILED : { lines: [OK, ...lines] };
}

/** `xferStatus`: the result of the last upload. Source: docs/sources/card.md#command-output */
export function transferStatus(device: SimulatedDevice): string[] {
  const result = device.lastArrival === null ? 'Result not available' : device.lastArrival;
  return [OK, `Result of last file transfer: ${result}`];
}
