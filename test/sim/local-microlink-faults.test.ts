import { afterEach, describe, expect, it } from 'vitest';
import type { LocalFault } from '../../src/sim/local/faults.ts';
import { runSums } from '../../src/sim/local/microlink/check.ts';
import { closePorts, type LocalPort, openPort } from '../support/devices/local-ports.ts';
import { readAll } from '../support/peers/local-read.ts';
import {
  describeBlob,
  FD,
  FE,
  isSound,
  record,
  response,
  walk,
  writeOf,
} from '../support/peers/raw-microlink.ts';

afterEach(closePorts);

/** A unit with a fault that has been asked for this many pages. */
async function openAfterPages(fault: LocalFault, count: number, speed = 10_000): Promise<LocalPort> {
  const bench = await openPort('smc1000i-serial', { faults: [fault], speed });
  bench.raw.write(FD);
  for (let page = 1; page < count; page += 1) bench.raw.write(FE);
  return bench;
}

/** The records of these pages arrive in order. */
async function expectPages({ raw }: LocalPort, from: number, to: number): Promise<void> {
  for (let page = from; page <= to; page += 1) expect((await record(raw, 16))[0]).toBe(page);
}

describe('a unit with a fault', () => {
  it('microlink-drops-bytes: every fifth record is a byte short', async () => {
    const bench = await openAfterPages('microlink-drops-bytes', 6);
    await expectPages(bench, 0, 3);
    const short = await bench.raw.take(18);
    expect(short[0]).toBe(4);
    expect(isSound(short)).toBe(false);
    await expectPages(bench, 5, 5);
  });

  it('microlink-bad-sum: every seventh record has a wrong check byte', async () => {
    const bench = await openAfterPages('microlink-bad-sum', 8);
    await expectPages(bench, 0, 5);
    await expect(record(bench.raw, 16)).rejects.toThrow('not sound');
    expect((await record(bench.raw, 16))[0]).toBe(7);
  });

  it('microlink-stalls: every tenth record comes in two halves, and requests wait meanwhile', async () => {
    const bench = await openAfterPages('microlink-stalls', 12);
    await expectPages(bench, 0, 11);
    // The other half of this record is half a minute away.
    const slow = await openAfterPages('microlink-stalls', 12, 0.01);
    await expectPages(slow, 0, 8);
    expect((await slow.raw.take(9))[0]).toBe(9);
    slow.device.inject('port-echoes');
    slow.raw.write(Buffer.from([0x42]));
    expect([...(await slow.raw.take(1))]).toEqual([0x42]);
  });

  it('microlink-goes-quiet: half-way, requests get no answer for a while, and later ones do', async () => {
    const bench = await openAfterPages('microlink-goes-quiet', 65, 40);
    await expectPages(bench, 0, 63);
    const asking = setInterval(() => bench.raw.write(FE), 50);
    try {
      expect((await record(bench.raw, 16))[0]).toBe(64);
    } finally {
      clearInterval(asking);
    }
    expect(bench.device.has('microlink-goes-quiet')).toBe(false);
  });

  it('microlink-stray-fe: bytes FE precede every fourth record', async () => {
    const bench = await openAfterPages('microlink-stray-fe', 5);
    await expectPages(bench, 0, 2);
    expect([...(await bench.raw.take(2))]).toEqual([0xfe, 0xfe]);
    expect((await record(bench.raw, 16))[0]).toBe(3);
    expect((await record(bench.raw, 16))[0]).toBe(4);
  });

  it('microlink-check-ff: a record among zeros is also valid one byte too early', async () => {
    const bench = await openAfterPages('microlink-check-ff', 128);
    let traps = 0;
    for (let page = 0; page < 128; page += 1) {
      const bytes = await bench.raw.take(19 + 4);
      expect(bytes.subarray(19)).toEqual(Buffer.alloc(4));
      expect(bytes[0]).toBe(page);
      if (bytes[18] !== 0xff) continue;
      traps += 1;
      const early = Buffer.concat([Buffer.alloc(1), bytes.subarray(0, 18)]);
      const [a, b] = runSums(early);
      expect([a, b]).toEqual([0, 0]);
    }
    expect(traps).toBeGreaterThan(40);
  });

  it('microlink-no-page-zero: page 0 never comes', async () => {
    const bench = await openAfterPages('microlink-no-page-zero', 2);
    expect((await record(bench.raw, 16))[0]).toBe(1);
    expect((await record(bench.raw, 16))[0]).toBe(2);
    bench.raw.write(FD);
    expect((await record(bench.raw, 16))[0]).toBe(1);
  });

  it('microlink-no-descriptor: the flag is clear and no path is defined', async () => {
    const { raw } = await openPort('smc1000i-serial', { faults: ['microlink-no-descriptor'] });
    const { blob, width } = await walk(raw);
    expect(blob[6]).toBe(0x01);
    expect(describeBlob(blob, width).size).toBe(0);
    expect(blob.toString('latin1')).toContain('UBL 01.4');
  });

  it('microlink-silent-mid-page: stops in the middle of a page', async () => {
    const bench = await openAfterPages('microlink-silent-mid-page', 70);
    await expectPages(bench, 0, 63);
    expect((await bench.raw.take(9))[0]).toBe(64);
    await expectSilence(bench);
  });

  it('microlink-false-answer: its answer is wrong, while it accepts the other one', async () => {
    const bench = await readAll(await openPort('smc1000i-serial', { faults: ['microlink-false-answer'] }));
    const { raw, width, fields, blob, at, device } = bench;
    const slave = fields.get('2:4.8.5')?.offset ?? 0;
    const nonce = Buffer.from([7, 8]);
    const own = response(blob, at('2:4.9.40'), at('2:4.8.6').subarray(0, 2));
    raw.write(writeOf(Math.floor(slave / width), slave % width, [...nonce, ...own]));
    const answer = await record(raw, width);
    const place = 1 + (slave % width) - 2;
    expect(answer.subarray(place, place + 2)).not.toEqual(response(blob, at('2:4.9.40'), nonce));
    expect(device.authenticated).toBe(true);
  });

  it('microlink-locks: stops answering after a wrong password', async () => {
    const bench = await readAll(await openPort('smc1000i-serial', { faults: ['microlink-locks'] }));
    const slave = bench.fields.get('2:4.8.5')?.offset ?? 0;
    bench.raw.write(writeOf(Math.floor(slave / 16), slave % 16, [1, 1, 0xfe, 0xfe]));
    await bench.device.until(({ writes }) => writes === 1);
    await expectSilence(bench);
  });

  it('on-battery: is reported until the fault is cleared', async () => {
    const { raw, device } = await openPort('smc1000i-serial', { faults: ['on-battery'] });
    const status = async (): Promise<number> => {
      const { width, blob } = await walk(raw);
      return blob.readUInt32BE(describeBlob(blob, width).get('2:4.A')?.offset ?? 0);
    };
    expect(await status()).toBe((1 << 2) | (1 << 6));
    device.clearFault('on-battery');
    expect(await status()).toBe(1 << 1);
    device.inject('on-battery');
    expect(await status()).toBe((1 << 2) | (1 << 6));
  });
});

/** This request gets no answer: an answer would precede the echo of the next byte. */
async function expectSilence({ raw, device }: LocalPort): Promise<void> {
  const before = device.bytesArrived;
  raw.write(Buffer.from([0xfd, 0xfe]));
  while (device.bytesArrived < before + 2) await new Promise((resolve) => setImmediate(resolve));
  device.inject('port-echoes');
  raw.write(Buffer.from([0x42]));
  expect([...(await raw.take(1))]).toEqual([0x42]);
}
