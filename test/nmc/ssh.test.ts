import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { type NetworkAccess, Problem } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { createLogins } from '../../src/nmc/session/logins.ts';
import { type SshOptions, withSsh } from '../../src/nmc/session/ssh.ts';
import { hostKeyKind, type SshFacts } from '../../src/nmc/session/ssh-facts.ts';
import { sshProblem } from '../../src/nmc/session/ssh-problem.ts';
import {
  type Behaviour,
  memoryOfKeys,
  networkTo,
  openCard,
  PASSWORD,
  problemOf,
  type TestCard,
} from '../support/devices/ssh-card.ts';

let card: TestCard | undefined;
let raw: Server | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  await card?.close();
  card = undefined;
  for (const socket of sockets.splice(0)) socket.destroy();
  raw?.close();
  raw = undefined;
});

function login(network: NetworkAccess, options: Partial<SshOptions> = {}): Promise<unknown> {
  const { signal } = new AbortController();
  const all = {
    network,
    hostKeys: memoryOfKeys(),
    handshakeSeconds: 20,
    clock: systemClock,
    signal,
    ...options,
  };
  return problemOf(withSsh(all, async () => 'in'));
}

async function loginTo(
  behaviour: Behaviour,
  access: Partial<NetworkAccess> = {},
  options: Partial<SshOptions> = {},
): Promise<unknown> {
  card = await openCard(behaviour);
  return login({ ...card.network, ...access }, options);
}

async function listen(serve: (socket: Socket) => void): Promise<NetworkAccess> {
  raw = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  raw.listen(0, '127.0.0.1');
  await once(raw, 'listening');
  return networkTo((raw.address() as AddressInfo).port);
}

const SHORT_KEY = ssh2.utils.generateKeyPairSync('rsa', { bits: 1024 }).private;

describe('the algorithms that client and card agreed on', () => {
  it('is reported once, with nothing weak for a current card', async () => {
    const reported: SshFacts[] = [];
    const algorithms = {
      kex: ['ecdh-sha2-nistp256'],
      cipher: ['aes128-ctr'],
      hmac: ['hmac-sha2-256'],
    } as const;
    const lists = { kex: [...algorithms.kex], cipher: [...algorithms.cipher], hmac: [...algorithms.hmac] };
    await loginTo({ algorithms: lists }, {}, { negotiated: (facts) => reported.push(facts) });
    expect(reported).toEqual([
      {
        kex: 'ecdh-sha2-nistp256',
        cipher: 'aes128-ctr',
        mac: 'hmac-sha2-256',
        hostKey: 'ecdsa-sha2-nistp256',
        hostKeyBits: 256,
        weak: [],
      },
    ]);
  });

  it('names the weak algorithms of an old card', async () => {
    const reported: SshFacts[] = [];
    const behaviour: Behaviour = {
      hostKey: SHORT_KEY,
      algorithms: {
        kex: ['diffie-hellman-group14-sha1'],
        cipher: ['aes128-cbc'],
        hmac: ['hmac-sha1'],
        serverHostKey: ['ssh-rsa'],
      },
    };
    const end = await loginTo(
      behaviour,
      { legacySsh: true },
      { negotiated: (facts) => reported.push(facts) },
    );
    expect(end).toEqual({ ended: 'in' });
    expect(reported.map(({ weak, hostKeyBits }) => [hostKeyBits, weak])).toEqual([
      [1024, ['diffie-hellman-group14-sha1', 'aes128-cbc', 'hmac-sha1', 'ssh-rsa', 'RSA key of 1024 bits']],
    ]);
  });

  it('is refused with a short RSA key that is not allowed, and such a key is not stored', async () => {
    const hostKeys = memoryOfKeys();
    const end = await loginTo({ hostKey: SHORT_KEY }, {}, { hostKeys });
    expect(end).toMatchObject({
      code: 'link/handshake',
      message: expect.stringContaining('1024 bits; the minimum is 2048'),
      hint: expect.stringContaining('legacy: true'),
    });
    expect(await hostKeys.get(`127.0.0.1:${card?.network.ports.ssh}`)).toBeNull();
  });

  it('is read from any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const kind = hostKeyKind(Buffer.from(bytes));
        expect(kind === null || kind.type.length <= 60).toBe(true);
      }),
    );
  });
});

