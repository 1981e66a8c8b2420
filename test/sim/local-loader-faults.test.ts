import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { buildImage } from '../../src/sim/device/image-builder.ts';
import type { LocalFault } from '../../src/sim/local/faults.ts';
import { closePorts, type LocalPort, openPort } from '../support/devices/local-ports.ts';
import {
  ACK,
  answer,
  BLOCKS,
  blockOf,
  CAN,
  EOT,
  IMAGE,
  RECIPE,
  send,
  waitForRequest,
} from '../support/peers/raw-xmodem.ts';

afterEach(closePorts);

/** Slow enough that the loader does not give up while a busy machine delays the sender. */
const SLOW = 100;
const withFault = (fault: LocalFault, speed = 600): Promise<LocalPort> =>
  openPort('smt1500-loader', { faults: [fault], speed });

/** The unit returned with the new version, and the image arrived unchanged. */
async function expectUpgraded({ device }: LocalPort, version = '07.1'): Promise<void> {
  await device.until(({ state }) => state === 'application');
  expect(device.received.equals(IMAGE)).toBe(true);
  expect(device.version).toBe(version);
}

describe('a boot loader with a fault', () => {
  it('loader-restarts-at-300: starts over with its banner once, and accepts the image the next time', async () => {
    const bench = await withFault('loader-restarts-at-300');
    const { raw, device } = bench;
    const long = buildImage({ ...RECIPE, payloadBytes: 40_000 });
    await waitForRequest(raw);
    for (let number = 1; number < 300; number += 1) {
      raw.write(blockOf(long, number));
      expect(await answer(raw)).toBe(ACK);
    }
    raw.write(blockOf(long, 300));
    await raw.takeUntil('APC(R)2009 Download Manager');
    expect(device.state).toBe('loader');
    expect((await send(raw, long)).end).toBe('acknowledged');
    await device.until(({ state }) => state === 'application');
    expect(device.attempts).toBe(2);
  });

  it('loader-asks-after-end: asks again at once after the first transfer, and installs the second', async () => {
    const bench = await withFault('loader-asks-after-end');
    expect((await send(bench.raw, IMAGE)).end).toBe('acknowledged');
    expect((await bench.raw.take(2)).toString()).toBe('CC');
    expect(bench.device).toMatchObject({ state: 'loader', version: '06.1' });
    expect((await send(bench.raw, IMAGE)).end).toBe('acknowledged');
    await expectUpgraded(bench);
  });

  it('loader-naks: refuses every third block once', async () => {
    const bench = await withFault('loader-naks');
    expect(await send(bench.raw, IMAGE)).toMatchObject({ naks: Math.floor(BLOCKS / 3), end: 'acknowledged' });
    await expectUpgraded(bench);
  });

  it('loader-nak-storm: refuses everything forever', async () => {
    const { raw, device } = await withFault('loader-nak-storm');
    expect(await send(raw, IMAGE)).toMatchObject({ blocks: 1, end: 'refused' });
    expect(device).toMatchObject({ attempts: 1, bytesReceived: 0, state: 'receiving' });
    raw.write(Buffer.from([CAN, CAN]));
    await device.until(({ state }) => state === 'loader');
  });

  it('loader-loses-blocks: accepts a lost block when it comes again', async () => {
    const bench = await withFault('loader-loses-blocks', SLOW);
    expect((await send(bench.raw, IMAGE)).end).toBe('acknowledged');
    await expectUpgraded(bench);
  });

  it('loader-loses-acks: has the block already when it comes again', async () => {
    const bench = await withFault('loader-loses-acks', SLOW);
    expect((await send(bench.raw, IMAGE)).end).toBe('acknowledged');
    await expectUpgraded(bench);
  });

  it('loader-garbage-answers: sends noise before an answer', async () => {
    const bench = await withFault('loader-garbage-answers');
    const { raw } = bench;
    await waitForRequest(raw);
    for (let number = 1; number <= 3; number += 1) {
      raw.write(blockOf(IMAGE, number));
      expect((await raw.take(1))[0]).toBe(ACK);
    }
    raw.write(blockOf(IMAGE, 4));
    expect([...(await raw.take(4))]).toEqual([0x00, 0xfb, 0x55, ACK]);
  });

  it('loader-cancels: cancels one transfer in the middle', async () => {
    const bench = await withFault('loader-cancels');
    expect(await send(bench.raw, IMAGE)).toMatchObject({ blocks: 20, end: 'cancelled' });
    expect(bench.device.state).toBe('loader');
    expect((await send(bench.raw, IMAGE)).end).toBe('acknowledged');
    await expectUpgraded(bench);
    expect(bench.device.attempts).toBe(2);
  });

  it('loader-refuses: cancels every transfer at its first block', async () => {
    const { raw, device } = await withFault('loader-refuses');
    for (let time = 0; time < 3; time += 1)
      expect(await send(raw, IMAGE)).toMatchObject({ blocks: 1, end: 'cancelled' });
    expect(device).toMatchObject({ state: 'loader', bytesReceived: 0, attempts: 0 });
  });

  it('loader-eot-nak: refuses the end twice', async () => {
    const bench = await withFault('loader-eot-nak');
    expect(await send(bench.raw, IMAGE)).toMatchObject({ naks: 2, end: 'acknowledged' });
    await expectUpgraded(bench);
  });

  it('loader-silent-mid-way: never answers again', async () => {
    const { raw, device } = await withFault('loader-silent-mid-way');
    await waitForRequest(raw);
    for (let number = 1; number < 20; number += 1) {
      raw.write(blockOf(IMAGE, number));
      expect(await answer(raw)).toBe(ACK);
    }
    raw.write(blockOf(IMAGE, 20));
    await device.until(({ state }) => state === 'dead');
    raw.write(blockOf(IMAGE, 20));
    raw.write(Buffer.from([EOT, CAN, CAN]));
    const all = 20 * 133 + 133 + 3;
    while (device.bytesArrived < all) await new Promise((resolve) => setImmediate(resolve));
    expect(raw.rest().length).toBe(0);
    expect(device.bytesReceived).toBe(19 * 128);
  });

  it('loader-never-returns: never answers again', async () => {
    const { raw, device } = await withFault('loader-never-returns');
    expect((await send(raw, IMAGE)).end).toBe('acknowledged');
    await raw.takeUntil('UPS Application\r\n');
    await device.until(({ state }) => state === 'dead');
    expect(device.received.equals(IMAGE)).toBe(true);
  });

  it('loader-returns-old: returns with the old version', async () => {
    const bench = await withFault('loader-returns-old');
    await send(bench.raw, IMAGE);
    await expectUpgraded(bench, '06.1');
  });

  it('loader-returns-other-serial: returns with another serial number', async () => {
    const bench = await withFault('loader-returns-other-serial');
    const before = bench.device.serial;
    await send(bench.raw, IMAGE);
    await expectUpgraded(bench);
    expect(bench.device.serial).not.toBe(before);
    expect(bench.device.serial).toHaveLength(before.length);
  });

  it('cable-pulled: disappears in the middle of a transfer', async () => {
    const { raw, device, port } = await withFault('cable-pulled');
    await waitForRequest(raw);
    for (let number = 1; number < 20; number += 1) {
      raw.write(blockOf(IMAGE, number));
      expect(await answer(raw)).toBe(ACK);
    }
    raw.write(blockOf(IMAGE, 20));
    // The package does not report every port that disappears.
    while (existsSync(port)) await new Promise((resolve) => setImmediate(resolve));
    expect(device.bytesReceived).toBe(19 * 128);
  });
});
