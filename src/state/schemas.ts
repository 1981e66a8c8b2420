import { z } from 'zod';
import {
  CARD_GENERATIONS,
  CARD_PARTS,
  type Hop,
  PLAN_COMPONENTS,
  type Plan,
  type PlannedUnit,
  PROBLEM_CODES,
  type ProblemCode,
  type ProblemJson,
  REASON_OUTCOMES,
  type Reason,
  SEEN_BY,
  SERVICE_NAMES,
  STATUSES,
  STEP_NAMES,
  TRANSPORTS,
  type Unit,
} from '../core/index.ts';

/** Schemas of what is read back from disk: plan files, audits and journals. */

const text = z.string().max(4096);
const nullableText = text.nullable();
const nullableFlag = z.boolean().nullable();
const nullableNumber = z.number().nullable();
const TransportSchema = z.enum(TRANSPORTS);
const CardPartSchema = z.enum(CARD_PARTS);

const FirmwareReadingSchema = z.strictObject({
  raw: nullableText,
  version: nullableText,
  microLinkId: z.int().nullable(),
});

const cardShape = {
  model: nullableText,
  serial: nullableText,
  generation: z.enum(CARD_GENERATIONS).nullable(),
  platform: nullableText.default(null),
  boot: nullableText.default(null),
  os: nullableText,
  app: z.strictObject({ name: nullableText, version: nullableText }).nullable(),
  uptimeSeconds: nullableNumber.optional(),
};

const unitShape = {
  site: nullableText,
  name: nullableText,
  host: nullableText,
  port: z.union([z.number(), text]).nullable(),
  serial: nullableText,
  model: nullableText,
  sku: nullableText,
  manufactured: nullableText,
  ratingVA: nullableNumber,
  firmware: FirmwareReadingSchema,
  card: z.strictObject(cardShape).nullable(),
  condition: z.strictObject({
    onLine: nullableFlag,
    outputOn: nullableFlag,
    batteryPercent: nullableNumber,
    runtimeSeconds: nullableNumber,
    loadPercent: nullableNumber,
    calibrating: nullableFlag,
    selfTest: nullableFlag,
    alarms: z.array(text).nullable(),
    notices: z.array(text).nullable(),
    linkUp: nullableFlag,
  }),
  reachable: z.boolean(),
  seenBy: z.enum(SEEN_BY).nullable(),
  simulated: z.boolean(),
};

export const UnitSchema: z.ZodType<Unit> = z.strictObject(unitShape);

export const ReasonSchema: z.ZodType<Reason> = z.strictObject({
  code: text,
  rule: text,
  outcome: z.enum(REASON_OUTCOMES),
  because: text,
  remedy: nullableText,
  source: text,
});

const verdictShape = {
  status: z.enum(STATUSES),
  target: z.strictObject({ version: text, microLinkId: z.int(), image: nullableText }).nullable(),
  transport: TransportSchema.nullable(),
  wizard: nullableText,
  reasons: z.array(ReasonSchema),
};

const VerdictSchema: z.ZodType<PlannedUnit['verdict']> = z.strictObject(verdictShape);

/** The verdict of a unit in a kept audit, with its hops in short. */
const AuditVerdictSchema = z.strictObject({
  ...verdictShape,
  hops: z.array(
    z.union([
      z.strictObject({
        component: z.literal('ups').default('ups'),
        from: text,
        to: text,
        image: text,
        microLinkIdAfter: z.int(),
        transport: TransportSchema,
        twoStep: z.boolean().default(false),
      }),
      z.strictObject({
        component: CardPartSchema,
        from: nullableText,
        to: text,
        image: text,
        microLinkIdAfter: z.null(),
        transport: TransportSchema,
      }),
    ]),
  ),
});

export const StepNameSchema = z.enum(STEP_NAMES);

const UpsEnd = z.strictObject({ version: text, microLinkId: z.int() });
const CardEnd = z.strictObject({ version: text, platform: text });

const hopShape = {
  image: z.strictObject({
    file: text,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    sizeBytes: z.int().min(1),
  }),
  transport: TransportSchema,
  steps: z.array(StepNameSchema),
};

const HopSchema: z.ZodType<Hop> = z.discriminatedUnion('component', [
  z.strictObject({
    ...hopShape,
    component: z.literal('ups'),
    twoStep: z.boolean(),
    from: UpsEnd.extend({ version: nullableText }),
    to: UpsEnd,
  }),
  z.strictObject({
    ...hopShape,
    component: CardPartSchema,
    from: CardEnd.extend({ version: nullableText }),
    to: CardEnd,
  }),
]);

const CodeSchema = z.custom<ProblemCode>(
  (value) => typeof value === 'string' && Object.hasOwn(PROBLEM_CODES, value),
);

export const ProblemSchema: z.ZodType<ProblemJson> = z.strictObject({
  code: CodeSchema,
  message: z.string(),
  hint: z.string(),
  details: z.array(z.string().max(1000)).max(100).optional(),
});

const PlannedUnitSchema: z.ZodType<PlannedUnit> = z.strictObject({
  key: text,
  unit: UnitSchema,
  verdict: VerdictSchema,
  hops: z.array(HopSchema),
  switchOutput: z.literal('off').nullable(),
  problem: ProblemSchema.nullable(),
});

export const PlanSchema: z.ZodType<Plan> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  component: z.enum(PLAN_COMPONENTS).default('ups'),
  rules: text,
  units: z.array(PlannedUnitSchema).max(100_000),
});

/** A file that an audit as of a day did not use. */
export const LeftOutSchema = z.strictObject({
  file: text,
  sha256: text,
  microLinkId: z.int().nullable(),
  because: text,
});

/** A unit of a saved audit. */
export const AuditUnitSchema = z.strictObject({
  ...unitShape,
  card: z
    .strictObject({
      ...cardShape,
      reasons: z.array(ReasonSchema).optional(),
      newestSeen: z
        .strictObject({
          os: nullableText,
          app: text,
          seen: nullableText,
          note: nullableText,
          source: text,
        })
        .nullable()
        .optional(),
    })
    .nullable(),
  verdict: AuditVerdictSchema,
  advisories: z
    .array(
      z.strictObject({
        id: text,
        status: z.enum(['affected', 'partly', 'fixed', 'not-affected', 'unknown']),
        component: z.enum(['ups', 'card']).optional(),
        listed: nullableFlag.optional(),
        fixedIn: text.nullable(),
        partlyIn: text.nullable().default(null),
        notice: nullableText.optional(),
        name: nullableText.optional(),
        confidence: z.enum(['vendor', 'reported']).optional(),
        detail: nullableText.optional(),
        source: text,
      }),
    )
    .nullable(),
  services: z
    .array(z.strictObject({ service: z.enum(SERVICE_NAMES), on: nullableFlag, detail: text }))
    .nullable()
    .default(null),
  findings: z
    .array(z.strictObject({ code: text, because: text, remedy: nullableText, source: text }))
    .nullable()
    .default(null),
  problem: ProblemSchema.nullable(),
});
