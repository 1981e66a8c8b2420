import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Plan, Problem, parseJson, planId } from '../core/index.ts';
import { type PlanDocument, renderPlan } from '../report/index.ts';
import { createJournal, PlanSchema } from '../run/index.ts';
import { defineCommand, type Exit } from './command.ts';
import { planDocument } from './documents.ts';
import { type Fleet, openFleet } from './fleet.ts';
import type { Io } from './io.ts';
import {
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
import { openPaths } from './paths.ts';
import { makePlan, planExit } from './plan.ts';
import { runIt, runName, withRunLock } from './run-it.ts';

const UpgradeArgs = FleetSchema.extend({
  apply: z.boolean(),
  yes: z.boolean(),
  plan: z.string().min(1).optional(),
  overrule: OverruleWords,
  output: OutputWord,
  component: ComponentWord,
});
type UpgradeArgs = z.infer<typeof UpgradeArgs>;

export const upgradeCommand = defineCommand<UpgradeArgs>({
  usage: 'upgrade',
  describe: 'Carry a plan out; prints it and stops unless --apply (writes)',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    ...FLEET_OPTIONS,
    ...OVERRULE,
    ...OUTPUT,
    ...COMPONENT,
    apply: { type: 'boolean', default: false, describe: 'Send and start updates' },
    yes: { type: 'boolean', default: false, describe: 'Do not ask; required where there is no terminal' },
    plan: { type: 'string', describe: 'Carry out exactly this plan file, or refuse' },
  },
  schema: UpgradeArgs,
  run: upgrade,
});

async function upgrade(args: UpgradeArgs, io: Io): Promise<Exit> {
  if (args.apply && !args.yes && io.ask === null) {
    throw new Problem('refused/confirmation', 'There is no terminal to ask on.', {
      hint: 'Add --yes to go on without being asked.',
    });
  }
  if (args.plan !== undefined && args.output !== undefined) {
    throw new Problem('config/usage', 'A plan file is carried out exactly; --output does not go with it.', {
      hint: 'Make the plan with it: upsfw plan --unit UNIT --output off --out FILE.',
    });
  }
  if (args.plan !== undefined && args.component !== undefined) {
    throw new Problem(
      'config/usage',
      'A plan file is carried out exactly; --component does not go with it.',
      { hint: `Make the plan with it: upsfw plan --component ${args.component} --out FILE.` },
    );
  }
  if (args.plan !== undefined && (args.unit.length > 0 || args.site.length > 0)) {
    throw new Problem(
      'config/usage',
      'A plan file is carried out exactly; --unit and --site do not go with it.',
      {
        hint: 'Make a plan of those units alone: upsfw plan --unit UNIT --out FILE.',
      },
    );
  }
  const approved = args.plan === undefined ? null : await readPlan(args.plan);
  const fleet = await openFleet(args, io, {
    // Without --apply nothing is written, so no credential for writing is asked for.
    purpose: args.apply ? 'write' : 'read',
    // A plan file is of asked units: with a missing secret it could only be said to have changed.
    partly: !args.apply && approved === null,
    images: 'required',
    ...(approved === null ? {} : { keys: approved.units.map((unit) => unit.key) }),
    overrule: readOverrule(args.overrule),
    component: approved?.component ?? args.component ?? 'ups',
    ...(approved === null ? readOutput(args.output, args) : { outputOff: outputOff(approved) }),
  });
  const state = stateFolder(args, io);
  const open = openPaths(state, io);
  try {
    const plan = await makePlan(fleet, open, io);
    if (approved !== null && approved.id !== plan.id) throw otherPlan(approved, plan);
    const document = planDocument(plan, fleet.book, fleet.images, io.clock.now());
    if (!args.apply) {
      const shown = showPlan(document, plan, args, io);
      return fleet.unasked.size > 0 ? 2 : shown;
    }
    if (planExit(plan) === 0 && !(await confirmed(document, plan, args, io))) {
      throw new Problem('refused/confirmation', 'The plan was not confirmed; nothing was sent.', {
        hint: 'Answer yes, or use --yes.',
      });
    }
    const run = runName(io);
    return await withRunLock(state, run, () => begin(run, plan, fleet, open, args, state, io));
  } finally {
    await open.close();
  }
}

