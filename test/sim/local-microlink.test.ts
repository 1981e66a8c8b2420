import { afterEach, describe, expect, it } from 'vitest';
import { checkBytes, isChecked, runSums } from '../../src/sim/local/microlink/check.ts';
import { layOut } from '../../src/sim/local/microlink/layout.ts';
import { LOCAL_PERSONAS, loadLocalPersona } from '../../src/sim/local/personas.ts';
import { closePorts, openPort } from '../support/devices/local-ports.ts';
import { readAll } from '../support/peers/local-read.ts';
import { FD, FE, record, response, restart, writeOf } from '../support/peers/raw-microlink.ts';

afterEach(closePorts);

/**
 * Frames of real units from public captures, check bytes last.
 * Source: docs/sources/local.md#microlink-check-bytes
 */
const GOLDEN = `
00 0a108003ed07090001004000f802fe04 2104
13 0331fc02fb001fffff03fc0af804fe0e 0c7e
7f 0000000019c90013004e000001790000 3190
71 08 02 4104 5be3
71 08 02 4122 1f02
7e 0c 04 3de70dfe a897
7e 0c 04 7067894c 9a29
7e 0c 04 83a71801 2508
7e 0c 04 4d3e9b60 9059
00 0a206903fa27090001004000f802fe04fe0940fc1042fc1044fc20f80416fc10 32a6
65 ffff00010000a0e80000c0bbb4e1000001040000001000000004000000000020 7350
68 000000000000000000000008004c2943000000000966039a063b675601f30000 864f
65 0a 04 8afb65f1 bdf0
65 ffff000100000eaf62d88afb65f1000001040000001000000004000000000020 6227
94 ffffffffffffffffffffffffffffffff 8ddd
95 ffffffffffffffff0000000000000000 7bee
98 04 04 8f959a53 6cdf
04 032dfa016dfffff9000efffff804fe0e 262a
05 fe0b22fc1021fc1016fc10fd090315fc cc87
06 10ff14fffe08fd0a0317fc04fffffe0b c9d7
07 1ffc02fbffff03fc08fffe081bfc02fb ccec
2c fb0007ff36fc02fb31730234fc02fb00 aa1f
`
  .trim()
  .split('\n')
  .map((line) => Buffer.from(line.replaceAll(' ', ''), 'hex'));

describe('check bytes', () => {
  it.each(GOLDEN.map((frame) => [frame.toString('hex'), frame] as const))('are those of %s', (_, frame) => {
    expect(Buffer.from(checkBytes(frame.subarray(0, -2)))).toEqual(frame.subarray(-2));
    expect(isChecked(frame)).toBe(true);
    const damaged = Buffer.from(frame);
    damaged[1] = (damaged[1] ?? 0) ^ 0x01;
    expect(isChecked(damaged)).toBe(false);
  });

  it('of a password are the running sums that a public capture shows on both sides', () => {
    // The state before the nonces follows from the host's answer; the serial number was hidden.
    expect(Buffer.from(runSums(Buffer.from('a0e8', 'hex'), [219, 16])).toString('hex')).toBe('65f1');
    expect(Buffer.from(runSums(Buffer.from('8afb', 'hex'), [219, 16])).toString('hex')).toBe('62d8');
  });
});

const SERIAL_UNITS = ['smc1000i-serial', 'smt1500c-serial'] as const;

