import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  type Card,
  contentHash,
  describeFileError,
  joinList,
  PLAN_FACTS,
  type Plan,
  type PlannedUnit,
  Problem,
  parseJson,
  planFacts,
  planId,
  reasonOf,
  sameCardVersion,
  sanitize,
} from '../../core/index.ts';
import type { Inventory } from '../../inventory/index.ts';
import type { ApprovedPlan, PlanOrigin } from '../../report/index.ts';
import { notApproved } from '../../rules/index.ts';
import { PlanSchema } from '../../state/index.ts';
import { readTextWithin } from '../../yaml/index.ts';
import type { FleetArgs } from '../options.ts';
import { entryHashes } from './plan.ts';

/** A plan file as it was read: unchanged since it was made. */
export interface PlanFile extends ApprovedPlan {
  readonly plan: Plan;
  readonly madeWith: PlanOrigin;
}

const LARGEST_FILE = 64 * 1024 * 1024;
const HASH = z.string().regex(/^[0-9a-f]{64}$/);
const PATH = z.string().min(1).max(4096);

const OriginSchema: z.ZodType<PlanOrigin> = z.strictObject({
  inventory: z.strictObject({ file: PATH, sha256: HASH, entries: z.record(z.string(), HASH) }),
  images: PATH.nullable(),
  rules: z.array(PATH),
  override: z.array(z.strictObject({ rule: z.string(), reason: z.string() })),
  asOf: z.string().nullable(),
});

/** What of a plan file nothing is taken from: it is shown to the person who approves, and made anew at the upgrade. */
const ShownSchema = {
  schema: z.literal('upsfw/plan@1'),
  generatedAt: z.string(),
  protects: z.array(z.array(z.string())),
  advisories: z.record(z.string(), z.unknown()),
  workOrders: z.array(z.unknown()),
};

const FileSchema = z.looseObject({ digest: HASH, madeWith: OriginSchema, ...ShownSchema });

/** Reads a plan file. Throws Problem config/plan where it is no plan, or any value in it was changed after it was made. */
export async function readPlanFile(file: string): Promise<PlanFile> {
  const parsed = await parsedFile(file);
  const checked = FileSchema.safeParse(parsed);
  if (!checked.success) throw noPlan(file);
  const { digest, ...content } = checked.data;
  if (digestOf(parsed) !== digest) {
    throw new Problem(
      'config/plan',
      `${file} was changed after it was made: its content does not give its digest ${digest.slice(0, 16)}.`,
      { hint: 'Make a new plan: upsfw plan --out FILE.' },
    );
  }
  const { madeWith, ...shown } = content;
  const facts = Object.fromEntries(Object.entries(shown).filter(([key]) => !Object.hasOwn(ShownSchema, key)));
  const plan = PlanSchema.safeParse(facts);
  if (!plan.success) throw noPlan(file);
  const { id, rules, units, component } = plan.data;
  if (planId(rules, units, component) !== id) throw noPlan(file);
  if (madeWith.asOf !== null) {
    throw new Problem(
      'config/plan',
      `${file} was judged as of ${madeWith.asOf}, not with all that is known.`,
      {
        hint: 'Make a new plan without --as-of: upsfw plan --out FILE.',
      },
    );
  }
  return { file, generatedAt: checked.data.generatedAt, digest, plan: plan.data, madeWith };
}

/** Over what the file says, and not over what a schema made of it. */
function digestOf(parsed: unknown): string {
  return contentHash(Object.fromEntries(Object.entries(parsed ?? {}).filter(([key]) => key !== 'digest')));
}

async function parsedFile(file: string): Promise<unknown> {
  try {
    return parseJson(await readTextWithin(file, LARGEST_FILE));
  } catch (thrown) {
    const why = describeFileError(thrown) === null ? 'it is no JSON' : reasonOf(thrown);
    throw new Problem('config/plan', `The plan file ${file} cannot be read: ${why}.`, {
      hint: 'Make one with: upsfw plan --out FILE.',
      cause: thrown,
    });
  }
}

function noPlan(file: string): Problem {
  return new Problem('config/plan', `${file} is not a plan of this version of upsfw.`, {
    hint: 'Make one with: upsfw plan --out FILE.',
  });
}

/** What was named on the command line beside a plan file; undefined or empty where nothing was. */
export interface Given {
  readonly inventory: string | undefined;
  readonly images: string | undefined;
  readonly rules: readonly string[];
  readonly override: ReadonlyMap<string, string>;
}

/** What a plan is carried out with: all that it was made with. */
export type CarriedOutWith = Pick<FleetArgs, 'inventory' | 'images' | 'rules'> & {
  readonly override: ReadonlyMap<string, string>;
};

/**
 * What the plan was made with. Throws Problem config/plan for each thing that was named and is another one: a plan is carried
 * out with what it was made with, or not at all.
 */
export async function withOriginOf({ madeWith }: PlanFile, given: Given): Promise<CarriedOutWith> {
  const { inventory, images, rules, override } = madeWith;
  if (given.inventory !== undefined && !(await isSameFile(given.inventory, inventory.file)))
    throw otherThing('the inventory', inventory.file, given.inventory, '-i');
  if (given.images !== undefined && (images === null || !(await isSameFile(given.images, images))))
    throw otherThing('the images folder', images ?? 'none', given.images, '--images');
  if (given.rules.length > 0 && !(await areSameFiles(given.rules, rules)))
    throw otherThing('the rule files', joinList(rules) || 'none', joinList(given.rules), '--rules');
  const recorded = override.map(({ rule, reason }) => `${rule}="${reason}"`).sort();
  const named = [...given.override].map(([rule, reason]) => `${rule}="${reason}"`).sort();
  if (named.length > 0 && named.join('\n') !== recorded.join('\n')) {
    throw otherThing('the overridden rules', joinList(recorded) || 'none', joinList(named), '--override');
  }
  return {
    inventory: inventory.file,
    ...(images === null ? {} : { images }),
    rules: [...rules],
    override: new Map(override.map(({ rule, reason }) => [rule, reason])),
  };
}

