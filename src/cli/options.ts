import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Options } from 'yargs';
import { z } from 'zod';
import type { Io } from './io.ts';

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', default: false, describe: 'Print exactly one JSON document on standard output' },
  quiet: { type: 'boolean', default: false, describe: 'Say only what must be said' },
  color: { type: 'boolean', default: true, describe: 'Colours on a terminal (--no-color, NO_COLOR)' },
  'log-level': {
    choices: ['silent', 'error', 'warn', 'info', 'debug'] as const,
    default: 'warn',
    describe: 'How much is logged to standard error',
  },
  state: { type: 'string', describe: 'State folder (default: $XDG_STATE_HOME/upsfw)' },
} satisfies Record<string, Options>;

export const CommonSchema = z.object({
  json: z.boolean(),
  quiet: z.boolean(),
  color: z.boolean(),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']),
  state: z.string().min(1).optional(),
});
export type CommonArgs = z.infer<typeof CommonSchema>;

/** For commands that only read: an update is always judged with all that is known. */
export const AS_OF = {
  'as-of': { type: 'string', describe: 'Judge with what was published by this day, YYYY-MM-DD' },
} satisfies Record<string, Options>;

export const AsOfDay = z.iso.date().optional();

/** Options of the commands that work on units of an inventory. */
export const FLEET_OPTIONS = {
  inventory: { alias: 'i', type: 'string', default: 'inventory.yaml', describe: 'Inventory file' },
  site: { type: 'string', array: true, default: [], describe: 'Only this site (repeatable)' },
  unit: {
    type: 'string',
    array: true,
    default: [],
    describe: 'Only this unit: name, host or serial (repeatable)',
  },
  images: { type: 'string', describe: 'Folder of image files (default: that of the inventory)' },
  rules: {
    type: 'string',
    array: true,
    default: [],
    describe: 'Further rule file; may add or tighten (repeatable)',
  },
} satisfies Record<string, Options>;

export const FleetSchema = CommonSchema.extend({
  inventory: z.string().min(1),
  site: z.array(z.string().min(1)),
  unit: z.array(z.string().min(1)),
  images: z.string().min(1).optional(),
  rules: z.array(z.string().min(1)),
});
export type FleetArgs = z.infer<typeof FleetSchema>;

/** The folder that holds runs, locks, pins and audits. */
export function stateFolder(args: Pick<CommonArgs, 'state'>, io: Io): string {
  if (args.state !== undefined) return resolve(args.state);
  const base = io.environment.XDG_STATE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'state') : base, 'upsfw');
}
