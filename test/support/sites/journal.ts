import type { ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Plan } from '../../../src/core/index.ts';
import { systemClock } from '../../../src/files/index.ts';
import { createJournal, type Journal, type JournalEvent, type NewEvent } from '../../../src/state/index.ts';

/** A new journal with its first line. */
export async function beginJournal(state: string, run: string, plan: Plan): Promise<Journal> {
  const journal = await createJournal(state, run, systemClock);
  await journal.append({ event: 'run', run, inventory: 'i', images: 'm', rules: [], plan });
  return journal;
}

/** The journal of the only run of a state folder; empty before there is one. */
export async function journalText(state: string): Promise<string> {
  const [run] = await readdir(join(state, 'runs')).catch(() => []);
  if (run === undefined) return '';
  return readFile(join(state, 'runs', run, 'journal.jsonl'), 'utf8').catch(() => '');
}

/** Waits until the journal that a process writes contains a text. Throws if the process ends first. */
export async function journalHas(state: string, child: ChildProcess, text: string): Promise<void> {
  while (!(await journalText(state)).includes(text)) {
    if (child.exitCode !== null)
      throw new Error(`the process ended (${child.exitCode}) before the journal held ${text}`);
    // Another process writes it. Without a pause this loop would take the time of that process.
    await pause(2);
  }
}

/** Simulates the end of the process. */
export class Killed extends Error {}

/** What a test does with the lines of a journal. */
export interface JournalWatch {
  /** Called when a line is on disk, before the run continues. */
  readonly onLine?: ((event: JournalEvent) => void | Promise<void>) | undefined;
  /** The process is killed when it would write this line: nothing is written from then on. */
  readonly killedBefore?: ((event: NewEvent) => boolean) | undefined;
}

export function watchedJournal(journal: Journal, { onLine, killedBefore }: JournalWatch): Journal {
  let killed = false;
  return {
    run: journal.run,
    events: journal.events,
    state: journal.state,
    get failed() {
      return journal.failed;
    },
    async append(event) {
      killed ||= killedBefore?.(event) === true;
      if (killed) throw new Killed();
      await journal.append(event);
      const written = journal.events.at(-1);
      if (written !== undefined) await onLine?.(written);
    },
    close: () => journal.close(),
  };
}