describe.each(SERIAL_UNITS)('%s', (name) => {
  it('reports its identity and condition in its pages', async () => {
    const bench = await openPort(name, { installed: '12.3' });
    Object.assign(bench.device, {
      onLine: false,
      outputOn: false,
      selfTest: true,
      alarm: true,
      calibrating: true,
      batteryPercent: 87.5,
      loadPercent: 31.25,
      runtimeSeconds: 1234,
      batteryVolts: 26.75,
    });
    const { blob, text, number, at, device } = await readAll(bench);
    const { unit, microlink } = device.persona;
    expect([...blob.subarray(0, 3)]).toEqual([0x0a, microlink?.pageWidth, microlink?.pageCount]);
    expect(blob.readUInt16BE(3)).toBe(unit.microLinkId);
    expect(blob[6]).toBe(0x09);
    expect(text('2:4.9.40')).toBe(device.serial);
    expect(at('2:4.9.40').length).toBe(microlink?.widths.serial);
    expect(text('2:4.9.42')).toBe(unit.sku);
    expect(text('2:4.9.44')).toBe(unit.model);
    expect(new Date(Date.UTC(2000, 0, 1 + number('2:4.9.19'))).toISOString().slice(0, 10)).toBe(
      unit.manufactured,
    );
    expect(text('3:4A')).toBe('UPS 12.3');
    expect(text('2:4.82')).toBe('upsfw simulated unit');
    expect(number('2:4.A')).toBe((1 << 2) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7));
    expect(number('2:4.5.20') / 512).toBe(87.5);
    expect(number('2:4.5.9F')).toBe(1234);
    expect(number('2:4.5.21') / 32).toBe(26.75);
    expect(number('2:4.7.28') / 256).toBe(31.25);
    expect(number('2:4.7.49') / 256).toBe(31.25);
    expect([number('2:4.7.2A'), number('2:4.7.2B')]).toEqual([unit.ratingW, unit.ratingVA]);
    expect([number('2:4.3E.B6'), number('2:4.3D[0].B6')]).toEqual([2, 2]);
    expect([number('2:13'), number('2:4.5.13'), number('2:11'), number('2:4.5.11')]).toEqual([2, 2, 2, 2]);
    const versions = blob.toString('latin1');
    for (const version of [`UBL ${unit.ubl}`, `MCU ${unit.mcu}`, `MBL ${unit.mbl}`])
      expect(versions).toContain(version);
    expect(device.writes).toBe(0);
  });

  it('exchanges passwords, proves its own, and then repeats the live pages', async () => {
    const { raw, blob, width, fields, at, device } = await readAll(await openPort(name));
    const slave = fields.get('2:4.8.5')?.offset ?? 0;
    const page = Math.floor(slave / width);
    expect((fields.get('2:4.8.6')?.offset ?? 0) + 4).toBe(slave);
    const master = at('2:4.8.6');
    const nonce = Buffer.from([0x11, 0xa7]);
    const serial = at('2:4.9.40');
    raw.write(writeOf(page, slave % width, [...nonce, ...response(blob, serial, master.subarray(0, 2))]));
    const answer = await record(raw, width);
    expect(answer[0]).toBe(page);
    const shown = answer.subarray(1 + (slave % width) - 4, 1 + (slave % width) + 4);
    expect(shown.subarray(2, 4)).toEqual(response(blob, serial, nonce));
    expect(shown.subarray(0, 2)).not.toEqual(master.subarray(0, 2));
    expect(shown.subarray(4, 6)).toEqual(nonce);
    expect(device).toMatchObject({ authenticated: true, writes: 1, dangerous: 0 });
    // The live pages repeat in order and without end.
    const seen: number[] = [];
    const charge = Math.floor((fields.get('2:4.5.20')?.offset ?? 0) / width);
    while (seen.length < 60) {
      raw.write(FE);
      seen.push((await record(raw, width))[0] ?? 0);
    }
    const round = seen.slice(0, seen.lastIndexOf(seen[0] ?? 0));
    expect(new Set(seen).size).toBeLessThan(25);
    expect(seen).toContain(charge);
    expect(seen).toContain(page);
    expect(seen).not.toContain(0);
    expect(round.length).toBeGreaterThan(0);
    // Starting over ends the authentication.
    raw.write(FD);
    expect((await record(raw, width))[0]).toBe(0);
    expect(device.authenticated).toBe(false);
  });
});

