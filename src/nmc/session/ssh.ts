import { createHash } from 'node:crypto';
import type { AuthHandlerMiddleware, Client, Prompt } from 'ssh2';
import {
  type Clock,
  type NetworkAccess,
  Problem,
  type Secret,
  type TranscriptEntry,
} from '../../core/index.ts';
import { type Logins, type LoginTry, refusedLogin } from './logins.ts';
import {
  FEWEST_RSA_BITS,
  type HostKeyKind,
  hostKeyKind,
  isShort,
  type SshFacts,
  sshFacts,
} from './ssh-facts.ts';
import {
  closedEarly,
  closedProblem,
  noTurn,
  otherQuestion,
  passwordChange,
  type SshAttempt,
  type SshPhase,
  sshProblem,
} from './ssh-problem.ts';

/** Host keys seen before, by `host:port`. */
export interface HostKeyStore {
  get(name: string): Promise<string | null>;
  pin(name: string, fingerprint: string): Promise<void>;
}

export interface SshOptions {
  readonly network: NetworkAccess;
  readonly hostKeys: HostKeyStore;
  readonly handshakeSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of what is said in the session. The password of the login is never part of it. */
  readonly transcript?: (said: TranscriptEntry) => void;
  /** The logins of the run; without it each connection tries its login for itself. */
  readonly logins?: Logins | undefined;
  /** Told once what client and card agreed on, before the login. */
  readonly negotiated?: (facts: SshFacts) => void;
}

const FAREWELL_MS = 5000;

/** Old algorithms, in the order of how much is left of them. Only where the inventory allows them. */
const LEGACY = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1', 'hmac-sha1-96', 'hmac-md5'],
} as const;
/** The library offers these by itself; without the owner's word they are not taken. */
const NOT_MODERN = {
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  hmac: ['hmac-sha1', 'hmac-sha1-etm@openssh.com'],
} as const;

/**
 * Connects, logs in, does one thing and leaves: cards serve one channel a connection. Throws Problem link/* or device/*.
 */
export async function withSsh<T>(options: SshOptions, act: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(options);
  let closed = false;
  client.once('close', () => {
    closed = true;
  });
  const stop = (): void => {
    client.end();
  };
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    return await act(client);
  } catch (thrown) {
    // Opening a channel on a connection that is gone fails in several ways, all of which mean this.
    const { host, ports } = options.network;
    if (thrown instanceof TypeError || thrown instanceof RangeError) throw thrown;
    if (!(thrown instanceof Problem)) throw closedProblem(`${host}:${ports.ssh}`);
    if (closed && (thrown.code === 'link/ssh' || thrown.code === 'link/scp'))
      throw closedProblem(`${host}:${ports.ssh}`);
    throw thrown;
  } finally {
    options.signal.removeEventListener('abort', stop);
    client.end();
    // A card that does not answer the farewell would keep the process alive.
    if (!closed) {
      const patience = setTimeout(() => client.destroy(), FAREWELL_MS);
      client.once('close', () => clearTimeout(patience));
    }
  }
}

