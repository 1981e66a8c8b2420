import { createHash } from 'node:crypto';
import type { AuthHandlerMiddleware, Client } from 'ssh2';
import { type Clock, type NetworkAccess, Problem, type TranscriptEntry } from '../../core/index.ts';
import { answerPasswordOnce, codeAsked } from './login-code.ts';
import { type LoginAttempt, type Logins, refusedLogin } from './logins.ts';
import {
  type HostKeyKind,
  hostKeyKind,
  isShort,
  MIN_RSA_BITS,
  type SshFacts,
  sshFacts,
} from './ssh-facts.ts';
import {
  closedEarly,
  closedProblem,
  loginQueueTimeout,
  passwordChange,
  type SshAttempt,
  type SshPhase,
  sshProblem,
  unexpectedPrompt,
} from './ssh-problem.ts';

/** Known hosts: host keys by `host:port`, certificates by `https://host:port` and `ftps://host:port`. */
export interface HostKeyStore {
  get(name: string): Promise<string | null>;
  add(name: string, fingerprint: string): Promise<void>;
}

export interface SshOptions {
  readonly network: NetworkAccess;
  readonly hostKeys: HostKeyStore;
  readonly handshakeSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Gets every entry of the transcript. The password of the login is never in it. */
  readonly transcript?: (entry: TranscriptEntry) => void;
  /** The logins of the run; without it each connection tries its login independently. */
  readonly logins?: Logins | undefined;
  /** Called once with what client and card agreed on, before the login. */
  readonly negotiated?: (facts: SshFacts) => void;
}

const CLOSE_MS = 5000;

/** Legacy algorithms, the least weak first. Used only if the inventory allows them. */
const LEGACY = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1', 'hmac-sha1-96', 'hmac-md5'],
} as const;
/** The library offers these by default; they are used only with `legacy`. */
const WEAK_DEFAULTS = {
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  hmac: ['hmac-sha1', 'hmac-sha1-etm@openssh.com'],
} as const;

