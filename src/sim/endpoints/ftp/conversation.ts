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

/** One control connection: login and encryption, with a session for the rest. */
export class FtpConversation {
  readonly #device: SimulatedDevice;
  /** The connection as it came in, below any encryption. */
  readonly #raw: Socket;
  readonly #session: FtpSession;
  /** Counted from 1 since the card's server was opened. */
  readonly #number: number;
  #control: Socket;
  #user = '';
  #loggedIn = false;
  #encryptsData = false;
  #silent = false;
  #clientLeft = false;
  #input = '';

  constructor(device: SimulatedDevice, control: Socket, address: string, number: number) {
    this.#device = device;
    this.#raw = control;
    this.#control = control;
    this.#session = new FtpSession(
      device,
      {
        socket: control,
        reply: (line) => this.#reply(line),
        fallSilent: () => {
          this.#silent = true;
        },
        hangUp: () => control.destroy(),
        encrypt: (data) => (this.#encryptsData ? this.#encryptSocket(data) : data),
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
    // What a client sent before it left still arrives; a card that hung up accepts nothing more.
    this.#raw.on('close', () => this.#session.close(!this.#clientLeft || this.#silent));
    if (this.#device.has('ftp-login-limit') || this.#device.ftpBusy) {
      this.#raw.resume();
      this.#raw.end(`${this.#device.ftpBusy ? FTP.notReady : FTP.tooMany}\r\n`);
      return;
    }
    this.#reply(`220 ${model} Network Management Card AOS ${osVersion} FTP server ready.`);
    this.#listen();
  }

  #listen(): void {
    this.#control.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
    this.#control.on('end', () => {
      this.#clientLeft = true;
    });
  }

  #reply(line: string): void {
    if (!this.#silent && this.#control.writable) this.#control.write(`${line}\r\n`, 'latin1');
  }

  #read(text: string): void {
    this.#input += text;
    for (;;) {
      const end = this.#input.indexOf('\r\n');
      if (end === -1) break;
      const line = this.#input.slice(0, end);
      this.#input = this.#input.slice(end + 2);
      this.#command(line);
    }
    this.#input = this.#input.slice(-LONGEST_LINE);
  }

  #command(line: string): void {
    const [command = '', ...rest] = line.split(' ');
    const argument = rest.join(' ');
    const verb = command.toUpperCase();
    switch (verb) {
      case 'USER':
        this.#user = argument;
        this.#loggedIn = false;
        this.#reply(FTP.needPassword);
        return;
      case 'PASS':
        this.#login(argument);
        return;
      case 'QUIT':
        this.#reply(FTP.goodbye);
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
        else this.#reply(FTP.noLogin);
    }
  }

  #login(password: string): void {
    const device = this.#device;
    // A card accepts no files until the first password is replaced.
    // Source: docs/sources/card.md#login-and-prompt
    this.#loggedIn =
      this.#user === ACCESS.user && password === device.password && !device.has('password-change');
    if (!this.#loggedIn) {
      device.counters.refusedLogins += 1;
      this.#reply(FTP.badLogin);
      return;
    }
    if (device.has('ftp-asks-code')) {
      this.#loggedIn = false;
      this.#reply(FTP.needAccount);
      return;
    }
    device.counters.logins += 1;
    device.changed();
    this.#reply(device.has('ftp-floods') ? `230 ${'x'.repeat(FLOOD_BYTES)}` : FTP.loggedIn);
  }

  get #hasTls(): boolean {
    const gone = this.#device.has('ftp-tls-gone') && this.#number > 1;
    return this.#device.persona.ftpTls && !gone;
  }

  /** Explicit TLS, if the card has it; otherwise these commands are unknown. */
  #security(verb: 'FEAT' | 'AUTH' | 'PBSZ' | 'PROT', argument: string): void {
    const encrypted = this.#control !== this.#raw;
    if (!this.#hasTls) this.#reply(FTP.unknown);
    else if (verb === 'FEAT') for (const line of FTP_FEATURES) this.#reply(line);
    else if (verb === 'AUTH') {
      if (argument === 'TLS' && !encrypted) this.#encrypt();
      else this.#reply(FTP.badParameter);
    } else if (!encrypted || (verb === 'PROT' && argument !== 'P' && argument !== 'C'))
      this.#reply(FTP.badParameter);
    else {
      if (verb === 'PROT') this.#encryptsData = argument === 'P';
      this.#reply(FTP.okay);
    }
  }

  #encrypt(): void {
    this.#reply(FTP.tls);
    // Whatever was sent unencrypted no longer counts.
    this.#input = '';
    this.#user = '';
    this.#loggedIn = false;
    this.#raw.removeAllListeners('data');
    this.#control = this.#encryptSocket(this.#raw);
    this.#listen();
  }

  #encryptSocket(socket: Socket): TLSSocket {
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

/**
 * The FTP server of a card: active and passive data connections, explicit TLS on some. It has neither EPSV
 * nor SIZE.
 */
export function openFtpEndpoint(device: SimulatedDevice, address: string): Promise<Endpoint> {
  let connections = 0;
  return openCardEndpoint(device, address, (socket) => {
    // The command line can disable the service at the next restart.
    if (!device.card.ftpOn) {
      socket.destroy();
      return;
    }
    connections += 1;
    new FtpConversation(device, socket, address, connections).start();
  });
}