async function connect(options: SshOptions): Promise<Client> {
  const { network } = options;
  const { login, host, ports } = network;
  const where = `${host}:${ports.ssh}`;
  if (login === null) {
    throw new Problem('device/login', `There is no login for ${where}.`, {
      hint: 'Add login: to the unit in the inventory.',
    });
  }
  options.logins?.refuseKnown(options.network, login);
  // Loaded here, because an audit over SNMP has no use for it.
  const { default: ssh2 } = await import('ssh2');
  if (options.signal.aborted) throw closedProblem(where);
  const client = new ssh2.Client();
  let keyProblem: Problem | null = null;
  let phase: SshPhase = 'connect';
  let kind: HostKeyKind | null = null;
  let loginTry: LoginTry | null = null;
  let isOver = false;
  let isWaiting = false;
  let isUnanswerable = false;
  const attempt = (): SshAttempt => ({
    where,
    phase,
    legacy: network.legacySsh,
    seconds: options.handshakeSeconds,
  });
  return new Promise((resolve, reject) => {
    const abort = (): void => fail(options.signal.reason);
    const fail = (error: unknown): void => {
      isOver = true;
      options.signal.removeEventListener('abort', abort);
      client.destroy();
      reject(keyProblem ?? endLogin(error) ?? sshProblem(error, attempt()));
    };
    const endLogin = (error: unknown): Problem | null => {
      const ended = loginTry;
      loginTry = null;
      if (isRefusal(error) && !isUnanswerable) return ended?.refused() ?? refusedLogin(where, login);
      ended?.unanswered();
      if (isUnanswerable) return otherQuestion(where);
      return isWaiting ? noTurn(where, options.handshakeSeconds) : null;
    };
    /** The password is sent when the logins of the run allow it. */
    const beforePassword = async (): Promise<void> => {
      isWaiting = true;
      const begun = (await options.logins?.begin(network, where, login)) ?? null;
      isWaiting = false;
      // The connection may be gone after a wait.
      if (isOver) begun?.unanswered();
      else loginTry = begun;
    };
    options.signal.addEventListener('abort', abort, { once: true });
    client.once('connect', () => {
      phase = 'exchange';
    });
    client.once('handshake', (agreed) => {
      phase = 'login';
      options.negotiated?.(sshFacts(agreed, kind));
    });
    client.once('ready', () => {
      options.signal.removeEventListener('abort', abort);
      loginTry?.accepted();
      loginTry = null;
      // Commands are short: waiting to fill a packet would cost a round trip each.
      client.setNoDelay(true);
      client.removeAllListeners('error');
      client.removeAllListeners('close');
      // From here on the one channel reports what happens; an event without a listener would end the process.
      client.on('error', () => undefined);
      resolve(client);
    });
    client.on('error', fail);
    client.on('close', () => fail(closedEarly(attempt())));
    client.on('change password', () => fail(passwordChange(where)));
    client.on(
      'keyboard-interactive',
      answerOnce(login.password, () => {
        isUnanswerable = true;
      }),
    );
    try {
      client.connect({
        host,
        port: ports.ssh,
        username: login.user,
        password: login.password.reveal(),
        tryKeyboard: true,
        authHandler: passwordFirst((send) => void beforePassword().then(send, fail)),
        readyTimeout: options.handshakeSeconds * 1000,
        algorithms: network.legacySsh
          ? {
              kex: { append: [...LEGACY.kex], prepend: [], remove: [] },
              serverHostKey: { append: [...LEGACY.serverHostKey], prepend: [], remove: [] },
              cipher: { append: [...LEGACY.cipher], prepend: [], remove: [] },
              hmac: { append: [...LEGACY.hmac], prepend: [], remove: [] },
            }
          : {
              serverHostKey: { append: [], prepend: [], remove: [...NOT_MODERN.serverHostKey] },
              hmac: { append: [], prepend: [], remove: [...NOT_MODERN.hmac] },
            },
        hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
          kind = hostKeyKind(key);
          checkHostKey(key, kind, options).then(
            (problem) => {
              keyProblem = problem;
              verify(problem === null);
            },
            (thrown: unknown) => {
              keyProblem = thrown instanceof Problem ? thrown : closedProblem(where);
              verify(false);
            },
          );
        },
      });
    } catch (error) {
      fail(error);
    }
  });
}

/**
 * The order of logins: `none`, which asks what is offered, then the password, or keyboard-interactive where no password is taken.
 * A password that was refused is not offered a second time by the other way: cards lock a user after some wrong ones.
 */
function passwordFirst(whenAllowed: (send: () => void) => void): AuthHandlerMiddleware {
  let tried = 0;
  return (offered, _partial, next) => {
    tried += 1;
    if (tried === 1) return next('none');
    // The library takes false for "no further way"; its types do not know it.
    if (tried > 2) return false;
    const keyboard = offered.includes('keyboard-interactive') && !offered.includes('password');
    whenAllowed(() => next(keyboard ? 'keyboard-interactive' : 'password'));
    return;
  };
}

/** The card said no to the login, and did not just close the connection. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'level') === 'client-authentication';
}

/** Answers one single question, once, and only one for the password; everything else is answered with nothing. */
function answerOnce(password: Secret, notSent: () => void) {
  let answered = false;
  return (
    _name: string,
    _instructions: string,
    _language: string,
    prompts: readonly Prompt[],
    finish: (answers: string[]) => void,
  ): void => {
    const [only, ...others] = prompts;
    const question = only?.prompt.slice(0, 200) ?? '';
    const fits =
      others.length === 0 && /password/i.test(question) && !/\b(?:new|retype|confirm|change)/i.test(question);
    if (answered || !fits) {
      if (!answered) notSent();
      finish([]);
      return;
    }
    answered = true;
    finish([password.reveal()]);
  };
}

/** A key is pinned on first sight; another one later is refused, and so is one that is too short, without the owner's word. */
async function checkHostKey(
  key: Buffer,
  kind: HostKeyKind | null,
  { hostKeys, network }: SshOptions,
): Promise<Problem | null> {
  const where = `${network.host}:${network.ports.ssh}`;
  if (kind !== null && isShort(kind) && !network.legacySsh) {
    return new Problem(
      'link/handshake',
      `The RSA host key of ${where} has ${kind.bits} bits; at least ${FEWEST_RSA_BITS} are taken.`,
      {
        hint: 'Give the card a longer key, or allow this one for this unit with ssh: { legacy: true }.',
      },
    );
  }
  const fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
  const known = await hostKeys.get(where);
  if (known === null) {
    await hostKeys.pin(where, fingerprint);
    return null;
  }
  if (known === fingerprint) return null;
  return new Problem('link/host-key', `The host key of ${where} was ${known} and is now ${fingerprint}.`, {
    hint: 'If the card was replaced or reset, remove its line from known-hosts.json in the state folder. If not, somebody stands in between.',
  });
}
