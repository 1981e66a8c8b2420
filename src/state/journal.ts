import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, hasCode, Problem } from '../core/index.ts';
import { diskProblem, makeFolder, syncFolder } from '../files/index.ts';
import {
  announcesAct,
  EventSchema,
  JOURNAL_FORMAT,
  type JournalEvent,
  mustNotGetLost,
  type NewEvent,
} from './journal-events.ts';
import { type JournalFile, openJournalFile } from './journal-file.ts';
import {
  endsPlainly,
  type JournalBytes,
  type ParsedJournal,
  parseJournal,
  writeLine,
  writeStart,
} from './journal-lines.ts';
import { RunState } from './run-state.ts';

export * from './journal-events.ts';

export interface Journal {
  readonly run: string;
  /** Every event so far, of this process and of earlier ones, including those that could not be written. */
  readonly events: readonly JournalEvent[];
  /** The state of the run after the last of these events. */
  readonly state: Pick<RunState, 'unit' | 'units' | 'record'>;
  /**
   * Why a line could not be written; null as long as every line is on disk. No act may begin after a failure.
   */
  readonly failed: Problem | null;
  /**
   * Resolves when the line is on disk. Lines are written one after the other. When the disk takes no more
   * lines, an event that announces an act ({@link announcesAct}) rejects with Problem config/state and is
   * dropped: the act must not follow. Any other event stays in memory and is written as soon as writing works
   * again.
   */
  append(event: NewEvent): Promise<void>;
  /** Never rejects: every acknowledged line is on disk. */
  close(): Promise<void>;
}

const FILE = 'journal.jsonl';
const STARTS = 'starts.jsonl';

export function runsFolder(state: string): string {
  return join(state, 'runs');
}

export function journalFile(state: string, run: string): string {
  return join(runsFolder(state), run, FILE);
}

/** Names of the runs in a state folder, oldest first. Throws Problem config/state. */
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
 * Reads the events of a run. A last line that a crash cut off is dropped. Where another line is damaged or
 * missing, the last event is `damaged` and the lines before it count. A journal of another format gives one
 * event `other-format`. Throws Problem config/run for an unknown run.
 */
export async function readJournal(state: string, run: string): Promise<readonly JournalEvent[]> {
  return parseJournal(await readBytes(state, run)).events;
}

/**
 * Whether a run is done with no unit in doubt, without a replay. False: it takes one, or the journal cannot
 * be read.
 */
export async function isPlainlyDone(state: string, run: string): Promise<boolean> {
  try {
    const { bytes, starts } = await readBytes(state, run);
    return endsPlainly(bytes, starts);
  } catch (thrown) {
    if (thrown instanceof Problem) return false;
    throw thrown;
  }
}

async function readBytes(state: string, run: string): Promise<JournalBytes> {
  if (!/^[A-Za-z0-9._-]+$/.test(run)) {
    throw new Problem('config/run', `"${run}" is not the name of a run.`, {
      hint: 'upsfw runs lists the runs.',
    });
  }
  const file = journalFile(state, run);
  try {
    // A running process writes the journal first, so the journal that is read second holds every listed line.
    const starts = await readFile(join(runsFolder(state), run, STARTS)).catch((thrown: unknown) => {
      if (hasCode(thrown, 'ENOENT')) return Buffer.alloc(0);
      throw thrown;
    });
    const bytes = await readFile(file).catch((thrown: unknown) => {
      // A missing journal beside a list of starts has lost them.
      if (starts.length > 0 && hasCode(thrown, 'ENOENT')) return Buffer.alloc(0);
      throw thrown;
    });
    return { run, file, bytes, starts };
  } catch (thrown) {
    if (!hasCode(thrown, 'ENOENT'))
      throw diskProblem(thrown, `The journal of run ${run} in ${state} cannot be read`);
    throw new Problem('config/run', `There is no run "${run}" in ${state}.`, {
      hint: 'upsfw runs lists the runs; --state names another state folder.',
      cause: thrown,
    });
  }
}

/**
 * Creates the journal of a new run. The folder of the run must not exist yet. Throws Problem config/state.
 */
