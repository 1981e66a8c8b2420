import type { Socket } from 'node:net';
import type { SimulatedDevice } from '../../device/device.ts';
import { absolutePath, type CardFiles, cardFiles } from '../../device/files.ts';
import { type DataChannel, hostPort, openActive, openPassive, otherHost, readPort } from './data.ts';
import { FTP } from './replies.ts';

const LARGEST_FILE = 16 * 1024 * 1024;
/** The protocol does not announce the file size, so half-way is a fixed size. */
const HALF_WAY_BYTES = 60_000;
/** Where a server was seen to reset the connection. Source: docs/sources/card.md#ftp-and-scp */
const RESET_BYTES = 55_000;
/**
 * The client runs ahead if this much of it waits unread at once. A report says that pieces of 512 bytes pass
 * and larger ones do not; where between them the limit lies is not known.
 */
const AHEAD_BYTES = 8 * 1024;
const RESTART_SECONDS = 40;

/** The control connection, as far as transfers need it. */
export interface FtpControl {
  /** The connection as it came in, below any encryption. */
  readonly socket: Socket;
  reply(line: string): void;
  /** Sends nothing more on it. */
  fallSilent(): void;
  hangUp(): void;
  /** Encrypts a data connection if that was negotiated. */
  encrypt(data: Socket): Socket;
}

/** Commands after login: folders, files and transfers. */
export class FtpSession {
  readonly #device: SimulatedDevice;
  readonly #files: CardFiles;
  readonly #control: FtpControl;
  readonly #address: string;
  readonly #transfers = new Set<Socket>();
  /** Negotiated, and not connected yet. */
  readonly #pending = new Set<DataChannel>();
  #folder = '/';
  #binary = false;
  #data: DataChannel | null = null;

  constructor(device: SimulatedDevice, control: FtpControl, address: string) {
    this.#device = device;
    this.#files = cardFiles(device);
    this.#control = control;
    this.#address = address;
  }