describe('a login', () => {
  const keyboard =
    (rounds: readonly (readonly string[])[], answers: string[][]) =>
    (attempt: AuthContext): void => {
      if (attempt.method !== 'keyboard-interactive') {
        attempt.reject(['keyboard-interactive']);
        return;
      }
      const ask = (left: readonly (readonly string[])[]): void => {
        const [prompts, ...later] = left;
        if (prompts === undefined) {
          attempt.accept();
          return;
        }
        attempt.prompt(
          prompts.map((prompt) => ({ prompt, echo: false })),
          (given) => {
            answers.push(given);
            if (given.length === prompts.length) ask(later);
            else attempt.reject(['keyboard-interactive']);
          },
        );
      };
      ask(rounds);
    };

  it('answers a single keyboard-interactive prompt for the password', async () => {
    const answers: string[][] = [];
    expect(await loginTo({ authentication: keyboard([['Password  : ']], answers) })).toEqual({ ended: 'in' });
    expect(answers).toEqual([[PASSWORD]]);
  });

  it.each([
    ['a question for something else', [['Colour: ']], [[]]],
    ['a question for a new password', [['New password: ']], [[]]],
    ['the same question again', [['Password: '], ['Password: ']], [[PASSWORD], []]],
  ])('does not answer %s', async (_what, rounds, given) => {
    const answers: string[][] = [];
    const end = await loginTo({ authentication: keyboard(rounds, answers) });
    expect(end).toMatchObject({ code: 'device/login' });
    expect(answers).toEqual(given);
  });

  it.each([
    ['beside the password', [['Password: ', 'Token: ']], []],
    ['beside the password, in other words', [['Password: ', 'Response: ']], []],
    ['alone', [['Verification code: ']], []],
    ['called a password', [['One-time password: ']], []],
    ['after the password', [['Password: '], ['Enter the code: ']], [[PASSWORD]]],
    ['after the password, in other words', [['Password: '], ['Answer> ']], [[PASSWORD]]],
  ])('names a question for a code %s, and gives no answer to it', async (_what, rounds, given) => {
    const answers: string[][] = [];
    const end = await loginTo({ authentication: keyboard(rounds, answers) });
    expect(end).toMatchObject({
      code: 'device/login-code',
      hint: expect.stringContaining('without an e-mail address'),
    });
    expect(answers).toEqual(given);
  });

  it('names a card that accepts the password and wants a second method', async () => {
    const methods: string[] = [];
    const logins = createLogins();
    const authentication = (attempt: AuthContext): void => {
      methods.push(attempt.method);
      if (attempt.method === 'password') attempt.reject(['keyboard-interactive'], true);
      else attempt.reject(['password']);
    };
    const first = await loginTo({ authentication }, {}, { logins });
    expect(first).toMatchObject({ code: 'device/login-code' });
    expect(methods).toEqual(['none', 'password']);
    // Another login would send another code.
    expect(await login(card?.network ?? networkTo(1), { logins })).toBe(first);
    expect(methods).toEqual(['none', 'password']);
  });

  it('does not send a refused password again by the other method', async () => {
    const methods: string[] = [];
    const end = await loginTo({
      authentication: (attempt) => {
        methods.push(attempt.method);
        attempt.reject(['password', 'keyboard-interactive']);
      },
    });
    expect(end).toMatchObject({ code: 'device/login' });
    expect(methods).toEqual(['none', 'password']);
  });

  it('reports that a new password is demanded', async () => {
    const end = await loginTo({
      authentication: (attempt) => {
        if (attempt.method === 'password') attempt.requestChange('Change it', () => undefined);
        else attempt.reject(['password']);
      },
    });
    expect(end).toMatchObject({ code: 'device/password-change' });
  });

  it('names a malformed System Message', async () => {
    const malformed = await loginTo({
      authentication: (attempt, connection) => {
        sendMalformedBanner(connection);
        attempt.reject(['password']);
      },
    });
    expect(malformed).toMatchObject({
      code: 'device/banner',
      hint: expect.stringMatching(/Clear the System Message.*FTP and SNMP/),
    });
  });
});

