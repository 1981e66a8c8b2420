import type { Io } from './io.ts';

/** Shows the progress of an operation with many parts. */
export interface Counter {
  /** Sets the text; not every text is shown. */
  show(line: string): void;
  /** Clears the line and shows nothing more. */
  end(): void;
}

const TERMINAL_INTERVAL_MS = 200;
const FILE_INTERVAL_MS = 15_000;
const DEFAULT_COLUMNS = 80;

/**
 * Updates one line on a terminal, otherwise writes a new line at times, or nothing, as `io.progress`
 * requires. A short operation shows nothing.
 */
export function createCounter(io: Pick<Io, 'progress' | 'terminal' | 'info'>): Counter {
  if (io.progress === 'none') return { show: () => undefined, end: () => undefined };
  const live = io.progress === 'live';
  const maxLength = (io.terminal?.columns ?? DEFAULT_COLUMNS) - 1;
  let newest: string | null = null;
  let width = 0;
  const timer = setInterval(
    () => {
      if (newest === null) return;
      // A line longer than the screen could not be cleared.
      const line = live ? newest.slice(0, maxLength) : newest;
      io.info(live ? `\r${line.padEnd(width)}` : `${line}\n`);
      width = line.length;
      newest = null;
    },
    live ? TERMINAL_INTERVAL_MS : FILE_INTERVAL_MS,
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
