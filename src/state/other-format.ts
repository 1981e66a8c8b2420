import { z } from 'zod';
import { Problem } from '../core/index.ts';
import {
  JOURNAL_FORMAT,
  type OtherFormatEvent,
  type OtherFormatUnit,
  READABLE_FORMATS,
} from './journal-events.ts';

/** Recognizes what an earlier development version of upsfw wrote. */

const FirstLine = z.looseObject({
  event: z.literal('run'),
  format: z.int().optional(),
});

const FirstPlan = z.looseObject({
  plan: z.looseObject({
    units: z.array(
      z.looseObject({
        key: z.string(),
        hops: z.array(z.unknown()),
        unit: z.looseObject({
          serial: z.string().nullable(),
          card: z.looseObject({ serial: z.string().nullable() }).nullable(),
        }),
      }),
    ),
  }),
});

/**
 * The event for a journal of another format; null where the first line is not of one. `line`: the first line,
 * proven by its checksum to be as it was written. `file`: path of the journal.
 */
export function otherFormat(line: unknown, run: string, file: string): OtherFormatEvent | null {
  const first = FirstLine.safeParse(line).data;
  const format = first?.format ?? 1;
  if (first === undefined || READABLE_FORMATS.some((one) => one === format)) return null;
  const writer = format < JOURNAL_FORMAT ? 'an earlier development version' : 'a later version';
  const problem = new Problem(
    'config/run',
    `Run ${run} was written by ${writer} of upsfw (journal format ${format}, this version reads ${READABLE_FORMATS.join(' and ')}): ${file}. Nothing of it was changed or deleted.`,
    {
      hint: `The file holds one JSON object per line; read it with any JSON tool. Look at each unit of the run that may have been started (upsfw audit). Once you know that none of them is in an update, move the folder of run ${run} out of the state folder: it removes the record of all its units.`,
    },
  );
  // Only the earlier format is known, so only its plan shows which units the run may have started.
  const units = format < JOURNAL_FORMAT ? startableUnits(line) : null;
  return { seq: 1, event: 'other-format', problem: problem.toJSON(), format, units };
}

/** The units that the plan updates. A unit without hops is never started. */
function startableUnits(line: unknown): readonly OtherFormatUnit[] | null {
  const parsed = FirstPlan.safeParse(line).data;
  if (parsed === undefined) return null;
  return parsed.plan.units
    .filter(({ hops }) => hops.length > 0)
    .map(({ key, unit }) => ({ key, serial: unit.serial, card: unit.card?.serial ?? null }));
}

const OldPlan = z.looseObject({
  schema: z.literal('upsfw/plan@1'),
  madeWith: z.looseObject({ overrule: z.unknown() }).refine((value) => Object.hasOwn(value, 'overrule')),
});

/** Whether a plan file is of the earlier development version. `value`: the parsed JSON. */
export function isOlderPlan(value: unknown): boolean {
  return OldPlan.safeParse(value).success;
}

const OldAudit = z.looseObject({
  schema: z.literal('upsfw/audit@1'),
  units: z
    .array(z.looseObject({ verdict: z.looseObject({}) }))
    .refine((units) => units.some(({ verdict }) => Object.hasOwn(verdict, 'path'))),
});

/** Whether an audit is of the earlier development version. `value`: the parsed JSON. */
export function isOlderAudit(value: unknown): boolean {
  return OldAudit.safeParse(value).success;
}
