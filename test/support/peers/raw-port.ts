import { SerialPort } from 'serialport';

/** The other side of a port: writes bytes, and reads them as they arrive. */
export interface RawPort {
  write(bytes: Uint8Array | string): void;
  /** The next `count` bytes, as soon as they have arrived. */
  take(count: number): Promise<Buffer>;
  /** Everything up to a text or the first match of a pattern, as soon as it has arrived. */
  takeUntil(end: string | RegExp): Promise<string>;
  /** Bytes that arrived and were not taken. */
  rest(): Buffer;
  setRate(rate: number): Promise<void>;
  close(): Promise<void>;
}

const open: RawPort[] = [];

/** Opens a port at a baud rate. */
export async function openRaw(path: string, rate = 9600): Promise<RawPort> {
  const port = new SerialPort({ path, baudRate: rate, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null ? resolve() : reject(error)));
  });
  let buffer = Buffer.alloc(0);
  let look = (): void => undefined;
  port.on('data', (bytes: Buffer) => {
    buffer = Buffer.concat([buffer, bytes]);
    look();
  });
  // Pulling a cable is also reported as an error.
  port.on('error', () => undefined);
  /** Resolves with what `cut` finds; checked after every change. */
  const until = (cut: () => number | null): Promise<Buffer> =>
    new Promise((resolve) => {
      look = () => {
        const length = cut();
        if (length === null) return;
        look = () => undefined;
        const taken = buffer.subarray(0, length);
        buffer = Buffer.from(buffer.subarray(length));
        resolve(Buffer.from(taken));
      };
      look();
    });
  const raw: RawPort = {
    write: (bytes) => {
      port.write(typeof bytes === 'string' ? bytes : Buffer.from(bytes));
    },
    take: (count) => until(() => (buffer.length < count ? null : count)),
    takeUntil: async (end) => {
      const taken = await until(() => {
        const text = buffer.toString('latin1');
        const [found] = typeof end === 'string' ? [end] : (end.exec(text) ?? []);
        const at = found === undefined ? -1 : text.indexOf(found);
        return found === undefined || at === -1 ? null : at + found.length;
      });
      return taken.toString('latin1');
    },
    rest: () => buffer,
    setRate: (baudRate) =>
      new Promise((resolve, reject) => {
        port.update({ baudRate }, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () =>
      new Promise((resolve) => {
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  };
  open.push(raw);
  return raw;
}

/** Closes every port that a test opened. */
export async function closeRaw(): Promise<void> {
  await Promise.all(open.splice(0).map((port) => port.close()));
}
