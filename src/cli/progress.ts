import { Listr, ListrDefaultRendererLogLevels } from 'listr2';
import { sanitize } from '../core/index.ts';
import type { Io } from './io.ts';

/** `done`: the unit is as planned. `left`: it was not updated. `bad`: somebody must look at it. */
export type Mark = 'done' | 'left' | 'bad';

/** Shows the progress of units: a live list on a terminal, otherwise one line for each change. */
export interface Progress {
  unit(key: string, note: string, fraction: number | null): void;
  /** The unit has ended. `mark`: see {@link Mark}. */
  ended(key: string, outcome: string, mark: Mark): void;
  /** Shows a message about the whole run at once. Other writers would be held back by the live list. */
  message(text: string): void;
  /** Resolves when everything is shown and the terminal is restored. */
  end(): Promise<void>;
}

/** Rounds percentages down to tens, so that a note changes ten times at most. */
function shortened(note: string, fraction: number | null): string {
  const percent = fraction === null ? '' : ` ${Math.min(100, Math.floor(fraction * 10) * 10)} %`;
  return sanitize(`${note}${percent}`, 120);
}

/** Terminal lines that the list leaves free. */
const ROWS_LEFT = 4;

/** `keys`: the units to list, in this order. */
export function createProgress(io: Io, silent: boolean, keys: readonly string[]): Progress {
  if (silent) {
    const nothing = (): void => undefined;
    return {
      unit: nothing,
      ended: nothing,
      message: (text) => io.info(`${text}\n`),
      end: async () => undefined,
    };
  }
  const fits = io.terminal !== null && keys.length + ROWS_LEFT <= io.terminal.rows;
  return fits ? listProgress(keys, io.color) : lineProgress(io);
}

function lineProgress(io: Io): Progress {
  const last = new Map<string, string>();
  const line = (key: string, text: string): void => {
    if (last.get(key) === text) return;
    last.set(key, text);
    io.info(`${io.clock.now().toISOString().slice(11, 19)} ${key}: ${text}\n`);
  };
  return {
    unit: (key, note, fraction) => line(key, shortened(note, fraction)),
    ended: (key, outcome) => line(key, outcome),
    message: (text) => io.info(`${text}\n`),
    end: async () => undefined,
  };
}

/** A task of the library: what an entry uses of it. */
interface ListedTask {
  title: string | undefined;
  /** Gives the line the mark of a skipped task. */
  skip(): void;
}

/** One line of the list. The library starts its tasks later, so earlier texts are kept. */
class Entry {
  readonly #label: string;
  readonly #done: Promise<Mark>;
  #finish: (mark: Mark) => void = () => undefined;
  #task: ListedTask | null = null;
  #text: string;
  #changed = false;

  constructor(label: string, text: string) {
    this.#label = label;
    this.#text = text;
    this.#done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get title(): string {
    return `${this.#label}  ${this.#text}`;
  }

  show(text: string): void {
    this.#text = text;
    this.#changed = true;
    if (this.#task !== null) this.#task.title = this.title;
  }

  end(mark: Mark): void {
    this.#finish(mark);
  }

  /** The run ends before this unit: its last text stays. */
  abandon(): void {
    if (!this.#changed) this.show('not started');
    this.end('bad');
  }

  async run(task: ListedTask): Promise<void> {
    this.#task = task;
    task.title = this.title;
    const mark = await this.#done;
    if (mark === 'left') task.skip();
    // The library marks a line as failed when its task throws.
    if (mark === 'bad') throw new Error(this.#text);
  }
}

/** Marks without colors: the library itself decides by environment variables alone. */
const PLAIN_MARKS = Object.fromEntries(
  Object.values(ListrDefaultRendererLogLevels).map((level) => [level, (mark?: string) => mark ?? '']),
);

function listProgress(keys: readonly string[], color: boolean): Progress {
  const whole = new Entry('run', 'in progress; Ctrl-C starts no further unit');
  const entries = new Map(keys.map((key) => [key, new Entry(key, 'waiting for its turn')]));
  const open = new Set(entries.values());
  const list = new Listr<unknown>(
    [...entries.values(), whole].map((entry) => ({
      title: entry.title,
      task: (_context, task) => entry.run(task),
    })),
    {
      concurrent: true,
      exitOnError: false,
      // The library would end the process at the first Ctrl-C; see interrupts.ts.
      registerSignalListeners: false,
      rendererOptions: {
        collapseSubtasks: false,
        showErrorMessage: false,
        ...(color ? {} : { color: PLAIN_MARKS }),
      },
    },
  );
  const shown = list.run();
  let ended = false;
  return {
    unit: (key, note, fraction) => entries.get(key)?.show(shortened(note, fraction)),
    ended(key, outcome, mark) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.show(outcome);
      entry.end(mark);
      open.delete(entry);
    },
    message: (text) => whole.show(sanitize(text)),
    async end() {
      if (!ended) {
        ended = true;
        for (const entry of open) entry.abandon();
        whole.show('ended');
        whole.end('done');
      }
      await shown;
    },
  };
}
