import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ACCESS } from '../../access.ts';
import type { SimulatedDevice } from '../../device/device.ts';
import { openCardEndpoint } from '../card.ts';
import { type SelfSigned, selfSigned } from '../certificate.ts';
import type { Endpoint } from '../endpoint.ts';
import { FTP, FTP_FEATURES } from './replies.ts';
import { FtpSession } from './session.ts';

const LONGEST_LINE = 1024;
const FLOOD_BYTES = 1_048_576;

/** One control connection: the login, encryption, and a session for the rest. */
export class FtpConversation {
  readonly #device: SimulatedDevice;
  /** The connection as it came in, under any encryption. */
  readonly #raw: Socket;
  readonly #session: FtpSession;
  /** Counted from 1 since the card's server was opened. */
  readonly #number: number;
  #control: Socket;
  #user = '';
  #loggedIn = false;
  #securesData = false;
  #silent = false;
  #clientLeft = false;
  #typed = '';

  constructor(device: SimulatedDevice, control: Socket, address: string, number: number) {
    this.#device = device;
    this.#raw = control;
    this.#control = control;
    this.#session = new FtpSession(
      device,
      {
        socket: control,
        say: (line) => this.#say(line),
        fallSilent: () => {
          this.#silent = true;
        },
        hangUp: () => control.destroy(),
        secured: (data) => (this.#securesData ? this.#secured(data) : data),
      },
      address,
    );
    this.#number = number;
  }

  start(): void {
    const { model, osVersion } = this.#device.persona.card;
    this.#raw.on('error', () => {
      this.#clientLeft = true;
    });
    // What a client sent before it left still arrives; a card that hangs up takes nothing any more.
    this.#raw.on('close', () => this.#session.close(!this.#clientLeft || this.#silent));
    if (this.#device.has('ftp-login-limit')) {
      this.#raw.resume();
      this.#raw.end(`${FTP.tooMany}\r\n`);
      return;
    }
    this.#say(`220 ${model} Network Management Card AOS ${osVersion} FTP server ready.`);
    this.#listen();
  }

  #listen(): void {
    this.#control.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
    this.#control.on('end', () => {
      this.#clientLeft = true;
    });
  }

  #say(line: string): void {
    if (!this.#silent && this.#control.writable) this.#control.write(`${line}\r\n`, 'latin1');
  }

  #read(text: string): void {
    this.#typed += text;
    for (;;) {
      const end = this.#typed.indexOf('\r\n');
      if (end === -1) break;
      const line = this.#typed.slice(0, end);
      this.#typed = this.#typed.slice(end + 2);
      this.#command(line);
    }
    this.#typed = this.#typed.slice(-LONGEST_LINE);
  }

  #command(line: string): void {
    const [word = '', ...rest] = line.split(' ');
    const argument = rest.join(' ');
    const verb = word.toUpperCase();
    switch (verb) {
      case 'USER':
        this.#user = argument;
        this.#loggedIn = false;
        this.#say(FTP.needPassword);
        return;
      case 'PASS':
        this.#login(argument);
        return;
      case 'QUIT':
        this.#say(FTP.goodbye);
        this.#control.end();
        return;
      case 'FEAT':
      case 'AUTH':
      case 'PBSZ':
      case 'PROT':
        this.#security(verb, argument.toUpperCase());
        return;
      default:
        if (this.#loggedIn) this.#session.run(verb, argument);
        else this.#say(FTP.noLogin);
    }
  }

  #login(password: string): void {
    const device = this.#device;
    // Until the first password is replaced, a card takes no files.
    // Source: docs/sources/card.md#login-and-prompt
    this.#loggedIn =
      this.#user === ACCESS.user && password === device.password && !device.has('password-change');
    if (!this.#loggedIn) {
      device.counters.refusedLogins += 1;
      this.#say(FTP.badLogin);
      return;
    }
    device.counters.logins += 1;
    device.changed();
    this.#say(device.has('ftp-floods') ? `230 ${'x'.repeat(FLOOD_BYTES)}` : FTP.loggedIn);
  }

  get #hasTls(): boolean {
    const gone = this.#device.has('ftp-tls-gone') && this.#number > 1;
    return this.#device.persona.ftpTls && !gone;
  }

  /** Explicit TLS, where the card has it; otherwise these commands are as unknown as any other. */
  #security(verb: 'FEAT' | 'AUTH' | 'PBSZ' | 'PROT', argument: string): void {
    const encrypted = this.#control !== this.#raw;
    if (!this.#hasTls) this.#say(FTP.unknown);
    else if (verb === 'FEAT') for (const line of FTP_FEATURES) this.#say(line);
    else if (verb === 'AUTH') {
      if (argument === 'TLS' && !encrypted) this.#encrypt();
      else this.#say(FTP.badParameter);
    } else if (!encrypted || (verb === 'PROT' && argument !== 'P' && argument !== 'C'))
      this.#say(FTP.badParameter);
    else {
      if (verb === 'PROT') this.#securesData = argument === 'P';
      this.#say(FTP.okay);
    }
  }

  #encrypt(): void {
    this.#say(FTP.tls);
    // Nothing that was said in the open counts any more.
    this.#typed = '';
    this.#user = '';
    this.#loggedIn = false;
    this.#raw.removeAllListeners('data');
    this.#control = this.#secured(this.#raw);
    this.#listen();
  }

  #secured(socket: Socket): TLSSocket {
    const secure = new TLSSocket(socket, { isServer: true, ...this.#certificate });
    secure.on('error', () => {
      secure.destroy();
      socket.destroy();
    });
    return secure;
  }

  get #certificate(): SelfSigned {
    const changed = this.#device.has('ftp-tls-certificate-changes') && this.#number > 1;
    return selfSigned(this.#device.cardSerial, changed ? 1 : 0);
  }
}

/** The FTP server of a card: active and passive data connections, explicit TLS on some, no extras (EPSV and SIZE are not known). */
export function openFtpEndpoint(device: SimulatedDevice, address: string): Promise<Endpoint> {
  let connections = 0;
  return openCardEndpoint(device, address, (socket) => {
    // The command line can switch the service off with the next start.
    if (!device.card.ftpOn) {
      socket.destroy();
      return;
    }
    connections += 1;
    new FtpConversation(device, socket, address, connections).start();
  });
}
