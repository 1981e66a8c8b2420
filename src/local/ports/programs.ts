import { basename } from 'node:path';
import { sanitize } from '../../core/index.ts';

interface Program {
  /** What people call it. */
  readonly name: string;
  /** Names of its executables. */
  readonly commands: readonly string[];
  /** Where it runs inside another executable: that one, and what its command line then holds. */
  readonly inside?: { readonly command: string; readonly holds: RegExp };
}

/** Programs that are known to hold the port of a UPS, or to take any serial port that appears. */
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

/** The kernel cuts the name of a process to so many bytes. */
const LONGEST_COMM = 15;

/** A program by the name of its process and its command line; `known` where it is one of those above. */
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
