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
import { type OpenPaths, openPaths } from '../fleet/drivers.ts';
import { lookAndJudge, lookElsewhere } from '../fleet/look.ts';
import { type Fleet, openFleet } from '../fleet/open.ts';
import type { Io } from '../io.ts';
import {
  AS_OF,
  AsOfDay,
  COMPONENT,
  ComponentSetting,
  FLEET_OPTIONS,
  FleetSchema,
  OUTPUT,
  OutputSetting,
  OVERRIDE,
  OverrideSettings,
  readOutput,
  readOverride,
  stateFolder,
} from '../options.ts';

const PlanArgs = FleetSchema.extend({
  out: z.string().min(1).optional(),
  format: z.enum(['text', 'md']),
  asOf: AsOfDay,
  override: OverrideSettings,
  switchOutput: OutputSetting,
  component: ComponentSetting,
});
type PlanArgs = z.infer<typeof PlanArgs>;

export const planCommand = defineCommand<PlanArgs>({
  usage: 'plan',
  describe: 'Show what would be sent to which unit, and what stands against it (only reads)',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    ...FLEET_OPTIONS,
    ...AS_OF,
    ...OVERRIDE,
    ...OUTPUT,
    ...COMPONENT,
    out: { type: 'string', describe: 'Write the plan to this file, for upgrade --plan' },
    format: { choices: ['text', 'md'], default: 'text', describe: 'Text or Markdown' },
  },
  schema: PlanArgs,
  run: plan,
});

async function plan(args: PlanArgs, io: Io): Promise<Exit> {
  if (args.out !== undefined && args.asOf !== undefined) {
    throw new Problem('config/usage', 'A plan that is kept is judged with all that is known.', {
      hint: 'Leave --as-of or --out out.',
    });
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
  const open = openPaths(state, io, 'read');
  try {
    const made = await makePlan(fleet, open, state, io);
    const document = planDocument(made, fleet, args.rules, io.clock.now());
    if (out !== null) await out.write(escapedJson(`${JSON.stringify(document, null, 2)}\n`), 0o600);
    if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
    else
      io.out(
        renderPlan(
          document,
          { format: args.format === 'md' ? 'markdown' : 'text', color: io.color && args.color },
          { overridable: fleet.book.overridable },
        ),
      );
    return exitOfPart(exitOfPlan(made), fleet.unasked.size);
  } finally {
    await open.close();
  }
}

/** Looks, judges and plans. Only reads. */
export async function makePlan(fleet: Fleet, open: OpenPaths, state: string, io: Io): Promise<Plan> {
  const { signal } = new AbortController();
  const judged = await lookAndJudge(fleet, open.paths, state, io, signal, true);
  const elsewhere = await lookElsewhere(fleet, judged, open.paths, io, signal);
  const found = buildPlan(fleet.book.hash, judged, fleet.component, elsewhere, (target, unit, hop) =>
    driverOf(open.paths, target).steps(target, unit, hop),
  );
  const seen = found.units.filter(
    ({ key, verdict }) => verdict.status !== 'unreachable' && !fleet.unasked.has(key),
  );
  const said = seen.map(({ key, verdict: { reasons } }) => ({ key, reasons }));
  for (const line of unusedOverrides(fleet.book, said)) io.info(`${line}\n`);
  return found;
}