describe('a connection that fails', () => {
  it('reports when it was closed', async () => {
    const atOnce = await login(await listen((socket) => socket.end()));
    expect(atOnce).toMatchObject({
      code: 'link/closed',
      message: expect.stringMatching(/key exchange/),
    });
    const inLogin = await loginTo({ authentication: (_attempt, connection) => connection.end() });
    expect(inLogin).toMatchObject({
      code: 'link/closed',
      message: expect.stringMatching(/during the login/),
    });
  });

  it('reports which phase timed out', async () => {
    const silent = await listen(() => undefined);
    expect(await login(silent, { handshakeSeconds: 0.5 })).toMatchObject({
      code: 'link/timeout',
      message: expect.stringMatching(/key exchange within 0.5 seconds/),
    });
    const slow = await loginTo({ authentication: () => undefined }, {}, { handshakeSeconds: 4 });
    expect(slow).toMatchObject({
      code: 'link/timeout',
      message: expect.stringMatching(/SSH login within 4/),
    });
  });

  it('to a port without SSH is not blamed on algorithms', async () => {
    const end = await login(await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(end).toBeInstanceOf(Problem);
    expect(end).not.toMatchObject({ message: expect.stringMatching(/algorithm/) });
  });

  it.each([
    ['EHOSTUNREACH', 'link/unreachable', /No host answers/],
    ['ENETUNREACH', 'link/unreachable', /no route/],
    ['ETIMEDOUT', 'link/timeout', /does not answer/],
    ['ECONNREFUSED', 'link/refused', /port is closed/],
    ['ENOTFOUND', 'link/dns', /no address/],
    ['ECONNRESET', 'link/closed', /immediately/],
  ])('with %s has its own message', (code, expected, message) => {
    const error = Object.assign(new Error(`connect ${code}`), { code, level: 'client-socket' });
    const attempt = { where: '192.0.2.1:22', phase: 'connect', legacy: false, seconds: 90 } as const;
    expect(sshProblem(error, attempt)).toMatchObject({
      code: expected,
      message: expect.stringMatching(message),
    });
  });

  it('ends when the run is stopped', async () => {
    const stop = new AbortController();
    const network = await listen(() => stop.abort(new Error('stopped by a test')));
    expect(await login(network, { signal: stop.signal })).toBeInstanceOf(Problem);
  });
});

/** Uses the internals of the library to send a malformed packet: a text longer than its packet. */
function sendMalformedBanner(connection: Connection): void {
  const protocol: unknown = Reflect.get(connection, '_protocol');
  const inner = (of: unknown, name: string): unknown =>
    typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
  const call = (of: unknown, name: string, ...args: unknown[]): unknown => {
    const method = inner(of, name);
    if (typeof method !== 'function') throw new Error(`the library has no ${name} any more`);
    return Reflect.apply(method, of, args);
  };
  const writer = inner(inner(protocol, '_packetRW'), 'write');
  const start = Number(inner(writer, 'allocStart'));
  const packet = call(writer, 'alloc', 1 + 4 + 5);
  if (!(packet instanceof Uint8Array)) throw new Error('the library makes other packets now');
  packet.set([53, 0, 0, 4, 0, 0x48, 0x65, 0x6c, 0x6c, 0x6f], start);
  call(inner(protocol, '_cipher'), 'encrypt', call(writer, 'finalize', packet));
}
