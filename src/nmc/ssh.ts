import { createHash } from 'node:crypto';
import ssh2, { type Client } from 'ssh2';
import { type NetworkAccess, Problem, printable } from '../core/index.ts';

/** Host keys seen before, by `host:port`. */
export interface HostKeyStore {
  get(name: string): Promise<string | null>;
  pin(name: string, fingerprint: string): Promise<void>;
}

export interface SshOptions {
  readonly network: NetworkAccess;
  readonly hostKeys: HostKeyStore;
  readonly handshakeSeconds: number;
  readonly signal: AbortSignal;
}

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
  }
}

function connect(options: SshOptions): Promise<Client> {
  const { network, hostKeys } = options;
  const { login, host, ports } = network;
  const where = `${host}:${ports.ssh}`;
  if (login === null) {
    return Promise.reject(
      new Problem('device/login', `There is no login for ${where}.`, {
        hint: 'Add login: to the unit in the inventory.',
      }),
    );
  }
  if (options.signal.aborted) return Promise.reject(closedProblem(where));
  const client = new ssh2.Client();
  let keyProblem: Problem | null = null;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      client.destroy();
      reject(keyProblem ?? sshProblem(error, where, network.legacySsh));
    };
    const abort = (): void => fail(options.signal.reason);
    options.signal.addEventListener('abort', abort, { once: true });
    client.once('ready', () => {
      options.signal.removeEventListener('abort', abort);
      // Commands are short: waiting to fill a packet would cost a round trip each.
      client.setNoDelay(true);
      client.removeAllListeners('error');
      client.removeAllListeners('close');
      // From here on the one channel reports what happens; an event without a listener would end the process.
      client.on('error', () => undefined);
      resolve(client);
    });
    client.on('error', fail);
    client.on('close', () => fail(closedProblem(where)));
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => login.password.reveal()));
    });
    try {
      client.connect({
        host,
        port: ports.ssh,
        username: login.user,
        password: login.password.reveal(),
        tryKeyboard: true,
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
          checkHostKey(key, where, hostKeys).then(
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

/** A key is pinned on first sight; another one later is refused. */
async function checkHostKey(key: Buffer, where: string, hostKeys: HostKeyStore): Promise<Problem | null> {
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

function closedProblem(where: string): Problem {
  return new Problem('link/closed', `${where} closed the SSH connection.`, {
    hint: 'The card may be restarting or have too many sessions. Try again in some minutes.',
    transient: true,
  });
}

function property(error: unknown, name: string): string {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : '';
}

function sshProblem(error: unknown, where: string, legacy: boolean): Problem {
  if (error instanceof Problem) return error;
  const code = property(error, 'code');
  const level = property(error, 'level');
  const text = printable(error instanceof Error ? error.message : String(error));
  if (code === 'ECONNREFUSED') {
    return new Problem('link/refused', `${where} refuses SSH: the port is closed.`, {
      hint: 'Switch SSH on in the card, or correct the port in the inventory.',
      cause: error,
    });
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Problem('link/dns', `The name of ${where} has no address.`, {
      hint: 'Check the host in the inventory.',
      cause: error,
    });
  }
  if (level === 'client-timeout' || code === 'ETIMEDOUT') {
    return new Problem('link/timeout', `${where} did not finish the SSH login in time.`, {
      hint: 'Old cards need minutes for a key exchange. Try again; see whether SSH is switched on.',
      transient: true,
      cause: error,
    });
  }
  if (level === 'client-authentication') {
    return new Problem('device/login', `${where} refused the user name or the password.`, {
      hint: 'Check login: in the inventory. A card locks a user after some wrong passwords.',
      cause: error,
    });
  }
  if (level === 'handshake') {
    return new Problem('link/handshake', `No SSH algorithm in common with ${where}: ${text}.`, {
      hint: legacy
        ? 'The card offers less than the old algorithms that are allowed. Update the card first.'
        : 'Old cards offer only old algorithms. Allow them for this unit with ssh: { legacy: true }.',
      cause: error,
    });
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return closedProblem(where);
  return new Problem('link/ssh', `SSH to ${where} failed: ${text}.`, {
    hint: 'Try again; see whether the card is busy.',
    transient: true,
    cause: error,
  });
}
