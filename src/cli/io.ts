import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import type { Clock } from '../core/index.ts';

/** The world outside of a command: streams, terminal, environment and time. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Data goes to standard output. */
  out(text: string): void;
  /** Talk goes to standard error. */
  talk(text: string): void;
  /** The log, on standard error too; silent until --log-level says more. */
  readonly log: Logger;
  /** Asks on the terminal; null where there is none. `hidden` does not echo what is typed. */
  readonly ask: ((question: string, hidden: boolean) => Promise<string>) | null;
  readonly color: boolean;
  /** Width of the terminal in columns; null where output is not a terminal. */
  readonly width: number | null;
  /** Calls back for each interrupt until the returned function is called. */
  onInterrupt(handler: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal?.addEventListener('abort', end, { once: true });
    }),
};

/** A log whose lines go to `talk`. Secrets are kept out of it by being Secrets, not by its redaction. */
export function createLog(level: string, talk: (text: string) => void): Logger {
  return pino({ level, base: null }, { write: talk });
}

/** The process's own streams. */
export function processIo(): Io {
  const interactive = process.stdin.isTTY && process.stderr.isTTY;
  return {
    environment: process.env,
    clock: systemClock,
    out: (text) => {
      process.stdout.write(text);
    },
    talk: (text) => {
      process.stderr.write(text);
    },
    log: createLog('silent', () => undefined),
    ask: interactive ? askOnTerminal : null,
    color: process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '',
    width: process.stdout.isTTY ? process.stdout.columns : null,
    onInterrupt(handler) {
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      return () => {
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
  };
}

async function askOnTerminal(question: string, hidden: boolean): Promise<string> {
  // The prompt goes to standard error: standard output belongs to data.
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: hidden ? silent : process.stderr,
    terminal: true,
  });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