export async function createJournal(state: string, run: string, clock: Clock): Promise<Journal> {
  const folder = join(runsFolder(state), run);
  try {
    await makeFolder(runsFolder(state));
    await mkdir(folder, { mode: 0o700 });
    const files = await openFiles(state, run, { whole: 0, wholeStarts: 0 });
    await syncFolder(folder);
    await syncFolder(runsFolder(state));
    return writer(run, files, { events: [], sum: '' }, clock);
  } catch (thrown) {
    throw diskProblem(thrown, `The journal of the run cannot be made in ${folder}`);
  }
}

/**
 * Opens the journal of a run to continue it. A torn last line is cut off first. Throws Problem config/run for
 * a damaged journal, which must not be continued because a start may be missing from it, and for one of
 * another format.
 */
export async function reopenJournal(state: string, run: string, clock: Clock): Promise<Journal> {
  const { events, sum, ...sizes } = parseJournal(await readBytes(state, run));
  const last = events.at(-1);
  if (last?.event === 'damaged' || last?.event === 'other-format')
    throw new Problem(last.problem.code, last.problem.message, { hint: last.problem.hint });
  try {
    return writer(run, await openFiles(state, run, sizes), { events, sum }, clock);
  } catch (thrown) {
    throw diskProblem(thrown, `${journalFile(state, run)} cannot be written`, `upsfw resume ${run}`);
  }
}

interface Files {
  readonly file: JournalFile;
  /** Lists the lines that must not get lost. */
  readonly starts: JournalFile;
}

async function openFiles(
  state: string,
  run: string,
  { whole, wholeStarts }: Pick<ParsedJournal, 'whole' | 'wholeStarts'>,
): Promise<Files> {
  const file = await openJournalFile(journalFile(state, run), whole);
  try {
    return { file, starts: await openJournalFile(join(runsFolder(state), run, STARTS), wholeStarts) };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

function writer(
  run: string,
  { file, starts }: Files,
  before: Pick<ParsedJournal, 'events' | 'sum'>,
  clock: Clock,
): Journal {
  const events: JournalEvent[] = [];
  const state = new RunState();
  const add = (event: JournalEvent): void => {
    events.push(event);
    state.advance(event);
  };
  for (const event of before.events) add(event);
  let { sum } = before;
  let seq = events.length;
  let failed: Problem | null = null;
  let queue: Promise<void> = Promise.resolve();
  /** Lines of events that are in memory only, in their order. */
  let unsaved: readonly { readonly line: Buffer; readonly start: Buffer | null }[] = [];

  const write = async (): Promise<void> => {
    const listed = unsaved.flatMap(({ start }) => start ?? []);
    // The journal comes first: a start that only the list names would count as lost.
    await file.append(Buffer.concat(unsaved.map(({ line }) => line)));
    if (listed.length > 0) await starts.append(Buffer.concat(listed));
    file.keep();
    starts.keep();
    unsaved = [];
  };

  const save = async (event: NewEvent): Promise<void> => {
    if (failed !== null && announcesAct(event)) throw failed;
    const format = event.event === 'run' ? { format: JOURNAL_FORMAT } : {};
    // A line that cannot be read back must not be written: it would make the journal of started units
    // unusable.
    const numbered = EventSchema.parse({ seq: seq + 1, at: clock.now().toISOString(), ...format, ...event });
    const line = writeLine(numbered, sum);
    const start = mustNotGetLost(event) ? writeStart(numbered, line.sum) : null;
    const others = unsaved;
    unsaved = [...others, { line: line.bytes, start }];
    try {
      await write();
    } catch (thrown) {
      await starts.undo();
      await file.undo();
      if (failed === null) {
        failed = diskProblem(thrown, `${file.path} cannot be written`, `upsfw resume ${run}`);
        add({ seq, event: 'unsaved', problem: failed.toJSON() });
      }
      if (announcesAct(event)) {
        unsaved = others;
        throw failed;
      }
    }
    seq += 1;
    sum = line.sum;
    add(numbered);
  };

  return {
    run,
    events,
    state,
    get failed() {
      return failed;
    },
    append(event) {
      const written = queue.then(() => save(event));
      queue = written.catch(() => undefined);
      return written;
    },
    async close() {
      await queue;
      if (unsaved.length > 0) await write().catch(() => Promise.all([starts.undo(), file.undo()]));
      await starts.close();
      await file.close();
    },
  };
}
