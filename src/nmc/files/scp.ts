import { Socket } from 'node:net';
import type { Client, ClientChannel } from 'ssh2';
import { asProblem, type Clock, Problem, sanitize } from '../../core/index.ts';
import { DataSignal } from '../session/data-signal.ts';
import { type SshOptions, withSsh } from '../session/ssh.ts';
import { recordLine } from '../session/transcript.ts';

export interface ScpUpload {
  readonly ssh: SshOptions;
  /** Folder with its final slash. */
  readonly folder: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly stalledSeconds: number;
  readonly afterLastByteSeconds: number;
  readonly progress: (sent: number) => void;
  /** Called when the sink is ready, right before the line that offers the file. If it throws, nothing is sent. */
  readonly ready?: () => Promise<void>;
}

/** How an upload ended. `unknown`: all bytes left, and the last word did not come; the listing of the card decides. */
export type UploadEnd = 'done' | 'unknown';

const CHUNK = 128 * 1024;
/** Bytes that wait in this process for the network, at most; what the system takes is not counted. */
const MOST_WAITING = 64 * 1024;
/** Words about the progress of one upload, at most: thousands of them a second would cost more than the upload. */
const WORDS = 100;
const LONGEST_COMPLAINT = 1024;

/**
 * Sends a file by the old SCP protocol over an exec channel; cards have no SFTP, and `scp -t` is the only program they
 * run. No options but `-t`: some sinks refuse any other. Throws Problem link/* and device/*.
 */
export function uploadByScp(upload: ScpUpload): Promise<UploadEnd> {
  return withSsh(upload.ssh, (client) => {
    const { network } = upload.ssh;
    const where = `${network.host}:${network.ports.ssh}`;
    return new Promise((resolve, reject) => {
      client.exec(`scp -t ${upload.folder}${upload.name}`, (error, channel) => {
        if (error !== undefined) {
          reject(
            new Problem('link/scp', `${where} does not take files by SCP: ${sanitize(error.message)}.`, {
              hint: 'Switch SCP on in the card, or add ftp to transfer: in the inventory.',
              cause: error,
            }),
          );
          return;
        }
        recordLine(upload.ssh, 'sent', `scp -t ${upload.folder}${upload.name}`);
        send(channel, socketOf(client), upload, where).then(
          (end) => {
            const last = end === 'done' ? 'acknowledged' : 'without a last word';
            recordLine(
              upload.ssh,
              'note',
              `${upload.bytes.length} bytes of ${upload.name} sent by SCP, ${last}`,
            );
            resolve(end);
          },
          (thrown: unknown) => {
            recordLine(
              upload.ssh,
              'note',
              `SCP upload of ${upload.name} broke off: ${asProblem(thrown).message}`,
            );
            reject(thrown);
          },
        );
      });
    });
  });
}

/**
 * The library takes bytes as long as the window of the channel is open, and keeps them encrypted until the network takes
 * them: the whole image for each of many cards. Only its socket tells how many wait; it has no public name.
 */
function socketOf(client: Client): Socket | null {
  const socket: unknown = Reflect.get(client, '_sock');
  return socket instanceof Socket ? socket : null;
}

async function send(
  channel: ClientChannel,
  socket: Socket | null,
  upload: ScpUpload,
  where: string,
): Promise<UploadEnd> {
  const sink = new Sink(channel, socket, where, upload.ssh.clock);
  const { bytes, name, stalledSeconds } = upload;
  await sink.acknowledged(stalledSeconds);
  await upload.ready?.();
  await sink.write(Buffer.from(`C0644 ${bytes.length} ${name}\n`, 'latin1'), stalledSeconds);
  await sink.acknowledged(stalledSeconds);
  let told = 0;
  for (let start = 0; start < bytes.length; start += CHUNK) {
    await sink.write(bytes.subarray(start, start + CHUNK), stalledSeconds);
    const sent = Math.min(start + CHUNK, bytes.length);
    if (sent - told < bytes.length / WORDS && sent < bytes.length) continue;
    told = sent;
    upload.progress(sent);
  }
  await sink.write(Buffer.from([0]), stalledSeconds);
  try {
    await sink.acknowledged(upload.afterLastByteSeconds);
  } catch (thrown) {
    if (thrown instanceof Problem && (thrown.code === 'link/closed' || thrown.code === 'link/timeout'))
      return 'unknown';
    throw thrown;
  }
  channel.end();
  return 'done';
}

