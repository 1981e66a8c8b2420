import type { ServerChannel } from 'ssh2';
import type { SimulatedDevice } from './device.ts';

const LARGEST_FILE = 16 * 1024 * 1024;
const LONGEST_LINE = 512;

/** The receiving side of the old SCP protocol: `C0644 size name`, the bytes, a zero byte; each acknowledged by a zero. */
export function receiveScp(device: SimulatedDevice, channel: ServerChannel, hangUp: () => void): void {
  let waiting = Buffer.alloc(0);
  let file: { readonly name: string; readonly size: number } | null = null;
  const refuse = (text: string): void => {
    channel.write(`\x01scp: ${text}\n`);
    channel.exit(1);
    channel.end();
  };
  const acknowledge = (): void => {
    channel.write('\0');
  };
  if (device.has('scp-refused')) {
    refuse('/upsfw: No space left on device');
    return;
  }
  acknowledge();
  channel.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (file === null) {
      const end = waiting.indexOf(0x0a);
      if (end === -1) {
        if (waiting.length > LONGEST_LINE) refuse('protocol error');
        return;
      }
      const found = /^C0\d{3} (\d{1,9}) ([A-Za-z0-9._-]+)$/.exec(waiting.toString('latin1', 0, end));
      const size = Number(found?.[1] ?? Number.NaN);
      if (found === null || size > LARGEST_FILE) {
        refuse('protocol error');
        return;
      }
      file = { name: found[2] ?? '', size };
      waiting = waiting.subarray(end + 1);
      acknowledge();
    }
    if (device.has('scp-hang-up-half-way') && waiting.length > file.size / 2) {
      hangUp();
      return;
    }
    if (waiting.length < file.size + 1) return;
    device.store(file.name, Buffer.from(waiting.subarray(0, file.size)));
    waiting = waiting.subarray(file.size + 1);
    file = null;
    acknowledge();
  });
  channel.on('end', () => {
    channel.exit(0);
    channel.end();
  });
}
