import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';

const MAIN = fileURLToPath(new URL('../../../bin/upsfw.cjs', import.meta.url));
/** Gives a command its own terminal (util-linux). */
const SCRIPT = '/usr/bin/script';

/** Whether this system can give a command its own terminal. */
export const HAS_TERMINALS = process.platform === 'linux' && existsSync(SCRIPT);

/** A command at a terminal, and what the operator sees there. */
export interface Screen {
  /** The rows of the screen, without spaces at their ends. */
  rows(): readonly string[];
  /** All bytes that the terminal received. */
  bytes(): string;
  /** Resolves when the condition holds for the screen. Rejects if the command ends first. */
  until(holds: (rows: readonly string[]) => boolean): Promise<readonly string[]>;
  type(text: string): void;
  /** Process ID of the shell of the terminal. */
  readonly pid: number;
  /** The exit code of the command, and whether the terminal echoes afterwards. */
  ended(): Promise<{ readonly exit: number | null; readonly echoes: boolean }>;
  kill(): void;
}

export interface ScreenOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly rows?: number;
  readonly columns?: number;
  /** The terminal type that the command gets in TERM; the emulator is always an xterm. */
  readonly term?: string;
  /** Redirection of standard output or standard error, in shell syntax. */
  readonly redirect?: string;
}

/** Runs `upsfw` at its own terminal, and shows the screen of a terminal emulator. */
export function openScreen(words: readonly string[], options: ScreenOptions): Screen {
  const { environment, rows = 24, columns = 80, term = 'xterm', redirect = '' } = options;
  const command = [process.execPath, MAIN, ...words].map(quoted).join(' ');
  // The shell survives Ctrl-C, and prints the terminal mode that the command left behind.
  const line =
    `trap : INT; stty rows ${rows} cols ${columns}; ${command} ${redirect}; code=$?; ` +
    `case "$(stty -a)" in *" -echo "*|*" -icanon "*) echo 'MODE raw';; *) echo 'MODE cooked';; esac; exit $code`;
  const child = spawn(SCRIPT, ['-qefc', line, '/dev/null'], {
    env: { ...process.env, CI: '', NO_COLOR: '', ...environment, TERM: term, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const terminal = new xterm.Terminal({ rows, cols: columns, scrollback: 5000, allowProposedApi: true });
  const changes = new EventEmitter();
  let bytes = '';
  let isOver = false;
  const over = once(child, 'close').then(() => {
    isOver = true;
    changes.emit('change');
  });
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.toString('latin1');
    terminal.write(chunk, () => changes.emit('change'));
  });
  const seen = (): readonly string[] => {
    const { active } = terminal.buffer;
    return Array.from({ length: rows }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    );
  };
  return {
    rows: seen,
    bytes: () => bytes,
    async until(holds) {
      for (;;) {
        const now = seen();
        if (holds(now)) return now;
        if (isOver) throw new Error(`The command ended, and the screen shows:\n${now.join('\n')}`);
        await once(changes, 'change');
      }
    },
    type: (text) => {
      child.stdin.write(text);
    },
    get pid() {
      return child.pid ?? 0;
    },
    async ended() {
      await over;
      return { exit: child.exitCode, echoes: bytes.includes('MODE cooked') };
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The last row that is not empty. */
export function lastRow(rows: readonly string[]): string {
  return rows.findLast((row) => row !== '') ?? '';
}
