import { z } from 'zod';
import { type ProblemJson, START_METHODS, TRANSFER_METHODS } from '../core/index.ts';
import { PlanSchema, ProblemSchema, ReasonSchema, StepNameSchema, UnitSchema } from './schemas.ts';

export const OUTCOMES = ['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped'] as const;
/** How a unit ended. `unknown`: somebody has to go and look. */
export type UnitOutcome = (typeof OUTCOMES)[number];

/** How a step of a hop stands. */
export const STEP_STATES = [
  'begun',
  'committing',
  'done',
  'failed',
  'unknown',
  'staged',
  'not-started',
  'received',
] as const;
export type StepState = (typeof STEP_STATES)[number];

const stamp = { seq: z.int().min(1), at: z.iso.datetime() };

/**
 * What became of an output that the operator let the tool switch. `switching-off` stands on disk before the command leaves;
 * only `on` says that it is as it was.
 */
export const OUTPUT_STATES = [
  'switching-off',
  'off',
  'not-switched',
  'switching-on',
  'on',
  'unknown',
] as const;
export type OutputState = (typeof OUTPUT_STATES)[number];

/** One line of a journal. Lines are appended, never changed; state is what folding them gives. */
export const EventSchema = z.discriminatedUnion('event', [
  z.strictObject({
    ...stamp,
    event: z.literal('run'),
    run: z.string(),
    inventory: z.string(),
    images: z.string(),
    rules: z.array(z.string()),
    /** Rules that the operator overridden for this run, each with the reason given. */
    override: z.array(z.strictObject({ rule: z.string(), reason: z.string() })).optional(),
    /** The run sends an image to a unit that waits in its boot loader at this port. It has no inventory. */
    recovery: z.strictObject({ port: z.string().max(4096) }).optional(),
    /** Units with the same load, by key, as the inventory named them when the run was begun. */
    partners: z.record(z.string(), z.array(z.string())).optional(),
    plan: PlanSchema,
  }),
  /** The unit was looked at and is about to be worked on: as it was before the hop, the first one where none is named. */
  z.strictObject({
    ...stamp,
    event: z.literal('unit'),
    unit: z.string(),
    attempt: z.int().min(1),
    hop: z.int().min(0).optional(),
    before: UnitSchema,
  }),
  z.strictObject({
    ...stamp,
    event: z.literal('step'),
    unit: z.string(),
    hop: z.int().min(0),
    step: StepNameSchema,
    /**
     * `committing` is on disk before the start is made, and only for the start. `not-started` takes it back: no request left,
     * or the card refused it for certain. `received` may come in the middle of `settle`, as soon as it was seen.
     */
    state: z.enum(STEP_STATES),
    method: z.string().nullable(),
    /** With `committing`: the ways that the start may be made by. The inventory may say otherwise later. */
    methods: z.array(z.enum([...START_METHODS, ...TRANSFER_METHODS])).optional(),
    /** With `committing`: value of the card's update object before the start; null where it could not be read. */
    object: z.string().max(40).nullable().optional(),
    /** With the end of `backup`: the newest line of the card's event log, null where it could not be read. */
    mark: z.string().max(1000).nullable().optional(),
    /** With the end of `verify`: the unit as it was seen then. */
    seen: UnitSchema.optional(),
    problem: ProblemSchema.nullable(),
  }),
  z.strictObject({
    ...stamp,
    event: z.literal('output'),
    unit: z.string(),
    state: z.enum(OUTPUT_STATES),
    problem: ProblemSchema.nullable(),
  }),
  z.strictObject({
    ...stamp,
    event: z.literal('end'),
    unit: z.string(),
    outcome: z.enum(OUTCOMES),
    after: UnitSchema.nullable(),
    problem: ProblemSchema.nullable(),
    reasons: z.array(ReasonSchema),
  }),
  /** The operator allows a further attempt on a unit that failed safely. */
  z.strictObject({ ...stamp, event: z.literal('retry'), unit: z.string() }),
  /** The run was taken up again after an interruption. */
  z.strictObject({ ...stamp, event: z.literal('resumed') }),
  z.strictObject({
    ...stamp,
    event: z.literal('closed'),
    state: z.enum(['done', 'stopped']),
    /** Why the run paused itself. */
    problem: ProblemSchema.optional(),
    /** The operator stopped the run. Absent where something else did, such as a disk without room. */
    by: z.literal('operator').optional(),
  }),
]);

export type WrittenEvent = z.infer<typeof EventSchema>;

/**
 * What a reader finds wrong with a journal, or its writer with the disk; in memory only, never a line of a journal.
 * `damaged`: from the line of number `seq` on, the file is not what was written, so the end of a unit and a start of it may be missing.
 * `unsaved`: a line could not be written; events after it are known to this process only.
 */
type TroubleEvent<Kind extends string> = {
  readonly seq: number;
  readonly event: Kind;
  readonly problem: ProblemJson;
};

export type JournalEvent = WrittenEvent | TroubleEvent<'damaged'> | TroubleEvent<'unsaved'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An event before it has its number and time. */
export type NewEvent = DistributiveOmit<WrittenEvent, 'seq' | 'at'>;

/**
 * Whether the act that an event is about follows its line. Such an act must not follow where the line is not on the disk. All other
 * events report what happened, or announce what only reads or brings an output back.
 */
export function announcesAct(event: NewEvent): boolean {
  switch (event.event) {
    case 'step':
      if (event.state === 'committing') return true;
      return event.state === 'begun' && event.step !== 'settle' && event.step !== 'verify';
    case 'output':
      return event.state === 'switching-off';
    case 'end':
    case 'closed':
      return false;
    default:
      return true;
  }
}

/** Whether a journal without this line would show a unit as not started, or its output as never switched. */
export function mustNotGetLost(event: NewEvent): boolean {
  if (event.event === 'output') return event.state === 'switching-off';
  if (event.event !== 'step' || event.step !== 'start') return false;
  return event.state === 'committing' || event.state === 'done' || event.state === 'unknown';
}
