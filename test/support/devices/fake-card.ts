import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { firstContent, nmc3Of } from '../values/zip.ts';
import { type FakeAgent, openFakeAgent } from './fake-agent.ts';
import { type CardState, objectsOf, shellAnswer, UPS_SERIAL } from './fake-card-answers.ts';
import { serveFtp } from './fake-ftp.ts';

/** A card that accepts its own firmware, on real sockets, with a restart after each file. */

export type CardFault =
  | 'hangs-up-half-way'
  | 'refuses-the-file'
  | 'comes-back-with-the-old'
  | 'stays-away'
  | 'answers-before-it-restarts'
  | 'no-scp'
  | 'no-shell';

export interface CardSetup {
  readonly platform?: 'hw05' | 'hw21';
  readonly boot?: string;
  readonly version?: string;
  /** Its application after an update of the operating system: none, or the old one that does not match. */
  readonly between?: 'without' | 'mismatch';
  readonly faults?: readonly CardFault[];
  /** Milliseconds of a restart, and of the time for which the application then shows A?. */
  readonly restart?: number;
  readonly starting?: number;
}

export const LOGIN = { user: 'apc', password: 'secret' } as const;

/** Content of a file that this card accepts. */
export function firmware(part: 'boot' | 'os' | 'app' | 'all', version: string, bytes = 200_000): Buffer {
  const head = Buffer.from(`FW ${part} ${version}\n`, 'latin1');
  const file = Buffer.concat([head, Buffer.alloc(bytes - head.length, 0x5a)]);
  return part === 'all' ? nmc3Of(file) : file;
}

export class FakeCard {
  boot: string;
  os: string;
  app: string;
  upsSerial: string = UPS_SERIAL;
  readonly faults: Set<CardFault>;
  /** Names of the complete files, and the number of uploads that sent any byte. */
  readonly taken: string[] = [];
  touched = 0;
  password: string = LOGIN.password;
  isUp = false;
  readonly ports = { ssh: 0, ftp: 0, snmp: 0 };
  readonly #setup: Required<Omit<CardSetup, 'boot' | 'version' | 'faults'>>;
  readonly #sockets = new Set<Socket>();
  readonly #key = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
  #servers: Server[] = [];
  #agent: FakeAgent | null = null;
  #startedAt = 0;
  #moved = Promise.resolve();
  #closed = false;

  constructor(setup: CardSetup = {}) {
    const { platform = 'hw05', between = 'without', restart = 60, starting = 0 } = setup;
    this.#setup = { platform, between, restart, starting };
    this.boot = setup.boot ?? '1.0.8';
    this.os = setup.version ?? '6.8.0';
    this.app = setup.version ?? '6.8.0';
    this.faults = new Set(setup.faults);
  }