/** The far end of the protocol: one byte of answer a message, 0 for yes, 1 or 2 and a line of text for no. */
class Sink {
  readonly #channel: ClientChannel;
  readonly #socket: Socket | null;
  readonly #where: string;
  readonly #clock: Clock;
  #received = Buffer.alloc(0);
  #closed = false;
  readonly #arrival = new DataSignal();

  constructor(channel: ClientChannel, socket: Socket | null, where: string, clock: Clock) {
    this.#channel = channel;
    this.#socket = socket;
    this.#where = where;
    this.#clock = clock;
    channel.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]).subarray(0, LONGEST_COMPLAINT * 2);
      this.#arrival.happened();
    });
    channel.stderr.on('data', () => undefined);
    const close = (): void => {
      this.#closed = true;
      this.#arrival.happened();
    };
    channel.on('close', close);
    channel.on('error', close);
    socket?.on('drain', this.#arrival.happened);
  }

  async write(bytes: Buffer, seconds: number): Promise<void> {
    this.#refuseComplaint();
    if (this.#closed) throw this.#lost();
    let taken = false;
    // The library writes each packet in three parts; held together they cost one call of the system, not three.
    this.#socket?.cork();
    this.#channel.write(bytes, () => {
      taken = true;
      this.#arrival.happened();
    });
    this.#socket?.uncork();
    const deadline = this.#now() + seconds * 1000;
    while (!taken || this.#isWaiting()) {
      if (this.#closed) throw this.#lost();
      this.#refuseComplaint();
      if (!(await this.#arrival.within(deadline - this.#now()))) throw this.#slow(seconds);
    }
  }

  /** Wall time: the limits of an upload are those of the network, and the clock of a simulated device runs faster. */
  #now(): number {
    return this.#clock.now().getTime();
  }

  #isWaiting(): boolean {
    return this.#socket !== null && !this.#socket.destroyed && this.#socket.writableLength > MOST_WAITING;
  }

  async acknowledged(seconds: number): Promise<void> {
    const deadline = this.#now() + seconds * 1000;
    for (;;) {
      if (this.#received[0] === 0) {
        this.#received = this.#received.subarray(1);
        return;
      }
      this.#refuseComplaint();
      if (this.#closed) throw this.#lost();
      if (!(await this.#arrival.within(deadline - this.#now()))) throw this.#slow(seconds);
    }
  }

  #refuseComplaint(): void {
    const [first] = this.#received;
    if (first === undefined || first === 0) return;
    const end = this.#received.indexOf(0x0a);
    if (end === -1 && this.#received.length < LONGEST_COMPLAINT && !this.#closed) return;
    const text = sanitize(
      this.#received.toString('latin1', first <= 2 ? 1 : 0, end === -1 ? undefined : end),
    );
    throw new Problem('device/no-room', `${this.#where} does not take the file: ${text}.`, {
      hint: 'Look at the folder upsfw on the card: another image may fill it.',
    });
  }

  #lost(): Problem {
    return new Problem('link/closed', `${this.#where} closed the connection during the SCP upload.`, {
      hint: 'Nothing was started. Try again; the card may have restarted.',
      transient: true,
    });
  }

  #slow(seconds: number): Problem {
    return new Problem(
      'link/timeout',
      `${this.#where} took longer than ${seconds} seconds in the SCP upload.`,
      {
        hint: 'Nothing was started. Try again; see whether the card is busy.',
        transient: true,
      },
    );
  }
}
