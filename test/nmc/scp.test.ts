import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { uploadByScp } from '../../src/nmc/files/scp.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const HOST_KEY = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

/** A server with one channel per connection; the test handles `scp -t`. */
async function serve(act: (channel: ServerChannel, connection: Connection) => void): Promise<number> {
  const open = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [HOST_KEY] }, (connection) => {
    open.add(connection);
    connection.on('error', () => undefined);
    connection.on('close', () => open.delete(connection));
    connection.on('authentication', (context) => context.accept());
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec) => act(acceptExec(), connection));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = async () => {
    for (const connection of open) connection.end();
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function upload(port: number, bytes: Buffer, progress: (sent: number) => void = () => undefined) {
  return uploadByScp({
    ssh: {
      network: {
        host: '127.0.0.1',
        ports: { snmp: 161, ssh: port, ftp: 21, telnet: 23, http: 80, https: 443 },
        snmp: null,
        write: null,
        login: { user: 'apc', password: new Secret('secret') },
        transfer: ['scp'],
        start: ['cli'],
        plaintext: false,
        legacySsh: false,
      },
      hostKeys: { get: async () => null, add: async () => undefined },
      handshakeSeconds: 30,
      clock: systemClock,
      signal: new AbortController().signal,
    },
    folder: '/upsfw/',
    name: 'a.enc',
    bytes,
    stalledSeconds: 2,
    afterLastByteSeconds: 2,
    progress,
  });
}

/**
 * Keeps the bytes after the line with name and size; calls `whole` when all bytes and the closing byte have
 * arrived.
 */
function receive(channel: ServerChannel, size: number, whole: (bytes: Buffer) => void): void {
  let received: Buffer = Buffer.alloc(0);
  channel.write('\0');
  channel.once('data', (line: Buffer) => {
    expect(line.toString()).toBe(`C0644 ${size} a.enc\n`);
    channel.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length === size + 1) whole(received.subarray(0, size));
    });
    channel.write('\0');
  });
}

describe('an upload by SCP', () => {
  const image = Buffer.alloc(3_000_001, 'image');

  it('arrives byte for byte, larger than the window, with few progress reports', async () => {
    let arrived: Buffer = Buffer.alloc(0);
    const port = await serve((channel) =>
      receive(channel, image.length, (bytes) => {
        arrived = bytes;
        channel.write('\0');
      }),
    );
    const reported: number[] = [];
    expect(await upload(port, image, (sent) => reported.push(sent))).toBe('done');
    expect(arrived.equals(image)).toBe(true);
    expect(reported.length).toBeLessThanOrEqual(100);
    expect(reported.at(-1)).toBe(image.length);
    expect([...reported].sort((a, b) => a - b)).toEqual(reported);
  });

  it('of an empty file works', async () => {
    const port = await serve((channel) => receive(channel, 0, () => channel.write('\0')));
    expect(await upload(port, Buffer.alloc(0))).toBe('done');
  });

  it('is unknown when the receiver disconnects after the last byte, or is silent', async () => {
    const gone = await serve((channel, connection) => receive(channel, image.length, () => connection.end()));
    expect(await upload(gone, image)).toBe('unknown');
    await close();
    const silent = await serve((channel) => receive(channel, image.length, () => undefined));
    expect(await upload(silent, image)).toBe('unknown');
  });

  it('fails when the receiver stops reading, and its progress stops there', async () => {
    const port = await serve((channel) => {
      channel.write('\0');
      channel.once('data', () => {
        channel.pause();
        channel.write('\0');
      });
    });
    let last = 0;
    const large = Buffer.alloc(12_000_000, 'image');
    await expect(
      upload(port, large, (sent) => {
        last = sent;
      }),
    ).rejects.toMatchObject({ code: 'link/timeout' });
    // No more than the windows of both sides.
    expect(last).toBeLessThan(large.length / 2);
  });

  it('fails with the error of the receiver during the upload', async () => {
    const port = await serve((channel) => {
      channel.write('\0');
      channel.once('data', () => {
        channel.write('\0');
        channel.write('\u0001scp: no space\u0007 left\n');
      });
    });
    await expect(upload(port, Buffer.alloc(12_000_000))).rejects.toMatchObject({
      code: 'device/no-room',
      message: expect.stringContaining('no space'),
    });
  });
});
