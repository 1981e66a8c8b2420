import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { closePorts, openPort, startPorts } from '../support/devices/local-ports.ts';
import { describeBlob, isSound, response, sealed } from '../support/peers/raw-microlink.ts';
import type { RawPort } from '../support/peers/raw-port.ts';

afterEach(closePorts);

const USB = ['smx1500-usb', 'scl500-usb'] as const;
const TO_UNIT = 0x90;
const FROM_UNIT = 0x89;

/** A report to the unit, followed by leftovers of an earlier report. */
function toUnit(bytes: Uint8Array, filler = 0): Buffer {
  const report = Buffer.alloc(64, filler);
  report[0] = TO_UNIT;
  report.set(bytes, 1);
  return report;
}

/** The data of the next tunnel report; other reports are counted. */
async function fromUnit(raw: RawPort): Promise<{ readonly data: Buffer; readonly foreign: number }> {
  for (let foreign = 0; ; foreign += 1) {
    const report = await raw.take(64);
    if (report[0] === FROM_UNIT) return { data: report.subarray(1), foreign };
    expect(report[0]).toBe(0x07);
  }
}

/** Asks for a page and extracts the record from its report. */
async function ask(raw: RawPort, control: number, width: number): Promise<Buffer> {
  raw.write(toUnit(Buffer.from([control])));
  const { data } = await fromUnit(raw);
  const record = data.subarray(0, width + 3);
  expect(isSound(record)).toBe(true);
  expect(data.subarray(width + 3)).toEqual(Buffer.alloc(63 - width - 3));
  return record;
}

async function walkUsb(raw: RawPort, width: number): Promise<Buffer> {
  const first = await ask(raw, 0xfd, width);
  const pages: Buffer[] = [first.subarray(1, -2)];
  while (pages.length < (first[3] ?? 0)) {
    const record = await ask(raw, 0xfe, width);
    expect(record[0]).toBe(pages.length);
    pages.push(record.subarray(1, -2));
  }
  return Buffer.concat(pages);
}

describe.each(USB)('%s', (name) => {
  it('exchanges Microlink in reports of 64 bytes, among reports of other kinds', async () => {
    const { raw, device } = await openPort(name);
    const { microlink, unit } = device.persona;
    const width = microlink?.pageWidth ?? 0;
    const blob = await walkUsb(raw, width);
    const fields = describeBlob(blob, width);
    const text = (path: string): string => {
      const { offset, size } = fields.get(path) ?? { offset: 0, size: 0 };
      return blob.toString('latin1', offset, offset + size).trim();
    };
    expect([text('2:4.9.40'), text('2:4.9.42'), text('3:4A')]).toEqual([
      device.serial,
      unit.sku,
      `UPS ${unit.version}`,
    ]);
    expect(blob.readUInt16BE(3)).toBe(unit.microLinkId);
    expect(text('2:4.82')).toBe('upsfw simulated unit');
    expect(device.writes).toBe(0);
    // A write followed by old bytes.
    const slave = fields.get('2:4.8.5')?.offset ?? 0;
    const master = fields.get('2:4.8.6')?.offset ?? 0;
    const serial = fields.get('2:4.9.40') ?? { offset: 0, size: 0 };
    const own = response(
      blob,
      blob.subarray(serial.offset, serial.offset + serial.size),
      blob.subarray(master, master + 2),
    );
    const write = sealed([Math.floor(slave / width), slave % width, 4, 3, 4, ...own]);
    raw.write(toUnit(write, 0xfe));
    await device.until(({ authenticated }) => authenticated);
    expect((await fromUnit(raw)).data[0]).toBe(Math.floor(slave / width));
  });

  it('appears as on Linux', async () => {
    const { units, device, port } = await openPort(name);
    const { sysfsRoot, devRoot } = units;
    expect(port).toBe(join(devRoot, 'hidraw0'));
    expect(await realpath(port)).toMatch(/^\/dev\/pts\/\d+$/);
    const hid = await realpath(join(sysfsRoot, 'class/hidraw/hidraw0/device'));
    const usb = dirname(dirname(hid));
    expect(usb).toBe(await realpath(join(sysfsRoot, 'bus/usb/devices/1-2')));
    const read = (file: string): Promise<string> => readFile(join(usb, file), 'utf8');
    expect(await read('idVendor')).toBe('051d\n');
    expect(await read('idProduct')).toBe(`${device.persona.usb?.productId}\n`);
    expect(await read('manufacturer')).toBe('American Power Conversion \n');
    expect(await read('serial')).toBe(`${device.serial}\n`);
    expect(await read('product')).toMatch(/^Smart-UPS[ _].* FW:UPS \d\d\.\d \/ ID=\d+\n$/);
    expect(await read('busnum')).toBe('1\n');
    const uevent = await readFile(join(hid, 'uevent'), 'utf8');
    expect(uevent).toContain(`HID_UNIQ=${device.serial}\n`);
    expect(uevent).toMatch(/^HID_ID=0003:0000051D:0000000[34]$/m);
    expect(reportsOf(await readFile(join(hid, 'report_descriptor')))).toEqual([
      { kind: 'input', id: 0x07, page: 0x85, usage: 0x66, bytes: 63 },
      { kind: 'input', id: FROM_UNIT, page: 0xff86, usage: 0xfd, bytes: 63 },
      { kind: 'output', id: TO_UNIT, page: 0xff86, usage: 0xfc, bytes: 63 },
    ]);
  });
});

