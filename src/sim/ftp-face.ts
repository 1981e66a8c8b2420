import { createServer, type Server, type Socket } from 'node:net';
import { ACCESS } from './access.ts';
import type { SimulatedDevice } from './device.ts';
import { type Face, openTcpFace, portOf } from './face.ts';
import { listing } from './shell-commands.ts';

const LARGEST_FILE = 16 * 1024 * 1024;
const LONGEST_LINE = 1024;

/** The FTP server of a card: passive data connections, binary files, no extras (FEAT, EPSV and SIZE are not known). */
export async function openFtpFace(device: SimulatedDevice, address: string): Promise<Face> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    new Conversation(device, socket, address);
  });
  return openTcpFace(server, address, () => {
    for (const socket of sockets) socket.destroy();
  });
}

class Conversation {
  readonly #device: SimulatedDevice;
  readonly #control: Socket;
  readonly #address: string;
  #user = '';
  #loggedIn = false;
  #folder = '/';
  #binary = false;
  #data: { readonly server: Server; readonly connected: Promise<Socket> } | null = null;
  #typed = '';

  constructor(device: SimulatedDevice, control: Socket, address: string) {
    this.#device = device;
    this.#control = control;
    this.#address = address;
    const { model, osVersion } = device.persona.card;
    this.#say(`220 ${model} Network Management Card AOS ${osVersion} FTP server ready.`);
    control.on('data', (chunk) => this.#read(chunk.toString('latin1')));
    control.on('close', () => this.#data?.server.close());
  }

  #say(line: string): void {
    if (this.#control.writable) this.#control.write(`${line}\r\n`);
  }

  #read(text: string): void {
    this.#typed = (this.#typed + text).slice(-LONGEST_LINE);
    for (;;) {
      const end = this.#typed.indexOf('\r\n');
      if (end === -1) return;
      const line = this.#typed.slice(0, end);
      this.#typed = this.#typed.slice(end + 2);
      this.#command(line);
    }
  }

  #command(line: string): void {
    const [word = '', ...rest] = line.split(' ');
    const argument = rest.join(' ');
    const verb = word.toUpperCase();
    if (verb === 'USER') {
      this.#user = argument;
      this.#say('331 User name okay, need password.');
      return;
    }
    if (verb === 'PASS') {
      this.#loggedIn = this.#user === ACCESS.user && argument === ACCESS.password;
      if (this.#loggedIn) this.#device.counters.logins += 1;
      this.#say(this.#loggedIn ? '230 Login successful.' : '530 Login incorrect.');
      return;
    }
    if (verb === 'QUIT') {
      this.#say('221 Goodbye.');
      this.#control.end();
      return;
    }
    if (!this.#loggedIn) {
      this.#say('530 Please login with USER and PASS.');
      return;
    }
    this.#afterLogin(verb, argument);
  }

  #afterLogin(verb: string, argument: string): void {
    switch (verb) {
      case 'SYST':
        this.#say('215 UNIX Type: L8');
        return;
      case 'TYPE':
        this.#binary = argument.toUpperCase().startsWith('I');
        this.#say('200 Command okay.');
        return;
      case 'PWD':
        this.#say(`257 "${this.#folder}" is current directory.`);
        return;
      case 'CWD':
        this.#changeFolder(argument);
        return;
      case 'PASV':
        this.#passive();
        return;
      case 'LIST':
        this.#send(listing(this.#device, this.#pathOf(argument)).join('\r\n'));
        return;
      case 'STOR':
        this.#receive(this.#pathOf(argument));
        return;
      case 'DELE':
        this.#say(
          this.#device.remove(argument.replace(/^.*\//, '')) ? '250 File deleted.' : '550 No such file.',
        );
        return;
      case 'NOOP':
        this.#say('200 Command okay.');
        return;
      default:
        this.#say('502 Command not implemented.');
    }
  }

  #pathOf(argument: string): string {
    const path = argument.replace(/^-\S+\s*/, '');
    if (path === '') return this.#folder;
    return path.startsWith('/') ? path : `${this.#folder.replace(/\/$/, '')}/${path}`;
  }

  #changeFolder(argument: string): void {
    const path = `/${this.#pathOf(argument).split('/').filter(Boolean).join('/')}`;
    if (path !== '/' && path !== '/upsfw') {
      this.#say('550 No such directory.');
      return;
    }
    this.#folder = path;
    this.#say('250 Directory changed.');
  }

  #passive(): void {
    this.#data?.server.close();
    const server = createServer();
    const connected = new Promise<Socket>((resolve) => {
      server.once('connection', (socket) => {
        socket.on('error', () => socket.destroy());
        server.close();
        resolve(socket);
      });
    });
    this.#data = { server, connected };
    server.listen(0, this.#address, () => {
      const port = portOf(server);
      const host = this.#address.replaceAll('.', ',');
      this.#say(`227 Entering Passive Mode (${host},${port >> 8},${port & 0xff}).`);
    });
  }

  #send(text: string): void {
    const data = this.#data;
    if (data === null) {
      this.#say('425 Use PASV first.');
      return;
    }
    this.#data = null;
    this.#say('150 Opening data connection.');
    void data.connected.then((socket) => {
      socket.end(text === '' ? '' : `${text}\r\n`, () => this.#say('226 Transfer complete.'));
    });
  }

  #receive(path: string): void {
    const data = this.#data;
    const name = /^\/upsfw\/([A-Za-z0-9._-]+)$/.exec(path)?.[1];
    if (data === null || name === undefined) {
      this.#say(data === null ? '425 Use PASV first.' : '550 Cannot store there.');
      return;
    }
    this.#data = null;
    this.#say('150 Opening data connection.');
    void data.connected.then((socket) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        bytes += chunk.length;
        const half = this.#device.has('ftp-hang-up-half-way') && bytes > 60_000;
        if (!half && bytes <= LARGEST_FILE) return;
        socket.destroy();
        this.#control.destroy();
      });
      socket.on('end', () => this.#stored(name, Buffer.concat(chunks)));
    });
  }

  #stored(name: string, bytes: Buffer): void {
    // A transfer in text mode doubles line ends, as it does to real files.
    const kept = this.#binary
      ? bytes
      : Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
    this.#device.store(name, kept);
    if (this.#device.has('ftp-no-final-reply')) this.#control.destroy();
    else this.#say('226 Transfer complete.');
  }
}
