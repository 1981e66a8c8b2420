import type { Io } from './io.ts';

/** How far a sweep is; only for showing. */
export interface SweepProgress {
  show(now: { readonly sent: number; readonly answered: number; readonly read: number }): void;
  end(): void;
}

const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 15_000;

/** One line that changes on a terminal, and a line now and then elsewhere. `most`: questions if nobody answers. */
export function createSweepProgress(io: Io, most: number): SweepProgress {
  const live = io.terminal !== null;
  const every = live ? ON_TERMINAL_MS : ELSEWHERE_MS;
  let shown = io.clock.monotonic();
  let width = 0;
  return {
    show({ sent, answered, read }) {
      const now = io.clock.monotonic();
      if (now - shown < every) return;
      shown = now;
      const line = `${sent} of at most ${most} questions sent, ${answered} answered, ${read} read`;
      io.talk(live ? `\r${line.padEnd(width)}` : `${line}\n`);
      width = line.length;
    },
    end() {
      if (live && width > 0) io.talk(`\r${' '.repeat(width)}\r`);
    },
  };
}
