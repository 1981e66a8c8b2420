import { resolve } from 'node:path';
import { z } from 'zod';
import type { Plan, PlannedUnit } from '../../core/index.ts';
import { findPartners } from '../../inventory/index.ts';
import { type PlanDocument, type PlanExtras, renderPlan } from '../../report/index.ts';
import { createJournal, needsOf, openStateFolder } from '../../state/index.ts';
import { confirm, requireTerminal } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { planDocument } from '../documents/plan.ts';
import { asApproved, type PlanFile, readPlanFile } from '../documents/plan-file.ts';
import {
  checkInventory,
  checkRules,
  type ExecutionInputs,
  refuseOtherChoice,
  resolveOrigin,
} from '../documents/plan-origin.ts';
import { type Exit, exitOfPart, exitOfPlan } from '../exit-codes.ts';
import { openDrivers } from '../fleet/drivers.ts';
import { executeRun, type Session } from '../fleet/execute.ts';
import { type Fleet, openFleet } from '../fleet/open.ts';
import { createRunName, withRecordedExit, withRunLock } from '../fleet/run-lock.ts';
import type { Io } from '../io.ts';
import {
  FLEET_OPTIONS,
  FleetSchema,
  PLAN_OPTIONS,
  PLAN_SHAPE,
  readOutput,
  readOverride,
  stateFolder,
} from '../options.ts';
import { printDocument } from '../print.ts';
import { makePlan } from './plan.ts';

/** Without a default: a plan file names its own inventory, and another one is refused. */
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
  ...PLAN_SHAPE,
});
type UpgradeArgs = z.infer<typeof UpgradeArgs>;

export const upgradeCommand = defineCommand<UpgradeArgs>({
  usage: 'upgrade',
  describe: 'Execute a plan; without --apply only show it (writes)',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    ...FLEET_OPTIONS,
    inventory: INVENTORY,
    ...PLAN_OPTIONS,
    apply: { type: 'boolean', default: false, describe: 'Send and start updates' },
    yes: { type: 'boolean', default: false, describe: 'Do not ask; required without a terminal' },
    plan: { type: 'string', describe: 'Execute exactly this plan file, or refuse' },
  },
  schema: UpgradeArgs,
  run: upgrade,
});

async function upgrade(args: UpgradeArgs, io: Io): Promise<Exit> {
  if (args.apply) requireTerminal(io, args.yes);
  const state = stateFolder(args, io);
  if (args.apply) await openStateFolder(state);
  const approved = args.plan === undefined ? null : await readPlanFile(args.plan);
  if (approved !== null) refuseOtherChoice(approved, args);
  const used = await executionInputs(approved, args);
  const fleet = await openFleet({ ...args, ...used }, io, {
    // Without --apply nothing is written, so no write credential is asked for.
    purpose: args.apply ? 'write' : 'read',
    // Units of a plan file were asked when it was made: with a missing secret they would all count as
    // changed.
    partly: !args.apply && approved === null,
    images: 'required',
    ...(approved === null ? {} : { keys: approved.plan.units.map((unit) => unit.key) }),
    override: used.override,
    component: approved?.plan.component ?? args.component ?? 'ups',
    ...(approved === null
      ? readOutput(args.switchOutput, args)
      : { outputOff: unitsToSwitchOff(approved.plan) }),
  });
  if (approved !== null) checkRules(approved, fleet.book.hash);
  const note = approved === null ? null : checkInventory(approved, fleet.inventory);
  if (note !== null) io.info(`${note}\n`);
  const open = openDrivers(state, io, args.apply ? 'write' : 'read');
  const session: Session = { state, fleet, open, args, io };
  try {
    const found = await makePlan(session);
    const plan = approved === null ? found : asApproved(approved, found);
    const document = planDocument(plan, fleet, used.rules, io.clock.now());
    const extras = { overridable: fleet.book.overridable, approved };
    if (!args.apply) return exitOfPart(showPlan(document, plan, extras, args, io), fleet.unasked.size);
    await openStateFolder(state, needsOf(plan));
    await confirmStarts(document, plan, extras, args, io);
    io.stop.throwIfAborted();
    const run = createRunName(io);
    return await withRunLock(state, run, () => beginRun(session, run, plan, used.rules));
  } finally {
    await open.close();
  }
}

/** The files of the run: those of the plan file, or those named on the command line. */
async function executionInputs(approved: PlanFile | null, args: UpgradeArgs): Promise<ExecutionInputs> {
  const { inventory, images, rules } = args;
  const override = readOverride(args.override);
  if (approved !== null) return resolveOrigin(approved, { inventory, images, rules, override });
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

async function beginRun(session: Session, run: string, plan: Plan, rules: readonly string[]): Promise<Exit> {
  const { state, fleet, io } = session;
  const journal = await createJournal(state, run, io.clock);
  try {
    await journal.append({
      event: 'run',
      run,
      inventory: fleet.inventory.file,
      images: fleet.imagesFolder ?? '',
      rules: [...rules],
      override: [...fleet.book.overridden].map(([rule, reason]) => ({ rule, reason })),
      partners: partnersAtStart(fleet, plan),
      plan,
    });
    io.info(`Run ${run}\n`);
    return await withRecordedExit(journal, () => executeRun(session, journal));
  } finally {
    await journal.close();
  }
}

/** The partners of the planned units, for a run that is resumed after the inventory was edited. */
function partnersAtStart({ inventory }: Fleet, { units }: Plan): Record<string, string[]> {
  const partners = findPartners(inventory);
  return Object.fromEntries(
    units.flatMap(({ key }) => {
      const others = partners.get(key) ?? [];
      return others.length === 0 ? [] : [[key, [...others]]];
    }),
  );
}

function showPlan(document: PlanDocument, plan: Plan, extras: PlanExtras, args: UpgradeArgs, io: Io): Exit {
  printDocument(document, args, io, (one, style) => renderPlan(one, style, extras));
  io.info('Nothing was sent. Add --apply to execute this plan.\n');
  return exitOfPlan(plan);
}

/** Asks before the first start. A plan without any start needs no question. */
async function confirmStarts(
  document: PlanDocument,
  plan: Plan,
  extras: PlanExtras,
  args: UpgradeArgs,
  io: Io,
): Promise<void> {
  const count = plan.units.filter(isToBeStarted).length;
  if (count === 0) return;
  await confirm(io, args.yes, {
    text: renderPlan(document, { format: 'text', color: io.infoColor && args.color }, extras),
    question: `Send and start ${count === 1 ? 'this update' : `these ${count} updates`}?`,
    declined: 'The plan was not confirmed. Nothing was sent.',
  });
}

/** The units whose output the approved plan switches off. */
function unitsToSwitchOff(plan: Plan): ReadonlySet<string> {
  return new Set(plan.units.filter(({ switchOutput }) => switchOutput === 'off').map(({ key }) => key));
}
