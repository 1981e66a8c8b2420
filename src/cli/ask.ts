import { createInterface, emitKeypressEvents, type Key } from 'node:readline';
import type { ReadStream } from 'node:tty';
import { Problem } from '../core/index.ts';

/**
 * Asks a person at the terminal and gives the typed line; null at the end of the input (Ctrl-D). `hidden`:
 * the line is not echoed. Rejects with Problem refused/interrupted on Ctrl-C.
 */
export type Ask = (question: string, hidden: boolean) => Promise<string | null>;

/** What a question needs of the command's streams. */
export interface AskContext {
  /** Null without a terminal. */
  readonly ask: Ask | null;
}

/** What an operator confirms before anything is sent. */
export interface Confirmation {
  /** What will be done; it is part of the question, so that --quiet does not hide it. */
  readonly text: string;
  readonly question: string;
  /** The message where the answer is not yes. */
  readonly declined: string;
}

/** Throws Problem refused/confirmation where a question would be asked and there is no terminal. */
export function requireTerminal(
  io: AskContext,
  yes: boolean,
  message = 'There is no terminal to ask on.',
  hint = 'Add --yes to continue without being asked.',
): void {
  if (!yes && io.ask === null) throw new Problem('refused/confirmation', message, { hint });
}

/**
 * Shows `text`, and asks the question unless `yes` is given. Only `y` and `yes` confirm, in any case; Enter,
 * the end of the input and a missing terminal do not. Throws Problem refused/confirmation, or
 * refused/interrupted on Ctrl-C.
 */
export async function confirm(
  io: AskContext & { info(text: string): void },
  yes: boolean,
  { text, question, declined }: Confirmation,
): Promise<void> {
  if (yes) {
    io.info(text);
    return;
  }
  const answer = await io.ask?.(`${text}\n${question} [y/N] `, false);
  if (/^(?:y|yes)$/i.test(answer?.trim() ?? '')) return;
  throw new Problem('refused/confirmation', declined, { hint: 'Answer y or yes, or use --yes.' });
}

/**
 * Asks for secrets on behalf of a resolver of secret references; null without a terminal. The returned
 * function rejects with Problem config/secret at the end of the input and with refused/interrupted on Ctrl-C.
 * Call it before the first packet.
 */
export function secretPrompt({ ask }: AskContext): ((question: string) => Promise<string>) | null {
  if (ask === null) return null;
  return async (question) => {
    const secret = await ask(question, true);
    if (secret !== null) return secret;
    throw new Problem('config/secret', `${question.replace(/[\s:]+$/, '')}: the input ended.`, {
      hint: 'Nothing was sent. Type the secret and press Enter, or use a reference that does not ask: env:, file: or cmd.',
    });
  };
}

/** A terminal: `input` is where the person types, `output` where questions are written. */
export interface Terminal {
  readonly input: ReadStream;
  readonly output: NodeJS.WritableStream;
  /** Calls `handler` for each signal that would end the process, until the returned function is called. */
  onInterrupt(handler: () => void): () => void;
}

/** Asks at a terminal, and restores its state however the question ends. */
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
      // The cursor is behind the question.
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
 * The terminal itself echoes and edits the line, so a dumb terminal is enough. The line editor of readline
 * would redraw the line and erase the question.
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

const MAX_SECRET_LENGTH = 4096;

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
    // Last: a person types as soon as the question is visible, and echo must be off before that.
    output.write(question);
    return () => {
      input.off('keypress', onKey);
      input.off('end', failed);
      input.off('error', failed);
      // A closed terminal has no state to restore.
      if (!input.destroyed) input.setRawMode(false);
      input.pause();
    };
  });
}

/**
 * Applies a key to a hidden line: gives the new line, or how it ended. Backspace removes the last character,
 * Ctrl-U all; keys without a character (arrows, Tab) do nothing.
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
  return typed.length + text.length > MAX_SECRET_LENGTH ? typed : typed + text;
}
