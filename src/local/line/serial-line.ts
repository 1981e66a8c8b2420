import { access, constants, stat } from 'node:fs/promises';
import type { SerialPort } from 'serialport';
import { hasCode, Problem, sanitize } from '../../core/index.ts';
import { Inbox } from './inbox.ts';
import { assertNotStopped, type ByteLine, type LineTime, type Rate } from './line.ts';

/** A write that takes longer than this hangs. Milliseconds. */
const LONGEST_WRITE = 10_000;

/**
 * Opens a serial port with the optional package `serialport`, which is loaded here. The port is locked
 * against other programs that check the lock. Rejects with Problem link/port.
 */
export async function openSerialLine(path: string, rate: Rate, time: LineTime): Promise<ByteLine> {
  await assertSerialPort(path);
  const { SerialPort } = await loadPackage();
  const port = new SerialPort({ path, baudRate: rate, autoOpen: false, lock: true });
  await new Promise<void>((resolve, reject) => {
    port.open((error) =>
      error === null || error === undefined ? resolve() : reject(openFailed(path, error)),
    );
  });
  return wrapPort(port, time);
}

async function loadPackage(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (cause) {
    throw new Problem('link/port', 'The package serialport, which opens serial ports, is not installed.', {
      hint: 'Install it with upsfw: npm install serialport. Network and USB units need no such package.',
      cause,
    });
  }
}

async function assertSerialPort(path: string): Promise<void> {
  // Windows ports are not files.
  if (process.platform === 'win32') return;
  const shown = sanitize(path);
  try {
    const { isCharacterDevice } = await kindOf(path);
    if (!isCharacterDevice) {
      throw new Problem('link/port', `${shown} is not a serial port: it is not a device.`, {
        hint: 'List the ports of this machine with: upsfw local ports',
      });
    }
    await access(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    if (hasCode(cause, 'ENOENT')) {
      throw new Problem('link/port', `There is no port ${shown}.`, {
        hint: 'Check that the adapter is plugged in. List the ports with: upsfw local ports',
        cause,
      });
    }
    throw new Problem('link/port', `This user may not open the port ${shown}.`, {
      hint: 'Add the user to the group of the port (dialout on Debian), log in again and retry.',
      cause,
    });
  }
}

async function kindOf(path: string): Promise<{ readonly isCharacterDevice: boolean }> {
  const found = await stat(path);
  return { isCharacterDevice: found.isCharacterDevice() };
}

function openFailed(path: string, cause: Error): Problem {
  return new Problem(
    'link/port',
    `The port ${sanitize(path)} cannot be opened: ${sanitize(cause.message)}.`,
    {
      hint: 'It may not be a serial port, or another program may have it open: upsfw local ports shows both.',
      cause,
    },
  );
}

function wrapPort(port: SerialPort, time: LineTime): ByteLine {
  const inbox = new Inbox(time);
  const gone = (cause?: unknown): void =>
    inbox.end(
      new Problem(
        'link/closed',
        `The port ${sanitize(port.path)} disappeared: the cable or its adapter was pulled.`,
        {
          hint: 'Plug it in again, then run: upsfw local inspect PORT',
          cause,
        },
      ),
    );
  port.on('data', (bytes: Buffer) => inbox.push(bytes));
  port.on('error', gone);
  port.on('close', gone);
  let closing: Promise<void> | null = null;
  return {
    name: port.path,
    async write(bytes) {
      assertNotStopped(port.path, time);
      if (inbox.ended !== null) throw inbox.ended;
      await writeWithTimeout(port, bytes, time);
      if (inbox.ended !== null) throw inbox.ended;
    },
    read: (milliseconds) => inbox.take(milliseconds),
    discard: () => inbox.clear(),
    setRate: (rate) =>
      new Promise((resolve, reject) => {
        port.update({ baudRate: rate }, (error) =>
          error === null || error === undefined ? resolve() : reject(openFailed(port.path, error)),
        );
      }),
    close() {
      closing ??= new Promise((resolve) => {
        if (!port.isOpen) resolve();
        // A port that disappeared needs no further close.
        else port.close(() => resolve());
      });
      return closing;
    },
  };
}

async function writeWithTimeout(port: SerialPort, bytes: Uint8Array, { clock }: LineTime): Promise<void> {
  const done = new AbortController();
  const written = new Promise<void>((resolve, reject) => {
    port.write(Buffer.from(bytes), (error) =>
      error === null || error === undefined
        ? resolve()
        : reject(
            new Problem(
              'link/closed',
              `The port ${sanitize(port.path)} accepts no bytes (${sanitize(error.message)}): the cable or its adapter may have been pulled.`,
              {
                hint: 'Check cable and adapter, then run: upsfw local inspect PORT',
                cause: error,
              },
            ),
          ),
    );
  });
  const timeout = clock.sleep(LONGEST_WRITE, done.signal).then(() => {
    if (done.signal.aborted) return;
    throw new Problem('link/timeout', `The port ${sanitize(port.path)} accepts no bytes.`, {
      hint: 'Pull the adapter out and plug it in again.',
    });
  });
  try {
    await Promise.race([written, timeout]);
  } finally {
    done.abort();
  }
}
