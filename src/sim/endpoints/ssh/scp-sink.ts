import type { ServerChannel } from 'ssh2';
import type { SimulatedDevice } from '../../device/device.ts';
import { absolutePath, cardFiles } from '../../device/files.ts';

const LARGEST_FILE = 16 * 1024 * 1024;
const LONGEST_LINE = 512;
const LINE = /^C0\d{3} (\d{1,9}) ([A-Za-z0-9._-]+)$/;

/**
 * The receiving side of the old SCP protocol: `C0644 size name`, the bytes, a zero byte; each acknowledged by a zero. What a card
 * complains of in words is published nowhere; the words here are those of other receivers.
 */
export function receiveScp(
  device: SimulatedDevice,
  target: string,
  channel: ServerChannel,
  hangUp: () => void,
): void {
  const files = cardFiles(device);
  const path = absolutePath(target, '/');
  let waiting = Buffer.alloc(0);
  let file: { readonly path: string; readonly size: number } | null = null;
  let deaf = false;
  const refuse = (text: string): void => {
    deaf = true;
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
    // A card that takes firmware for itself is gone already, with every connection.
    if (answer !== 'flashing') refuse(`${whole}: Permission denied`);
  };

  if (device.has('scp-refused')) {
    refuse('/upsfw: No space left on device');
    return;
  }
  acknowledge();
  channel.on('data', (chunk: Buffer) => {
    if (deaf) return;
    waiting = Buffer.concat([waiting, chunk]);
    if (file === null) {
      const end = waiting.indexOf(0x0a);
      if (end === -1) {
        if (waiting.length > LONGEST_LINE) refuse('protocol error');
        return;
      }
      const [, digits, name = ''] = LINE.exec(waiting.toString('latin1', 0, end)) ?? [];
      const size = Number(digits ?? Number.NaN);
      if (digits === undefined || size > LARGEST_FILE) {
        refuse('protocol error');
        return;
      }
      const whole = files.isFolder(path) ? absolutePath(name, path) : path;
      const outlook = files.accepts(whole, size);
      if (outlook !== 'stored') {
        refuse(`${whole}: ${outlook === 'no-room' ? 'No space left on device' : 'Permission denied'}`);
        return;
      }
      file = { path: whole, size };
      waiting = waiting.subarray(end + 1);
      acknowledge();
    }
    if (waiting.length > file.size / 2) {
      if (device.has('scp-hang-up-half-way')) {
        deaf = true;
        hangUp();
        return;
      }
      if (device.has('scp-stalls')) {
        deaf = true;
        return;
      }
    }
    if (waiting.length < file.size + 1) return;
    const { path: whole, size } = file;
    const bytes = Buffer.from(waiting.subarray(0, size));
    waiting = waiting.subarray(size + 1);
    file = null;
    stored(whole, bytes);
  });
  channel.on('end', () => {
    if (deaf) return;
    channel.exit(0);
    channel.end();
  });
}
