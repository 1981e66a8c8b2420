import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type NetworkAccess, Secret } from '../../../src/core/index.ts';
import type { Identity } from './certificate.ts';

/** Lets a test answer a command instead of the server. Returns true if it has. */
export type Reaction = (request: {
  readonly verb: string;
  readonly argument: string;
  readonly control: Socket;
  readonly server: RawFtp;
}) => boolean;

/** A small FTP server over real sockets; a test can change it at every command. */
export interface RawFtp {
  readonly network: NetworkAccess;
  /** All commands of all sessions in order, passwords included. */
  readonly commands: string[];
  readonly files: Map<string, Buffer>;
  /** The local addresses of the data connections. */
  readonly dataAddresses: string[];
  /** The port of its data connections. */
  readonly dataPort: number;
  /** The next data connection that was not taken yet. */
  data(): Promise<Socket>;
  /** Called for every control connection. */
  onControl(act: (control: Socket) => void): void;
  close(): Promise<void>;
}

export interface RawFtpOptions {
  readonly react?: Reaction;
  /** Null: the server is silent. */
  readonly greeting?: string | null;
  readonly dataHost?: string;
  /** Key and certificate for encryption; without them none is offered. */
  readonly identity?: Identity;
  /** Another key and certificate for the data connections. */
  readonly dataIdentity?: Identity;
  /** Replies are sent in pieces of these sizes, repeatedly. */
  readonly pieces?: readonly number[];
}

const GREETING = '220 AP9630 Network Management Card AOS v6.5.0 FTP server ready.\r\n';

export async function startRawFtp(options: RawFtpOptions = {}): Promise<RawFtp> {
  const { react = () => false, greeting = GREETING, dataHost = '127.0.0.1', identity } = options;
  const dataIdentity = options.dataIdentity ?? identity;
  const open = new Set<Socket>();
  const commands: string[] = [];
  const files = new Map<string, Buffer>();
  const dataAddresses: string[] = [];
  const waiting: Socket[] = [];
  const takers: ((socket: Socket) => void)[] = [];
  const acts: ((control: Socket) => void)[] = [];
  let encrypting = false;
  const dataServer = createServer((plain) => {
    keep(open, plain);
    dataAddresses.push(plain.localAddress ?? '');
    const socket =
      encrypting && dataIdentity !== undefined
        ? new TLSSocket(plain, { isServer: true, ...dataIdentity })
        : plain;
    keep(open, socket);
    const taker = takers.shift();
    if (taker === undefined) waiting.push(socket);
    else taker(socket);
  });
  const converse = (control: Socket): void => {
    let typed = '';
    control.on('data', (chunk) => {
      typed += chunk.toString('latin1');
      for (let end = typed.indexOf('\r\n'); end !== -1; end = typed.indexOf('\r\n')) {
        const line = typed.slice(0, end);
        typed = typed.slice(end + 2);
        commands.push(control instanceof TLSSocket ? `encrypted ${line}` : line);
        const [verb = '', ...rest] = line.split(' ');
        const argument = rest.join(' ');
        if (react({ verb, argument, control, server: raw })) continue;
        if (identity === undefined || !offer(verb, control)) answer(raw, verb, argument, control);
      }
    });
  };
  const offer = (verb: string, control: Socket): boolean => {
    if (verb === 'FEAT') control.write('211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n');
    else if (verb === 'PBSZ') control.write('200 PBSZ=0\r\n');
    else if (verb === 'PROT') {
      encrypting = true;
      control.write('200 Protected.\r\n');
    } else if (verb === 'AUTH' && identity !== undefined) {
      control.removeAllListeners('data');
      control.write('234 Go ahead.\r\n');
      const encrypted = new TLSSocket(control, { isServer: true, ...identity });
      keep(open, encrypted);
      converse(encrypted);
    } else return false;
    return true;
  };
  const server = createServer((control) => {
    keep(open, control);
    control.setNoDelay(true);
    if (options.pieces !== undefined) splitWrites(control, options.pieces);
    if (greeting !== null) control.write(greeting);
    for (const act of acts) act(control);
    encrypting = false;
    converse(control);
  });
  const port = await listen(server);
  const dataPort = await listen(dataServer, dataHost);
  const raw: RawFtp = {
    network: {
      host: '127.0.0.1',
      ports: { snmp: 161, ssh: 22, ftp: port, telnet: 23, http: 80, https: 443 },
      snmp: null,
      write: null,
      login: { user: 'apc', password: new Secret('secret') },
      transfer: ['ftp'],
      start: ['snmp'],
      plaintext: true,
      legacySsh: false,
    },
    commands,
    files,
    dataAddresses,
    dataPort,
    data() {
      const socket = waiting.shift();
      if (socket !== undefined) return Promise.resolve(socket);
      return new Promise((resolve) => takers.push(resolve));
    },
    onControl: (act) => void acts.push(act),
    async close() {
      for (const socket of open) socket.destroy();
      const closed = [server, dataServer].map((one) => once(one, 'close'));
      server.close();
      dataServer.close();
      await Promise.all(closed);
    },
  };
  return raw;
}

