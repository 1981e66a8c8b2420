import { afterEach, describe, expect, it } from 'vitest';
import type { NetworkAccess } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { downloadByFtp, listByFtp, removeByFtp, uploadByFtp } from '../../src/nmc/files/ftp.ts';
import {
  passive,
  type RawFtp,
  type RawFtpOptions,
  type Reaction,
  startRawFtp,
} from '../support/devices/ftp-server.ts';

const signal = new AbortController().signal;
let server: RawFtp;
afterEach(() => server?.close());

const start = async (how?: RawFtpOptions): Promise<NetworkAccess> => {
  server = await startRawFtp(how);
  return server.network;
};
const options = (network: NetworkAccess, silenceSeconds = 20) => ({
  network,
  clock: systemClock,
  signal,
  silenceSeconds,
});
const image = Buffer.alloc(700_001, 'image');
const upload = (network: NetworkAccess, silenceSeconds = 20, progress = (_: number): void => undefined) =>
  uploadByFtp({
    ...options(network, silenceSeconds),
    folder: '/upsfw/',
    name: 'a.enc',
    bytes: image,
    progress,
  });

describe('files of a card', () => {
  it('are sent, listed, read and removed on an old server', async () => {
    const network = await start();
    const reported: number[] = [];
    expect(await upload(network, 20, (sent) => reported.push(sent))).toBe('done');
    expect(server.files.get('a.enc')?.equals(image)).toBe(true);
    expect(reported.length).toBeGreaterThan(5);
    expect(reported.length).toBeLessThan(102);
    expect(await listByFtp(options(network), '/upsfw/')).toEqual([{ name: 'a.enc', bytes: 700_001 }]);
    expect((await downloadByFtp(options(network), 'a.enc', image.length)).equals(image)).toBe(true);
    await removeByFtp(options(network), '/upsfw/', 'a.enc');
    expect(server.files.size).toBe(0);
  });

  it('are reported as missing', async () => {
    const network = await start();
    await expect(downloadByFtp(options(network), 'no.txt', 10)).rejects.toMatchObject({
      code: 'device/no-file',
    });
  });

  it('that are larger than expected are not read to their end', async () => {
    const network = await start();
    server.files.set('a.enc', image);
    await expect(downloadByFtp(options(network), 'a.enc', image.length - 1)).rejects.toMatchObject({
      code: 'device/garbage',
      message: expect.stringContaining('more than 700000 bytes'),
    });
  });
});

// Other systems have only one loopback address.
describe.runIf(process.platform === 'linux')(
  'a card that names another address for its data connections',
  () => {
    const elsewhere: Reaction = ({ verb, control, server: raw }) => {
      if (verb !== 'PASV') return false;
      control.write(passive('127.0.0.2', raw.dataPort));
      return true;
    };

    it('is refused, with the option that allows it', async () => {
      const network = await start({ react: elsewhere, dataHost: '127.0.0.2' });
      await expect(upload(network)).rejects.toMatchObject({
        code: 'link/ftp',
        message: expect.stringContaining('names 127.0.0.2 for its data connection, not 127.0.0.1'),
        hint: expect.stringContaining('ftp: { separateDataHost: true }'),
      });
      expect(server.commands).not.toContain('STOR a.enc');
    });

    it('is used there if the inventory allows it', async () => {
      const network = await start({ react: elsewhere, dataHost: '127.0.0.2' });
      server.files.set('a.enc', image);
      const allowed = { ...network, ftp: { separateDataHost: true } };
      expect(await listByFtp(options(allowed), '/upsfw/')).toEqual([{ name: 'a.enc', bytes: 700_001 }]);
      expect(server.dataAddresses).toEqual(['127.0.0.2']);
    });
  },
);
