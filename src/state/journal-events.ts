import { z } from 'zod';
import {
  OUTCOMES,
  OUTPUT_STATES,
  type ProblemJson,
  START_METHODS,
  STEP_STATES,
  TRANSFER_METHODS,
} from '../core/index.ts';
import { PlanSchema, ProblemSchema, ReasonSchema, StepNameSchema, UnitSchema } from './schemas.ts';

/**
 * The version of the journal format. The first line of a journal carries it; format 1 carried none. Format 3
 * also has the event `exit`.
 */
export const JOURNAL_FORMAT = 3;
/** The formats that can be read and continued. */
export const READABLE_FORMATS = [2, JOURNAL_FORMAT] as const;

const stamp = { seq: z.int().min(1), at: z.iso.datetime() };

/** One line of a journal. Lines are appended and never changed; replaying them gives the state of the run. */
export const EventSchema = z.discriminatedUnion('event', [
  z.strictObject({
    ...stamp,
    event: z.literal('run'),
    format: z.literal(READABLE_FORMATS),
    run: z.string(),
    inventory: z.string(),
    images: z.string(),
    rules: z.array(z.string()),
    /** Rules that the operator overrode for this run, each with the reason. */
    override: z.array(z.strictObject({ rule: z.string(), reason: z.string() })).optional(),
    /** The run sends an image to a unit in its boot loader at this port. It has no inventory. */
    recovery: z.strictObject({ port: z.string().max(4096) }).optional(),
    /** Units with the same load, by key, as the inventory named them at the start of the run. */
    partners: z.record(z.string(), z.array(z.string())).optional(),
    plan: PlanSchema,
  }),
  /**
   * The unit was read and its hop begins. `hop`: index of the hop, 0 where absent. `before`: the unit before
   * it.
   */
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
     * `committing` belongs to the start only and is on disk before the start is made. `not-started` withdraws
     * it: no request was sent, or the card refused it for certain. `received` may come during `settle`.
     */
    state: z.enum(STEP_STATES),
    method: z.string().nullable(),
    /** With `committing`: the methods that the start may use. The inventory may change later. */
    methods: z.array(z.enum([...START_METHODS, ...TRANSFER_METHODS])).optional(),
    /** With `committing`: value of the card's update object before the start; null = it could not be read. */
    object: z.string().max(40).nullable().optional(),
    /** With the end of `backup`: the newest line of the card's event log; null = it could not be read. */
    mark: z.string().max(1000).nullable().optional(),
    /** With the end of `verify`: the unit as it was read then. */
    seen: UnitSchema.optional(),
    /** With the end of `transfer`: every upload of which bytes were sent. */
    uploads: z
      .array(
        z.strictObject({
          method: z.enum(TRANSFER_METHODS),
          small: z.boolean(),
          problem: ProblemSchema.nullable(),
        }),
      )
      .max(20)
      .optional(),
    problem: ProblemSchema.nullable(),
  }),
  /** `switching-off` is on disk before the command is sent. */
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
  /** The operator allows another attempt on a unit that failed safely. */
  z.strictObject({ ...stamp, event: z.literal('retry'), unit: z.string() }),
  /** The run continues after an interruption. */
  z.strictObject({ ...stamp, event: z.literal('resumed') }),
  z.strictObject({
    ...stamp,
    event: z.literal('closed'),
    state: z.enum(['done', 'stopped']),
    /** Why the run paused itself. */
    problem: ProblemSchema.optional(),
    /** The operator stopped the run. Absent where something else did, such as a full disk. */
    by: z.literal('operator').optional(),
  }),
  /** The process that executed the run ended with this exit code. Never in a journal of format 2. */
  z.strictObject({ ...stamp, event: z.literal('exit'), code: z.int().min(0).max(255) }),
]);

export type WrittenEvent = z.infer<typeof EventSchema>;

/** A fault of the journal itself; in memory only, never a line of a journal. */
type FaultEvent<Kind extends string> = {
  readonly seq: number;
  readonly event: Kind;
  readonly problem: ProblemJson;
};

/**
 * From line `seq` on, the file differs from what was written. The end of a unit or a start of it may be
 * missing.
 */
type DamagedEvent = FaultEvent<'damaged'>;

/** A line could not be written. Only this process knows the events after it. */
type UnsavedEvent = FaultEvent<'unsaved'>;

/** The journal has another format, so no line of it is used. This is its only event. */
export interface OtherFormatEvent extends FaultEvent<'other-format'> {
  /** 1 for a journal without a format. */
  readonly format: number;
  /** The units that the run may have started; null = not known. */
  readonly units: readonly OtherFormatUnit[] | null;
}

/** What identifies a unit of a journal of another format. */
export interface OtherFormatUnit {
  readonly key: string;
  readonly serial: string | null;
  /** Serial number of its card. */
  readonly card: string | null;
}

export type JournalEvent = WrittenEvent | DamagedEvent | UnsavedEvent | OtherFormatEvent;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An event before the journal adds its number, its time and the format. */
export type NewEvent = DistributiveOmit<WrittenEvent, 'seq' | 'at' | 'format'>;

/**
 * Whether an act follows the line of this event. The act must not follow where the line is not on disk. All
 * other events report what happened, or announce what only reads or switches an output on again.
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
    case 'exit':
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
