import type { Client, ClientChannel } from 'ssh2';
import { asProblem, Problem, sanitize } from '../../core/index.ts';
import { PHRASES } from '../phrases.ts';
import { Conversation } from './conversation.ts';
import { DataSignal } from './data-signal.ts';
import { asksForCode, codeAsked } from './login-code.ts';
import { parseReply, type Reply } from './reply.ts';
import { type SshOptions, withSsh } from './ssh.ts';
import { recordLine, withoutPassword } from './transcript.ts';

export interface ShellOptions extends SshOptions {
  readonly commandSeconds: number;
  /** Silence after which an end of the output that is not sure counts as its end. */
  readonly quietSeconds: number;
  /** The card may hold the end of its output back until it receives another byte. */
  readonly mayHoldBack: boolean;
}

/** Reads only; every card has it. It shows the prompt before a command that may change something. */
const HARMLESS = 'about';

/** The command line of a card, ready for a command. It cannot be used after one of its functions threw. */
export interface Shell {
  /**
   * Sends one command and waits for the next prompt. Throws Problem link/closed or link/timeout; the command
   * may have been executed then. `flush: false` sends nothing more, even if the card holds the end of the
   * answer back.
   */
  run(command: string, options?: { readonly flush: boolean }): Promise<Reply>;
  /**
   * Sends a command that fills the screen and waits for a key. Reads until `until` matches, sends only
   * `leaveWith`, and waits for the prompt. If the card holds the end of the screen back or lacks the command,
   * the result is what arrived. Throws as `run` does.
   */
  screen(command: string, until: RegExp, leaveWith: string): Promise<Reply>;
}

/** Opens the command line, runs `act` and leaves. */
export function withShell<T>(options: ShellOptions, act: (shell: Shell) => Promise<T>): Promise<T> {
  return withSsh(options, async (client) => {
    const where = `${options.network.host}:${options.network.ports.ssh}`;
    const session = new Session(await openChannel(client, where), where, options);
    await session.login();
    const result = await act({
      run: (command, { flush } = { flush: true }) => session.run(command, flush),
      screen: (command, until, leaveWith) => session.screen(command, until, leaveWith),
    });
    session.leave();
    return result;
  });
}

function openChannel(client: Client, where: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.shell({ term: 'vt100', cols: 250, rows: 50 }, (error, channel) => {
      if (error === undefined) {
        resolve(channel);
        return;
      }
      reject(
        new Problem('link/ssh', `${where} gives no command line: ${sanitize(error.message)}.`, {
          hint: 'The card may have no free session. Try again in some minutes.',
          cause: error,
        }),
      );
    });
  });
}

/** One command line. A Problem ends it: later text cannot be told from a late answer. */
class Session {
  readonly #channel: ClientChannel;
  readonly #where: string;
  readonly #options: ShellOptions;
  readonly #received = new Conversation();
  readonly #dataSignal = new DataSignal();
  #loggedIn = false;
  #checked = 0;
  #closed = false;
  #ended: Problem | null = null;

  constructor(channel: ClientChannel, where: string, options: ShellOptions) {
    this.#channel = channel;
    this.#where = where;
    this.#options = options;
    const close = (): void => {
      this.#closed = true;
      this.#dataSignal.happened();
    };
    channel.on('data', (chunk: Buffer) => {
      this.#received.receive(chunk.toString('latin1'));
      this.#dataSignal.happened();
    });
    channel.stderr.on('data', () => undefined);
    channel.on('close', close);
    channel.on('error', close);
  }

  async login(): Promise<void> {
    await this.#exchange(() => this.#prompt(true));
    this.#loggedIn = true;
  }

  async run(command: string, flush: boolean): Promise<Reply> {
    if (!flush && !this.#received.isLearnt) await this.run(HARMLESS, true);
    return this.#exchange(async () => {
      this.#send(command);
      return parseReply(await this.#prompt(flush));
    });
  }