async function begin(
  run: string,
  plan: Plan,
  fleet: Fleet,
  open: ReturnType<typeof openPaths>,
  args: UpgradeArgs,
  state: string,
  io: Io,
): Promise<Exit> {
  const journal = await createJournal(state, run, io.clock);
  try {
    await journal.append({
      event: 'run',
      run,
      inventory: fleet.inventory.file,
      images: fleet.imagesFolder ?? '',
      rules: [...args.rules],
      overrule: [...fleet.book.overruled].map(([rule, reason]) => ({ rule, reason })),
      plan,
    });
    io.talk(`Run ${run}\n`);
    return await runIt(journal, fleet, open, { ...args, stateFolder: state }, io);
  } finally {
    await journal.close();
  }
}

function showPlan(document: PlanDocument, plan: Plan, args: UpgradeArgs, io: Io): Exit {
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else io.out(renderPlan(document, { format: 'text', color: io.color && args.color }));
  io.talk('Nothing was sent. Add --apply to carry this out.\n');
  return planExit(plan);
}

async function confirmed(document: PlanDocument, plan: Plan, args: UpgradeArgs, io: Io): Promise<boolean> {
  const shown = renderPlan(document, { format: 'text', color: io.color && args.color });
  if (args.yes) {
    io.talk(shown);
    return true;
  }
  const count = plan.units.filter((unit) => unit.verdict.status === 'outdated').length;
  const what = count === 1 ? 'this update' : `these ${count} updates`;
  // The plan is part of the question: --quiet must not leave a bare yes or no.
  const answer = await io.ask?.(`${shown}\nSend and start ${what}? Type yes: `, false);
  return answer?.trim().toLowerCase() === 'yes';
}

/** The units whose output the approved plan switches off. */
function outputOff(plan: Plan): ReadonlySet<string> {
  return new Set(plan.units.filter(({ output }) => output === 'off').map(({ key }) => key));
}

async function readPlan(file: string): Promise<Plan> {
  let parsed: unknown;
  try {
    parsed = parseJson(await readFile(file, 'utf8'));
  } catch (thrown) {
    throw new Problem('config/plan', `The plan file ${file} cannot be read.`, {
      hint: 'Make one with: upsfw plan --out FILE.',
      cause: thrown,
    });
  }
  const checked = z.looseObject({ schema: z.literal('upsfw/plan@1') }).safeParse(parsed);
  const {
    schema: _schema,
    generatedAt: _generatedAt,
    advisories: _advisories,
    workOrders: _workOrders,
    ...rest
  } = checked.success ? checked.data : { schema: '', generatedAt: '', advisories: null, workOrders: null };
  const plan = planOf(rest);
  if (checked.success && plan !== null) {
    // The id is a hash of what the plan says: a file that was edited no longer has it.
    if (planId(plan.rules, plan.units) === plan.id) return plan;
    throw new Problem(
      'config/plan',
      `${file} was changed after it was made: its content does not give its id ${plan.id}.`,
      {
        hint: 'Make a new plan: upsfw plan --out FILE.',
      },
    );
  }
  throw new Problem('config/plan', `${file} is not a plan of this version of upsfw.`, {
    hint: 'Make one with: upsfw plan --out FILE.',
  });
}

/** A value as a plan; null where it is none. */
function planOf(value: unknown): Plan | null {
  try {
    return PlanSchema.safeParse(value).data ?? null;
  } catch (thrown) {
    // The schema library cannot hand on faults by the hundred thousand.
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}

function otherPlan(approved: Plan, found: Plan): Problem {
  const changed = approved.units.flatMap((was) => {
    const now = found.units.find((unit) => unit.key === was.key);
    const same =
      now !== undefined &&
      now.unit.serial === was.unit.serial &&
      now.unit.firmware.version === was.unit.firmware.version &&
      JSON.stringify(now.hops) === JSON.stringify(was.hops);
    return same ? [] : [was.key];
  });
  const what = changed.length > 0 ? `changed: ${changed.join(', ')}` : 'the rules or the catalogue changed';
  return new Problem(
    'refused/stale-plan',
    `The plan file has id ${approved.id}, what is found now gives ${found.id} (${what}).`,
    {
      hint: 'Make a new plan, look at it, and carry that out.',
    },
  );
}
