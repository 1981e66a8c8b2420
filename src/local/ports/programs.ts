import { basename } from 'node:path';
import { sanitize } from '../../core/index.ts';

interface Program {
  /** The usual name. */
  readonly name: string;
  /** Names of its executables. */
  readonly commands: readonly string[];
  /** For a program that runs in another executable: that executable, and a pattern for its command line. */
  readonly inside?: { readonly command: string; readonly holds: RegExp };
}

/** Programs that are known to hold the port of a UPS, or to open any new serial port. */
const PROGRAMS: readonly Program[] = [
  {
    name: 'NUT',
    commands: [
      'usbhid-ups',
      'apcsmart',
      'apcsmart-old',
      'apcmicrolink',
      'apcmicrolink-usb',
      'apc_modbus',
      'nutdrv_qx',
      'upsdrvctl',
      'upsd',
    ],
  },
  { name: 'apcupsd', commands: ['apcupsd', 'apctest'] },
  {
    name: 'PowerChute',
    commands: ['pbeagent', 'mainapp'],
    inside: { command: 'java', holds: /powerchute|pbeagent/i },
  },
  { name: 'ModemManager', commands: ['modemmanager'] },
  { name: 'a login prompt (getty)', commands: ['agetty', 'getty', 'mgetty'] },
  { name: 'screen', commands: ['screen'] },
  { name: 'minicom', commands: ['minicom'] },
  { name: 'picocom', commands: ['picocom'] },
  { name: 'PuTTY', commands: ['putty', 'plink'] },
];

/** The kernel cuts process names to this many bytes. */
const LONGEST_COMM = 15;

/** Identifies a program by process name and command line; `known` if it is in the list. */
export function programOf(
  comm: string | null,
  args: readonly string[],
): { readonly program: string; readonly known: boolean } {
  const names = [comm ?? '', basename(args[0] ?? '')].map((name) => name.toLowerCase());
  const runs = (command: string): boolean =>
    names.some((name) => name === command || name === command.slice(0, LONGEST_COMM));
  const found = PROGRAMS.find(
    ({ commands, inside }) =>
      commands.some(runs) ||
      (inside !== undefined && runs(inside.command) && args.some((word) => inside.holds.test(word))),
  );
  if (found !== undefined) return { program: found.name, known: true };
  const shown = sanitize(comm ?? '', 60);
  return { program: shown === '' ? 'a program without a name' : shown, known: false };
}