describe('a unit that speaks Microlink', () => {
  it('is silent after the last page without a password, and starts over on FD', async () => {
    const { raw, width, device } = await readAll(await openPort('smc1000i-serial'));
    raw.write(Buffer.from([0xfe, 0xfe, 0xfd]));
    expect((await record(raw, width))[0]).toBe(0);
    raw.write(FE);
    expect((await record(raw, width))[0]).toBe(1);
    expect(raw.rest().length).toBe(0);
    expect(device.bytesArrived).toBe(2 + 127 + 4);
  });

  it('ignores FE before the first FD, and accepts FD with and without F7', async () => {
    const { raw } = await openPort('smc1000i-serial');
    raw.write(Buffer.from([0xfe, 0xfe, 0xf7, 0xfd]));
    expect((await record(raw, 16))[0]).toBe(0);
    raw.write(FD);
    expect((await record(raw, 16))[0]).toBe(0);
    expect(raw.rest().length).toBe(0);
  });

  it('sends a new nonce every time, and no proof for a wrong password', async () => {
    const { raw, width, fields, device, at } = await readAll(await openPort('smt1500c-serial'));
    const slave = fields.get('2:4.8.5')?.offset ?? 0;
    const place = 1 + (slave % width);
    const nonces = [at('2:4.8.6').toString('hex')];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      raw.write(writeOf(Math.floor(slave / width), slave % width, [1, 1, 0xff, 0xff]));
      const answer = await record(raw, width);
      nonces.push(answer.subarray(place - 4, place).toString('hex'));
    }
    expect(new Set(nonces).size).toBe(4);
    expect(nonces.every((nonce) => nonce.endsWith('0000'))).toBe(true);
    expect(device).toMatchObject({ authenticated: false, writes: 3, dangerous: 0 });
    raw.write(Buffer.from([0xfe, 0xfd]));
    expect((await record(raw, width))[0]).toBe(0);
  });

  it('ignores a write that is damaged or does not fit, and counts every write but the password', async () => {
    const { raw, device } = await openPort('smc1000i-serial');
    const damaged = writeOf(3, 0, [1, 2]);
    damaged[3] = 9;
    for (const write of [damaged, writeOf(3, 15, [1, 2]), writeOf(200, 0, [1])]) raw.write(write);
    raw.write(FD);
    const zero = await record(raw, 16);
    expect(zero[0]).toBe(0);
    expect(device).toMatchObject({ writes: 0, dangerous: 0 });
    raw.write(writeOf(0, 0, [9, 9]));
    expect(await record(raw, 16)).toEqual(zero);
    expect(device).toMatchObject({ writes: 1, dangerous: 1 });
  });

  it('drops an incomplete write', async () => {
    const { raw } = await openPort('smc1000i-serial');
    raw.write(Buffer.from([0x03, 0x00, 0x04, 0x01]));
    expect((await restart(raw, 16))[0]).toBe(0);
  });

  it('has the same fields in other places in each persona', async () => {
    const places = new Set<string>();
    let count = 0;
    for (const name of LOCAL_PERSONAS) {
      const { microlink } = await loadLocalPersona(name);
      if (microlink === null) continue;
      count += 1;
      const { slots, descriptor } = layOut(microlink);
      const serial = slots.find(({ holds }) => holds === 'serial')?.offset ?? 0;
      places.add(`${Math.floor(serial / microlink.pageWidth)}/${serial % microlink.pageWidth}`);
      // Every token that a parser must handle.
      for (const token of [0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff])
        expect(descriptor.includes(token), `${name} ${token.toString(16)}`).toBe(true);
    }
    expect(places.size).toBe(count);
  });

  it('does not start with pages that are too small', async () => {
    const { microlink } = await loadLocalPersona('smc1000i-serial');
    if (microlink === null) throw new Error('no pages');
    expect(() => layOut({ ...microlink, pageCount: 80 })).toThrow(RangeError);
    expect(() => layOut({ ...microlink, dataAt: { page: 5, offset: 0 } })).toThrow(RangeError);
  });
});
