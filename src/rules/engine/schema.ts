import { z } from 'zod';
import { expectedShape, hasOrder, isFact } from './facts.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const FactName = z.string().refine(isFact, { error: 'is not a fact; docs/rules.md lists all facts' });
const Bound = z.union([z.string(), z.number()]);

/** A repeated group can backtrack without end on a long text that a device sends. */
function isBounded(pattern: string): boolean {
  return !/\)[*+{]/.test(pattern);
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** The comparisons; a condition has exactly one. */
const COMPARISONS = [
  'equals',
  'oneOf',
  'noneOf',
  'atLeast',
  'above',
  'atMost',
  'below',
  'matches',
  'known',
] as const;

const ORDERED = ['atLeast', 'above', 'atMost', 'below'] as const;
const VALUED = ['equals', 'oneOf', 'noneOf', ...ORDERED] as const;

/** One condition on one fact. With `orUnknown` it also holds if the fact is not known. */
const ConditionSchema = z
  .strictObject({
    fact: FactName,
    equals: Scalar.optional(),
    oneOf: z.array(Scalar).min(1).optional(),
    noneOf: z.array(Scalar).min(1).optional(),
    atLeast: Bound.optional(),
    above: Bound.optional(),
    atMost: Bound.optional(),
    below: Bound.optional(),
    matches: z
      .string()
      .max(200)
      .refine(isPattern, { error: 'is not a regular expression' })
      .refine(isBounded, { error: 'repeats a group, which can take forever; rewrite it without' })
      .optional(),
    known: z.boolean().optional(),
    orUnknown: z.literal(true).optional(),
  })
  .refine((condition) => COMPARISONS.filter((name) => condition[name] !== undefined).length === 1, {
    error: `needs exactly one of ${COMPARISONS.join(', ')}`,
  })
  .check(({ value, issues }) => {
    const report = (path: string, message: string): void => {
      issues.push({ code: 'custom', input: value, path: [path], message });
    };
    for (const name of VALUED) {
      const given = value[name];
      if (given === undefined) continue;
      for (const one of typeof given === 'object' ? given : [given]) {
        const expected = expectedShape(value.fact, one);
        if (expected !== null)
          report(name, `${value.fact} is never ${JSON.stringify(one)}: expected is ${expected}`);
      }
    }
    for (const name of ORDERED) {
      if (value[name] !== undefined && isFact(value.fact) && !hasOrder(value.fact))
        report(name, `${value.fact} cannot be ordered`);
    }
  });
export type Condition = z.infer<typeof ConditionSchema>;

/**
 * The stages in the order of evaluation. A refusal in one of the first three ends the evaluation.
 * - `family`, `firmware`, `support`: the hardware, its firmware, and whether it is supported
 * - `wizard`, `image`, `port`: the advice of the vendor
 * - `gate`: whether a described unit accepts updates through its card (for other units, see `hop`)
 * - `hop`: one image on one installed version
 * - `card-health`: faults of the card itself, for every update through it and for audits
 * - `card`: the card that transfers the image
 * - `start`: the condition of the unit at the start
 * - `card-set`, `card-file`: firmware for the card, all files together and each file by itself
 * - `service`: services of a card, for `audit --services` only; they never block an update
 * - `site`, `usb-drive`, `panel`, `card-console`: work items for the wizard, a USB drive, the panel and the
 *   card console
 * - `recovery`: an image for a unit that waits in its boot loader
 */
export const STAGES = [
  'family',
  'firmware',
  'support',
  'wizard',
  'image',
  'port',
  'gate',
  'hop',
  'card-health',
  'card',
  'start',
  'card-set',
  'card-file',
  'service',
  'site',
  'usb-drive',
  'panel',
  'card-console',
  'recovery',
] as const;
export type Stage = (typeof STAGES)[number];

/**
 * The kinds of work items. For `title` and `minutes` (the duration) the first item counts. The others are
 * lists in the order of the rules: `check` comes after the update, `fail` after a failure, `findOut` names
 * information to get on site.
 */
export const ITEM_KINDS = [
  'title',
  'minutes',
  'bring',
  'prepare',
  'step',
  'check',
  'fail',
  'findOut',
] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

const ItemText = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional();

/**
 * The advice of a rule. For wizard, image and target the first advice counts; the other keys add work items.
 * Texts may contain facts in curly brackets.
 */
const AdviceSchema = z
  .strictObject({
    wizard: z.string().min(1).optional(),
    image: z.string().min(1).optional(),
    target: z.string().min(1).optional(),
    title: ItemText,
    minutes: ItemText,
    bring: ItemText,
    prepare: ItemText,
    step: ItemText,
    check: ItemText,
    fail: ItemText,
    findOut: ItemText,
  })
  .refine((advice) => Object.keys(advice).length > 0, { error: 'is empty' });
export type Advice = z.infer<typeof AdviceSchema>;

const Conditions = z.array(ConditionSchema).min(1);
const Verb = z.literal(true).optional();
const Day = z.iso.date();

/** `require` must hold; the others apply if `when` holds. */
export const VERBS = [
  'require',
  'block',
  'unsupported',
  'unknown',
  'warn',
  'note',
  'advise',
  'derives',
] as const;
export type VerbName = (typeof VERBS)[number];

type Template = readonly [path: readonly string[], text: string];

/** The texts of a rule that may contain facts. */
function templatesOf(rule: {
  readonly because?: string | undefined;
  readonly remedy?: string | undefined;
  readonly source: string;
  readonly advise?: Advice | undefined;
}): readonly Template[] {
  const own = (['because', 'remedy', 'source'] as const).map((name): Template => [[name], rule[name] ?? '']);
  const advised = Object.entries(rule.advise ?? {}).flatMap(([name, texts]) =>
    [texts ?? []].flat().map((text): Template => [['advise', name], text]),
  );
  return [...own, ...advised];
}

/** The names of all facts that some rules read, in their conditions and texts. */
export function factsRead(rules: readonly Rule[]): ReadonlySet<string> {
  return new Set(
    rules.flatMap((rule) => [
      ...[...(rule.when ?? []), ...(rule.require ?? [])].map(({ fact }) => fact),
      ...templatesOf(rule).flatMap(([, text]) =>
        [...text.matchAll(/\{([^{}]*)\}/g)].map(([, fact = '']) => fact),
      ),
    ]),
  );
}

const RuleSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
    /** Absent only if the rule gives no reason (`advise`, `derives`). */
    code: z
      .string()
      .regex(/^[A-Z0-9]+(?:_[A-Z0-9]+)*$/)
      .optional(),
    stage: z.enum(STAGES).default('hop'),
    statement: z.string().min(1),
    source: z.string().min(1),
    /** The day on which the statement became public. */
    published: Day,
    /** The day on which a later source replaced it. */
    until: Day.optional(),
    confidence: z.enum(['vendor', 'measured', 'reported', 'proposed']),
    /** Cannot be overridden. */
    final: z.boolean().default(false),
    /** An intermediate hop can remove this refusal. */
    liftedBySteppingStone: z.boolean().default(false),
    /** The refusal does not apply to an update over a cable. */
    bypassedByCable: z.boolean().default(false),
    when: Conditions.optional(),
    require: Conditions.optional(),
    block: Verb,
    unsupported: Verb,
    unknown: Verb,
    warn: Verb,
    note: Verb,
    advise: AdviceSchema.optional(),
    /** Facts that later rules can use. */
    derives: z.record(FactName, Scalar).optional(),
    because: z.string().min(1).optional(),
    remedy: z.string().min(1).optional(),
  })
  .refine((rule) => VERBS.filter((verb) => rule[verb] !== undefined).length === 1, {
    error: `needs exactly one of ${VERBS.join(', ')}`,
  })
  .refine(
    (rule) =>
      rule.code === undefined
        ? rule.advise !== undefined || rule.derives !== undefined
        : rule.because !== undefined,
    { error: 'needs code and because; only advise and derives may omit them' },
  )
  .refine(
    (rule) =>
      rule.remedy !== undefined ||
      [rule.require, rule.block, rule.unsupported, rule.unknown, rule.warn].every(
        (verb) => verb === undefined,
      ),
    { error: 'needs a remedy: a rule that refuses or warns must say what to do' },
  )
  .check(({ value, issues }) => {
    for (const [path, template] of templatesOf(value)) {
      for (const [, fact = ''] of template.matchAll(/\{([^{}]*)\}/g)) {
        if (isFact(fact)) continue;
        issues.push({
          code: 'custom',
          input: value,
          path: [...path],
          message: `{${fact}} is not a fact; docs/rules.md lists all facts`,
        });
      }
    }
  })
  .refine((rule) => rule.until === undefined || rule.until > rule.published, {
    error: 'must be a day after published',
    path: ['until'],
  });
export type Rule = z.infer<typeof RuleSchema>;

/** A file of rules. */
export const RuleFileSchema = z.strictObject({ version: z.literal(1), rules: z.array(RuleSchema) });
export type RuleFile = z.infer<typeof RuleFileSchema>;
