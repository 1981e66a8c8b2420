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

/** For commands that only read: an update is always evaluated with all rules. */
export const AS_OF = {
  'as-of': { type: 'string', describe: 'Evaluate with what was published by this day, YYYY-MM-DD' },
} satisfies Record<string, Options>;

export const Day = z.iso.date({ error: 'must be a day, YYYY-MM-DD' });

export const AsOfDay = Day.optional();

/** For commands that make or execute a plan. */
export const OVERRIDE = {
  override: {
    type: 'string',
    array: true,
    default: [],
    describe:
      'RULE="reason": this rule does not refuse in this run; final rules cannot be overridden (repeatable)',
  },
} satisfies Record<string, Options>;

/** For commands that make or execute a plan. */
export const PLAN_OPTIONS = {
  ...OVERRIDE,
  'switch-output': {
    choices: ['off'] as const,
    describe:
      'off: switch off the output of the units named by --unit during the update, and on again afterwards',
  },
  component: {
    choices: PLAN_COMPONENTS,
    describe:
      'ups (default): the UPS, and its card first if the update needs that; card: the card alone; all: both',
  },
} satisfies Record<string, Options>;

export const OverrideSettings = z.array(z.string().min(1));

/** What PLAN_OPTIONS read. */
export const PLAN_SHAPE = {
  override: OverrideSettings,
  switchOutput: z.literal('off').optional(),
  component: z.enum(PLAN_COMPONENTS).optional(),
};

/** Only the output of units that the operator named may be switched. Throws Problem config/usage. */
export function readOutput(
  output: 'off' | undefined,
  { unit }: { readonly unit: readonly string[] },
): { readonly outputOff?: 'chosen' } {
  if (output === undefined) return {};
  if (unit.length > 0) return { outputOff: 'chosen' };
  throw new Problem(
    'config/usage',
    '--switch-output needs --unit: only the output of named units is switched.',
    {
      hint: 'Name each unit with --unit, or add switchOutput: "off" to the unit in the inventory.',
    },
  );
}

/** Reads `RULE="reason"` values. Throws Problem config/override. */
export function readOverride(values: readonly string[]): ReadonlyMap<string, string> {
  const overridden = new Map<string, string>();
  for (const value of values) {
    // A reason code passes here; the rules then report which rules to name instead.
    const found = /^([A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*)=(.*)$/s.exec(value);
    const reason = sanitize(found?.[2] ?? '').trim();
    const rule = found?.[1];
    if (rule === undefined) {
      throw new Problem('config/override', `--override "${sanitize(value)}" is not RULE="reason".`, {
        hint: 'Give the ID of one rule and a reason. The journal of the run records the reason.',
      });
    }
    if (reason.length < MIN_REASON_LENGTH) {
      throw new Problem('config/override', `--override ${rule}="${reason}" has no reason.`, {
        hint: `Give a reason of ${MIN_REASON_LENGTH} characters or more: RULE="reason". The journal records it.`,
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

const MIN_REASON_LENGTH = 5;

/**
 * The hint for a refusal, for commands with `--override`. `overridable`: IDs of the rules that can be
 * overridden.
 */
export function refusalHint({ rule, remedy }: Reason, overridable: ReadonlySet<string>): string {
  const override = overridable.has(rule) ? ` It can be overridden: --override ${rule}="reason".` : '';
  return `${remedy ?? `See: upsfw rules explain ${rule}.`}${override}`;
}

/** For commands that work on units of an inventory. */
export const FLEET_OPTIONS = {
  inventory: { alias: 'i', type: 'string', default: 'inventory.yaml', describe: 'Inventory file' },
  site: { type: 'string', array: true, default: [], describe: 'Only this site (repeatable)' },
  unit: {
    type: 'string',
    array: true,
    default: [],
    describe: 'Only this unit: name, host or serial (repeatable)',
  },
  images: { type: 'string', describe: 'Images folder (default: that of the inventory)' },
  rules: {
    type: 'string',
    array: true,
    default: [],
    describe: 'Your own rule file, which may add or tighten rules (repeatable)',
  },
} satisfies Record<string, Options>;

/** For commands on runs. */
export const RUN_INVENTORY = {
  inventory: {
    alias: 'i',
    type: 'string',
    describe: 'Inventory file (default: that of the run); without the name of a run, its runs come first',
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

/** For commands that show an audit. */
export const DETAIL_OPTIONS = {
  summary: { type: 'boolean', default: false, describe: 'Show only the counts by site and what to do' },
  details: {
    type: 'boolean',
    default: false,
    describe: 'List every unit of an audit, even above 40 units',
  },
} satisfies Record<string, Options>;

export const DETAIL_SHAPE = { summary: z.boolean(), details: z.boolean() };

/** What an audit lists; undefined: its size decides. Throws Problem config/usage. */
export function readDetailLevel({
  summary,
  details,
}: {
  readonly summary: boolean;
  readonly details: boolean;
}): DetailLevel | undefined {
  if (summary && details) {
    throw new Problem('config/usage', '--summary and --details are mutually exclusive.', {
      hint: 'Leave one of them out.',
    });
  }
  return summary ? 'none' : details ? 'units' : undefined;
}

/** The folder with runs, locks, known hosts and audits. */
export function stateFolder(args: Pick<CommonArgs, 'state'>, io: Io): string {
  if (args.state !== undefined) return resolve(args.state);
  const base = io.environment.XDG_STATE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'state') : base, 'upsfw');
}
