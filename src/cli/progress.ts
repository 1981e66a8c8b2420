import { Listr } from 'listr2';
import { printable } from '../core/index.ts';
import type { Io } from './io.ts';

/** Shows how units move on: a live list on a terminal, a line a change elsewhere. Only for showing. */
export interface Progress {
  unit(key: string, note: string, fraction: number | null): void;
  end(): void;
}

/** A note is shown again only when its words change; of numbers, each tenth. */
function shortened(note: string, fraction: number | null): string {
  const percent = fraction === null ? '' : ` ${Math.min(100, Math.floor(fraction * 10) * 10)} %`;
  return printable(`${note}${percent}`, 120);
}

export function createProgress(io: Io, silent: boolean): Progress {
  if (silent) return { unit: () => undefined, end: () => undefined };
  return io.width === null ? lineProgress(io) : listProgress(io);
}

function lineProgress(io: Io): Progress {
  const last = new Map<string, string>();
  return {
    unit(key, note, fraction) {
      const text = shortened(note, fraction);
      if (last.get(key) === text) return;
      last.set(key, text);
      io.talk(`${io.clock.now().toISOString().slice(11, 19)} ${key}: ${text}\n`);
    },
    end: () => undefined,
  };
}

function listProgress(io: Io): Progress {
  const lines = lineProgress(io);
  const ends: (() => void)[] = [];
  const shown = new Map<string, { set(text: string): void }>();
  const list = new Listr<unknown>([], {
    concurrent: true,
    exitOnError: false,
    rendererOptions: { collapseSubtasks: false },
  });
  let running = false;
  return {
    unit(key, note, fraction) {
      const text = shortened(note, fraction);
      const present = shown.get(key);
      if (present !== undefined) {
        present.set(text);
        return;
      }
      const handle: { set(text: string): void } = { set: () => undefined };
      shown.set(key, handle);
      list.add({
        title: key,
        task: (_context, task) =>
          new Promise<void>((resolve) => {
            handle.set = (said) => {
              const named: { title: string | undefined } = task;
              named.title = `${key}  ${said}`;
            };
            handle.set(text);
            ends.push(resolve);
          }),
      });
      if (running) return;
      running = true;
      list.run().catch(() => lines.unit(key, text, null));
    },
    end() {
      for (const end of ends.splice(0)) end();
    },
  };
}
