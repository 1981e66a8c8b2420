import type { ServerChannel } from 'ssh2';
import type { SimulatedDevice } from '../device/device.ts';
import { absolutePath, cardFiles } from '../device/files.ts';

/** The sending side of the old SCP protocol: each of its pieces waits for a zero byte of the receiver. */
export function sendScp(device: SimulatedDevice, target: string, channel: ServerChannel): void {
  const path = absolutePath(target, '/');
  const bytes = cardFiles(device).read(path);
  const end = (code: number): void => {
    channel.exit(code);
    channel.end();
  };
  if (bytes === null) {
    channel.write(`\x01scp: ${path}: No such file or directory\n`);
    end(1);
    return;
  }
  const name = path.slice(path.lastIndexOf('/') + 1);
  const pieces = [
    Buffer.from(`C0644 ${bytes.length} ${name}\n`, 'latin1'),
    Buffer.concat([bytes, Buffer.alloc(1)]),
  ];
  let over = false;
  channel.on('data', (chunk: Buffer) => {
    for (const byte of chunk) {
      if (over) return;
      const piece = byte === 0 ? pieces.shift() : undefined;
      if (piece !== undefined) {
        channel.write(piece);
        continue;
      }
      over = true;
      if (byte === 0) device.counters.downloads += 1;
      end(byte === 0 ? 0 : 1);
    }
  });
}
