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
  /** Takes each piece as it is handed to the network. */
  readonly piece?: (bytes: Buffer) => void;
  /** Called when the card is ready, right before the file is offered. If it throws, nothing is sent. */
  readonly ready?: () => Promise<void>;
}

/**
 * Result of an upload. `unknown`: all bytes were sent, and no final answer came. The listing of the card
 * decides.
 */
export type UploadEnd = 'done' | 'unknown';

const CHUNK = 128 * 1024;
/**
 * Limit of the bytes that wait in this process for the network; the buffers of the system are not counted.
 */
const MAX_BUFFERED = 64 * 1024;
/** Progress reports of one upload, at most: thousands of them a second would cost more than the upload. */
const PROGRESS_REPORTS = 100;
const MAX_ERROR_BYTES = 1024;

/**
 * Sends a file by the old SCP protocol over an exec channel. Cards have no SFTP, and `scp -t` is the only
 * program they run. It uses no other option, because some cards reject them. Throws Problem link/* and
 * device/*.
 */
export function uploadByScp(upload: ScpUpload): Promise<UploadEnd> {
  return withSsh(upload.ssh, (client) => {
    const { network } = upload.ssh;
    const where = `${network.host}:${network.ports.ssh}`;
    return new Promise((resolve, reject) => {
      client.exec(`scp -t ${upload.folder}${upload.name}`, (error, channel) => {
        if (error !== undefined) {
          reject(
            new Problem('link/scp', `${where} does not accept files by SCP: ${sanitize(error.message)}.`, {
              hint: 'Enable SCP on the card, or add ftp to transfer: in the inventory.',
              cause: error,
            }),
          );
          return;
        }
        recordLine(upload.ssh, 'sent', `scp -t ${upload.folder}${upload.name}`);
        send(channel, socketOf(client), upload, where).then(
          (end) => {
            const last = end === 'done' ? 'acknowledged' : 'without a final answer';
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
              `SCP upload of ${upload.name} failed: ${asProblem(thrown).message}`,
            );
            reject(thrown);
          },
        );
      });
    });
  });
}

/**
 * The library accepts bytes while the channel window is open, and keeps them encrypted until the network
 * takes them: a whole image for each of many cards. Only its socket shows how many bytes wait, and it has no
 * public name.
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
  let reported = 0;
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const next = bytes.subarray(start, start + CHUNK);
    upload.piece?.(next);
    await sink.write(next, stalledSeconds);
    const sent = Math.min(start + CHUNK, bytes.length);
    if (sent - reported < bytes.length / PROGRESS_REPORTS && sent < bytes.length) continue;
    reported = sent;
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

/** The other side of the protocol: it answers each message with 0, or with 1 or 2 and an error line. */
class Sink {
  readonly #channel: ClientChannel;
  readonly #socket: Socket | null;
  readonly #where: string;
  readonly #clock: Clock;
  #received = Buffer.alloc(0);
  #closed = false;
  readonly #dataSignal = new DataSignal();

  constructor(channel: ClientChannel, socket: Socket | null, where: string, clock: Clock) {
    this.#channel = channel;
    this.#socket = socket;
    this.#where = where;
    this.#clock = clock;
    channel.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]).subarray(0, MAX_ERROR_BYTES * 2);
      this.#dataSignal.happened();
    });
    channel.stderr.on('data', () => undefined);
    const close = (): void => {
      this.#closed = true;
      this.#dataSignal.happened();
    };
    channel.on('close', close);
    channel.on('error', close);
    socket?.on('drain', this.#dataSignal.happened);
  }

  async write(bytes: Buffer, seconds: number): Promise<void> {
    this.#throwOnError();
    if (this.#closed) throw this.#closedProblem();
    let taken = false;
    // The library writes each packet in three parts. Corked together they take one system call instead of
    // three.
    this.#socket?.cork();
    this.#channel.write(bytes, () => {
      taken = true;
      this.#dataSignal.happened();
    });
    this.#socket?.uncork();
    const deadline = this.#now() + seconds * 1000;
    while (!taken || this.#isWaiting()) {
      if (this.#closed) throw this.#closedProblem();
      this.#throwOnError();
      if (!(await this.#dataSignal.within(deadline - this.#now()))) throw this.#timeoutProblem(seconds);
    }
  }

  /**
   * Wall time: the limits of an upload are those of the network, and the clock of a simulated device runs
   * faster.
   */
  #now(): number {
    return this.#clock.now().getTime();
  }

  #isWaiting(): boolean {
    return this.#socket !== null && !this.#socket.destroyed && this.#socket.writableLength > MAX_BUFFERED;
  }

  async acknowledged(seconds: number): Promise<void> {
    const deadline = this.#now() + seconds * 1000;
    for (;;) {
      if (this.#received[0] === 0) {
        this.#received = this.#received.subarray(1);
        return;
      }
      this.#throwOnError();
      if (this.#closed) throw this.#closedProblem();
      if (!(await this.#dataSignal.within(deadline - this.#now()))) throw this.#timeoutProblem(seconds);
    }
  }

  #throwOnError(): void {
    const [first] = this.#received;
    if (first === undefined || first === 0) return;
    const end = this.#received.indexOf(0x0a);
    if (end === -1 && this.#received.length < MAX_ERROR_BYTES && !this.#closed) return;
    const text = sanitize(
      this.#received.toString('latin1', first <= 2 ? 1 : 0, end === -1 ? undefined : end),
    );
    throw new Problem('device/no-room', `${this.#where} does not accept the file: ${text}.`, {
      hint: 'Look at the folder upsfw on the card: another image may fill it.',
    });
  }

  #closedProblem(): Problem {
    return new Problem('link/closed', `${this.#where} closed the connection during the SCP upload.`, {
      hint: 'Nothing was started. Try again; the card may have restarted.',
    });
  }

  #timeoutProblem(seconds: number): Problem {
    return new Problem(
      'link/timeout',
      `${this.#where} took longer than ${seconds} seconds in the SCP upload.`,
      {
        hint: 'Nothing was started. Try again, and check whether the card is busy.',
      },
    );
  }
}
