import { resolve } from 'node:path';
import { z } from 'zod';
import { type Plan, type PlannedUnit, Problem } from '../../core/index.ts';
import { findPartners } from '../../inventory/index.ts';
import { type PlanDocument, type PlanExtras, renderPlan } from '../../report/index.ts';
import { createJournal, needsOf, openStateFolder } from '../../state/index.ts';
import { confirm } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { planDocument } from '../documents/plan.ts';
import {
  asApproved,
  type CarriedOutWith,
  checkInventory,
  type PlanFile,
  readPlanFile,
  withOriginOf,
} from '../documents/plan-file.ts';
import { type Exit, exitOfPart, exitOfPlan } from '../exit-codes.ts';
import { openPaths } from '../fleet/drivers.ts';
import { executeRun, runName, withRunLock } from '../fleet/execute.ts';
import { type Fleet, openFleet } from '../fleet/open.ts';
import type { Io } from '../io.ts';
import {
  COMPONENT,
  ComponentSetting,
  FLEET_OPTIONS,
  type FleetArgs,
  FleetSchema,
  OUTPUT,
  OutputSetting,
  OVERRIDE,
  OverrideSettings,
  readOutput,
  readOverride,
  stateFolder,
} from '../options.ts';
import { makePlan } from './plan.ts';

/** Without a default: a plan file has its own inventory, and another one that is named beside it is refused. */
const INVENTORY = {
  alias: 'i',
  type: 'string',
  describe: 'Inventory file (default: that of the plan file, or inventory.yaml)',
} as const;
const DEFAULT_INVENTORY = 'inventory.yaml';

const UpgradeArgs = FleetSchema.extend({
  inventory: z.string().min(1).optional(),
  apply: z.boolean(),
  yes: z.boolean(),
  plan: z.string().min(1).optional(),
  override: OverrideSettings,
  switchOutput: OutputSetting,
  component: ComponentSetting,
});
type UpgradeArgs = z.infer<typeof UpgradeArgs>;

export const upgradeCommand = defineCommand<UpgradeArgs>({
  usage: 'upgrade',
  describe: 'Carry a plan out; prints it and stops unless --apply (writes)',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    ...FLEET_OPTIONS,
    inventory: INVENTORY,
    ...OVERRIDE,
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
  if (args.plan !== undefined && args.switchOutput !== undefined) {
    throw new Problem(
      'config/usage',
      'A plan file is carried out exactly; --switch-output does not go with it.',
      {
        hint: 'Make the plan with it: upsfw plan --unit UNIT --switch-output off --out FILE.',
      },
    );
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
  const state = stateFolder(args, io);
  if (args.apply) await openStateFolder(state);
  const approved = args.plan === undefined ? null : await readPlanFile(args.plan);
  const used = await carriedOutWith(approved, args);
  const chosen = { ...args, ...used };
  const fleet = await openFleet(chosen, io, {
    // Without --apply nothing is written, so no credential for writing is asked for.
    purpose: args.apply ? 'write' : 'read',
    // A plan file is of asked units: with a missing secret it could only be said to have changed.
    partly: !args.apply && approved === null,
    images: 'required',
    ...(approved === null ? {} : { keys: approved.plan.units.map((unit) => unit.key) }),
    override: used.override,
    component: approved?.plan.component ?? args.component ?? 'ups',
    ...(approved === null ? readOutput(args.switchOutput, args) : { outputOff: outputOff(approved.plan) }),
  });
  const note = approved === null ? null : checkInventory(approved, fleet.inventory);
  if (note !== null) io.info(`${note}\n`);
  const open = openPaths(state, io, args.apply ? 'write' : 'read');
  try {
    const found = await makePlan(fleet, open, state, io);
    const plan = approved === null ? found : asApproved(approved, found);
    const document = planDocument(plan, fleet, used.rules, io.clock.now());
    const extras = { overridable: fleet.book.overridable, approved };
    if (!args.apply) return exitOfPart(showPlan(document, plan, extras, args, io), fleet.unasked.size);
    await openStateFolder(state, needsOf(plan));
    if (plan.units.some(isToBeStarted) && !(await confirmed(document, plan, extras, args, io))) {
      throw new Problem('refused/confirmation', 'The plan was not confirmed. Nothing was sent.', {
        hint: 'Answer y or yes, or use --yes.',
      });
    }
    const run = runName(io);
    return await withRunLock(state, run, () =>
      begin(run, plan, fleet, open, { ...chosen, stateFolder: state }, io),
    );
  } finally {
    await open.close();
  }
}

/** What the run works with: what was named on the command line, or what the plan file was made with. */
async function carriedOutWith(approved: PlanFile | null, args: UpgradeArgs): Promise<CarriedOutWith> {
  const { inventory, images, rules } = args;
  const override = readOverride(args.override);
  if (approved !== null) return withOriginOf(approved, { inventory, images, rules, override });
  return {
    inventory: inventory ?? DEFAULT_INVENTORY,
    ...(images === undefined ? {} : { images }),
    rules: rules.map((file) => resolve(file)),
    override,
  };
}

function isToBeStarted({ verdict, hops }: PlannedUnit): boolean {
  return verdict.status === 'outdated' && hops.length > 0;
}

async function begin(
  run: string,
  plan: Plan,
  fleet: Fleet,
  open: ReturnType<typeof openPaths>,
  args: FleetArgs & { readonly stateFolder: string },
  io: Io,
): Promise<Exit> {
  const journal = await createJournal(args.stateFolder, run, io.clock);
  try {
    await journal.append({
      event: 'run',
      run,
      inventory: fleet.inventory.file,
      images: fleet.imagesFolder ?? '',
      rules: [...args.rules],
      override: [...fleet.book.overridden].map(([rule, reason]) => ({ rule, reason })),
      partners: partnersAtBegin(fleet, plan),
      plan,
    });
    io.info(`Run ${run}\n`);
    return await executeRun(journal, fleet, open, args, io);
  } finally {
    await journal.close();
  }
}

/** The partners of the planned units, for a run that is taken up after the inventory was edited. */
function partnersAtBegin({ inventory }: Fleet, { units }: Plan): Record<string, string[]> {
  const partners = findPartners(inventory);
  return Object.fromEntries(
    units.flatMap(({ key }) => {
      const others = partners.get(key) ?? [];
      return others.length === 0 ? [] : [[key, [...others]]];
    }),
  );
}

function showPlan(document: PlanDocument, plan: Plan, extras: PlanExtras, args: UpgradeArgs, io: Io): Exit {
  if (args.json) io.out(`${JSON.stringify(document, null, 2)}\n`);
  else io.out(renderPlan(document, { format: 'text', color: io.color && args.color }, extras));
  io.info('Nothing was sent. Add --apply to carry this out.\n');
  return exitOfPlan(plan);
}

async function confirmed(
  document: PlanDocument,
  plan: Plan,
  extras: PlanExtras,
  args: UpgradeArgs,
  io: Io,
): Promise<boolean> {
  const shown = renderPlan(document, { format: 'text', color: io.infoColor && args.color }, extras);
  if (args.yes) {
    io.info(shown);
    return true;
  }
  const count = plan.units.filter(isToBeStarted).length;
  const what = count === 1 ? 'this update' : `these ${count} updates`;
  // The plan is part of the question: --quiet must not leave a bare yes or no.
  return confirm(io, `${shown}\nSend and start ${what}?`);
}

/** The units whose output the approved plan switches off. */
function outputOff(plan: Plan): ReadonlySet<string> {
  return new Set(plan.units.filter(({ switchOutput: output }) => output === 'off').map(({ key }) => key));
}
