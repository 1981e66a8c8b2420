import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../core/index.ts';
import { EventSchema, type JournalEvent, READABLE_FORMATS, type WrittenEvent } from './journal-events.ts';
import { otherFormat } from './other-format.ts';

/** The lines of a journal as bytes. The checksum of each line covers the line before it. */

const SUM_DIGITS = 16;
/** `,"sum":"0123456789abcdef"}` */
const TAIL = /^,"sum":"([0-9a-f]{16})"\}$/;
const TAIL_LENGTH = ',"sum":""}'.length + SUM_DIGITS;
const LINE_END = 0x0a;

/** A line and its checksum, which the next line needs. */
export interface Line {
  readonly bytes: Buffer;
  readonly sum: string;
}

/** `before`: the checksum of the line before it, empty for the first. */
export function writeLine(event: WrittenEvent, before: string): Line {
  const body = Buffer.from(JSON.stringify(event));
  const sum = sumOf(body, before);
  const tail = Buffer.from(`,"sum":"${sum}"}\n`);
  return { bytes: Buffer.concat([body.subarray(0, -1), tail]), sum };
}

function sumOf(body: Buffer, before: string): string {
  return createHash('sha256').update(before).update('\n').update(body).digest('hex').slice(0, SUM_DIGITS);
}

const StartSchema = z.strictObject({ seq: z.int().min(1), sum: z.string(), unit: z.string() });

/**
 * A line of the second file of a run, which lists the lines that must not get lost. Without it, a journal
 * that lost its end would look like one that a crash cut off.
 */
export function writeStart(event: WrittenEvent, sum: string): Buffer {
  const unit = 'unit' in event ? event.unit : '';
  return Buffer.from(`${JSON.stringify({ seq: event.seq, sum, unit })}\n`);
}

export interface ParsedJournal {
  /**
   * A last event `damaged` reports that the lines from there on cannot be used. A single event `other-format`
   * reports that another version of upsfw wrote the journal.
   */
  readonly events: readonly JournalEvent[];
  /** Bytes of the lines that count. */
  readonly whole: number;
  /** Checksum of the last of them. */
  readonly sum: string;
  /** Bytes of the second file that count. */
  readonly wholeStarts: number;
}

/** The two files of a journal. */
export interface JournalBytes {
  readonly run: string;
  /** Path of the journal, for messages. */
  readonly file: string;
  readonly bytes: Buffer;
  readonly starts: Buffer;
}

/**
 * Parses the two files of a journal. A last line that a crash cut off is dropped: nobody was told that it is
 * on disk. Never throws: where a line is damaged or missing, the last event reports it.
 */
export function parseJournal({ run, file, bytes, starts }: JournalBytes): ParsedJournal {
  const events: WrittenEvent[] = [];
  const sums: string[] = [];
  const lines = wholeLines(bytes);
  let whole = 0;
  for (const line of lines) {
    const parsed = parseLine(line, sums.at(-1) ?? '', events.length + 1);
    if (parsed === null) break;
    events.push(parsed.event);
    sums.push(parsed.sum);
    whole += line.length + 1;
  }
  const listed = wholeLines(starts);
  const wholeStarts = listed.reduce((sum, line) => sum + line.length + 1, 0);
  const counted = { whole, sum: sums.at(-1) ?? '', wholeStarts };
  const [first] = lines;
  const other = first === undefined || events.length > 0 ? null : otherFormat(provenValue(first), run, file);
  if (other !== null) return { ...counted, events: [other] };
  if (events.length < lines.length) {
    return {
      ...counted,
      events: [...events, damaged(run, events.length + 1, 'differs from what was written')],
    };
  }
  for (const line of listed) {
    const start = parseStart(line);
    if (start !== null && sums[start.seq - 1] === start.sum) continue;
    const what =
      start === null ? 'cannot be compared with the list of starts, which is damaged' : 'is missing';
    return { ...counted, events: [...events, damaged(run, start?.seq ?? events.length, what)] };
  }
  return { ...counted, events };
}

/** The beginning of a journal of this format. */
const HEAD = new RegExp(`^\\{"seq":1,"at":"[^"]*","event":"run","format":(?:${READABLE_FORMATS.join('|')}),`);
const LONGEST_HEAD = 200;
const DONE = '"event":"closed","state":"done"';
const EXIT = '"event":"exit"';
/** A unit may be in doubt after any of these. */
const DOUBTS = ['"outcome":"unknown"', '"state":"received"', '"event":"output"'];

/**
 * Whether the lines of a journal are as they were written, end a run as done, and hold nothing that may leave
 * a unit in doubt. False means only that they must be parsed.
 */
export function endsPlainly(bytes: Buffer, starts: Buffer): boolean {
  const lines = wholeLines(bytes);
  const last = lines.at(-1)?.includes(EXIT) === true ? lines.at(-2) : lines.at(-1);
  if (last?.includes(DONE) !== true) return false;
  if (!HEAD.test(bytes.subarray(0, LONGEST_HEAD).toString('latin1'))) return false;
  // The first line holds the plan, whose verdicts use the same words.
  const afterPlan = bytes.subarray(lines[0]?.length ?? 0);
  if (DOUBTS.some((doubt) => afterPlan.includes(doubt))) return false;
  const sums: string[] = [];
  for (const line of lines) {
    const sum = checkedSum(line, sums.at(-1) ?? '');
    if (sum === null) return false;
    sums.push(sum);
  }
  return wholeLines(starts).every((line) => {
    const start = parseStart(line);
    return start !== null && sums[start.seq - 1] === start.sum;
  });
}

/** The checksum of a line that is as it was written; null where it is not. */
function checkedSum(line: Buffer, before: string): string | null {
  if (line.length <= TAIL_LENGTH) return null;
  const sum = TAIL.exec(line.subarray(-TAIL_LENGTH).toString('latin1'))?.[1];
  return sum !== undefined && sum === sumOf(bodyOf(line), before) ? sum : null;
}

function bodyOf(line: Buffer): Buffer {
  return Buffer.concat([line.subarray(0, -TAIL_LENGTH), Buffer.from('}')]);
}

/** Lines that have their line end. */
function wholeLines(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

function parseLine(
  line: Buffer,
  before: string,
  seq: number,
): { readonly event: WrittenEvent; readonly sum: string } | null {
  const sum = checkedSum(line, before);
  if (sum === null) return null;
  const event = EventSchema.safeParse(parsedBody(line)).data;
  return event?.seq === seq ? { event, sum } : null;
}

/** The value of a first line that is as it was written; undefined where it is not. */
function provenValue(line: Buffer): unknown {
  return checkedSum(line, '') === null ? undefined : parsedBody(line);
}

function parsedBody(line: Buffer): unknown {
  try {
    return JSON.parse(bodyOf(line).toString('utf8'));
  } catch {
    return undefined;
  }
}

function parseStart(line: Buffer): z.infer<typeof StartSchema> | null {
  try {
    return StartSchema.safeParse(JSON.parse(line.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function damaged(run: string, seq: number, what: string): JournalEvent {
  const problem = new Problem(
    'config/run',
    `The journal of run ${run} is damaged: line ${seq} ${what}. A start may be missing from it.`,
    {
      hint: `Look at each unit that is shown as unknown: upsfw status --live ${run}. Once you know that none of them is in an update, move the folder of run ${run} out of the state folder: it removes the record of all units of that run. Then make a new plan.`,
    },
  );
  return { seq, event: 'damaged', problem: problem.toJSON() };
}