  get #state(): CardState {
    const { platform, between, starting } = this.#setup;
    // Only an application that matches the operating system has a link to the UPS.
    const fits = platform === 'hw21' || this.os === this.app;
    return {
      platform,
      boot: this.boot,
      os: this.os,
      app: this.app,
      upsSerial: this.upsSerial,
      appName: platform === 'hw21' ? 'su' : 'sumx',
      fits,
      hasApp: fits || between === 'mismatch',
      starting: Date.now() - this.#startedAt < starting,
      corrupt: this.faults.has('refuses-the-file'),
    };
  }

  async open(): Promise<this> {
    const protocol = new ssh2.Server({ hostKeys: [this.#key] }, (connection) => this.#serve(connection));
    const ssh = createServer({ noDelay: true }, (socket) => {
      this.#keep(socket);
      protocol.injectSocket(socket);
    });
    const ftp = createServer({ noDelay: true }, (socket) => {
      this.#keep(socket);
      serveFtp(socket, this.password, {
        begun: () => {
          this.touched += 1;
          return !this.faults.has('hangs-up-half-way');
        },
        arrived: (name, bytes) => this.#arrived(name, bytes),
      });
    });
    this.ports.ssh = await listen(ssh, this.ports.ssh);
    this.ports.ftp = await listen(ftp, this.ports.ftp);
    this.#servers = [ssh, ftp];
    this.#agent = await openFakeAgent(this.ports.snmp, objectsOf(this.#state));
    this.ports.snmp = this.#agent.port;
    this.isUp = true;
    return this;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #down(): Promise<void> {
    this.isUp = false;
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.splice(0).map((server) => new Promise<void>((done) => void server.close(() => done()))),
    );
    await this.#agent?.close();
    this.#agent = null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#moved;
    await this.#down();
  }

  /** Another card, or one behind another UPS, answers at the same address from now on. */
  async replaceBy(other: Partial<Pick<FakeCard, 'boot' | 'upsSerial'>>): Promise<void> {
    await this.#down();
    Object.assign(this, other);
    await this.open();
  }

  /** Resolves when no restart is in progress. */
  async settled(): Promise<void> {
    await this.#moved;
  }

  #arrived(name: string, bytes: Buffer): void {
    this.taken.push(name);
    const content = name.endsWith('.nmc3') ? firstContent(bytes) : bytes;
    const [, part, version] = /^FW (boot|os|app|all) (\S+)\n/.exec(content.toString('latin1', 0, 100)) ?? [];
    if (this.faults.has('refuses-the-file') || part === undefined || version === undefined) return;
    this.#moved = this.#moved.then(async () => {
      await this.#down();
      if (this.faults.has('stays-away')) return;
      if (!this.faults.has('comes-back-with-the-old')) {
        if (part === 'boot') this.boot = version;
        if (part === 'os' || part === 'all') this.os = version;
        if (part === 'app' || part === 'all') this.app = version;
      }
      await new Promise((resolve) => setTimeout(resolve, this.#setup.restart));
      // The card is running when the test starts.
      this.#startedAt = Date.now();
      if (!this.#closed) await this.open();
    });
  }

  #serve(connection: Connection): void {
    connection.on('error', () => undefined);
    connection.on('authentication', (attempt) => {
      if (attempt.method !== 'password') attempt.reject(['password']);
      else if (attempt.username === LOGIN.user && attempt.password === this.password) attempt.accept();
      else attempt.reject(['password']);
    });
    connection.on('session', (accept) => {
      const session = accept();
      session.on('pty', (acceptPty) => acceptPty());
      session.on('shell', (acceptShell, reject) => {
        if (this.faults.has('no-shell')) reject();
        else this.#talk(acceptShell());
      });
      session.on('exec', (acceptExec, reject, { command }) => {
        const name = /^scp -t \/([A-Za-z0-9._-]+)$/.exec(command)?.[1];
        if (name === undefined || this.faults.has('no-scp')) reject();
        else this.#receive(acceptExec(), name, connection);
      });
    });
  }

  #talk(channel: ServerChannel): void {
    let typed = '';
    channel.write('Fake card\r\n\r\napc>');
    channel.on('data', (chunk: Buffer) => {
      for (const character of chunk.toString('latin1')) {
        if (character !== '\r') {
          typed += character;
          channel.write(character);
          continue;
        }
        if (typed === 'exit') channel.end('\r\nBye.\r\n');
        else channel.write(`\r\n${shellAnswer(this.#state, typed).join('\r\n')}\r\n\r\napc>`);
        typed = '';
      }
    });
  }

  #receive(channel: ServerChannel, name: string, connection: Connection): void {
    let waiting = Buffer.alloc(0);
    let size = -1;
    let gone = false;
    channel.write('\0');
    channel.on('data', (chunk: Buffer) => {
      if (gone) return;
      waiting = Buffer.concat([waiting, chunk]);
      if (size < 0) {
        const end = waiting.indexOf(0x0a);
        if (end === -1) return;
        size = Number(/^C0644 (\d+) /.exec(waiting.toString('latin1', 0, end))?.[1]);
        waiting = waiting.subarray(end + 1);
        channel.write('\0');
        return;
      }
      if (waiting.length === chunk.length) this.touched += 1;
      gone = this.faults.has('hangs-up-half-way') && waiting.length > size / 2;
      if (gone) connection.end();
      if (gone || waiting.length <= size) return;
      gone = true;
      if (this.faults.has('answers-before-it-restarts') || this.faults.has('refuses-the-file'))
        channel.write('\0');
      this.#arrived(name, waiting.subarray(0, size));
    });
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
