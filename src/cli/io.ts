import type { Logger } from 'pino';
import { type Clock, reasonOf } from '../core/index.ts';
import { systemClock } from '../files/index.ts';
import type { LocalTimeouts } from '../local/index.ts';
import type { Timeouts } from '../nmc/index.ts';
import type { SnmpHubOptions } from '../snmp/index.ts';
import type { Ask } from './ask.ts';
import { exitOfLostOutput } from './exit-codes.ts';

/** The world outside of a command: streams, terminal, environment and time. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Writes data to standard output. */
  out(text: string): void;
  /** Resolves when standard output accepts more; for commands with unlimited output. */
  drained(): Promise<void>;
  /** Standard input, for commands that read it. */
  readonly input: AsyncIterable<Buffer | string>;
  /** Writes a message to standard error. */
  info(text: string): void;
  /** The log, on standard error; its level is that of --log-level. */
  readonly log: Logger;
  /** Asks at the terminal; null without one. */
  readonly ask: Ask | null;
  /** Whether data may have colors. */
  readonly color: boolean;
  /** Whether messages may have colors: one stream may be a terminal and the other a file. */
  readonly infoColor: boolean;
  /** Shorter timeouts for tests with a silent card. */
  readonly timeouts?: Partial<Timeouts>;
  /** The same for SNMP questions to units of the inventory. */
  readonly snmpTimeouts?: Pick<SnmpHubOptions, 'timeoutMs' | 'retries'>;
  /** The same for units at ports. */
  readonly localTimeouts?: Partial<LocalTimeouts>;
  /** Size of the terminal; null where standard output is not a terminal with a movable cursor. */
  readonly terminal: { readonly columns: number; readonly rows: number } | null;
  /** Progress on standard error: one line that is updated, a new line at times, or none. */
  readonly progress: 'live' | 'lines' | 'none';
  /**
   * Calls `handler` for each interrupt until the returned function is called. `hangup`: the terminal was
   * closed, so no second Ctrl-C can follow.
   */
  onInterrupt(handler: (kind: 'interrupt' | 'hangup') => void): () => void;
  /**
   * Calls `handler` for an interrupt that no handler of `onInterrupt` takes, until the returned function is
   * called. Absent: such an interrupt ends the process.
   */
  onStop?(handler: () => void): () => void;
  /** Aborted when the operator stops a command that has no handler of its own at that moment. */
  readonly stop: AbortSignal;
}

/**
 * What a process gives to a command line. The log comes with the command, whose options choose its level, and
 * so does the signal.
 */
export type ProcessIo = Omit<Io, 'log' | 'stop'>;

/** Error codes of a stream whose reader is gone: a closed pipe or terminal. */
const READER_GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/**
 * A started update is watched to its end even if nobody reads the output any more. Output that is lost for
 * another reason (a full disk) is reported, and changes an exit code of 0 or 3 to 2.
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
 * Whether text for a stream may have colors: only on a terminal that supports them, and not with NO_COLOR. CI
 * and FORCE_COLOR do not count: they must not put escape sequences into a file.
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
  // Windows consoles have no TERM, and all support them.
  return stream.isTTY === true && kind !== 'dumb' && (kind !== '' || platform === 'win32');
}

/** The size of a terminal. A new pseudo terminal may report 0. */
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
  const onSignals = (interrupt: () => void, hangup: () => void): (() => void) => {
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    process.on('SIGHUP', hangup);
    return () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      process.off('SIGHUP', hangup);
    };
  };
  let handlers = 0;
  const onInterrupt: Io['onInterrupt'] = (handler) => {
    const release = onSignals(
      () => handler('interrupt'),
      () => handler('hangup'),
    );
    handlers += 1;
    let isHeld = true;
    return () => {
      if (isHeld) handlers -= 1;
      isHeld = false;
      release();
    };
  };
  const onStop: Io['onStop'] = (handler) => {
    const stop = (): void => {
      if (handlers === 0) handler();
    };
    return onSignals(stop, stop);
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
    onStop,
  };
}
