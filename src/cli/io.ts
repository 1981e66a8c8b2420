import type { Logger } from 'pino';
import { type Clock, reasonOf } from '../core/index.ts';
import { systemClock } from '../files/index.ts';
import type { LocalTimeouts } from '../local/index.ts';
import type { Timeouts } from '../nmc/index.ts';
import type { Ask } from './ask.ts';
import { exitOfLostOutput } from './exit-codes.ts';

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
  info(text: string): void;
  /** The log, on standard error too; silent until --log-level says more. */
  readonly log: Logger;
  /** Asks on the terminal; null where there is none. */
  readonly ask: Ask | null;
  /** Whether data may have colors. */
  readonly color: boolean;
  /** The same for talk: one may be a terminal and the other a file. */
  readonly infoColor: boolean;
  /** Replaces timeouts of the network driver: tests of a silent card cannot wait for minutes. */
  readonly timeouts?: Partial<Timeouts>;
  /** The same for the local driver. */
  readonly localTimeouts?: Partial<LocalTimeouts>;
  /** Size of the terminal; null where output is not one, or one whose cursor cannot be moved. */
  readonly terminal: { readonly columns: number; readonly rows: number } | null;
  /** How progress is shown: one line of standard error that changes, a line now and then, or not at all. */
  readonly progress: 'live' | 'lines' | 'none';
  /**
   * Calls back for each interrupt until the returned function is called. `hangup`: the terminal has gone, so nobody is
   * there to say it twice.
   */
  onInterrupt(handler: (kind: 'interrupt' | 'hangup') => void): () => void;
}

/** What a process gives to a command line. The log comes with the command, whose options choose its level. */
export type ProcessIo = Omit<Io, 'log'>;

/** Codes of a stream whose reader has gone: a pipe that was closed, a terminal that is no more. */
const READER_GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/**
 * Nobody may read any more, but a unit whose update was started is watched to its end all the same. Output that is lost for
 * another reason (a full disk) is said, and decides the exit code where nothing worse happened.
 */
function outliveReaders(): void {
  const lost = (stream: string, error: unknown): void => {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (READER_GONE.has(code)) return;
    process.once('exit', () => {
      process.exitCode = exitOfLostOutput(process.exitCode);
    });
    if (stream === 'standard output')
      process.stderr.write(`upsfw: ${stream} cannot be written: ${reasonOf(error)}.\n`);
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

/**
 * Whether text for a stream may have colors: only on a terminal that has them, and where NO_COLOR does not forbid them. No other
 * variable counts: CI and FORCE_COLOR must not put escape sequences into a file.
 */
export function colorOf(
  stream: { readonly isTTY?: boolean },
  environment: Io['environment'],
  platform: NodeJS.Platform = process.platform,
): boolean {
  return (environment.NO_COLOR ?? '') === '' && movesCursor(stream, environment, platform);
}

/** Whether a stream is a terminal that understands escape sequences. */
export function movesCursor(
  stream: { readonly isTTY?: boolean },
  { TERM: kind = '' }: Io['environment'],
  platform: NodeJS.Platform = process.platform,
): boolean {
  // Consoles of Windows have no TERM, and all understand them.
  return stream.isTTY === true && kind !== 'dumb' && (kind !== '' || platform === 'win32');
}

/** The size of a terminal. One that does not know its own, such as a new pseudo terminal, says 0. */
export function sizeOf({
  columns,
  rows,
}: {
  readonly columns?: number;
  readonly rows?: number;
}): NonNullable<Io['terminal']> {
  return { columns: columns || 80, rows: rows || 24 };
}

/** The process's own streams. */
export function processIo(): ProcessIo {
  outliveReaders();
  const { stdout, stderr, env } = process;
  const onInterrupt: Io['onInterrupt'] = (handler) => {
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
  };
  const ask: Ask = async (question, hidden) => {
    const { askAt } = await import('./ask.ts');
    return askAt({ input: process.stdin, output: stderr, onInterrupt })(question, hidden);
  };
  return {
    environment: env,
    clock: systemClock,
    out: (text) => {
      stdout.write(text);
    },
    drained,
    // Opening standard input takes memory, and --help has no use for it.
    get input() {
      return process.stdin;
    },
    info: (text) => {
      stderr.write(text);
    },
    // Questions go to standard error: standard output belongs to data.
    get ask() {
      return process.stdin.isTTY && stderr.isTTY ? ask : null;
    },
    color: colorOf(stdout, env),
    infoColor: colorOf(stderr, env),
    terminal: movesCursor(stdout, env) ? sizeOf(stdout) : null,
    progress: movesCursor(stderr, env) ? 'live' : 'lines',
    onInterrupt,
  };
}
