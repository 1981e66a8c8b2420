import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, Problem } from '../../../core/index.ts';
import { leadsSession, openBeside } from './openers.ts';

/** A pseudo terminal whose other side is a device file that any program can open. */
export interface Pty {
  /** `/dev/pts/N`. */
  readonly path: string;
  /** The processes behind it. */
  readonly pids: readonly number[];
  /** Bytes written that have not left this process yet. */
  readonly backlog: number;
  /** Sends to the program that has the device open; otherwise the bytes wait there. */
  write(bytes: Uint8Array): void;
  /** The line rate that the other side has set; null if it cannot be read. */
  rate(): Promise<number | null>;
  /** Whether a program has the device open. */
  isOpen(): boolean;
  /** Removes the device file. Its name stays reserved until `close`, so that a retry finds nothing there. */
  unplug(): Promise<void>;
  /** Removes the device file and frees its name. May be called more than once. */
  close(): Promise<void>;
}

const HINT = 'Install util-linux (it contains the program "script") and coreutils, or run without --local.';

/** The device name and the process that holds it open, as the shell below prints them. */
const FIRST_LINES = /^(\/dev\/pts\/\d+)\r?\n(\d+)\r?\n/;
const LONGEST_START = 10_000;
/** Opens a terminal without using it. */
const UNUSED = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;
/** Pause between two checks whether the shell has ended. */
const HOLDER_MS = 5;

/**
 * Keeps the device open between two programs that use it, and ends once this process is gone. It must not
 * read: the bytes are for the other side.
 */
const HOLDER = `stty raw -echo; tty; echo $$; while kill -0 ${process.pid} 2>/dev/null; do sleep 1; done`;

/**
 * Opens a pseudo terminal with `script` (util-linux), because Node has none. Rejects with Problem
 * config/usage if that is missing or fails.
 */
export async function openPty(onData: (bytes: Buffer) => void): Promise<Pty> {
  const child = spawn('script', ['-qefc', HOLDER, '/dev/null'], {
    // Otherwise it runs the command with the user's own shell.
    env: { ...process.env, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'ignore'],
    // An interrupt at the terminal is for this process, which then removes the ports in order.
    detached: true,
  });
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      resolve();
    });
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => {
      const missing = hasCode(cause, 'ENOENT');
      const what = missing
        ? 'The program "script", which creates the ports, is not installed.'
        : 'The program "script" does not run.';
      reject(new Problem('config/usage', what, { hint: HINT, cause }));
    });
  });
  // A pipe to an ended process reports its own error; `close` is what matters.
  child.stdin.on('error', () => undefined);
  const kill = async (): Promise<void> => {
    // On SIGTERM `script` waits for two seconds, and ignores it while its device is full.
    child.kill('SIGKILL');
    await closed;
  };
  try {
    const [path, holder] = await Promise.race([firstLines(child.stdout, closed), failed]);
    child.stdout.on('data', onData);
    const pids = [child.pid ?? holder, holder];
    let closing: Promise<void> | null = null;
    const stop = (): Promise<void> => {
      closing ??= kill().then(() => endHolder(holder));
      return closing;
    };
    /** While it is open, no other device gets the name. */
    let reserved: number | null = null;
    return {
      path,
      pids,
      get backlog() {
        return child.stdin.writableLength;
      },
      write(bytes) {
        if (!ended) child.stdin.write(bytes);
      },
      rate: () => (ended ? Promise.resolve(null) : rateOf(path)),
      isOpen: () => !ended && openBeside(path, pids),
      unplug() {
        if (!ended && reserved === null) reserved = reserveName(path);
        return stop();
      },
      async close() {
        await stop();
        if (reserved !== null) closeSync(reserved);
        reserved = null;
      },
    };
  } catch (thrown) {
    if (child.pid !== undefined) await kill();
    throw thrown;
  }
}

async function firstLines(
  output: NodeJS.ReadableStream,
  closed: Promise<void>,
): Promise<readonly [path: string, holder: number]> {
  const patience = new AbortController();
  const { signal } = patience;
  const timer = setTimeout(() => patience.abort(), LONGEST_START);
  void closed.then(() => patience.abort());
  let text = '';
  try {
    while (!FIRST_LINES.test(text)) {
      const [chunk] = await once(output, 'data', { signal });
      text += String(chunk);
    }
  } catch (cause) {
    throw new Problem('config/usage', 'The program "script" created no pseudo terminal.', {
      hint: HINT,
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
  const [, path = '', holder = ''] = FIRST_LINES.exec(text) ?? [];
  return [path, Number(holder)];
}

function reserveName(path: string): number | null {
  try {
    return openSync(path, UNUSED);
  } catch (thrown) {
    // It disappeared by itself.
    if (hasCode(thrown, 'ENOENT') || hasCode(thrown, 'EIO')) return null;
    throw thrown;
  }
}

/** Closing the terminal ends the shell too, unless this process was started to outlive terminals. */
async function endHolder(pid: number): Promise<void> {
  while (leadsSession(pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (thrown) {
      if (!hasCode(thrown, 'ESRCH')) throw thrown;
    }
    await sleep(HOLDER_MS);
  }
}

/** Node cannot read the line rate of a terminal. */
function rateOf(path: string): Promise<number | null> {
  return new Promise((resolve) => {
    execFile('stty', ['-F', path, 'speed'], (error, output) => {
      resolve(error === null && /^\d+\s*$/.test(output) ? Number(output) : null);
    });
  });
}
