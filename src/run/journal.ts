import { type FileHandle, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, hasCode, Problem } from '../core/index.ts';
import { PlanSchema, ProblemSchema, ReasonSchema, StepNameSchema, UnitSchema } from './schemas.ts';

export const OUTCOMES = ['upgraded', 'current', 'refused', 'failed', 'unknown', 'stopped'] as const;
/** How a unit ended. `unknown`: somebody has to go and look. */
export type Ended = (typeof OUTCOMES)[number];

/** How a step of a hop stands. */
export const STEP_STATES = [
  'begun',
  'committing',
  'done',
  'failed',
  'unknown',
  'staged',
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
const EventSchema = z.discriminatedUnion('event', [
  z.strictObject({
    ...stamp,
    event: z.literal('run'),
    run: z.string(),
    inventory: z.string(),
    images: z.string(),
    rules: z.array(z.string()),
    /** Rules that the operator overruled for this run, each with the reason given. */
    overrule: z.array(z.strictObject({ rule: z.string(), reason: z.string() })).optional(),
    /** The run sends an image to a unit that waits in its boot loader at this port. It has no inventory. */
    recovery: z.strictObject({ port: z.string().max(4096) }).optional(),
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
    /** `committing` stands on disk before the start is made, and only for the start. */
    state: z.enum(STEP_STATES),
    way: z.string().nullable(),
    /** With `committing`: the ways that the start may be made by. The inventory may say otherwise later. */
    ways: z.array(z.enum(['snmp', 'cli', 'scp', 'ftp'])).optional(),
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
  z.strictObject({ ...stamp, event: z.literal('again'), unit: z.string() }),
  /** The run was taken up again after an interruption. */
  z.strictObject({ ...stamp, event: z.literal('resumed') }),
  z.strictObject({ ...stamp, event: z.literal('closed'), state: z.enum(['done', 'stopped']) }),
]);

export type JournalEvent = z.infer<typeof EventSchema>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An event before it has its number and time. */
export type NewEvent = DistributiveOmit<JournalEvent, 'seq' | 'at'>;

export interface Journal {
  readonly run: string;
  /** Every event written so far, by this process and by those before it. */
  readonly events: readonly JournalEvent[];
  /** Resolves when the line is on the disk. Calls are written one after the other. */
  append(event: NewEvent): Promise<void>;
  close(): Promise<void>;
}

const FILE = 'journal.jsonl';

export function runsFolder(state: string): string {
  return join(state, 'runs');
}

export function journalFile(state: string, run: string): string {
  return join(runsFolder(state), run, FILE);
}

/** Names of the runs in a state folder, oldest first. */
export async function listRuns(state: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(runsFolder(state), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (thrown) {
    // No folder yet means no run yet.
    if (hasCode(thrown, 'ENOENT')) return [];
    throw new Problem('config/state', `The folder ${runsFolder(state)} cannot be read.`, {
      hint: 'Make it readable for the user that runs upsfw, or name another with --state.',
      cause: thrown,
    });
  }
}

/**
 * Reads the events of a run. A last line that was cut off by a crash is dropped; any other line that cannot be read
 * makes the journal unusable (Problem config/run), because what is missing might be a start.
 */
export async function readJournal(state: string, run: string): Promise<readonly JournalEvent[]> {
  return parseJournal(await readLines(state, run), run).events;
}

async function readLines(state: string, run: string): Promise<string> {
  if (!/^[A-Za-z0-9._-]+$/.test(run)) {
    throw new Problem('config/run', `"${run}" is not the name of a run.`, {
      hint: 'upsfw runs lists the runs.',
    });
  }
  try {
    return await readFile(journalFile(state, run), 'utf8');
  } catch (thrown) {
    throw new Problem('config/run', `There is no run "${run}" in ${state}.`, {
      hint: 'upsfw runs lists the runs; --state names another state folder.',
      cause: thrown,
    });
  }
}

/** Parses journal text. `whole` is the number of bytes of the lines that count. */
export function parseJournal(text: string, run: string): { events: readonly JournalEvent[]; whole: number } {
  const events: JournalEvent[] = [];
  let whole = 0;
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    // Without its line end the line was not acknowledged to anybody, so nothing was done on the strength of it.
    if (end === -1) break;
    const line = text.slice(start, end);
    const event = parseLine(line);
    if (event === null || event.seq !== events.length + 1) {
      throw new Problem(
        'config/run',
        `Line ${events.length + 1} of the journal of run ${run} cannot be read.`,
        {
          hint: 'The journal is damaged. Look at every unit of the run with upsfw audit before you do anything else.',
        },
      );
    }
    events.push(event);
    start = end + 1;
    whole = start;
  }
  return { events, whole: Buffer.byteLength(text.slice(0, whole)) };
}

function parseLine(line: string): JournalEvent | null {
  try {
    const checked = EventSchema.safeParse(JSON.parse(line));
    return checked.success ? checked.data : null;
  } catch {
    return null;
  }
}

/** Begins the journal of a new run; the folder of the run must not exist yet. */
export async function createJournal(state: string, run: string, clock: Clock): Promise<Journal> {
  const folder = join(runsFolder(state), run);
  await mkdir(runsFolder(state), { recursive: true, mode: 0o700 });
  await mkdir(folder, { mode: 0o700 });
  const handle = await open(join(folder, FILE), 'ax', 0o600);
  await syncFolder(folder);
  await syncFolder(runsFolder(state));
  return writer(run, handle, [], clock);
}

/** Opens the journal of a run to go on with it. A torn last line is cut off first. */
export async function reopenJournal(state: string, run: string, clock: Clock): Promise<Journal> {
  const text = await readLines(state, run);
  const { events, whole } = parseJournal(text, run);
  const file = journalFile(state, run);
  const handle = await open(file, 'r+');
  await handle.truncate(whole);
  await handle.sync();
  await handle.close();
  return writer(run, await open(file, 'a'), [...events], clock);
}

function writer(run: string, handle: FileHandle, events: JournalEvent[], clock: Clock): Journal {
  let queue: Promise<void> = Promise.resolve();
  return {
    run,
    events,
    append(event) {
      const written = queue.then(async () => {
        // What could not be read back must not be written: it would make the journal of started units unusable.
        const numbered = EventSchema.parse({
          seq: events.length + 1,
          at: clock.now().toISOString(),
          ...event,
        });
        await handle.appendFile(`${JSON.stringify(numbered)}\n`);
        await handle.datasync();
        events.push(numbered);
      });
      // A failed write must not be followed by another: the caller of each gets the failure, the queue stays failed.
      queue = written;
      written.catch(() => undefined);
      return written;
    },
    async close() {
      await queue.catch(() => undefined);
      await handle.close();
    },
  };
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; its file systems journal the entry themselves.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