function otherThing(what: string, was: string, is: string, option: string): Problem {
  return new Problem(
    'config/plan',
    `The plan was made with ${what} ${sanitize(was, 500)}; you named ${sanitize(is, 500)}.`,
    { hint: `Leave ${option} out, or make a new plan with it: upsfw plan ${option} ... --out FILE.` },
  );
}

async function areSameFiles(a: readonly string[], b: readonly string[]): Promise<boolean> {
  if (a.length !== b.length) return false;
  const same = await Promise.all(a.map((file, index) => isSameFile(file, b[index] ?? '')));
  return same.every(Boolean);
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  if (resolve(a) === resolve(b)) return true;
  try {
    return (await realpath(a)) === (await realpath(b));
  } catch {
    // One of them is not there, so they are not one.
    return false;
  }
}

/**
 * Compares the inventory with the one that the plan was made with. Gives a note where it changed and nothing of it concerns
 * the plan, null where it is the same. Throws Problem config/plan where the entry of a planned unit or of its partner changed.
 */
export function checkInventory({ plan, madeWith }: PlanFile, inventory: Inventory): string | null {
  const { sha256, entries } = madeWith.inventory;
  if (inventory.sha256 === sha256) return null;
  const keys = plan.units.map(({ key }) => key);
  const now = entryHashes(inventory, keys);
  const changed = keys.filter((key) => now[key] !== entries[key]);
  if (changed.length === 0)
    return `${inventory.file} changed since the plan was made; no entry of this plan did.`;
  throw new Problem(
    'config/plan',
    `${inventory.file} says something else of ${joinList(changed)} than when the plan was made.`,
    { hint: 'Make a new plan, look at it, and carry that out: upsfw plan --out FILE.' },
  );
}

/**
 * The plan to carry out: what is found now, as far as the plan file has it too. A unit that does not answer now is no change:
 * it ends as unreachable and nothing is sent to it. A unit that the plan file does not upgrade is not upgraded, whatever is
 * found now. Throws Problem refused/stale-plan that names every other change, unit by unit.
 */
export function asApproved({ plan: approved }: PlanFile, found: Plan): Plan {
  const now = new Map(found.units.map((unit) => [unit.key, unit]));
  const changes = approved.units.flatMap((was) => {
    const changed = differences(was, now.get(was.key));
    return changed.length === 0 ? [] : [`${was.key}: ${changed.join('; ')}`];
  });
  if (approved.rules !== found.rules) {
    changes.unshift(
      `the rules, the catalogue or the trusted hashes: were ${sanitize(approved.rules)}, are ${found.rules}`,
    );
  }
  if (changes.length > 0) throw stalePlan(approved.id, changes);
  const before = new Map(approved.units.map((unit) => [unit.key, unit]));
  return {
    ...found,
    id: approved.id,
    units: found.units.map((unit) => {
      const was = before.get(unit.key);
      if (unit.verdict.status !== 'outdated' || was?.verdict.status === 'outdated') return unit;
      return { ...unit, verdict: notApproved(unit.verdict, was?.verdict.status ?? 'not there') };
    }),
  };
}

/** Each fact of a unit that changed, with both sides. Silence on one of the two sides is no change. */
function differences(was: PlannedUnit, now: PlannedUnit | undefined): readonly string[] {
  if (now === undefined) return ['was in the plan, is not in the inventory'];
  if (was.verdict.status === 'unreachable' || now.verdict.status === 'unreachable') return [];
  const [before, after] = [planFacts(was), planFacts(now)];
  return PLAN_FACTS.filter((fact) =>
    fact === 'card' ? !isSameCard(was.unit.card, now.unit.card) : before[fact] !== after[fact],
  ).map((fact) => `${fact} was ${sanitize(before[fact], 400)}, is ${sanitize(after[fact], 400)}`);
}

/** What one of two looks did not tell is no difference: a card tells more over one way than over another. */
function isSameCard(a: Card | null, b: Card | null): boolean {
  if (a === null || b === null) return a === b;
  const parts = ({ serial, platform, boot, os, app }: Card): readonly (string | null)[] => [
    serial,
    platform,
    boot,
    os,
    app?.name ?? null,
    app?.version ?? null,
  ];
  const [left, right] = [parts(a), parts(b)];
  return left.every((part, index) => {
    const other = right[index] ?? null;
    return part === null || other === null || part === other || sameCardVersion(part, other);
  });
}

const MOST_NAMED = 50;

function stalePlan(id: string, changes: readonly string[]): Problem {
  const more = changes.length > MOST_NAMED ? [`and ${changes.length - MOST_NAMED} more`] : [];
  const lines = [...changes.slice(0, MOST_NAMED), ...more].map((line) => `  ${line}`);
  return new Problem('refused/stale-plan', `Not as plan ${id} has it:\n${lines.join('\n')}`, {
    hint: 'Make a new plan, look at it, and carry that out.',
  });
}
