import type { Client, ClientChannel } from 'ssh2';
import { asProblem, Problem, sanitize } from '../../core/index.ts';
import { PHRASES } from '../phrases.ts';
import { Conversation } from './conversation.ts';
import { DataSignal } from './data-signal.ts';
import { parseReply, type Reply } from './reply.ts';
import { type SshOptions, withSsh } from './ssh.ts';
import { recordLine, withoutPassword } from './transcript.ts';

export interface ShellOptions extends SshOptions {
  readonly commandSeconds: number;
  readonly flushSeconds: number;
}

/** The command line of a card, ready for a command. After a Problem of any of its functions it says no more. */
export interface Shell {
  /**
   * Sends one command and waits for the next prompt. Throws Problem link/closed or link/timeout, after which the command
   * may or may not have been carried out. `flush: false` sends nothing more, also where the end of the answer is held back.
   */
  run(command: string, options?: { readonly flush: boolean }): Promise<Reply>;
  /**
   * Sends a command that fills the screen and waits for a key: reads until `until` matches, sends `leaveWith` and nothing
   * else, and waits for the prompt. Where the card holds the end of the screen back, or has no such command, the lines are
   * what came. Throws as `run` does.
   */
  screen(command: string, until: RegExp, leaveWith: string): Promise<Reply>;
}

/** Opens the command line, does something with it, and leaves. */
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
          transient: true,
          cause: error,
        }),
      );
    });
  });
}

/** One command line. A Problem ends it: what comes afterwards cannot be told from a late answer. */
class Session {
  readonly #channel: ClientChannel;
  readonly #where: string;
  readonly #options: ShellOptions;
  readonly #heard = new Conversation();
  readonly #arrival = new DataSignal();
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
      this.#arrival.happened();
    };
    channel.on('data', (chunk: Buffer) => {
      this.#heard.hear(chunk.toString('latin1'));
      this.#arrival.happened();
    });
    channel.stderr.on('data', () => undefined);
    channel.on('close', close);
    channel.on('error', close);
  }

  async login(): Promise<void> {
    await this.#telling(() => this.#prompt('\r'));
    this.#loggedIn = true;
  }

  run(command: string, flush: boolean): Promise<Reply> {
    return this.#telling(async () => {
      this.#send(command);
      return parseReply(await this.#prompt(flush ? '\r' : null));
    });
  }

  screen(command: string, until: RegExp, leaveWith: string): Promise<Reply> {
    return this.#telling(async () => {
      this.#send(command);
      const full = (): string | null => (until.test(this.#heard.soFar()) ? '' : this.#heard.answer());
      // What holds a screen back gives it out with the next key, and only this one may be sent.
      const deadline = this.#deadline();
      while (full() === null) {
        if (!(await this.#something(deadline)) && this.#heard.begun) break;
      }
      if (this.#heard.answer() === null) this.#key(leaveWith);
      return parseReply(await this.#prompt(null));
    });
  }

  leave(): void {
    if (this.#ended === null) this.#key('exit\r');
  }

  /** Does one exchange, tells the transcript what came, and keeps the Problem that ends the session. */
  async #telling<T>(exchange: () => Promise<T>): Promise<T> {
    if (this.#ended !== null) throw this.#ended;
    try {
      return await exchange();
    } catch (thrown) {
      this.#ended = asProblem(thrown);
      throw this.#ended;
    } finally {
      recordLine(this.#options, 'received', this.#heard.text);
      if (this.#ended !== null) recordLine(this.#options, 'note', this.#ended.message);
    }
  }

  #send(command: string): void {
    this.#heard.begin(command);
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

  /** Wall time: the limits of a session are those of the network, and the clock of a simulated device runs faster. */
  #now(): number {
    return this.#options.clock.now().getTime();
  }

  /** Waits for the prompt and gives what stands before it; sends `flushKey` once where nothing more comes. */
  async #prompt(flushKey: string | null): Promise<string> {
    const deadline = this.#deadline();
    let left = flushKey;
    for (;;) {
      const answer = this.#heard.answer();
      if (answer !== null) return answer;
      const came = await this.#something(deadline);
      if (came || left === null) continue;
      // Firmware with the echo fault keeps the end of its output until it is given another byte.
      this.#key(left);
      left = null;
    }
  }

  /** Resolves with false after a silence; throws what stands against waiting on. */
  async #something(deadline: number): Promise<boolean> {
    this.#refuseBadState();
    const left = deadline - this.#now();
    if (left <= 0) throw this.#tooSlow();
    const came = await this.#arrival.within(Math.min(left, this.#options.flushSeconds * 1000));
    if (!came && !this.#loggedIn && PHRASES.consoleLogin.test(this.#heard.text.slice(-200))) {
      throw new Problem('device/login', `${this.#where} asks for a user name again behind the SSH login.`, {
        hint: 'The card does not take this user for its command line. Check the rights of the user on the card.',
      });
    }
    return came;
  }

  #refuseBadState(): void {
    const { overflow, text } = this.#heard;
    if (!this.#loggedIn) {
      // Only what is new, and as much before it as a phrase is long.
      this.#refuseFirstScreen(text.slice(Math.max(0, this.#checked - 100)));
      this.#checked = text.length;
    }
    if (this.#closed) {
      throw new Problem('link/closed', `${this.#where} closed the connection in the middle of a command.`, {
        hint: 'The card may have restarted. Look at the unit before anything is repeated.',
        transient: true,
      });
    }
    if (!overflow) return;
    throw new Problem('device/garbage', `${this.#where} sent ${text.length} characters without a prompt.`, {
      hint: 'Something else than a card may answer there.',
    });
  }

  #refuseFirstScreen(text: string): void {
    if (PHRASES.tooManyLogins.test(text)) {
      throw new Problem('device/login-limit', `${this.#where} has no free session.`, {
        hint: 'Close the sessions of others, or wait until they end by themselves (three minutes).',
        transient: true,
      });
    }
    if (PHRASES.passwordChange.test(text)) {
      throw new Problem(
        'device/password-change',
        `${this.#where} demands a new password before anything else.`,
        { hint: 'Log in by hand once, set a password, and put it into the inventory.' },
      );
    }
  }

  #tooSlow(): Problem {
    const last = sanitize(withoutPassword(this.#options, this.#heard.text.slice(-500)).slice(-60));
    return new Problem(
      'link/timeout',
      `${this.#where} gave no prompt within ${this.#options.commandSeconds} seconds.`,
      {
        hint: `The last that came was "${last}". Look at the unit before anything is repeated.`,
        transient: true,
      },
    );
  }
}
