import type { SimulatedDevice } from '../device/device.ts';
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
import { changeFolder, type Folder, listFolder, transferStatus } from './files.ts';
import { detstatus, upsabout } from './status.ts';
import { updateCommand } from './update.ts';
import { upsCommand } from './ups.ts';

export type { ShellAnswer } from './answer.ts';
export { listing } from './files.ts';

interface Command {
  readonly run: (device: SimulatedDevice, words: readonly string[], folder: Folder) => ShellAnswer;
  /** Where only some cards have it. */
  readonly offered?: (device: SimulatedDevice) => boolean;
}

const said = (lines: (device: SimulatedDevice) => readonly string[]): Command => ({
  run: (device) => ({ lines: lines(device) }),
});

const LEAVE: Command = { run: () => ({ lines: ['Connection Closed - Bye'], ending: 'bye' }) };
const HELP: Command = said((device) => ['System Commands:', ...namesFor(device)]);
const sinceSix = (device: SimulatedDevice): boolean => device.persona.listing === '6';

/** What the command line knows, by its name in small letters. */
const COMMANDS: Readonly<Record<string, Command>> = {
  '?': HELP,
  about: said(about),
  bye: { ...LEAVE, offered: sinceSix },
  cd: { run: (device, words, folder) => changeFolder(device, folder, words[0] ?? '/') },
  console: said(consoleService),
  date: said(date),
  delete: {
    run: (device, words) => (device.remove((words[0] ?? '').replace(/^.*\//, '')) ? { lines: [OK] } : FAILED),
  },
  detstatus: { run: detstatus },
  dir: { run: (device, words, folder) => listFolder(device, folder, words[0] ?? '') },
  eventlog: {
    run: (device) => (device.logText === null ? FAILED : { lines: [], ending: 'events' }),
  },
  exit: LEAVE,
  ftp: { run: ftpService },
  help: HELP,
  lastrst: said(lastReset),
  pwd: { run: (_, __, folder) => ({ lines: [OK, folder.path] }), offered: sinceSix },
  quit: LEAVE,
  reboot: { run: reboot },
  session: said(sessions),
  system: said(system),
  ups: { run: upsCommand },
  upsabout: { run: upsabout },
  upsfwupdate: { run: updateCommand, offered: (device) => device.persona.upsfwupdate },
  user: said(userTable),
  whoami: said(() => [OK, 'apc']),
  xferstatus: said(transferStatus),
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
 * Sources: docs/sources/card.md#upsfwupdate,
 * docs/sources/card.md#result-codes,
 * docs/sources/card.md#command-output
 */
export function answerCommand(device: SimulatedDevice, line: string, folder: Folder): ShellAnswer {
  const [word = '', ...options] = line.trim().match(/"[^"]*"|\S+/g) ?? [];
  const words = options.map((option) => option.replace(/^"|"$/g, ''));
  device.counters.commands += 1;
  if (word === '') return { lines: [] };
  const verbatim = device.phase === 'idle' ? device.persona.says[line.trim()] : undefined;
  if (verbatim !== undefined) return { lines: verbatim };
  const name = word.toLowerCase();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined || !isOffered(device, command)) return NOT_FOUND;
  return command.run(device, words, folder);
}