  screen(command: string, until: RegExp, leaveWith: string): Promise<Reply> {
    return this.#exchange(async () => {
      this.#send(command);
      const full = (): string | null => (until.test(this.#received.soFar()) ? '' : this.#received.answer());
      // A screen that is held back arrives with the next key, and only this key may be sent.
      const deadline = this.#deadline();
      while (full() === null) {
        if (!(await this.#waitForData(deadline)) && this.#received.hasContent) break;
      }
      if (this.#received.answer() === null) this.#key(leaveWith);
      return parseReply(await this.#prompt(false));
    });
  }

  leave(): void {
    if (this.#ended === null) this.#key('exit\r');
  }

  /** Does one exchange, records what was received, and keeps the Problem that ends the session. */
  async #exchange<T>(exchange: () => Promise<T>): Promise<T> {
    if (this.#ended !== null) throw this.#ended;
    try {
      return await exchange();
    } catch (thrown) {
      this.#ended = asProblem(thrown);
      throw this.#ended;
    } finally {
      recordLine(this.#options, 'received', this.#received.text);
      if (this.#ended !== null) recordLine(this.#options, 'note', this.#ended.message);
    }
  }

  #send(command: string): void {
    this.#received.begin(command);
    this.#key(`${command}\r`);
  }

  #key(text: string): void {
    if (this.#closed) return;
    recordLine(this.#options, 'sent', text);
    this.#channel.write(text);
  }

  #deadline(): number {
    return this.#now() + this.#options.commandSeconds * 1000;
  }

  /**
   * Wall time: the limits of a session are those of the network, and the clock of a simulated device runs
   * faster.
   */
  #now(): number {
    return this.#options.clock.now().getTime();
  }

  /**
   * Waits for the prompt and returns the text before it. `mayPress`: a bare return may be sent, once, if
   * nothing more arrives.
   */
  async #prompt(mayPress: boolean): Promise<string> {
    const deadline = this.#deadline();
    let pressed = false;
    for (;;) {
      const answer = this.#received.answer();
      if (answer !== null) return answer;
      if (await this.#waitForData(deadline)) continue;
      // Firmware with the echo fault holds the end of its output back until it receives another byte. And a
      // prompt that has changed shows itself by coming again.
      const isUseful = this.#options.mayHoldBack || this.#received.lastLine.endsWith('>');
      const press = mayPress && !pressed && isUseful;
      const settled =
        press && !this.#loggedIn
          ? null
          : (this.#received.answer(true) ?? (pressed ? this.#received.answerBeforeRepeated() : null));
      if (settled !== null) return settled;
      if (!press) continue;
      this.#key('\r');
      pressed = true;
    }
  }

  /** Resolves with false after a silence. Throws if there is no reason to wait any longer. */
  async #waitForData(deadline: number): Promise<boolean> {
    this.#throwOnBadState();
    const left = deadline - this.#now();
    if (left <= 0) throw this.#timeoutProblem();
    const arrived = await this.#dataSignal.within(Math.min(left, this.#options.quietSeconds * 1000));
    if (!arrived && !this.#loggedIn) this.#throwOnQuestion();
    return arrived;
  }

  /** A question before the first prompt gets no answer, not even a bare return. */
  #throwOnQuestion(): void {
    const { text, lastLine } = this.#received;
    if (PHRASES.consoleLogin.test(text.slice(-200))) {
      throw new Problem('device/login', `${this.#where} asks for a user name again after the SSH login.`, {
        hint: 'The card does not admit this user to its command line. Check the rights of the user on the card.',
      });
    }
    if (!asksForCode(lastLine)) return;
    const problem = codeAsked(this.#where, lastLine);
    const { logins, network } = this.#options;
    if (network.login !== null) logins?.remember(network, network.login, problem);
    throw problem;
  }

  #throwOnBadState(): void {
    const { overflow, text } = this.#received;
    if (!this.#loggedIn) {
      // Only the new text, and before it as much as a phrase is long.
      this.#throwOnFirstScreen(text.slice(Math.max(0, this.#checked - 100)));
      this.#checked = text.length;
    }
    if (this.#closed) {
      throw new Problem('link/closed', `${this.#where} closed the connection in the middle of a command.`, {
        hint: 'The card may have restarted. Look at the unit before you repeat anything.',
      });
    }
    if (!overflow) return;
    throw new Problem('device/garbage', `${this.#where} sent ${text.length} characters without a prompt.`, {
      hint: 'The device at this address may not be a card.',
    });
  }

  #throwOnFirstScreen(text: string): void {
    if (PHRASES.tooManyLogins.test(text)) {
      throw new Problem('device/login-limit', `${this.#where} has no free session.`, {
        hint: 'Close other sessions, or wait until they time out (three minutes).',
      });
    }
    if (PHRASES.passwordChange.test(text)) {
      throw new Problem('device/password-change', `${this.#where} demands a new password.`, {
        hint: 'Log in by hand once, set a password, and update the inventory.',
      });
    }
  }

  #timeoutProblem(): Problem {
    const last = sanitize(withoutPassword(this.#options, this.#received.text.slice(-500)).slice(-60));
    return new Problem(
      'link/timeout',
      `${this.#where} gave no prompt within ${this.#options.commandSeconds} seconds.`,
      {
        hint: `The last text was "${last}". Look at the unit before you repeat anything.`,
      },
    );
  }
}
