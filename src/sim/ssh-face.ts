import ssh2, { type Algorithms, type Connection, type ServerChannel } from 'ssh2';
import { ACCESS } from './access.ts';
import type { SimulatedDevice } from './device.ts';
import { type Face, openTcpFace } from './face.ts';
import { receiveScp } from './scp-sink.ts';
import { answerCommand } from './shell-commands.ts';

/**
 * What second-generation cards offer. Real ones also offer the group exchange, which this server library has as a client
 * only; the fixed groups of the same age stand in for it.
 */
const OLD: Algorithms = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1'],
};
const MODERN: Algorithms = { kex: ['ecdh-sha2-nistp256'], serverHostKey: ['ecdsa-sha2-nistp256'] };

let oldKey: string | null = null;

/** RSA keys take their time to make, and all simulated cards of a process may share one. */
function hostKey(old: boolean): string {
  if (!old) return ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
  oldKey ??= ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private;
  return oldKey;
}

const LONGEST_INPUT = 4096;

/** SSH as a card has it: password login, one channel a connection, a shell, and `scp -t` as the only program. */
export async function openSshFace(device: SimulatedDevice, address: string): Promise<Face> {
  const old = device.persona.ssh === 'old';
  const connections = new Set<Connection>();
  const server = new ssh2.Server(
    { hostKeys: [hostKey(old)], algorithms: old ? OLD : MODERN },
    (connection) => {
      connections.add(connection);
      // Clients leave in every way there is.
      connection.on('error', () => undefined);
      connection.on('close', () => connections.delete(connection));
      serve(device, connection);
    },
  );
  return openTcpFace(server, address, () => {
    for (const connection of connections) connection.end();
  });
}

function serve(device: SimulatedDevice, connection: Connection): void {
  let channels = 0;
  connection.on('authentication', (attempt) => {
    if (attempt.method !== 'password') {
      attempt.reject(['password']);
      return;
    }
    if (attempt.username === ACCESS.user && attempt.password === ACCESS.password) attempt.accept();
    else attempt.reject(['password']);
  });
  connection.on('ready', () => {
    device.counters.logins += 1;
    if (device.has('ssh-hang-up-after-login')) {
      connection.end();
      return;
    }
    connection.on('session', (accept, reject) => {
      channels += 1;
      if (channels > 1) {
        reject();
        return;
      }
      const session = accept();
      session.on('pty', (acceptPty) => acceptPty());
      session.on('shell', (acceptShell) => talk(device, acceptShell(), connection));
      session.on('exec', (acceptExec, rejectExec, { command }) => {
        if (/^scp (?:-q )?-t \/?upsfw\//.test(command))
          receiveScp(device, acceptExec(), () => connection.end());
        else rejectExec();
      });
    });
  });
}

function talk(device: SimulatedDevice, channel: ServerChannel, connection: Connection): void {
  const folder = { path: '/' };
  let typed = '';
  let asked = false;
  const prompt = (): void => {
    channel.write('apc>');
  };
  channel.write(`${greeting(device).join('\r\n')}\r\n\r\n`);
  prompt();
  channel.on('data', (chunk: Buffer) => {
    for (const character of chunk.toString('latin1')) {
      if (character !== '\r') {
        if (character !== '\n' && typed.length < LONGEST_INPUT) {
          typed += character;
          channel.write(character);
        }
        continue;
      }
      channel.write('\r\n');
      if (asked) {
        asked = false;
        typed = '';
        device.counters.answers += 1;
        prompt();
        continue;
      }
      const answer = answerCommand(device, typed, folder);
      typed = '';
      if (answer.ending === 'hang-up') {
        connection.end();
        return;
      }
      for (const line of answer.lines) channel.write(`${line}\r\n`);
      if (answer.ending === 'asks') {
        asked = true;
        continue;
      }
      if (answer.ending === 'bye') {
        channel.exit(0);
        channel.end();
        return;
      }
      channel.write('\r\n');
      prompt();
    }
  });
}

/** The first screen: versions, name and state of the services, in the places where a card has them. */
function greeting(device: SimulatedDevice): string[] {
  const { card } = device.persona;
  const line = '-'.repeat(79);
  return [
    '',
    `Simulated card                          Network Management Card AOS      ${card.osVersion}`,
    `                                        Smart-UPS APP                    ${card.appVersion}`,
    line,
    `Name      : ${device.name}`,
    'Contact   : upsfw simulated unit                      Stat : P+ N4+ N6+ A+',
    line,
    `FTP                : ${device.persona.ftp ? 'Enabled' : 'Disabled'}`,
    '',
    'Type ? for command listing',
  ];
}