function keep(open: Set<Socket>, socket: Socket): void {
  open.add(socket);
  socket.on('close', () => open.delete(socket));
  socket.on('error', () => socket.destroy());
}

/** Writes in small pieces, each in its own turn of the event loop. */
function splitWrites(control: Socket, sizes: readonly number[]): void {
  const queue: Buffer[] = [];
  const whole = control.write.bind(control);
  let turn = 0;
  const next = (): void => {
    const piece = queue[0];
    if (piece === undefined) return;
    whole(piece, () => {
      queue.shift();
      setImmediate(next);
    });
  };
  Object.assign(control, {
    write: (text: string): boolean => {
      const idle = queue.length === 0;
      for (let from = 0; from < text.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        queue.push(Buffer.from(text.slice(from, from + size), 'latin1'));
        from += size;
      }
      if (idle) next();
      return true;
    },
  });
}

async function listen(server: Server, address = '127.0.0.1'): Promise<number> {
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/** `227` for a port of an address. */
export function passive(host: string, port: number): string {
  return `227 Entering Passive Mode (${host.replaceAll('.', ',')},${port >> 8},${port & 255}).\r\n`;
}

const PLAIN: Readonly<Record<string, string>> = {
  USER: '331 User name okay, need password.',
  PASS: '230 Login successful.',
  TYPE: '200 Type set to I.',
  CWD: '250 Directory changed.',
  QUIT: '221 Goodbye.',
};

function answer(raw: RawFtp, verb: string, argument: string, control: Socket): void {
  const reply = (line: string): void => {
    if (control.writable) control.write(`${line}\r\n`);
  };
  if (verb === 'PASV') {
    control.write(passive('127.0.0.1', raw.dataPort));
  } else if (verb === 'STOR') {
    reply('150 Ready.');
    void raw.data().then((data) => {
      const parts: Buffer[] = [];
      data.on('data', (part) => parts.push(part));
      data.on('end', () => {
        raw.files.set(argument, Buffer.concat(parts));
        reply('226 Stored.');
      });
    });
  } else if (verb === 'RETR' || verb === 'LIST') {
    const bytes = verb === 'RETR' ? raw.files.get(argument) : Buffer.from(listing(raw.files));
    if (bytes === undefined) {
      reply('550 No such file.');
      return;
    }
    reply('150 Here it comes.');
    void raw.data().then((data) => {
      data.end(bytes);
      data.on('close', () => reply('226 Sent.'));
    });
  } else if (verb === 'DELE') {
    reply(raw.files.delete(argument) ? '250 Gone.' : '550 No such file.');
  } else {
    reply(PLAIN[verb] ?? '502 Command not implemented.');
  }
}

function listing(files: ReadonlyMap<string, Buffer>): string {
  return [...files].map(([name, bytes]) => `  ${bytes.length} Nov  5  2020  ${name}\r\n`).join('');
}
