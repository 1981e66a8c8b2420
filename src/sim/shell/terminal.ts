import type { SimulatedDevice } from '../device/device.ts';
import type { ShellAnswer } from './answer.ts';
import { answerCommand } from './commands.ts';
import { firstScreen } from './first-screen.ts';
import { afterLogin, loginDialogue, type Question, type Step } from './terminal-dialogues.ts';
import { TerminalOutput } from './terminal-output.ts';

/** The connection of a session to its client. Text is Latin-1. */
export interface TerminalWire {
  write(text: string): void;
  /** Ends the session normally. */
  end(): void;
  /** Cuts the connection. */
  hangUp(): void;
}

const LONGEST_INPUT = 4096;
const FLOOD_BYTES = 1_048_576;
const FLOOD = 'This line is printed again and again before the first prompt.\r\n';
const EVENTS_ON_SCREEN = 20;
const ESCAPE = '\u001b';
const EVENT_KEYS = '<ESC>- Exit, <ENTER>- Refresh, <SPACE>- Next, <D>- Delete';
const REBOOT_NAG = '* Reboot required for change to take effect.';
const BYE = 'Connection Closed - Bye';
export const TOO_MANY_LOGINS = 'Max logins exceeded.';

type Mode = 'command' | 'dialogue' | 'question' | 'events' | 'closed';

/**
 * One session of the command line, over SSH or telnet: echo, prompts, questions, the full screen of the event
 * log.
 */
export class Terminal {
  readonly #device: SimulatedDevice;
  readonly #wire: TerminalWire;
  readonly #output: TerminalOutput;
  readonly #folder = { path: '/' };
  #mode: Mode = 'command';
  #dialogue: Question | null = null;
  #answered: ShellAnswer['answered'];
  #typed = '';
  #page = 0;

  constructor(device: SimulatedDevice, wire: TerminalWire) {
    this.#device = device;
    this.#wire = wire;
    this.#output = new TerminalOutput(device, (text) => wire.write(text));
  }

  /** `login`: name and password are still to be asked; `inside`: the transport has done that. */
  start(from: 'login' | 'inside'): void {
    if (from === 'inside') this.#step(afterLogin(this.#device));
    else
      this.#step(
        loginDialogue(this.#device, () => {
          this.#device.counters.logins += 1;
        }),
      );
  }

  /** Bytes that the client typed. */
  feed(text: string): void {
    for (const character of text) {
      if (this.#mode === 'closed') return;
      this.#output.release();
      if (this.#mode === 'events') this.#key(character);
      else if (character === '\r') this.#line();
      else if (character !== '\n' && this.#typed.length < LONGEST_INPUT) {
        this.#typed += character;
        this.#output.write(this.#dialogue?.secret === true ? '*' : character);
      }
    }
  }

  /** The connection closed. */
  close(): void {
    this.#mode = 'closed';
  }

  #line(): void {
    const typed = this.#typed;
    this.#typed = '';
    this.#output.write('\r\n');
    if (this.#mode === 'dialogue') {
      const asked = this.#dialogue;
      if (asked !== null) this.#step(asked.answered(typed));
      return;
    }
    if (this.#mode === 'question') {
      this.#device.counters.answers += 1;
      this.#mode = 'command';
      this.#show(this.#answered?.(typed) ?? { lines: [] });
      return;
    }
    this.#show(answerCommand(this.#device, typed, this.#folder));
  }

  #step(step: Step): void {
    this.#dialogue = null;
    if (step === 'closed') {
      this.#finish();
      return;
    }
    if (step === 'inside') {
      this.#mode = 'command';
      this.#welcome();
      return;
    }
    this.#mode = 'dialogue';
    this.#dialogue = step;
    this.#output.write(`${step.before.map((line) => `${line}\r\n`).join('')}${step.text}`);
  }

  #show(answer: ShellAnswer): void {
    const { lines, next } = answer;
    if (next === 'hang-up') {
      this.#mode = 'closed';
      this.#wire.hangUp();
      return;
    }
    if (next === 'question') {
      // The input follows the question on its line.
      this.#output.write(lines.join('\r\n'));
      this.#mode = 'question';
      this.#answered = answer.answered;
      return;
    }
    for (const line of lines) this.#output.write(`${line}\r\n`);
    if (next === 'event-log') this.#events(0);
    else if (next === 'logout') this.#finish();
    else if (this.#device.has('shell-idle-logout')) {
      this.#output.write(`\r\n${BYE}\r\n`);
      this.#finish();
    } else this.#prompt();
  }

  #welcome(): void {
    if (this.#device.has('shell-floods'))
      this.#output.write(FLOOD.repeat(Math.ceil(FLOOD_BYTES / FLOOD.length)));
    this.#output.write(`${firstScreen(this.#device).join('\r\n')}\r\n`);
    this.#prompt();
  }

  #prompt(): void {
    const nag = this.#device.card.rebootPending ? `${REBOOT_NAG}\r\n` : '';
    this.#output.write(`\r\n${nag}${this.#device.persona.prompt}`);
  }

  /**
   * The only full screen of a card: its keys act at once, and its prompt is a bare angle bracket.
   * Source: docs/sources/card.md#login-and-prompt
   */
  #events(page: number): void {
    this.#mode = 'events';
    const all = this.#device.eventLog;
    const first = page * EVENTS_ON_SCREEN;
    this.#page = first < all.length ? page : 0;
    const from = this.#page * EVENTS_ON_SCREEN;
    const lines = all.slice(from, from + EVENTS_ON_SCREEN);
    const screen = ['---- Event Log '.padEnd(79, '-'), '', ...lines, '', EVENT_KEYS, ''];
    this.#output.write(`${screen.join('\r\n')}> `);
  }

  #key(key: string): void {
    if (key === ESCAPE) {
      this.#mode = 'command';
      this.#output.write('\r\n');
      this.#prompt();
    } else if (key === '\r') this.#events(this.#page);
    else if (key === ' ') this.#events(this.#page + 1);
    // What a card asks after this key is not published; the key itself is counted.
    else if (key.toUpperCase() === 'D') this.#device.counters.logDeletes += 1;
  }

  #finish(): void {
    this.#mode = 'closed';
    this.#output.release();
    this.#wire.end();
  }
}
