import type { ServerChannel } from 'ssh2';
import type { SimulatedDevice } from '../../device/device.ts';
import { absolutePath, cardFiles } from '../../device/files.ts';

const LARGEST_FILE = 16 * 1024 * 1024;
const LONGEST_LINE = 512;
const LINE = /^C0\d{3} (\d{1,9}) ([A-Za-z0-9._-]+)$/;

/**
 * The receiving side of the old SCP protocol: `C0644 size name`, the bytes, a zero byte; each acknowledged by
 * a zero byte. The error texts of a card are not published; these are those of other receivers.
 */
export function receiveScp(
  device: SimulatedDevice,
  target: string,
  channel: ServerChannel,
  hangUp: () => void,
): void {
  const files = cardFiles(device);
  const path = absolutePath(target, '/');
  let buffered = Buffer.alloc(0);
  let file: { readonly path: string; readonly size: number } | null = null;
  let ignoring = false;
  const refuse = (text: string): void => {
    ignoring = true;
    channel.write(`\x01scp: ${text}\n`);
    channel.exit(1);
    channel.end();
  };
  const acknowledge = (): void => {
    channel.write('\0');
  };
  const stored = (whole: string, bytes: Buffer): void => {
    const answer = files.store(whole, bytes);
    if (answer === 'stored') {
      if (device.has('scp-no-last-ack')) hangUp();
      else acknowledge();
      return;
    }
    // A card that accepts firmware for itself is already down, with all connections.
    if (answer !== 'flashing') refuse(`${whole}: Permission denied`);
  };

  if (device.has('scp-refused')) {
    refuse('/upsfw: No space left on device');
    return;
  }
  acknowledge();
  channel.on('data', (chunk: Buffer) => {
    if (ignoring) return;
    buffered = Buffer.concat([buffered, chunk]);
    if (file === null) {
      const end = buffered.indexOf(0x0a);
      if (end === -1) {
        if (buffered.length > LONGEST_LINE) refuse('protocol error');
        return;
      }
      const [, digits, name = ''] = LINE.exec(buffered.toString('latin1', 0, end)) ?? [];
      const size = Number(digits ?? Number.NaN);
      if (digits === undefined || size > LARGEST_FILE) {
        refuse('protocol error');
        return;
      }
      const whole = files.isFolder(path) ? absolutePath(name, path) : path;
      const acceptance = files.accepts(whole, size);
      if (acceptance !== 'stored') {
        refuse(`${whole}: ${acceptance === 'no-room' ? 'No space left on device' : 'Permission denied'}`);
        return;
      }
      file = { path: whole, size };
      buffered = buffered.subarray(end + 1);
      acknowledge();
    }
    if (buffered.length > file.size / 2) {
      if (device.has('scp-hang-up-half-way')) {
        ignoring = true;
        hangUp();
        return;
      }
      if (device.has('scp-stalls')) {
        ignoring = true;
        return;
      }
    }
    if (buffered.length < file.size + 1) return;
    const { path: whole, size } = file;
    const bytes = Buffer.from(buffered.subarray(0, size));
    buffered = buffered.subarray(size + 1);
    file = null;
    stored(whole, bytes);
  });
  channel.on('end', () => {
    if (ignoring) return;
    channel.exit(0);
    channel.end();
  });
}
