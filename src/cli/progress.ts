import { Listr, ListrDefaultRendererLogLevels } from 'listr2';
import { sanitize } from '../core/index.ts';
import type { Io } from './io.ts';

/** Shows how units move on: a live list on a terminal, a line a change elsewhere. Only for showing. */
export interface Progress {
  unit(key: string, note: string, fraction: number | null): void;
  /** The unit has ended; `well` is false for what somebody must look at. */
  ended(key: string, outcome: string, well: boolean): void;
  /** Says something about the whole run, at once: the live list holds back what others write meanwhile. */
  say(text: string): void;
  /** Resolves when everything is shown and the terminal is as before. */
  end(): Promise<void>;
}

/** A note is shown again only when its words change; of numbers, each tenth. */
function shortened(note: string, fraction: number | null): string {
  const percent = fraction === null ? '' : ` ${Math.min(100, Math.floor(fraction * 10) * 10)} %`;
  return sanitize(`${note}${percent}`, 120);
}

/** Lines of the terminal that the list leaves to others. */
const ROWS_LEFT = 4;

/** `keys`: the units that may move, in the order of the list. */
export function createProgress(io: Io, silent: boolean, keys: readonly string[]): Progress {
  if (silent) {
    const nothing = (): void => undefined;
    return { unit: nothing, ended: nothing, say: (text) => io.info(`${text}\n`), end: async () => undefined };
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
    ended: line,
    say: (text) => io.info(`${text}\n`),
    end: async () => undefined,
  };
}

/** One line of the list. The library begins its tasks later, so what is said before that is kept. */
class Entry {
  readonly #label: string;
  readonly #done: Promise<string | null>;
  #finish: (complaint: string | null) => void = () => undefined;
  #task: { title: string | undefined } | null = null;
  #text: string;
  #moved = false;

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

  say(text: string): void {
    this.#text = text;
    this.#moved = true;
    if (this.#task !== null) this.#task.title = this.title;
  }

  end(complaint: string | null): void {
    this.#finish(complaint);
  }

  /** The run ends while this is open: what was last said of it stays. */
  leave(): void {
    if (!this.#moved) this.say('not begun');
    this.end('left');
  }

  async run(task: { title: string | undefined }): Promise<void> {
    this.#task = task;
    task.title = this.title;
    const complaint = await this.#done;
    // The library marks a line as bad by the error of its task.
    if (complaint !== null) throw new Error(complaint);
  }
}

/** The marks of the list without colors. The library itself looks only at variables of the environment. */
const PLAIN = Object.fromEntries(
  Object.values(ListrDefaultRendererLogLevels).map((level) => [level, (mark?: string) => mark ?? '']),
);

function listProgress(keys: readonly string[], color: boolean): Progress {
  const whole = new Entry('run', 'at work; Ctrl-C begins no further unit');
  const entries = new Map(keys.map((key) => [key, new Entry(key, 'waits for its turn')]));
  const open = new Set(entries.values());
  const list = new Listr<unknown>(
    [...entries.values(), whole].map((entry) => ({
      title: entry.title,
      task: (_context, task) => entry.run(task),
    })),
    {
      concurrent: true,
      exitOnError: false,
      // It would end the process at the first Ctrl-C; what an interrupt means is decided in run-it.ts.
      registerSignalListeners: false,
      rendererOptions: {
        collapseSubtasks: false,
        showErrorMessage: false,
        ...(color ? {} : { color: PLAIN }),
      },
    },
  );
  const shown = list.run();
  let ended = false;
  return {
    unit: (key, note, fraction) => entries.get(key)?.say(shortened(note, fraction)),
    ended(key, outcome, well) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.say(outcome);
      entry.end(well ? null : outcome);
      open.delete(entry);
    },
    say: (text) => whole.say(sanitize(text)),
    async end() {
      if (!ended) {
        ended = true;
        for (const entry of open) entry.leave();
        whole.say('ended');
        whole.end(null);
      }
      await shown;
    },
  };
}
