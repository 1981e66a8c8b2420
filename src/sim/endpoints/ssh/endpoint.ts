import type { Socket } from 'node:net';
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2';
import { ACCESS } from '../../access.ts';
import type { SimulatedDevice } from '../../device/device.ts';
import { absolutePath, cardFiles } from '../../device/files.ts';
import { answerCommand } from '../../shell/commands.ts';
import { Terminal, TOO_MANY_LOGINS } from '../../shell/terminal.ts';
import { ONE_TIME_CODE } from '../../shell/terminal-dialogues.ts';
import { openCardEndpoint } from '../card.ts';
import type { Endpoint } from '../endpoint.ts';
import { hostKey, SSH_PROFILES, type SshProfile } from './host-keys.ts';
import { receiveScp } from './scp-sink.ts';
import { corruptBanner, guardSocket } from './wire.ts';

const SCP = /^scp (?<options>(?:-[a-z]+ )+)(?<path>\S.*)$/;
/** Substitute for the System Message of a site. */
const SYSTEM_MESSAGE = 'Authorized users only.';

/**
 * SSH as on a card: password login, one channel per connection, a shell, and on most cards `scp` as the only
 * program.
 */
export async function openSshEndpoint(device: SimulatedDevice, address: string): Promise<Endpoint> {
  const { ssh } = device.persona;
  if (ssh === 'none') throw new RangeError('this card has no SSH');
  const servers = serversOf(device, SSH_PROFILES[ssh]);
  let connections = 0;
  return openCardEndpoint(device, address, (socket: Socket) => {
    if (device.has('ssh-refused')) {
      socket.destroy();
      return;
    }
    connections += 1;
    guardSocket(device, socket);
    servers(device.has('ssh-host-key-changes') && connections > 1 ? 1 : 0).injectSocket(socket);
  });
}

/** The server library needs key and banner before a connection arrives: one server per combination. */
function serversOf(device: SimulatedDevice, profile: SshProfile): (keyNumber: number) => ssh2.Server {
  const keys = new Map<number, string>();
  const servers = new Map<string, ssh2.Server>();
  return (keyNumber) => {
    const malformed = device.has('ssh-banner-malformed');
    const kind = `${keyNumber} ${malformed}`;
    const known = servers.get(kind);
    if (known !== undefined) return known;
    const key = keys.get(keyNumber) ?? hostKey(profile.key, keyNumber);
    keys.set(keyNumber, key);
    const made = new ssh2.Server(
      {
        hostKeys: [key],
        algorithms: profile.algorithms,
        ...(malformed ? { banner: SYSTEM_MESSAGE } : {}),
      },
      (connection) => {
        // Clients may leave at any time.
        connection.on('error', () => undefined);
        // The packet writer is replaced once the keys are exchanged.
        connection.on('handshake', () => {
          if (malformed && !corruptBanner(connection)) connection.end();
        });
        serve(device, connection);
      },
    );
    servers.set(kind, made);
    return made;
  };
}

function serve(device: SimulatedDevice, connection: Connection): void {
  let channels = 0;
  connection.on('authentication', (attempt) => {
    const isRight =
      attempt.method === 'password' &&
      attempt.username === ACCESS.user &&
      attempt.password === device.password;
    if (isRight && device.has('ssh-asks-code')) attempt.reject(['keyboard-interactive'], true);
    else if (isRight) attempt.accept();
    else if (attempt.method === 'keyboard-interactive' && device.has('ssh-asks-code'))
      attempt.prompt([{ prompt: ONE_TIME_CODE, echo: true }], () => {
        device.counters.answers += 1;
        attempt.reject(['password']);
      });
    else {
      if (attempt.method === 'password') device.counters.refusedLogins += 1;
      attempt.reject(['password']);
    }
  });
  connection.on('ready', () => {
    device.counters.logins += 1;
    device.changed();
    if (device.has('ssh-hang-up-after-login')) {
      connection.end();
      return;
    }
    connection.on('session', (accept, reject) => {
      channels += 1;
      if (channels > 1) reject();
      else serveSession(device, connection, accept());
    });
  });
}