/**
 * Connects, logs in, runs `act` and disconnects: cards serve one channel per connection. Throws Problem
 * link/* or device/*.
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
    // Opening a channel on a closed connection fails in several ways, all with this meaning.
    const { host, ports } = options.network;
    if (thrown instanceof TypeError || thrown instanceof RangeError) throw thrown;
    if (!(thrown instanceof Problem)) throw closedProblem(`${host}:${ports.ssh}`);
    if (closed && (thrown.code === 'link/ssh' || thrown.code === 'link/scp'))
      throw closedProblem(`${host}:${ports.ssh}`);
    throw thrown;
  } finally {
    options.signal.removeEventListener('abort', stop);
    client.end();
    // A card that does not answer the disconnect would keep the process alive.
    if (!closed) {
      const patience = setTimeout(() => client.destroy(), CLOSE_MS);
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
  // Loaded on demand: an audit over SNMP does not need it.
  const { default: ssh2 } = await import('ssh2');
  if (options.signal.aborted) throw closedProblem(where);
  const client = new ssh2.Client();
  let keyProblem: Problem | null = null;
  let phase: SshPhase = 'connect';
  let kind: HostKeyKind | null = null;
  let loginAttempt: LoginAttempt | null = null;
  let isOver = false;
  let isQueued = false;
  let hasUnexpectedPrompt = false;
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
      const ended = loginAttempt;
      loginAttempt = null;
      if (error instanceof Problem && error.code === 'device/login-code') {
        ended?.unanswered();
        options.logins?.remember(network, login, error);
        return error;
      }
      if (isRefusal(error) && !hasUnexpectedPrompt) return ended?.refused() ?? refusedLogin(where, login);
      ended?.unanswered();
      if (hasUnexpectedPrompt) return unexpectedPrompt(where);
      return isQueued ? loginQueueTimeout(where, options.handshakeSeconds) : null;
    };
    /** Waits until the logins of the run allow to send the password. */
    const beforePassword = async (): Promise<void> => {
      isQueued = true;
      const attempt = (await options.logins?.begin(network, where, login)) ?? null;
      isQueued = false;
      // The connection may have closed meanwhile.
      if (isOver) attempt?.unanswered();
      else loginAttempt = attempt;
    };
    options.signal.addEventListener('abort', abort, { once: true });
    client.once('connect', () => {
      phase = 'exchange';
      // Packets of the key exchange and commands are short; waiting to fill a packet costs a round trip each.
      client.setNoDelay(true);
    });
    client.once('handshake', (agreed) => {
      phase = 'login';
      options.negotiated?.(sshFacts(agreed, kind));
    });
    client.once('ready', () => {
      options.signal.removeEventListener('abort', abort);
      loginAttempt?.accepted();
      loginAttempt = null;
      client.removeAllListeners('error');
      client.removeAllListeners('close');
      // From here on the channel reports errors; an event without a listener would end the process.
      client.on('error', () => undefined);
      resolve(client);
    });
    client.on('error', fail);
    client.on('close', () => fail(closedEarly(attempt())));
    client.on('change password', () => fail(passwordChange(where)));
    client.on(
      'keyboard-interactive',
      answerPasswordOnce(login.password, {
        // The connection ends here: an empty answer would count as a wrong code.
        code: (text) => fail(codeAsked(where, text)),
        other: () => {
          hasUnexpectedPrompt = true;
        },
      }),
    );
    try {
      client.connect({
        host,
        port: ports.ssh,
        username: login.user,
        password: login.password.reveal(),
        tryKeyboard: true,
        authHandler: passwordFirst(
          (send) => void beforePassword().then(send, fail),
          (method) => fail(codeAsked(where, method)),
        ),
        readyTimeout: options.handshakeSeconds * 1000,
        algorithms: network.legacySsh
          ? {
              kex: { append: [...LEGACY.kex], prepend: [], remove: [] },
              serverHostKey: { append: [...LEGACY.serverHostKey], prepend: [], remove: [] },
              cipher: { append: [...LEGACY.cipher], prepend: [], remove: [] },
              hmac: { append: [...LEGACY.hmac], prepend: [], remove: [] },
            }
          : {
              serverHostKey: { append: [], prepend: [], remove: [...WEAK_DEFAULTS.serverHostKey] },
              hmac: { append: [], prepend: [], remove: [...WEAK_DEFAULTS.hmac] },
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
 * The order of login methods: `none`, which shows what is offered, then the password, or keyboard-interactive
 * if passwords are not offered. A refused password is not sent by the second method, because cards lock a
 * user after some wrong ones. `accepted`: the password is right, and the card wants a further method.
 */
function passwordFirst(
  whenAllowed: (send: () => void) => void,
  accepted: (nextMethod: string) => void,
): AuthHandlerMiddleware {
  let tried = 0;
  return (offered, isPartial, next) => {
    tried += 1;
    if (isPartial) {
      accepted(`next: ${offered.join(', ')}`);
      return false;
    }
    if (tried === 1) return next('none');
    // The library takes false for "no further method"; its types do not include it.
    if (tried > 2) return false;
    const keyboard = offered.includes('keyboard-interactive') && !offered.includes('password');
    whenAllowed(() => next(keyboard ? 'keyboard-interactive' : 'password'));
    return;
  };
}

/** The card refused the login, and did not just close the connection. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'level') === 'client-authentication';
}

/**
 * A first key is added to the known hosts. Another key later is refused, and so is a short one without
 * `legacy`.
 */
async function checkHostKey(
  key: Buffer,
  kind: HostKeyKind | null,
  { hostKeys, network }: SshOptions,
): Promise<Problem | null> {
  const where = `${network.host}:${network.ports.ssh}`;
  if (kind !== null && isShort(kind) && !network.legacySsh) {
    return new Problem(
      'link/handshake',
      `The RSA host key of ${where} has ${kind.bits} bits; the minimum is ${MIN_RSA_BITS}.`,
      {
        hint: 'Install a longer key on the card, or allow this one for this unit with ssh: { legacy: true }.',
      },
    );
  }
  const fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
  const known = await hostKeys.get(where);
  if (known === null) {
    await hostKeys.add(where, fingerprint);
    return null;
  }
  if (known === fingerprint) return null;
  return new Problem('link/host-key', `The host key of ${where} was ${known} and is now ${fingerprint}.`, {
    hint: 'If the card was replaced or reset, remove its line from known-hosts.json in the state folder. If not, another host may be intercepting the connection.',
  });
}