  /** The control connection closed. */
  close(transfersToo: boolean): void {
    this.#data?.close();
    for (const data of this.#pending) data.close();
    if (transfersToo) for (const socket of this.#transfers) socket.destroy();
  }

  /** Executes one command after login. */
  run(verb: string, argument: string): void {
    switch (verb) {
      case 'SYST':
        this.#control.reply(FTP.system);
        return;
      case 'TYPE':
        this.#binary = argument.toUpperCase().startsWith('I');
        this.#control.reply(FTP.okay);
        return;
      case 'PWD':
        this.#control.reply(`257 "${this.#folder}" is current directory.`);
        return;
      case 'CWD':
        this.#changeFolder(argument);
        return;
      case 'PASV':
        this.#passive();
        return;
      case 'PORT':
        this.#active(argument);
        return;
      case 'LIST':
        this.#list(this.#pathOf(argument));
        return;
      case 'RETR':
        this.#retrieve(this.#pathOf(argument));
        return;
      case 'STOR':
        this.#receive(this.#pathOf(argument));
        return;
      case 'DELE':
        this.#control.reply(this.#files.remove(this.#pathOf(argument)) ? FTP.deleted : FTP.noFile);
        return;
      case 'NOOP':
        this.#control.reply(FTP.okay);
        return;
      default:
        this.#control.reply(FTP.unknown);
    }
  }

  /** A card ignores options such as `LIST -a`. */
  #pathOf(argument: string): string {
    return absolutePath(argument.replace(/^-\S+\s*/, ''), this.#folder);
  }

  #changeFolder(argument: string): void {
    const path = this.#pathOf(argument);
    const found = this.#files.isFolder(path);
    if (found) this.#folder = path;
    this.#control.reply(found ? FTP.changed : FTP.noFolder);
  }

  #passive(): void {
    this.#data?.close();
    const named = this.#device.has('ftp-pasv-other-host') ? otherHost(this.#address) : this.#address;
    this.#data = openPassive(this.#address, (port) =>
      this.#control.reply(`227 Entering Passive Mode (${hostPort(named, port)}).`),
    );
  }

  #active(argument: string): void {
    const client = this.#control.socket.remoteAddress ?? '';
    const port = readPort(argument, client);
    if (port === null) {
      this.#control.reply(FTP.badParameter);
      return;
    }
    this.#data?.close();
    this.#data = openActive(this.#address, this.#control.socket.localPort ?? 0, client, port);
    this.#control.reply(FTP.okay);
  }

  #list(path: string): void {
    const lines = this.#files.lines(path);
    if (lines === null) this.#control.reply(FTP.noFolder);
    else this.#send(Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'), () => undefined);
  }

  #retrieve(path: string): void {
    const bytes = this.#files.read(path);
    if (bytes === null) {
      this.#control.reply(FTP.noFile);
      return;
    }
    this.#send(this.#inMode(bytes), () => {
      this.#device.counters.downloads += 1;
    });
  }

  /** Runs a transfer over the negotiated data connection, which must exist. */
  #transfer(run: (socket: Socket, plain: Socket) => void): void {
    const data = this.#data;
    this.#data = null;
    if (data === null) {
      this.#control.reply(FTP.noData);
      return;
    }
    this.#control.reply(FTP.opening);
    this.#pending.add(data);
    void data.connect().then(
      (plain) => {
        this.#pending.delete(data);
        this.#transfers.add(plain);
        plain.on('close', () => this.#transfers.delete(plain));
        run(this.#control.encrypt(plain), plain);
      },
      () => {
        this.#pending.delete(data);
        this.#control.reply(FTP.badConnection);
      },
    );
  }

  #send(bytes: Buffer, sent: () => void): void {
    this.#transfer((socket) => {
      socket.resume();
      socket.once('finish', () => {
        sent();
        this.#control.reply(FTP.complete);
      });
      socket.once('close', () => {
        if (!socket.writableFinished) this.#control.reply(FTP.aborted);
      });
      socket.end(bytes);
    });
  }

  #receive(path: string): void {
    const acceptance = this.#device.has('ftp-no-room') ? 'no-room' : this.#files.accepts(path, 0);
    if (acceptance !== 'stored') {
      this.#control.reply(acceptance === 'no-room' ? FTP.noRoom : FTP.notThere);
      return;
    }
    this.#transfer((socket, plain) => this.#take(socket, plain, path));
  }

  #take(socket: Socket, plain: Socket, path: string): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let finished = false;
    let isAhead = false;
    socket.on('data', (chunk: Buffer) => {
      if (finished) return;
      chunks.push(chunk);
      bytes += chunk.length;
      isAhead = isAhead || chunk.length > AHEAD_BYTES;
      if (isAhead && bytes > RESET_BYTES && this.#resets()) {
        finished = true;
        this.#reset(plain, path, Buffer.concat(chunks).subarray(0, RESET_BYTES));
        return;
      }
      finished = finished || !this.#continues(socket, path, bytes);
    });
    socket.once('end', () => {
      if (finished || !this.#device.cardUp) return;
      finished = true;
      socket.end();
      this.#stored(path, this.#inMode(Buffer.concat(chunks)));
    });
    socket.once('close', () => {
      if (!finished) this.#control.reply(FTP.aborted);
    });
  }

  #resets(): boolean {
    return this.#device.has('ftp-resets-large-writes') || this.#device.has('ftp-resets-and-restarts');
  }

  /** The card keeps the part of a file that it has; of firmware for itself it keeps nothing. */
  #reset(plain: Socket, path: string, part: Buffer): void {
    if (path.startsWith('/upsfw/')) this.#files.store(path, part);
    plain.resetAndDestroy();
    if (!this.#device.has('ftp-resets-and-restarts')) {
      this.#control.reply(FTP.aborted);
      return;
    }
    this.#device.ftpBusy = true;
    this.#device.after(RESTART_SECONDS, () => {
      this.#device.ftpBusy = false;
    });
    this.#control.hangUp();
  }

  /** False if the transfer ended before it was complete. */
  #continues(socket: Socket, path: string, bytes: number): boolean {
    const half = bytes > HALF_WAY_BYTES;
    if (half && this.#device.has('ftp-stalls')) {
      this.#control.fallSilent();
      socket.pause();
      return false;
    }
    if ((half && this.#device.has('ftp-hang-up-half-way')) || bytes > LARGEST_FILE) {
      socket.destroy();
      this.#control.hangUp();
      return false;
    }
    if (this.#files.accepts(path, bytes) === 'stored') return true;
    this.#control.reply(FTP.noRoom);
    socket.destroy();
    return false;
  }

  /** A transfer in text mode doubles line ends, as it does to real files. */
  #inMode(bytes: Buffer): Buffer {
    if (this.#binary) return bytes;
    return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
  }

  #stored(path: string, bytes: Buffer): void {
    const outcome = this.#files.store(path, bytes);
    if (outcome === 'no-room') this.#control.reply(FTP.noRoom);
    else if (outcome === 'refused') this.#control.reply(FTP.refused);
    // A card that accepts firmware for itself goes down without a final reply.
    else if (outcome === 'flashing' || this.#device.has('ftp-no-final-reply')) this.#control.hangUp();
    else this.#control.reply(FTP.complete);
  }
}
