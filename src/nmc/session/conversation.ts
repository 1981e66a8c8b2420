import { PHRASES } from '../phrases.ts';
import { withoutEscapes } from './reply.ts';

/** Far above any answer; what is longer is not an answer. In characters. */
const LONGEST_ANSWER = 256 * 1024;
/** The first screen of a card has some two thousand. */
const LONGEST_BANNER = 64 * 1024;

/**
 * What has been heard on a command line, and where in it an answer begins and ends. Knows no clock and no socket, so that the
 * same bytes give the same answer whatever packets they come in. Work and memory are bounded whatever is sent.
 */
export class Conversation {
  #text = '';
  /** The begin of an escape sequence whose rest has not come. */
  #held = '';
  #overflow = false;
  /** Without its final blank; a guess from the end of the first screen until the first echo stands behind it. */
  #prompt: string | null = null;
  #command: string | null = null;
  #first = true;
  #mark = 0;
  /** Where to look on for the echo, and where the answer behind it begins. */
  #searched = 0;
  #begin: number | null = null;

  /** What has come since the last command, without escape sequences; before the first one, all of it. */
  get text(): string {
    return this.#text.slice(this.#mark);
  }

  /** More has come than an answer or a first screen can be. */
  get overflow(): boolean {
    return this.#overflow;
  }

  get prompt(): string | null {
    return this.#prompt;
  }

  /** More than line ends stands behind the echo of the command. */
  get begun(): boolean {
    return /\S/.test(this.soFar());
  }

  hear(chunk: string): void {
    if (this.#overflow) return;
    const { clean, held } = withoutEscapes(this.#held + chunk);
    this.#held = held;
    this.#text += clean;
    this.#overflow = this.#text.length > (this.#prompt === null ? LONGEST_BANNER : LONGEST_ANSWER);
  }

  /** A command is being sent: what comes is judged as its answer from here on. */
  begin(command: string): void {
    // The text before the first echo shows the prompt as it is; what looked like one may have been a line of the first screen.
    this.#first = this.#command === null;
    this.#mark = this.#first ? this.#text.length : 0;
    if (!this.#first) {
      this.#text = '';
      this.#held = '';
    }
    this.#command = command;
    this.#searched = 0;
    this.#begin = null;
  }

  /** The first screen, or the answer without echo and prompt; null while its end has not come. */
  answer(): string | null {
    if (this.#overflow) return null;
    if (this.#command === null) return this.#firstScreen();
    const begin = this.#findEcho();
    if (begin === null || this.#prompt === null) return null;
    const end = this.#text.endsWith(' ') ? this.#text.length - 1 : this.#text.length;
    const at = end - this.#prompt.length;
    if (at <= begin || this.#text.slice(at, end) !== this.#prompt) return null;
    if (!/[\r\n]/.test(this.#text.charAt(at - 1))) return null;
    return this.#text.slice(begin, at);
  }

  /** What stands behind the echo of the command so far. */
  soFar(): string {
    const begin = this.#findEcho();
    return begin === null ? '' : this.#text.slice(begin);
  }

  #firstScreen(): string | null {
    const found = PHRASES.prompt.exec(this.#text.slice(-200));
    if (found === null) return null;
    const prompt = found[0].replace(/^[\r\n]/, '');
    this.#prompt = prompt.trimEnd();
    return this.#text.slice(0, this.#text.length - prompt.length);
  }

  #findEcho(): number | null {
    const command = this.#command;
    if (command === null || this.#begin !== null) return this.#begin;
    for (;;) {
      const at = this.#text.indexOf(command, this.#searched);
      // Nothing is found everywhere, even behind the end.
      if (at === -1 || this.#searched > this.#text.length) {
        this.#searched = Math.max(this.#searched, this.#text.length - command.length + 1);
        return null;
      }
      this.#searched = at + 1;
      if (this.#first && !this.#learnPrompt(at)) continue;
      this.#begin = at + command.length;
      return this.#begin;
    }
  }

  /** Whether a prompt stands between the begin of the line and the echo; that is the one to wait for. */
  #learnPrompt(echo: number): boolean {
    const found = PHRASES.prompt.exec(this.#text.slice(Math.max(0, echo - 200), echo));
    if (found === null) return false;
    this.#prompt = found[0].replace(/^[\r\n]/, '').trimEnd();
    return true;
  }
}
