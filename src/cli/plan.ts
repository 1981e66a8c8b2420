import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { escapedJson, type Plan, Problem } from '../core/index.ts';
import { renderPlan } from '../report/index.ts';
import { buildPlan } from '../run/index.ts';
import { defineCommand, type Exit } from './command.ts';
import { planDocument } from './documents.ts';
import { type Fleet, lookAndJudge, openFleet } from './fleet.ts';
import type { Io } from './io.ts';
import {
  AS_OF,
  AsOfDay,
  COMMON_OPTIONS,
  COMPONENT,
  ComponentWord,
  FLEET_OPTIONS,
  FleetSchema,
  OUTPUT,
  OutputWord,
  OVERRULE,
  OverruleWords,
  readOutput,
  readOverrule,
  stateFolder,
} from './options.ts';
import { type OpenPaths, openPaths } from './paths.ts';

const PlanArgs = FleetSchema.extend({
  out: z.string().min(1).optional(),
  format: z.enum(['text', 'md']),
  asOf: AsOfDay,
  overrule: OverruleWords,
  output: OutputWord,
  component: ComponentWord,
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
    ...OVERRULE,
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
  const fleet = await openFleet(args, io, {
    purpose: 'read',
    partly: true,
    images: 'required',
    asOf: args.asOf,
    overrule: readOverrule(args.overrule),
    component: args.component ?? 'ups',
    ...readOutput(args.output, args),
  });
  const open = openPaths(stateFolder(args, io), io);
  try {
    const made = await makePlan(fleet, open, io);
    const document = planDocument(made, fleet.book, fleet.images, io.clock.now());
    if (args.out !== undefined)
      await writeFile(args.out, escapedJson(`${JSON.stringify(document, null, 2)}\n`), { mode: 0o600 });
    if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
    else
      io.out(
        renderPlan(document, {
          format: args.format === 'md' ? 'markdown' : 'text',
          color: io.color && args.color,
        }),
      );
    return fleet.unasked.size > 0 ? 2 : planExit(made);
  } finally {
    await open.close();
  }
}

/** Looks, judges and plans. Only reads. */
export async function makePlan(fleet: Fleet, open: OpenPaths, io: Io): Promise<Plan> {
  const judged = await lookAndJudge(fleet, open.paths, io, new AbortController().signal, true);
  return buildPlan(fleet.book.hash, judged, fleet.component);
}

/** 3 where nothing can be done and something should be. */
export function planExit(made: Plan): Exit {
  const open = made.units.filter((unit) => unit.verdict.status !== 'current');
  return open.length > 0 && open.every((unit) => unit.verdict.status !== 'outdated') ? 3 : 0;
}
