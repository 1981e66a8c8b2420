import type { Client, ClientChannel } from 'ssh2';
import { Problem, printable } from '../core/index.ts';
import { Arrival } from './arrival.ts';
import { PHRASES } from './phrases.ts';
import { afterEcho, endsInPrompt, parseReply, type Reply } from './reply.ts';
import { type SshOptions, withSsh } from './ssh.ts';

export interface ShellOptions extends SshOptions {
  readonly commandSeconds: number;
  readonly flushSeconds: number;
}

/** The command line of a card, ready for a command. */
export interface Shell {
  /**
   * Sends one command and waits for the next prompt. Throws Problem link/closed or link/timeout, after which the command
   * may or may not have been carried out. `flush: false` sends nothing more, also where the end of the answer is held back.
   */
  run(command: string, options?: { readonly flush: boolean }): Promise<Reply>;
}

/** Far above any answer; what is longer is not an answer. */
const LONGEST_ANSWER = 256 * 1024;

/** Opens the command line, does something with it, and leaves. */
export function withShell<T>(options: ShellOptions, act: (shell: Shell) => Promise<T>): Promise<T> {
  return withSsh(options, async (client) => {
    const where = `${options.network.host}:${options.network.ports.ssh}`;
    const reader = new PromptReader(await openChannel(client, where), where, options);
    await reader.waitFor('', true);
    const result = await act({
      run: async (command, { flush } = { flush: true }) => {
        reader.write(command);
        return parseReply(await reader.waitFor(command, flush));
      },
    });
    reader.leave();
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
        new Problem('link/ssh', `${where} gives no command line: ${printable(error.message)}.`, {
          hint: 'The card may have no free session. Try again in some minutes.',
          transient: true,
          cause: error,
        }),
      );
    });
  });
}

class PromptReader {
  readonly #channel: ClientChannel;
  readonly #where: string;
  readonly #options: ShellOptions;
  #text = '';
  #closed = false;
  readonly #arrival = new Arrival();

  constructor(channel: ClientChannel, where: string, options: ShellOptions) {
    this.#channel = channel;
    this.#where = where;
    this.#options = options;
    channel.on('data', (chunk: Buffer) => {
      if (this.#text.length < LONGEST_ANSWER) this.#text += chunk.toString('latin1');
      this.#arrival.happened();
    });
    channel.on('close', () => {
      this.#closed = true;
      this.#arrival.happened();
    });
    channel.on('error', () => {
      this.#closed = true;
      this.#arrival.happened();
    });
  }

  write(command: string): void {
    this.#text = '';
    if (!this.#closed) this.#channel.write(`${command}\r`);
  }

  leave(): void {
    if (!this.#closed) this.#channel.write('exit\r');
  }

  /** Waits for a prompt behind the echo of the command and gives what stands between. */
  async waitFor(command: string, flush: boolean): Promise<string> {
    const deadline = Date.now() + this.#options.commandSeconds * 1000;
    let flushed = !flush;
    for (;;) {
      const answer = afterEcho(this.#text, command);
      if (answer !== null && endsInPrompt(answer)) return answer;
      this.#refuseBadState();
      const left = deadline - Date.now();
      if (left <= 0) throw this.#tooSlow();
      const came = await this.#arrival.within(Math.min(left, this.#options.flushSeconds * 1000));
      if (!came && !flushed && !this.#closed) {
        // Firmware with the echo fault keeps the end of its output until it is given another byte.
        flushed = true;
        this.#channel.write('\r');
      }
    }
  }

  #refuseBadState(): void {
    if (PHRASES.tooManyLogins.test(this.#text)) {
      throw new Problem('device/login-limit', `${this.#where} has no free session.`, {
        hint: 'Close the sessions of others, or wait until they end by themselves (three minutes).',
        transient: true,
      });
    }
    if (PHRASES.passwordChange.test(this.#text)) {
      throw new Problem(
        'device/password-change',
        `${this.#where} demands a new password before anything else.`,
        {
          hint: 'Log in by hand once, set a password, and put it into the inventory.',
        },
      );
    }
    if (this.#closed) {
      throw new Problem('link/closed', `${this.#where} closed the connection in the middle of a command.`, {
        hint: 'The card may have restarted. Look at the unit before anything is repeated.',
        transient: true,
      });
    }
    if (this.#text.length >= LONGEST_ANSWER) {
      throw new Problem(
        'device/garbage',
        `${this.#where} sent more than ${LONGEST_ANSWER} bytes without a prompt.`,
        {
          hint: 'Something else than a card may answer there.',
        },
      );
    }
  }

  #tooSlow(): Problem {
    return new Problem(
      'link/timeout',
      `${this.#where} gave no prompt within ${this.#options.commandSeconds} seconds.`,
      {
        hint: `The last that came was "${printable(this.#text.slice(-60))}". Look at the unit before anything is repeated.`,
        transient: true,
      },
    );
  }
}
