import { asksForCode } from './login-code.ts';
import { withoutEscapes } from './reply.ts';

/** In characters, far above any answer. */
const MAX_ANSWER = 256 * 1024;
/** In characters. The first screen of a card has about two thousand. */
const MAX_BANNER = 64 * 1024;
/** In characters. An account of a directory service with its domain is the longest known prompt. */
const MAX_PROMPT = 256;
/** Places that are kept where the first command may have been echoed. */
const MAX_ECHOES = 50;

/** A place where a command may have been echoed. */
interface Echo {
  /** What stands before it on its line, without final spaces. */
  readonly prompt: string;
  /** Where the text after it begins. */
  readonly begin: number;
}

/** The last line of a text, which has no end yet. */
interface LastLine {
  readonly start: number;
  /** Without final spaces. */
  readonly text: string;
}

/**
 * The text received on a command line, and where an answer in it begins and ends. It knows no clock and no
 * socket, so the same bytes give the same answer in any packets. Work and memory are bounded for any input.
 *
 * The prompt is what stands before the echo of the first command and again after its answer, whatever it
 * holds. `isQuiet` of a function: nothing has arrived for a while, so that also an end that is not sure
 * counts.
 */
export class Conversation {
  #text = '';
  /** The start of an escape sequence whose rest has not arrived. */
  #held = '';
  #overflow = false;
  /** Before the first answer it is a guess from the end of the first screen. */
  #prompt: string | null = null;
  #isLearnt = false;
  #command: string | null = null;
  #mark = 0;
  /** Where to continue the search for an echo. */
  #searched = 0;
  #echoes: Echo[] = [];

  /** The text since the last command, without escape sequences; before the first command, all of it. */
  get text(): string {
    return this.#text.slice(this.#mark);
  }

  /** More text than an answer or a first screen can have. */
  get overflow(): boolean {
    return this.#overflow;
  }

  get prompt(): string | null {
    return this.#prompt;
  }

  /** A whole answer has shown the prompt. */
  get isLearnt(): boolean {
    return this.#isLearnt;
  }

  /** More than line ends has arrived after the echo of the command. */
  get hasContent(): boolean {
    return /\S/.test(this.soFar());
  }

  /** The last line that is not empty, without spaces around it. */
  get lastLine(): string {
    return (
      this.#text
        .slice(-MAX_PROMPT * 2)
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1)
        ?.trim() ?? ''
    );
  }

  receive(chunk: string): void {
    if (this.#overflow) return;
    const { clean, held } = withoutEscapes(this.#held + chunk);
    this.#held = held;
    this.#text += clean;
    this.#overflow = this.#text.length > (this.#prompt === null ? MAX_BANNER : MAX_ANSWER);
  }

  /** A command is being sent: the text from here on is its answer. */
  begin(command: string): void {
    // The prompt of the first command may have arrived before it.
    const isFirst = this.#command === null;
    this.#mark = isFirst ? this.#text.length : 0;
    if (!isFirst) {
      this.#text = '';
      this.#held = '';
    }
    this.#command = command;
    this.#searched = this.#mark;
    this.#echoes = [];
  }

  /** The first screen, or the answer without echo and prompt; null while it is incomplete. */
  answer(isQuiet = false): string | null {
    if (this.#overflow) return null;
    const last = this.#lastLine();
    if (last === null || last.text === '') return null;
    if (this.#command === null) return this.#firstScreen(last, isQuiet);
    this.#findEchoes();
    const isSure = this.#isLearnt || this.#echoes.some(({ prompt }) => prompt.endsWith('>'));
    const echo = this.#echoes.find(
      ({ prompt, begin }) =>
        last.start > begin &&
        last.text === (this.#isLearnt ? this.#prompt : prompt) &&
        (this.#isLearnt || prompt.endsWith('>') || (isQuiet && !isSure)),
    );
    if (echo === undefined) return null;
    this.#learn(last.text);
    return this.#text.slice(echo.begin, last.start);
  }

  /**
   * The answer before a line that came again after a bare return, as only a prompt does; null if there is
   * none. The prompt may have changed since the last command.
   */
  answerBeforeRepeated(): string | null {
    const last = this.#lastLine();
    const [echo] = this.#echoes;
    if (this.#overflow || last === null || echo === undefined || !last.text.endsWith('>')) return null;
    const before = this.#text.slice(0, last.start).replace(/[\r\n ]+$/, '');
    const start = before.length - last.text.length;
    if (start <= echo.begin || !before.endsWith(last.text) || !isLineEnd(before.charAt(start - 1)))
      return null;
    this.#learn(last.text);
    return this.#text.slice(echo.begin, start);
  }

  /** The text after the echo of the command so far. */
  soFar(): string {
    this.#findEchoes();
    const echo = this.#echoes.find(({ prompt }) => prompt.endsWith('>')) ?? this.#echoes[0];
    return echo === undefined ? '' : this.#text.slice(echo.begin);
  }

  #learn(prompt: string): void {
    this.#prompt = prompt;
    this.#isLearnt = true;
  }

  #firstScreen({ start, text }: LastLine, isQuiet: boolean): string | null {
    // `Model: <none>` is no prompt, and neither is the bracket of a screen that waits for a key.
    const isPrompt = text.endsWith('>') && text.length > 1 && !/<[^<>]*>$/.test(text) && !asksForCode(text);
    // A line that ends in a colon or a question mark asks something.
    if (!isPrompt && (!isQuiet || /[:?>]$/.test(text))) return null;
    this.#prompt = text;
    return this.#text.slice(0, start);
  }

  /** Null if the line is longer than a prompt. */
  #lastLine(): LastLine | null {
    return lineBefore(this.#text, this.#text.length);
  }

  /** Finds the places where the command stands at the end of a line. */
  #findEchoes(): void {
    const command = this.#command;
    if (command === null || command === '') return;
    while (this.#echoes.length < MAX_ECHOES) {
      const at = this.#text.indexOf(command, this.#searched);
      if (at === -1) {
        this.#searched = Math.max(this.#searched, this.#text.length - command.length + 1);
        return;
      }
      const begin = at + command.length;
      const next = /[^ ]/.exec(this.#text.slice(begin, begin + 20))?.[0];
      // Whether the line ends here has not arrived yet.
      if (next === undefined && this.#text.length < begin + 20) {
        this.#searched = at;
        return;
      }
      this.#searched = at + 1;
      const line = lineBefore(this.#text, at);
      if (line === null || next === undefined || !isLineEnd(next)) continue;
      if (this.#isEcho(line.text)) this.#echoes.push({ prompt: line.text, begin });
      // Later ones are part of the answer.
      if (this.#isLearnt && this.#echoes.length > 0) return;
    }
  }

  /** Whether a command after this text on its line can be an echo. */
  #isEcho(prompt: string): boolean {
    if (!this.#isLearnt) return prompt !== '';
    return prompt === '' || prompt === this.#prompt || prompt.endsWith('>');
  }
}

function isLineEnd(character: string): boolean {
  return character === '\r' || character === '\n';
}

/** The part of a line before a place; null if it is longer than a prompt. */
function lineBefore(text: string, end: number): LastLine | null {
  const from = Math.max(0, end - MAX_PROMPT - 1);
  const before = text.slice(from, end);
  const lineEnd = Math.max(before.lastIndexOf('\r'), before.lastIndexOf('\n'));
  if (lineEnd === -1 && from > 0) return null;
  return { start: from + lineEnd + 1, text: before.slice(lineEnd + 1).replace(/ +$/, '') };
}
