import { z } from 'zod';
import { escapedJson, type Plan, Problem } from '../../core/index.ts';
import { openOutputFile } from '../../files/index.ts';
import { renderPlan } from '../../report/index.ts';
import { unusedOverrides } from '../../rules/index.ts';
import { buildPlan, driverOf } from '../../run/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { planDocument } from '../documents/plan.ts';
import { type Exit, exitOfPart, exitOfPlan } from '../exit-codes.ts';
import { openDrivers } from '../fleet/drivers.ts';
import type { Session } from '../fleet/execute.ts';
import { lookAndJudge } from '../fleet/look.ts';
import { openFleet } from '../fleet/open.ts';
import type { Io } from '../io.ts';
import {
  AS_OF,
  AsOfDay,
  FLEET_OPTIONS,
  FleetSchema,
  PLAN_OPTIONS,
  PLAN_SHAPE,
  readOutput,
  readOverride,
  stateFolder,
} from '../options.ts';
import { jsonText, printDocument, sayWritten } from '../print.ts';

const PlanArgs = FleetSchema.extend({
  out: z.string().min(1).optional(),
  format: z.enum(['text', 'md']),
  asOf: AsOfDay,
  ...PLAN_SHAPE,
});
type PlanArgs = z.infer<typeof PlanArgs>;

export const planCommand = defineCommand<PlanArgs>({
  usage: 'plan',
  describe: 'Show what would be sent to which unit, and what blocks it (only reads)',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    ...FLEET_OPTIONS,
    ...AS_OF,
    ...PLAN_OPTIONS,
    out: { type: 'string', describe: 'Write the plan to this file for upgrade --plan' },
    format: { choices: ['text', 'md'], default: 'text', describe: 'Text or Markdown' },
  },
  schema: PlanArgs,
  run: plan,
});

async function plan(args: PlanArgs, io: Io): Promise<Exit> {
  if (args.out !== undefined && args.asOf !== undefined) {
    throw new Problem(
      'config/usage',
      '--as-of and --out are mutually exclusive: a plan file is evaluated with all rules.',
      {
        hint: 'Leave one of them out.',
      },
    );
  }
  const out = args.out === undefined ? null : await openOutputFile(args.out);
  const fleet = await openFleet(args, io, {
    purpose: 'read',
    partly: true,
    images: 'required',
    asOf: args.asOf,
    override: readOverride(args.override),
    component: args.component ?? 'ups',
    ...readOutput(args.switchOutput, args),
  });
  const state = stateFolder(args, io);
  const open = openDrivers(state, io, 'read');
  try {
    const made = await makePlan({ state, fleet, open, args, io });
    const document = planDocument(made, fleet, args.rules, io.clock.now());
    if (out !== null) {
      await out.write(escapedJson(jsonText(document)), 0o600);
      sayWritten('plan', args.out, io, `upsfw upgrade --plan ${args.out} --apply`);
    }
    const format = args.format === 'md' ? 'markdown' : 'text';
    printDocument(document, args, io, (one, style) =>
      renderPlan(one, { ...style, format }, { overridable: fleet.book.overridable }),
    );
    return exitOfPart(exitOfPlan(made), fleet.unasked.size);
  } finally {
    await open.close();
  }
}

/** Asks the units, evaluates the rules and plans. Only reads. */
export async function makePlan({ state, fleet, open, io }: Session): Promise<Plan> {
  const judged = await lookAndJudge(fleet, open.drivers, state, io, true);
  const found = buildPlan(fleet.book.hash, judged, fleet.component, (target, unit, hop) =>
    driverOf(open.drivers, target).steps(target, unit, hop),
  );
  const asked = found.units.filter(
    ({ key, verdict }) => verdict.status !== 'unreachable' && !fleet.unasked.has(key),
  );
  const reasons = asked.map(({ key, verdict }) => ({ key, reasons: verdict.reasons }));
  for (const line of unusedOverrides(fleet.book, reasons)) io.info(`${line}\n`);
  return found;
}
