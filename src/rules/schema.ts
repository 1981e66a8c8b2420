import { z } from 'zod';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const FactName = z.string().regex(/^[a-z]+(?:\.[a-zA-Z0-9]+)?$/);

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** One condition on one fact. Exactly one comparison. */
const ConditionSchema = z
  .strictObject({
    fact: FactName,
    equals: Scalar.optional(),
    oneOf: z.array(Scalar).min(1).optional(),
    atLeast: z.union([z.string(), z.number()]).optional(),
    below: z.union([z.string(), z.number()]).optional(),
    matches: z.string().max(200).refine(isPattern, { error: 'is not a regular expression' }).optional(),
    known: z.boolean().optional(),
  })
  .refine((condition) => Object.keys(condition).length === 2, {
    error: 'needs exactly one of equals, oneOf, atLeast, below, matches, known',
  });
export type Condition = z.infer<typeof ConditionSchema>;

const Conditions = z.array(ConditionSchema).min(1);
const Verb = z.literal(true).optional();

const RuleSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
    code: z.string().regex(/^[A-Z0-9]+(?:_[A-Z0-9]+)*$/),
    /** Whether the rule is about the unit alone or about an update of it. */
    about: z.enum(['unit', 'update']).default('update'),
    says: z.string().min(1),
    source: z.string().min(1),
    published: z.iso.date(),
    confidence: z.enum(['vendor', 'measured', 'reported', 'proposed']),
    final: z.boolean().default(false),
    when: Conditions.optional(),
    require: Conditions.optional(),
    block: Verb,
    warn: Verb,
    unsupported: Verb,
    because: z.string().min(1),
    remedy: z.string().min(1),
  })
  .refine(
    (rule) =>
      [rule.require, rule.block, rule.warn, rule.unsupported].filter((verb) => verb !== undefined).length ===
      1,
    {
      error: 'needs exactly one of require, block, warn, unsupported',
    },
  );
export type Rule = z.infer<typeof RuleSchema>;

/** A file of rules. */
export const RuleFileSchema = z.strictObject({ version: z.literal(1), rules: z.array(RuleSchema) });
export type RuleFile = z.infer<typeof RuleFileSchema>;

const Version = z.string().regex(/^[a-z]?\d\d\.\d$/);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const CardPathSchema = z.strictObject({
  update: z.enum(['yes', 'no', 'unknown']),
  /** The release that shut the path. */
  off: Version.optional(),
  /** The release that opened it again. */
  on: z.union([Version, z.literal('never'), z.literal('panel')]).optional(),
  note: z.string().optional(),
});

const LineSchema = z.strictObject({
  id: z.int().min(1),
  families: z.array(z.string()),
  newest: Version.nullable(),
  cardPath: CardPathSchema,
  /** Oldest card application by name. */
  minCardApp: z.record(z.string(), z.string().regex(/^\d+(?:\.\d+)+$/)).optional(),
  images: z.array(
    z.strictObject({
      file: z.string(),
      version: Version.nullable(),
      sizeBytes: z.int().min(1),
      sha256: Sha256,
      signed: z.boolean(),
      idAfter: z.int().nullable(),
    }),
  ),
});
export type Line = z.infer<typeof LineSchema>;

/** The catalogue: what is known of each firmware line. */
export const CatalogueSchema = z.strictObject({
  version: z.literal(1),
  published: z.iso.date(),
  source: z.string(),
  lines: z.array(LineSchema),
});
