import { createInterface, emitKeypressEvents, type Key } from 'node:readline';
import type { ReadStream } from 'node:tty';
import { Problem } from '../core/index.ts';

/**
 * Asks a person at the terminal and gives the line that was typed; null at the end of the input (Ctrl-D). `hidden`: nothing of
 * the line is shown. Rejects with Problem refused/interrupted on Ctrl-C.
 */
export type Ask = (question: string, hidden: boolean) => Promise<string | null>;

/** What can ask at the terminal; null where there is none. */
export interface Asking {
  readonly ask: Ask | null;
}

/**
 * Shows `text`, whose last line is the question, and asks for yes or no. Only `y` and `yes` confirm, in small or capital
 * letters; Enter, the end of the input and a missing terminal do not. Rejects with Problem refused/interrupted on Ctrl-C.
 */
export async function confirm(io: Asking, text: string): Promise<boolean> {
  const answer = await io.ask?.(`${text} [y/N] `, false);
  return /^(?:y|yes)$/i.test(answer?.trim() ?? '');
}

/** A terminal to ask at: where the person types, and where questions are written. */
export interface Terminal {
  readonly input: ReadStream;
  readonly output: NodeJS.WritableStream;
  /** Calls back for each signal that asks the process to end, until the returned function is called. */
  onInterrupt(handler: () => void): () => void;
}

/** Asks at a terminal. Its state is as before when the promise settles, whatever ended the question. */
export function askAt(terminal: Terminal): Ask {
  return (question, hidden) => (hidden ? hiddenLine(terminal, question) : shownLine(terminal, question));
}

type Settle = (end: 'interrupted' | 'ended' | { readonly line: string }) => void;

/** Resolves or rejects once, and calls `release` before that. */
function settled(
  { output, onInterrupt }: Terminal,
  begin: (settle: Settle) => () => void,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let isOpen = true;
    const settle: Settle = (end) => {
      if (!isOpen) return;
      isOpen = false;
      ignoreSignals();
      release();
      if (typeof end === 'object') return resolve(end.line);
      // The cursor stands behind the question.
      output.write('\n');
      if (end === 'ended') return resolve(null);
      reject(
        new Problem('refused/interrupted', 'Stopped. Nothing was sent.', {
          hint: 'Run the command again when you are ready.',
        }),
      );
    };
    const ignoreSignals = onInterrupt(() => settle('interrupted'));
    const release = begin(settle);
  });
}

/**
 * The terminal itself echoes and edits the line, so no escape sequence is written and a dumb terminal will do. A line editor
 * that redraws its line would erase a question that it does not know.
 */
function shownLine(terminal: Terminal, question: string): Promise<string | null> {
  const { input, output } = terminal;
  return settled(terminal, (settle) => {
    output.write(question);
    const lines = createInterface({ input, terminal: false });
    const failed = (): void => settle('ended');
    lines.once('line', (line) => settle({ line }));
    lines.once('close', () => settle('ended'));
    input.once('error', failed);
    return () => {
      input.off('error', failed);
      lines.close();
    };
  });
}

/** Longer is no secret. */
const LONGEST_SECRET = 4096;

function hiddenLine(terminal: Terminal, question: string): Promise<string | null> {
  const { input, output } = terminal;
  return settled(terminal, (settle) => {
    let typed = '';
    const onKey = (text: string | undefined, key: Key): void => {
      const typing = typeKey(typed, text, key);
      if (typeof typing === 'string') {
        typed = typing;
        return;
      }
      if (typing.end === 'line') output.write('\n');
      settle(typing.end === 'line' ? { line: typed } : typing.end);
    };
    const failed = (): void => settle('ended');
    emitKeypressEvents(input);
    input.on('keypress', onKey);
    input.once('end', failed);
    input.once('error', failed);
    input.setRawMode(true);
    input.resume();
    // A person types as soon as this is seen, and by then nothing is echoed.
    output.write(question);
    return () => {
      input.off('keypress', onKey);
      input.off('end', failed);
      input.off('error', failed);
      // A terminal that has gone has no state to bring back.
      if (!input.destroyed) input.setRawMode(false);
      input.pause();
    };
  });
}

/**
 * What a key makes of a hidden line: the new line, or its end. Backspace takes the last character, Ctrl-U all; keys without a
 * character (arrows, Tab and the like) do nothing.
 */
export function typeKey(
  typed: string,
  text: string | undefined,
  key: Pick<Key, 'name' | 'ctrl' | 'meta'>,
): string | { readonly end: 'line' | 'ended' | 'interrupted' } {
  if (key.name === 'return' || key.name === 'enter') return { end: 'line' };
  if (key.name === 'backspace') return [...typed].slice(0, -1).join('');
  if (key.ctrl) {
    if (key.name === 'c') return { end: 'interrupted' };
    if (key.name === 'd') return typed === '' ? { end: 'ended' } : typed;
    return key.name === 'u' ? '' : typed;
  }
  if (text === undefined || key.meta || /\p{Cc}/u.test(text)) return typed;
  return typed.length + text.length > LONGEST_SECRET ? typed : typed + text;
}
