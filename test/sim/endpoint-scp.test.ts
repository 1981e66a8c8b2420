import { afterEach, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/sim/access.ts';
import { buildCardFile, cardFileName } from '../../src/sim/device/card-file-builder.ts';
import { absolutePath, cardFiles } from '../../src/sim/device/files.ts';
import { closeDevices, makeDevice } from '../support/devices/device.ts';
import {
  closeSshDevices,
  fetchFile,
  gone,
  LEGACY,
  openShell,
  openSshDevice,
  sendFile,
} from '../support/devices/ssh-device.ts';

afterEach(async () => {
  await closeSshDevices();
  closeDevices();
});

const IMAGE = Buffer.alloc(100_000, 'image');
const DONE = '\0\0\0';

describe('a file sent by scp', () => {
  it.each(['scp -t /upsfw/', 'scp -q -t upsfw', 'scp -t /upsfw/A.enc'])(
    'is stored in the folder with %s',
    async (command) => {
      const { device, login } = await openSshDevice();
      const { channel, received } = await sendFile(await login(), command, 'A.enc', IMAGE);
      await received.until(({ text }) => text === DONE);
      channel.end();
      await received.until(({ closed }) => closed);
      expect(device.files.get('A.enc')).toEqual(IMAGE);
      expect(device.counters.uploads).toBe(1);
    },
  );

  it('is refused before its bytes if the card has no such folder', async () => {
    const { device, login } = await openSshDevice();
    const { received } = await sendFile(await login(), 'scp -t /nowhere/A.enc', 'A.enc', IMAGE);
    expect(await received.until(({ closed }) => closed)).toContain(
      '\0\x01scp: /nowhere/A.enc: Permission denied',
    );
    expect(device.counters.uploads).toBe(0);
  });

  it('is refused if there is no space', async () => {
    const { device, login } = await openSshDevice({ change: { flashBytes: 150_000 } });
    device.files.set('A.enc', IMAGE);
    const other = await sendFile(await login(), 'scp -t /upsfw/', 'B.enc', IMAGE);
    expect(await other.received.until(({ closed }) => closed)).toContain('No space left on device');
    const same = await sendFile(await login(), 'scp -t /upsfw/', 'A.enc', IMAGE);
    await same.received.until(({ text }) => text === DONE);
  });

  it('into the root is card firmware, which closes the connection, or is refused', async () => {
    const { device, login } = await openSshDevice({ persona: 'smx1500-current', speed: 200 });
    const recipe = { platform: 'hw05', part: 'aos', version: 'v7.2.0' } as const;
    const stranger = await sendFile(await login({ algorithms: LEGACY }), 'scp -t /', 'x.bin', IMAGE);
    expect(await stranger.received.until(({ closed }) => closed)).toContain('Permission denied');
    const client = await login({ algorithms: LEGACY });
    const hungUp = gone(client);
    const { received } = await sendFile(client, 'scp -t /', cardFileName(recipe), buildCardFile(recipe));
    await hungUp;
    expect(received.text).toBe('\0\0');
    await device.until(({ cardUp }) => cardUp);
    expect(device.osVersion).toBe('v7.2.0');
  });

  it('stalls half-way', async () => {
    const { device, login } = await openSshDevice({ faults: ['scp-stalls'] });
    const client = await login();
    const { received } = await sendFile(client, 'scp -t /upsfw/', 'A.enc', IMAGE);
    // The answer to this request comes after anything the sink would send.
    await expect(openShell(client)).rejects.toThrow(/channel open failure/i);
    expect(received.text).toBe('\0\0');
    expect(device.files.size).toBe(0);
  });

  it('arrives complete without the last acknowledgement', async () => {
    const { device, login } = await openSshDevice({ faults: ['scp-no-last-ack'] });
    const { received } = await sendFile(await login(), 'scp -t /upsfw/', 'A.enc', IMAGE);
    expect(await received.until(({ closed }) => closed)).toBe('\0\0');
    expect(device.files.get('A.enc')).toEqual(IMAGE);
  });

  it.each([
    ['upload-truncated', IMAGE.length / 2],
    ['upload-empty', 0],
  ] as const)('is kept as with %s, and acknowledged', async (fault, kept) => {
    const { device, runCommand, login } = await openSshDevice({ faults: [fault] });
    const { received } = await sendFile(await login(), 'scp -t /upsfw/', 'A.enc', IMAGE);
    await received.until(({ text }) => text === DONE);
    expect(device.files.get('A.enc')).toEqual(IMAGE.subarray(0, kept));
    expect(runCommand('dir upsfw').lines[1]).toMatch(new RegExp(`^ +${kept} `));
  });
});

describe('a file fetched by scp', () => {
  it('is the event log, the settings or an image, and is counted', async () => {
    const { device, login } = await openSshDevice();
    device.files.set('A.enc', IMAGE);
    expect(await fetchFile(await login(), 'scp -f /event.txt')).toMatch(
      /^C0644 \d+ event\.txt\n.+0x0007\r\n\0$/,
    );
    const settings = await fetchFile(await login(), 'scp -q -f config.ini');
    expect(settings).toContain(ACCESS.write);
    expect(settings).toContain(`Name=${ACCESS.user}`);
    expect(await fetchFile(await login(), 'scp -f /upsfw/A.enc')).toBe(
      `C0644 ${IMAGE.length} A.enc\n${IMAGE.toString('latin1')}\0`,
    );
    expect(device.counters.downloads).toBe(3);
    expect(device.writes).toBe(0);
  });

  it('that is missing or unreadable gives an error of the old protocol', async () => {
    const { device, login } = await openSshDevice({ change: { logPlace: 'logs' } });
    expect(await fetchFile(await login(), 'scp -f /event.txt')).toBe(
      '\x01scp: /event.txt: No such file or directory\n',
    );
    expect(await fetchFile(await login(), 'scp -f /logs/event.txt')).toContain('0x0007');
    device.inject('event-log-unreadable');
    expect(await fetchFile(await login(), 'scp -f /logs/event.txt')).toContain('No such file');
    expect(device.counters.downloads).toBe(1);
  });
});

describe('the files of a card', () => {
  it('are listed with the running firmware, the settings, the log and the folders', async () => {
    const { device, runCommand } = await makeDevice({ change: { logPlace: 'logs' } });
    const names = cardFiles(device)
      .list('/')
      ?.map(({ name, isFolder }) => (isFolder ? `${name}/` : name));
    expect(names).toEqual([
      'apc_hw05_aos_712.bin',
      'apc_hw05_sumx_712.bin',
      'apc_hw05_bootmon_109.bin',
      'config.ini',
      'logs/',
      'upsfw/',
    ]);
    expect(runCommand('dir').lines.at(-1)).toMatch(/ upsfw\/$/);
    expect(runCommand('cd logs').lines).toEqual(['E000: Success']);
    expect(runCommand('dir').lines[1]).toMatch(/^ +\d+ .* event\.txt$/);
    expect(runCommand('dir /nowhere').lines[0]).toMatch(/^E100/);
    expect(cardFiles(device).list('/nowhere')).toBeNull();
    expect(cardFiles(device).remove('/config.ini')).toBe(false);
  });

  it('are listed one byte too short, and read completely', async () => {
    const { device, runCommand } = await makeDevice({ faults: ['listing-wrong-size'] });
    device.files.set('A.enc', IMAGE);
    expect(runCommand('dir upsfw').lines[1]).toMatch(/^ +99999 /);
    expect(cardFiles(device).read('/upsfw/A.enc')).toHaveLength(IMAGE.length);
  });

  it('are listed among hostile lines', async () => {
    const { device, runCommand } = await makeDevice({ faults: ['listing-hostile'] });
    device.files.set('A.enc', IMAGE);
    const lines = runCommand('dir upsfw').lines;
    expect(lines.at(-1)).toMatch(/^ +100000 .* A\.enc$/);
    expect(lines.some((line) => line.includes('\u001b['))).toBe(true);
    expect(Math.max(...lines.map(({ length }) => length))).toBeGreaterThan(4000);
    expect(lines.some((line) => /^ +many /.test(line))).toBe(true);
  });

  it('have paths that never leave the root', () => {
    expect(absolutePath('../../x', '/upsfw')).toBe('/x');
    expect(absolutePath('', '/upsfw')).toBe('/upsfw');
    expect(absolutePath('/./upsfw//A.enc', '/')).toBe('/upsfw/A.enc');
  });
});
