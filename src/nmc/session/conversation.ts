import { PHRASES } from '../phrases.ts';
import { withoutEscapes } from './reply.ts';

/** In characters, far above any answer. */
const MAX_ANSWER = 256 * 1024;
/** In characters. The first screen of a card has about two thousand. */
const MAX_BANNER = 64 * 1024;

/**
 * The text received on a command line, and where an answer in it begins and ends. It knows no clock and no
 * socket, so the same bytes give the same answer in any packets. Work and memory are bounded for any input.
 */
export class Conversation {
  #text = '';
  /** The start of an escape sequence whose rest has not arrived. */
  #held = '';
  #overflow = false;
  /** Without its final space. From the end of the first screen until the first echo it is a guess. */
  #prompt: string | null = null;
  #command: string | null = null;
  #first = true;
  #mark = 0;
  /** Where to continue the search for the echo, and where the answer after it begins. */
  #searched = 0;
  #begin: number | null = null;

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

  /** More than line ends has arrived after the echo of the command. */
  get hasContent(): boolean {
    return /\S/.test(this.soFar());
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
    // Only the first echo shows the real prompt: an earlier match may be a line of the first screen.
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

  /** The first screen, or the answer without echo and prompt; null while it is incomplete. */
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

  /** The text after the echo of the command so far. */
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
      // An empty string is found everywhere, even after the end.
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

  /** Whether there is a prompt between the start of the line and the echo; that is the prompt to wait for. */
  #learnPrompt(echo: number): boolean {
    const found = PHRASES.prompt.exec(this.#text.slice(Math.max(0, echo - 200), echo));
    if (found === null) return false;
    this.#prompt = found[0].replace(/^[\r\n]/, '').trimEnd();
    return true;
  }
}