interface Report {
  readonly kind: 'input' | 'output';
  readonly id: number;
  readonly page: number;
  readonly usage: number;
  bytes: number;
}

/** A reader of report descriptors by the HID specification: short items, the reports in order. */
function reportsOf(descriptor: Buffer): readonly Report[] {
  const reports: Report[] = [];
  let [page, usage, id, size, count] = [0, 0, 0, 0, 0];
  for (let at = 0; at < descriptor.length; ) {
    const prefix = descriptor[at] ?? 0;
    const length = [0, 1, 2, 4][prefix & 3] ?? 0;
    const value = length === 0 ? 0 : descriptor.readUIntLE(at + 1, length);
    at += 1 + length;
    const tag = prefix & 0xfc;
    if (tag === 0x04) page = value;
    if (tag === 0x08) usage = value;
    if (tag === 0x74) size = value;
    if (tag === 0x84) id = value;
    if (tag === 0x94) count = value;
    if (tag !== 0x80 && tag !== 0x90) continue;
    const kind = tag === 0x80 ? 'input' : 'output';
    const known = reports.find((one) => one.kind === kind && one.id === id);
    if (known === undefined) reports.push({ kind, id, page, usage, bytes: (size * count) / 8 });
    else known.bytes += (size * count) / 8;
  }
  return reports;
}

describe('USB units', () => {
  it('are distinguished by their numbers, and serial ones have none', async () => {
    const { units, sysfsRoot, devRoot } = await startPorts(['smc1000i-serial', ...USB]);
    expect((await readdir(join(sysfsRoot, 'bus/usb/devices'))).sort()).toEqual(['1-2', '1-3']);
    expect((await readdir(devRoot)).sort()).toEqual(['hidraw0', 'hidraw1']);
    expect(new Set(units.map(({ device }) => device.serial)).size).toBe(3);
    expect(units[0]?.port).toMatch(/^\/dev\/pts\//);
  });

  it('have no line rate', async () => {
    const { raw } = await openPort('smx1500-usb');
    await raw.setRate(1200);
    expect((await ask(raw, 0xfd, 16))[0]).toBe(0);
  });

  it('ignore reports with other IDs', async () => {
    const { raw } = await openPort('smx1500-usb');
    const other = toUnit(Buffer.from([0xfd]));
    other[0] = 0x91;
    raw.write(other);
    expect((await ask(raw, 0xfd, 16))[0]).toBe(0);
    expect((await ask(raw, 0xfe, 16))[0]).toBe(1);
  });

  it('usb-slow-first-answer: receive only the first request for half a minute, and then answer it', async () => {
    const { raw, device } = await openPort('smx1500-usb', { faults: ['usb-slow-first-answer'], speed: 100 });
    for (let tries = 0; tries < 3; tries += 1) raw.write(toUnit(Buffer.from([0xfd])));
    const first = (await fromUnit(raw)).data;
    expect(first[0]).toBe(0);
    expect((await ask(raw, 0xfe, 16))[0]).toBe(1);
    expect(device.bytesArrived).toBe(4 * 64);
  });

  it('cable-pulled: disappear from the machine in the middle of a look', async () => {
    const { raw, units, port } = await openPort('smx1500-usb', { faults: ['cable-pulled'] });
    for (let page = 0; page < 20; page += 1) await ask(raw, page === 0 ? 0xfd : 0xfe, 16);
    raw.write(toUnit(Buffer.from([0xfe])));
    // The package does not report every port that disappears.
    while (existsSync(port)) await new Promise((resolve) => setImmediate(resolve));
    while (existsSync(join(units.sysfsRoot, 'bus/usb/devices/1-2')))
      await new Promise((resolve) => setImmediate(resolve));
  });
});
