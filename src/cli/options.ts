import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Options } from 'yargs';
import { z } from 'zod';
import { PLAN_COMPONENTS, Problem, type Reason, sanitize } from '../core/index.ts';
import type { DetailLevel } from '../report/index.ts';
import type { Io } from './io.ts';

export { COMMON_OPTIONS } from './common-options.ts';

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

/** A day as it is written on the command line. */
export const Day = z.iso.date({ error: 'must be a day, YYYY-MM-DD' });

export const AsOfDay = Day.optional();

/** For the commands that make or carry out a plan. */
export const OVERRIDE = {
  override: {
    type: 'string',
    array: true,
    default: [],
    describe:
      'RULE="reason": for this run the rule does not refuse; final rules cannot be overridden (repeatable)',
  },
} satisfies Record<string, Options>;

/** For the commands that make or carry out a plan. */
export const OUTPUT = {
  'switch-output': {
    choices: ['off'] as const,
    describe:
      'off: switch the output of the units named by --unit off for the update, and on again afterwards',
  },
} satisfies Record<string, Options>;

/** For the commands that make or carry out a plan. */
export const COMPONENT = {
  component: {
    choices: PLAN_COMPONENTS,
    describe:
      'ups (default): the UPS, and its card first where that stands in the way; card: the firmware of the card alone; all: both',
  },
} satisfies Record<string, Options>;

export const ComponentSetting = z.enum(PLAN_COMPONENTS).optional();

export const OutputSetting = z.literal('off').optional();

/** Whose output may be switched: only that of units which the operator named. Throws Problem config/usage. */
export function readOutput(
  output: 'off' | undefined,
  { unit }: { readonly unit: readonly string[] },
): { readonly outputOff?: 'chosen' } {
  if (output === undefined) return {};
  if (unit.length > 0) return { outputOff: 'chosen' };
  throw new Problem('config/usage', 'An output is switched only where its unit was named.', {
    hint: 'Name each unit with --unit, or write switchOutput: "off" to the unit in the inventory.',
  });
}

export const OverrideSettings = z.array(z.string().min(1));

/** Reads `RULE="reason"` words. Throws Problem config/override. */
export function readOverride(words: readonly string[]): ReadonlyMap<string, string> {
  const overridden = new Map<string, string>();
  for (const word of words) {
    // A code is no rule; the rules know it, and say which of them to name.
    const found = /^([A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*)=(.*)$/s.exec(word);
    const reason = sanitize(found?.[2] ?? '').trim();
    const rule = found?.[1];
    if (rule === undefined) {
      throw new Problem('config/override', `"${sanitize(word)}" is not RULE="reason".`, {
        hint: 'Name the id of one rule and say why it may be overridden; the reason is kept in the journal of the run.',
      });
    }
    if (reason.length < SHORTEST_REASON) {
      throw new Problem('config/override', `${rule}="${reason}" gives no reason.`, {
        hint: `Say in ${SHORTEST_REASON} letters or more why it may be overridden: RULE="reason". The journal keeps it.`,
      });
    }
    if (overridden.has(rule)) {
      throw new Problem('config/override', `The rule "${rule}" is overridden twice.`, {
        hint: 'Give one reason.',
      });
    }
    overridden.set(rule, reason);
  }
  return overridden;
}

const SHORTEST_REASON = 5;

/** What to do about a refusal, for the commands that take `--override`. `overridable`: the rules that may be overridden. */
export function refusalHint({ rule, remedy }: Reason, overridable: ReadonlySet<string>): string {
  const over = overridable.has(rule) ? ` It can be overridden: --override ${rule}="reason".` : '';
  return `${remedy ?? `See upsfw rules explain ${rule}.`}${over}`;
}

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

/** For the commands that show an audit. */
export const LISTING = {
  summary: { type: 'boolean', default: false, describe: 'Only what there is by site, and what to do' },
  details: {
    type: 'boolean',
    default: false,
    describe: 'List every unit of an audit, also where it has more than 40',
  },
} satisfies Record<string, Options>;

export const LISTING_SHAPE = { summary: z.boolean(), details: z.boolean() };

/** What an audit shall list; undefined where its size decides. Throws Problem config/usage. */
export function readListing({
  summary,
  details,
}: {
  readonly summary: boolean;
  readonly details: boolean;
}): DetailLevel | undefined {
  if (summary && details) {
    throw new Problem('config/usage', 'An audit lists its units or it does not.', {
      hint: 'Leave --summary or --details out.',
    });
  }
  return summary ? 'none' : details ? 'units' : undefined;
}

/** The folder that holds runs, locks, pins and audits. */
export function stateFolder(args: Pick<CommonArgs, 'state'>, io: Io): string {
  if (args.state !== undefined) return resolve(args.state);
  const base = io.environment.XDG_STATE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'state') : base, 'upsfw');
}
