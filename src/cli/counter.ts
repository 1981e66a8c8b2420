import type { Io } from './io.ts';

/** How far something with many parts is; only for showing. */
export interface Counter {
  /** Takes the newest state. It is shown soon, and not each time. */
  show(line: string): void;
  /** Nothing is shown any more; a line that changes is wiped. */
  end(): void;
}

const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 15_000;
/** Where the width of the terminal is not known. */
const USUAL_COLUMNS = 80;

/**
 * One line of standard error that changes, on a terminal that can; a line now and then elsewhere; nothing where `io.progress` says
 * so. What is over sooner than the first line is due shows nothing.
 */
export function createCounter(io: Pick<Io, 'progress' | 'terminal' | 'info'>): Counter {
  if (io.progress === 'none') return { show: () => undefined, end: () => undefined };
  const live = io.progress === 'live';
  const most = (io.terminal?.columns ?? USUAL_COLUMNS) - 1;
  let newest: string | null = null;
  let width = 0;
  const timer = setInterval(
    () => {
      if (newest === null) return;
      // A line that is longer than the screen could not be taken back.
      const line = live ? newest.slice(0, most) : newest;
      io.info(live ? `\r${line.padEnd(width)}` : `${line}\n`);
      width = line.length;
      newest = null;
    },
    live ? ON_TERMINAL_MS : ELSEWHERE_MS,
  );
  return {
    show(line) {
      newest = line;
    },
    end() {
      clearInterval(timer);
      if (width > 0 && live) io.info(`\r${' '.repeat(width)}\r`);
      width = 0;
    },
  };
}
