import type { ClientChannel } from 'ssh2';
import { Problem, sanitize } from '../../core/index.ts';
import { DataSignal } from '../session/data-signal.ts';
import { type SshOptions, withSsh } from '../session/ssh.ts';
import { recordLine } from '../session/transcript.ts';

export interface ScpDownload {
  readonly ssh: SshOptions;
  /**
   * Path on the card. It becomes part of a remote command line, so it has only letters, digits and `._/-`.
   */
  readonly path: string;
  /** In bytes; a file that is announced as larger is not read. */
  readonly largest: number;
  readonly stalledSeconds: number;
}

const SAFE_PATH = /^[A-Za-z0-9._/][A-Za-z0-9._/-]{0,199}$/;
const MAX_LINE = 1024;
const ACK = Buffer.from([0]);

/**
 * Reads a file by the old SCP protocol over an exec channel. Cards support this direction for `config.ini` at
 * least. Throws Problem device/no-file if the card has no such file or does not send it, device/garbage and
 * link/*.
 * Source: docs/sources/card.md#ftp-and-scp
 */
export function downloadByScp(download: ScpDownload): Promise<Buffer> {
  const { path, ssh } = download;
  if (!SAFE_PATH.test(path)) {
    return Promise.reject(
      new Problem('internal/unexpected', `"${sanitize(path)}" cannot be a path on a card.`, {
        hint: 'This is a fault of upsfw. Please report it.',
      }),
    );
  }
  return withSsh(ssh, (client) => {
    const where = `${ssh.network.host}:${ssh.network.ports.ssh}`;
    recordLine(ssh, 'sent', `scp -f ${path}`);
    return new Promise((resolve, reject) => {
      client.exec(`scp -f ${path}`, (error, channel) => {
        if (error !== undefined) {
          reject(
            new Problem('link/scp', `${where} does not send files by SCP: ${sanitize(error.message)}.`, {
              hint: 'Enable SCP on the card, or add ftp to transfer: in the inventory.',
              cause: error,
            }),
          );
          return;
        }
        receive(new Source(channel, where, download), download).then(resolve, reject);
      });
    });
  });
}

async function receive(source: Source, { path, largest, ssh }: ScpDownload): Promise<Buffer> {
  source.send(ACK);
  const header = await source.line();
  recordLine(ssh, 'received', header);
  const announced = /^C[0-7]{3,5} (\d{1,12}) [^/]*$/.exec(header)?.[1];
  if (announced === undefined) throw source.refusal(header);
  const size = Number(announced);
  if (size > largest) {
    throw source.garbage(`${path} has ${size} bytes; the limit is ${largest}`);
  }
  source.send(ACK);
  const bytes = await source.bytes(size);
  const error = await source.finalError();
  if (error !== null) throw source.garbage(`the card reports an error in its copy of ${path}: ${error}`);
  source.send(ACK);
  recordLine(ssh, 'note', `${bytes.length} bytes of ${path} received by SCP`);
  return bytes;
}

/**
 * The other side of the protocol: a header line, the bytes and one status byte; or 1 or 2 and an error line.
 */
class Source {
  readonly #channel: ClientChannel;
  readonly #where: string;
  readonly #download: ScpDownload;
  #left: Buffer = Buffer.alloc(0);
  #closed = false;
  readonly #dataSignal = new DataSignal();

  constructor(channel: ClientChannel, where: string, download: ScpDownload) {
    this.#channel = channel;
    this.#where = where;
    this.#download = download;
    const close = (): void => {
      this.#closed = true;
      this.#dataSignal.happened();
    };
    // Read only on demand, so that the channel window holds back a card that sends without end.
    channel.on('readable', this.#dataSignal.happened);
    channel.stderr.on('data', () => undefined);
    channel.on('end', close);
    channel.on('close', close);
    channel.on('error', close);
  }

  send(bytes: Buffer): void {
    if (!this.#closed) this.#channel.write(bytes);
  }

  /** The first line, without its end. An error line keeps its first byte. */
  async line(): Promise<string> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const chunk = await this.#next();
      const end = chunk.indexOf(0x0a);
      const part = end === -1 ? chunk : chunk.subarray(0, end);
      parts.push(part);
      length += part.length;
      if (length > MAX_LINE) throw this.garbage(`no line within ${MAX_LINE} bytes`);
      if (end === -1) continue;
      this.#left = chunk.subarray(end + 1);
      return Buffer.concat(parts).toString('latin1');
    }
  }

  async bytes(size: number): Promise<Buffer> {
    const all = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const chunk = await this.#next();
      const used = chunk.copy(all, filled, 0, Math.min(chunk.length, size - filled));
      filled += used;
      this.#left = chunk.subarray(used);
    }
    return all;
  }

  /**
   * The error after the last byte; null if there is none or the card just disconnects, because all bytes have
   * arrived.
   */
  async finalError(): Promise<string | null> {
    try {
      const chunk = await this.#next();
      return chunk[0] === 0 ? null : sanitize(chunk.toString('latin1', 1, MAX_LINE));
    } catch (thrown) {
      if (thrown instanceof Problem && thrown.code === 'link/closed') return null;
      throw thrown;
    }
  }

  refusal(header: string): Problem {
    const first = header.charCodeAt(0);
    if (first !== 1 && first !== 2) return this.garbage(`the header of a file was "${sanitize(header, 80)}"`);
    return new Problem(
      'device/no-file',
      `${this.#where} does not send ${this.#download.path}: ${sanitize(header.slice(1))}.`,
      { hint: 'The card may use another name for this file. Download it by hand if you need it.' },
    );
  }

  garbage(what: string): Problem {
    return new Problem('device/garbage', `SCP from ${this.#where}: ${what}.`, {
      hint: 'The device at this address may not be a card. Download the file by hand if you need it.',
    });
  }

  async #next(): Promise<Buffer> {
    if (this.#left.length > 0) {
      const chunk = this.#left;
      this.#left = Buffer.alloc(0);
      return chunk;
    }
    const deadline = this.#now() + this.#download.stalledSeconds * 1000;
    for (;;) {
      const chunk: unknown = this.#channel.read();
      if (chunk instanceof Buffer && chunk.length > 0) return chunk;
      if (this.#closed) throw this.#closedProblem();
      if (!(await this.#dataSignal.within(deadline - this.#now()))) throw this.#timeoutProblem();
    }
  }

  /** Wall time, as in the upload. */
  #now(): number {
    return this.#download.ssh.clock.now().getTime();
  }

  #closedProblem(): Problem {
    return new Problem('link/closed', `${this.#where} closed the connection during the SCP download.`, {
      hint: 'Nothing was changed. Try again; the card may have restarted.',
    });
  }

  #timeoutProblem(): Problem {
    return new Problem(
      'link/timeout',
      `${this.#where} sent nothing for ${this.#download.stalledSeconds} seconds in the SCP download.`,
      { hint: 'Nothing was changed. Try again, and check whether the card is busy.' },
    );
  }
}
