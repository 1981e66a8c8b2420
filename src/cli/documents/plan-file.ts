import { z } from 'zod';
import {
  type Card,
  contentHash,
  describeFileError,
  isUnread,
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
import type { ApprovedPlan, PlanOrigin } from '../../report/index.ts';
import { notApproved } from '../../rules/index.ts';
import { isOlderPlan, PlanSchema } from '../../state/index.ts';
import { readTextWithin } from '../../yaml/index.ts';

/** A plan file whose digest is correct. */
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

/**
 * Parts of a plan file for the person who approves it. An upgrade creates them again and reads nothing from
 * them.
 */
const ShownSchema = {
  schema: z.literal('upsfw/plan@1'),
  generatedAt: z.string(),
  protects: z.array(z.array(z.string())),
  advisories: z.record(z.string(), z.unknown()),
  workOrders: z.array(z.unknown()),
  leftOut: z.array(z.unknown()).optional(),
};

const FileSchema = z.looseObject({ digest: HASH, madeWith: OriginSchema, ...ShownSchema });

/** Reads a plan file. Throws Problem config/plan where it is not a plan, or was edited. */
export async function readPlanFile(file: string): Promise<PlanFile> {
  const parsed = await parsedFile(file);
  if (isOlderPlan(parsed)) {
    throw new Problem(
      'config/plan',
      `The plan ${sanitize(file, 4096)} was written by an earlier development version of upsfw. No unit was updated.`,
      { hint: 'Make a new plan: upsfw plan --out FILE.' },
    );
  }
  const checked = FileSchema.safeParse(parsed);
  if (!checked.success) throw notAPlan(file);
  const { digest, ...content } = checked.data;
  if (digestOf(parsed) !== digest) {
    throw new Problem(
      'config/plan',
      `${file} was edited: its content does not match its digest ${digest.slice(0, 16)}.`,
      { hint: 'Make a new plan: upsfw plan --out FILE.' },
    );
  }
  const { madeWith, ...shown } = content;
  const facts = Object.fromEntries(Object.entries(shown).filter(([key]) => !Object.hasOwn(ShownSchema, key)));
  const plan = PlanSchema.safeParse(facts);
  if (!plan.success) throw notAPlan(file);
  const { id, rules, units, component } = plan.data;
  if (planId(rules, units, component) !== id) throw notAPlan(file);
  if (madeWith.asOf !== null) {
    throw new Problem(
      'config/plan',
      `${file} was made with --as-of ${madeWith.asOf}, so newer rules were not evaluated.`,
      {
        hint: 'Make a new plan without --as-of: upsfw plan --out FILE.',
      },
    );
  }
  return { file, generatedAt: checked.data.generatedAt, digest, plan: plan.data, madeWith };
}

/** Over the file as it is, not over what a schema made of it. */
function digestOf(parsed: unknown): string {
  return contentHash(Object.fromEntries(Object.entries(parsed ?? {}).filter(([key]) => key !== 'digest')));
}

async function parsedFile(file: string): Promise<unknown> {
  try {
    return parseJson(await readTextWithin(file, LARGEST_FILE));
  } catch (thrown) {
    const why = describeFileError(thrown) === null ? 'it is not JSON' : reasonOf(thrown);
    throw new Problem('config/plan', `The plan file ${file} cannot be read: ${why}.`, {
      hint: 'Make one with: upsfw plan --out FILE.',
      cause: thrown,
    });
  }
}

function notAPlan(file: string): Problem {
  return new Problem('config/plan', `${file} is not a plan of this version of upsfw.`, {
    hint: 'Make one with: upsfw plan --out FILE.',
  });
}

/**
 * The plan to execute: the current one, limited to what the plan file upgrades. A unit that cannot be read
 * now is no change: it ends with that problem, and nothing is sent to it. Throws Problem refused/stale-plan
 * with every other change, unit by unit.
 */
export function asApproved({ plan: approved }: PlanFile, found: Plan): Plan {
  const now = new Map(found.units.map((unit) => [unit.key, unit]));
  const changes = approved.units.flatMap((was) => {
    const changed = differences(was, now.get(was.key));
    return changed.length === 0 ? [] : [`${was.key}: ${changed.join('; ')}`];
  });
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

/** The facts of a unit that changed, with old and new value. One that could not be read has not changed. */
function differences(was: PlannedUnit, now: PlannedUnit | undefined): readonly string[] {
  if (now === undefined) return ['was in the plan, is no longer in the inventory'];
  if ([was, now].some(({ verdict }) => verdict.status === 'unreachable' || verdict.reasons.some(isUnread)))
    return [];
  const [before, after] = [planFacts(was), planFacts(now)];
  return PLAN_FACTS.filter((fact) =>
    fact === 'card' ? !isSameCard(was.unit.card, now.unit.card) : before[fact] !== after[fact],
  ).map((fact) => `${fact} was ${sanitize(before[fact], 400)}, is ${sanitize(after[fact], 400)}`);
}

/** A part that was not read is no difference: a card reports more over one protocol than over another. */
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

const MAX_CHANGES = 50;

function stalePlan(id: string, changes: readonly string[]): Problem {
  const more = changes.length > MAX_CHANGES ? [`and ${changes.length - MAX_CHANGES} more`] : [];
  const lines = [...changes.slice(0, MAX_CHANGES), ...more].map((line) => `  ${line}`);
  return new Problem(
    'refused/stale-plan',
    `The units changed since plan ${id} was made:\n${lines.join('\n')}`,
    {
      hint: 'Make a new plan, check it and execute it: upsfw plan --out FILE.',
    },
  );
}
