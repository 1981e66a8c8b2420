import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { buildImage } from '../../src/sim/device/image-builder.ts';
import { xmodemCrc } from '../../src/sim/local/loader/packets.ts';
import {
  closePorts,
  type LocalPort,
  type LocalPortOptions,
  openPort,
} from '../support/devices/local-ports.ts';
import { describeBlob, walk } from '../support/peers/raw-microlink.ts';
import {
  ACK,
  answer,
  BLOCKS,
  blockOf,
  CAN,
  crc,
  IMAGE,
  NAK,
  RECIPE,
  send,
  waitForRequest,
} from '../support/peers/raw-xmodem.ts';

afterEach(closePorts);

const waiting = (options: LocalPortOptions = {}): Promise<LocalPort> => openPort('smt1500-loader', options);

describe('a boot loader', () => {
  it('prints its banner, asks nine times, gives up and starts over', async () => {
    const { raw, device } = await waiting();
    const text = await raw.takeUntil('Error XModem retry count exceeded\r\n No Application in memory\r\nC');
    expect(text).toBe(
      '\r\n\r\nAPC(R)2009 Download Manager\r\nVersion 07.20\r\n4.5G Smart-UPS Tower\r\nupsfw simulated unit\r\n' +
        ' No Application in memory\r\nCCCCCCCCC\r\nError XModem retry count exceeded\r\n No Application in memory\r\nC',
    );
    expect(device).toMatchObject({ state: 'loader', outputOn: false, attempts: 0, bytesArrived: 0 });
  });

  it('accepts an image, installs it, and the unit returns with its output off', async () => {
    const { raw, device } = await waiting();
    const states: string[] = [];
    device.on('change', () => {
      if (states.at(-1) !== device.state) states.push(device.state);
    });
    expect(await send(raw, IMAGE)).toEqual({ naks: 0, blocks: BLOCKS, end: 'acknowledged' });
    await raw.takeUntil('\r\nUPS Application\r\n');
    await device.until(({ state }) => state === 'application');
    expect(states).toEqual(['receiving', 'programming', 'application']);
    expect(device.received.equals(IMAGE)).toBe(true);
    expect(device).toMatchObject({
      version: '07.1',
      microLinkId: 17,
      loader: '07.3',
      attempts: 1,
      bytesReceived: IMAGE.length,
      outputOn: false,
    });
    const { blob, width } = await walk(raw);
    const fields = describeBlob(blob, width);
    const at = fields.get('3:4A')?.offset ?? 0;
    expect(blob.toString('latin1', at, at + 8)).toBe('UPS 07.1');
    expect(blob.readUInt32BE(fields.get('2:4.A')?.offset ?? 0)).toBe((1 << 1) | (1 << 4));
    expect(blob.toString('latin1')).toContain('UBL 07.3');
  });

  it('has the CRC of XMODEM', () => {
    const text = Buffer.from('123456789');
    expect(xmodemCrc(text)).toBe(0x31c3);
    expect(crc(text)).toBe(0x31c3);
  });

  it('checks numbers, complements and CRCs strictly', async () => {
    const { raw, device } = await waiting();
    await waitForRequest(raw);
    raw.write(blockOf(IMAGE, 1));
    expect(await answer(raw)).toBe(ACK);
    // A repeated block is acknowledged and not accepted twice.
    raw.write(blockOf(IMAGE, 1));
    expect(await answer(raw)).toBe(ACK);
    expect(device.bytesReceived).toBe(128);
    for (const place of [1, 2, 3, 130, 132]) {
      const damaged = blockOf(IMAGE, 2);
      damaged[place] = (damaged[place] ?? 0) ^ 0x40;
      raw.write(damaged);
      expect(await answer(raw), String(place)).toBe(NAK);
    }
    expect(device).toMatchObject({ bytesReceived: 128, state: 'receiving' });
    raw.write(blockOf(IMAGE, 2));
    expect(await answer(raw)).toBe(ACK);
    raw.write(blockOf(IMAGE, 4));
    expect([await answer(raw), await answer(raw)]).toEqual([CAN, CAN]);
    expect(device).toMatchObject({ state: 'loader', bytesReceived: 256, attempts: 1 });
    expect((await waitForRequest(raw)).endsWith(' No Application in memory\r\nC')).toBe(true);
    // A transfer starts with its first block.
    raw.write(blockOf(IMAGE, 2));
    expect([await answer(raw), await answer(raw)]).toEqual([CAN, CAN]);
    expect(device.attempts).toBe(1);
  });

  it('accepts a split block, and block numbers that wrap around', async () => {
    const { raw, device } = await waiting();
    const long = buildImage({ ...RECIPE, payloadBytes: 40_000 });
    await waitForRequest(raw);
    for (let number = 1; number <= 300; number += 1) {
      const frame = blockOf(long, number);
      raw.write(frame.subarray(0, 50));
      raw.write(frame.subarray(50));
      expect(await answer(raw)).toBe(ACK);
    }
    expect(device.bytesReceived).toBe(300 * 128);
    raw.write(Buffer.from([CAN]));
    raw.write(Buffer.from([CAN]));
    await device.until(({ state }) => state === 'loader');
  });

  it('refuses a missing block ten times, and then asks again', async () => {
    const { raw, device } = await waiting();
    await waitForRequest(raw);
    raw.write(blockOf(IMAGE, 1));
    expect(await answer(raw)).toBe(ACK);
    expect(await answer(raw)).toBe(NAK);
    raw.write(blockOf(IMAGE, 2));
    expect(await answer(raw)).toBe(ACK);
    for (let time = 0; time < 10; time += 1) expect(await answer(raw)).toBe(NAK);
    await device.until(({ state }) => state === 'loader');
    expect(device.attempts).toBe(1);
  });

  it.each<[string, Buffer]>([
    ['of other units', buildImage({ ...RECIPE, microLinkId: 20 })],
    ['that is damaged', damaged(IMAGE)],
    ['that is none', Buffer.alloc(1280, 0x55)],
    ['that lacks its end', IMAGE.subarray(0, -128)],
  ])('does not run an image %s, and asks again', async (_, image) => {
    const { raw, device } = await waiting();
    expect((await send(raw, image)).end).toBe('acknowledged');
    expect(await raw.takeUntil('APC(R)2009 Download Manager')).not.toContain('UPS Application');
    expect(device).toMatchObject({ state: 'loader', version: '06.1' });
    expect(device.received.equals(image)).toBe(true);
    expect((await send(raw, IMAGE)).end).toBe('acknowledged');
    await device.until(({ state, version }) => state === 'application' && version === '07.1');
    expect(device.attempts).toBe(2);
  });

  it('that is too old for a release never starts it, unless an earlier image brought a newer loader', async () => {
    const direct = await openPort('smt1500-old-loader');
    expect((await send(direct.raw, buildImage({ microLinkId: 18, version: '15.0' }))).end).toBe(
      'acknowledged',
    );
    await direct.device.until(({ state }) => state === 'dead');
    const { raw, device } = await openPort('smt1500-old-loader');
    await send(raw, buildImage({ microLinkId: 18, version: '09.6', parts: ['UBL 08.5'] }));
    await device.until(({ state }) => state === 'application');
    expect(device).toMatchObject({ version: '09.6', loader: '08.5' });
    device.enterLoader();
    await send(raw, buildImage({ microLinkId: 18, version: '15.0' }));
    await device.until(({ state }) => state === 'application');
    expect(device.version).toBe('15.0');
  });

  it('cannot be entered over the line; a unit without a boot loader cannot enter one', async () => {
    const { device } = await openPort('smc1000i-serial');
    expect(() => device.enterLoader()).toThrow(RangeError);
    expect(device.state).toBe('application');
  });

  it('accepts the image of a release that changes the Micro-Link ID', async () => {
    const { raw, device } = await waiting();
    await send(raw, buildImage({ ...RECIPE, microLinkIdAfter: 19 }));
    await device.until(({ state }) => state === 'application');
    expect(device.microLinkId).toBe(19);
  });

  it('accepts an image from an independent sender', async (context) => {
    const found = spawnable('sx');
    if (!found) {
      process.stdout.write('skipped: the program sx (lrzsz) is not on this machine\n');
      context.skip();
      return;
    }
    const { raw, port, device } = await waiting({ speed: 60 });
    await raw.close();
    const folder = await mkdtemp(join(tmpdir(), 'upsfw-test-sx-'));
    try {
      const file = join(folder, 'image.enc');
      await writeFile(file, IMAGE);
      execFileSync('stty', ['-F', port, '9600', 'raw', '-echo']);
      await new Promise<void>((resolve, reject) => {
        execFile('sh', ['-c', `sx --xmodem --quiet '${file}' < ${port} > ${port}`], (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    await device.until(({ state }) => state === 'application');
    expect(device.received.equals(IMAGE)).toBe(true);
    expect(device).toMatchObject({ version: '07.1', attempts: 1 });
  });
});

function damaged(image: Buffer): Buffer {
  const copy = Buffer.from(image);
  copy[700] = (copy[700] ?? 0) ^ 0xff;
  return copy;
}

function spawnable(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
