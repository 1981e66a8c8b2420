import { z } from 'zod';
import { expectedShape, hasOrder, isFact } from './facts.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const FactName = z.string().refine(isFact, { error: 'is not a fact; docs/rules.md lists them' });
const Bound = z.union([z.string(), z.number()]);

/** A group that is repeated may take for ever on a long text, and the text is a device's. */
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

/** The comparisons of the matcher; a condition has exactly one. */
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

/** One condition on one fact. With `orUnknown` a fact that is not known counts as a yes. */
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
      .refine(isBounded, { error: 'repeats a group, which may take for ever; write it without' })
      .optional(),
    known: z.boolean().optional(),
    orUnknown: z.literal(true).optional(),
  })
  .refine((condition) => COMPARISONS.filter((name) => condition[name] !== undefined).length === 1, {
    error: `needs exactly one of ${COMPARISONS.join(', ')}`,
  })
  .check(({ value, issues }) => {
    const odd = (path: string, message: string): void => {
      issues.push({ code: 'custom', input: value, path: [path], message });
    };
    for (const name of VALUED) {
      const given = value[name];
      if (given === undefined) continue;
      for (const one of typeof given === 'object' ? given : [given]) {
        const wanted = expectedShape(value.fact, one);
        if (wanted !== null) odd(name, `${value.fact} is never ${JSON.stringify(one)}: wanted is ${wanted}`);
      }
    }
    for (const name of ORDERED) {
      if (value[name] !== undefined && isFact(value.fact) && !hasOrder(value.fact))
        odd(name, `${value.fact} has no order`);
    }
  });
export type Condition = z.infer<typeof ConditionSchema>;

/**
 * What a rule is about, in the order in which a unit is judged.
 * `family`, `firmware`, `support`: which hardware it is, what it runs, and whether it is handled at all; what refuses in one
 * of these ends the decision. `wizard`, `image`, `port`: what the vendor's words advise. `way`: whether the
 * way through the card is open now, asked of described units (of others it is asked hop by hop). `hop`: one image on one installed
 * version. `card`: the card that it would go through. `start`: how the unit stands right now. `card-set`, `card-file`:
 * firmware for the card itself, all files of one update together and each on the card as it is then. `service`: what a card has on, asked by
 * `audit --services` alone; nothing of it stands against an update. `site`, `stick`, `panel`, `card-console`: what a person does at
 * the unit, with the vendor's wizard, with a USB stick, at the front panel, and at the console of a card. `recovery`: an image for a unit that waits in its boot loader.
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
 * What a line for the person on site is about. `title` and `minutes` (how long it takes): the first one stands. `bring`,
 * `prepare`, `step`, `check` (afterwards), `fail` (what to do then), `ask` (what is not known): lists, in the order of the rules.
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

const Told = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional();

/**
 * What a rule may advise. The first advice on wizard, image and target stands; the others add lines for the person on site.
 * Facts may be named in curly brackets.
 */
const AdviceSchema = z
  .strictObject({
    wizard: z.string().min(1).optional(),
    image: z.string().min(1).optional(),
    target: z.string().min(1).optional(),
    title: Told,
    minutes: Told,
    bring: Told,
    prepare: Told,
    step: Told,
    check: Told,
    fail: Told,
    findOut: Told,
  })
  .refine((advice) => Object.keys(advice).length > 0, { error: 'advises nothing' });
export type Advice = z.infer<typeof AdviceSchema>;

const Conditions = z.array(ConditionSchema).min(1);
const Verb = z.literal(true).optional();
const Day = z.iso.date();

/** `require` must hold; the others speak when `when` is met. */
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

/** The texts of a rule that may name facts. */
function templatesOf(rule: {
  readonly because?: string | undefined;
  readonly remedy?: string | undefined;
  readonly source: string;
  readonly advise?: Advice | undefined;
}): readonly Template[] {
  const own = (['because', 'remedy', 'source'] as const).map((name): Template => [[name], rule[name] ?? '']);
  const advised = Object.entries(rule.advise ?? {}).flatMap(([name, told]) =>
    [told ?? []].flat().map((text): Template => [['advise', name], text]),
  );
  return [...own, ...advised];
}

const RuleSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
    /** Absent only where the rule gives no reason of its own (`advise`, `tells`). */
    code: z
      .string()
      .regex(/^[A-Z0-9]+(?:_[A-Z0-9]+)*$/)
      .optional(),
    stage: z.enum(STAGES).default('hop'),
    statement: z.string().min(1),
    source: z.string().min(1),
    /** The day from which the statement was public. */
    published: Day,
    /** The day on which a later source took its place. */
    until: Day.optional(),
    confidence: z.enum(['vendor', 'measured', 'reported', 'proposed']),
    /** Cannot be overridden. */
    final: z.boolean().default(false),
    /** A stepping stone may lift what this rule refuses. */
    liftedBySteppingStone: z.boolean().default(false),
    /** A cable at the unit goes round what this rule refuses. */
    bypassedByCable: z.boolean().default(false),
    when: Conditions.optional(),
    require: Conditions.optional(),
    block: Verb,
    unsupported: Verb,
    unknown: Verb,
    warn: Verb,
    note: Verb,
    advise: AdviceSchema.optional(),
    /** Facts that follow, for the rules after this one. */
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
    { error: 'needs a code and because; only advise and derives may go without' },
  )
  .refine(
    (rule) =>
      rule.remedy !== undefined ||
      [rule.require, rule.block, rule.unsupported, rule.unknown, rule.warn].every(
        (verb) => verb === undefined,
      ),
    { error: 'needs a remedy: what refuses or warns says what to do' },
  )
  .check(({ value, issues }) => {
    for (const [path, template] of templatesOf(value)) {
      for (const [, fact = ''] of template.matchAll(/\{([^{}]*)\}/g)) {
        if (isFact(fact)) continue;
        issues.push({
          code: 'custom',
          input: value,
          path: [...path],
          message: `{${fact}} is not a fact; docs/rules.md lists them`,
        });
      }
    }
  })
  .refine((rule) => rule.until === undefined || rule.until > rule.published, {
    error: 'is until a day that is not after published',
    path: ['until'],
  });
export type Rule = z.infer<typeof RuleSchema>;

/** A file of rules. */
export const RuleFileSchema = z.strictObject({ version: z.literal(1), rules: z.array(RuleSchema) });
export type RuleFile = z.infer<typeof RuleFileSchema>;