function serveSession(device: SimulatedDevice, connection: Connection, session: Session): void {
  const hangUp = (): void => {
    connection.end();
  };
  session.on('pty', (accept) => accept());
  session.on('shell', (accept) => {
    if (device.has('ssh-session-limit')) rejectSession(accept());
    else openTerminal(device, accept(), hangUp);
  });
  session.on('exec', (accept, reject, { command }) => {
    const run = programFor(device, command);
    if (run === null) reject();
    else run(accept(), hangUp);
  });
}

type Program = (channel: ServerChannel, hangUp: () => void) => void;

/**
 * What an `exec` request runs: `scp` on every card, any command on third-generation cards from 2.x.
 * Source: docs/sources/card.md#ssh
 */
function programFor(device: SimulatedDevice, command: string): Program | null {
  if (device.has('ssh-session-limit')) return rejectSession;
  if (device.has('password-change')) return null;
  const { options = '', path = '' } = SCP.exec(command)?.groups ?? {};
  const flags = options.replace(/[ -]/g, '');
  if (flags.includes('t')) return (channel, hangUp) => receiveScp(device, path, channel, hangUp);
  if (flags.includes('f')) return (channel) => sendScp(device, path, channel);
  const major = Number(/^v(\d+)/.exec(device.appVersion)?.[1] ?? 0);
  if (device.persona.generation !== 'nmc3' || major < 2) return null;
  return (channel, hangUp) => execute(device, command, channel, hangUp);
}

function execute(device: SimulatedDevice, command: string, channel: ServerChannel, hangUp: () => void): void {
  const { lines, next } = answerCommand(device, command, { path: '/' });
  if (next === 'hang-up') {
    hangUp();
    return;
  }
  // Without a terminal there is no full screen; the log is printed as it is.
  const printed = next === 'event-log' ? device.eventLog : lines;
  channel.write(Buffer.from(printed.map((line) => `${line}\r\n`).join(''), 'latin1'));
  closeChannel(channel);
}

function rejectSession(channel: ServerChannel): void {
  channel.write(`${TOO_MANY_LOGINS}\r\n`);
  closeChannel(channel);
}

function closeChannel(channel: ServerChannel): void {
  channel.exit(0);
  channel.end();
}

function openTerminal(device: SimulatedDevice, channel: ServerChannel, hangUp: () => void): void {
  const terminal = new Terminal(device, {
    write: (text) => {
      channel.write(Buffer.from(text, 'latin1'));
    },
    end: () => closeChannel(channel),
    hangUp,
  });
  channel.on('data', (chunk: Buffer) => terminal.feed(chunk.toString('latin1')));
  channel.on('close', () => terminal.close());
  terminal.start(device.has('shell-login-again') ? 'login' : 'inside');
}

/** The sending side of the old SCP protocol: each part waits for a zero byte of the receiver. */
export function sendScp(device: SimulatedDevice, target: string, channel: ServerChannel): void {
  const path = absolutePath(target, '/');
  const bytes = cardFiles(device).read(path);
  const end = (code: number): void => {
    channel.exit(code);
    channel.end();
  };
  if (bytes === null) {
    channel.write(`\x01scp: ${path}: No such file or directory\n`);
    end(1);
    return;
  }
  const name = path.slice(path.lastIndexOf('/') + 1);
  const pieces = [
    Buffer.from(`C0644 ${bytes.length} ${name}\n`, 'latin1'),
    Buffer.concat([bytes, Buffer.alloc(1)]),
  ];
  let finished = false;
  channel.on('data', (chunk: Buffer) => {
    for (const byte of chunk) {
      if (finished) return;
      const piece = byte === 0 ? pieces.shift() : undefined;
      if (piece !== undefined) {
        channel.write(piece);
        continue;
      }
      finished = true;
      if (byte === 0) device.counters.downloads += 1;
      end(byte === 0 ? 0 : 1);
    }
  });
}
