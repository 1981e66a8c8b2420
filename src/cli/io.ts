import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import type { Clock } from '../core/index.ts';
import type { LocalWaits } from '../local/index.ts';
import type { Waits } from '../nmc/index.ts';

/** The world outside of a command: streams, terminal, environment and time. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Data goes to standard output. */
  out(text: string): void;
  /** Resolves when the reader of the data keeps up again; for commands whose output has no bound. */
  drained(): Promise<void>;
  /** Standard input, for commands that read it. */
  readonly input: AsyncIterable<Buffer | string>;
  /** Talk goes to standard error. */
  talk(text: string): void;
  /** The log, on standard error too; silent until --log-level says more. */
  readonly log: Logger;
  /** Asks on the terminal; null where there is none. `hidden` does not echo what is typed. */
  readonly ask: ((question: string, hidden: boolean) => Promise<string>) | null;
  readonly color: boolean;
  /** Other waits than those of the network path: whoever tests a card that says nothing has no minutes. */
  readonly waits?: Partial<Waits>;
  /** The same for units at ports. */
  readonly localWaits?: Partial<LocalWaits>;
  /** Size of the terminal; null where output is not one. */
  readonly terminal: { readonly columns: number; readonly rows: number } | null;
  /**
   * Calls back for each interrupt until the returned function is called. `hangup`: the terminal has gone, so nobody is
   * there to say it twice.
   */
  onInterrupt(handler: (kind: 'interrupt' | 'hangup') => void): () => void;
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

/** Codes of a stream whose reader has gone: a pipe that was closed, a terminal that is no more. */
const READER_GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/**
 * Nobody may read any more, but a unit whose update was started is watched to its end all the same. Output that is lost for
 * another reason (a full disk) is said, and ends in exit code 1.
 */
function outliveReaders(): void {
  const lost = (stream: string, error: unknown): void => {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (READER_GONE.has(code)) return;
    process.once('exit', () => {
      process.exitCode ||= 1;
    });
    if (stream === 'standard output') process.stderr.write(`upsfw: ${stream} cannot be written: ${code}\n`);
  };
  process.stdout.on('error', (error) => lost('standard output', error));
  process.stderr.on('error', (error) => lost('standard error', error));
}

async function drained(): Promise<void> {
  const { stdout } = process;
  if (!stdout.writableNeedDrain || stdout.destroyed) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      stdout.off('drain', end);
      stdout.off('close', end);
      resolve();
    };
    stdout.once('drain', end);
    stdout.once('close', end);
  });
}

/** The process's own streams. */
export function processIo(): Io {
  outliveReaders();
  const interactive = process.stdin.isTTY && process.stderr.isTTY;
  return {
    environment: process.env,
    clock: systemClock,
    out: (text) => {
      process.stdout.write(text);
    },
    drained,
    input: process.stdin,
    talk: (text) => {
      process.stderr.write(text);
    },
    log: createLog('silent', () => undefined),
    ask: interactive ? askOnTerminal : null,
    color: process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '',
    terminal: process.stdout.isTTY ? { columns: process.stdout.columns, rows: process.stdout.rows } : null,
    onInterrupt(handler) {
      const interrupt = (): void => handler('interrupt');
      const hangup = (): void => handler('hangup');
      process.on('SIGINT', interrupt);
      process.on('SIGTERM', interrupt);
      process.on('SIGHUP', hangup);
      return () => {
        process.off('SIGINT', interrupt);
        process.off('SIGTERM', interrupt);
        process.off('SIGHUP', hangup);
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
