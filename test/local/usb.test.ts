import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { UNKNOWN_CONDITION } from '../../src/core/index.ts';
import { tunnelOf } from '../../src/local/line/report-descriptor.ts';
import { type LocalUnit, openLocalUnit } from '../support/devices/local-unit.ts';

/**
 * Items of HID 1.11: a page of power devices with input report 7, and the vendor's page with two reports of
 * 63 bytes.
 */
function descriptor(page: string, toUnit: string, fromUnit: string): Buffer {
  const items = [
    '0584 0904 a101', // a power device
    '8507 0966 7508 9502 8102', // input report 7, two bytes
    `06 ${page}`,
    `8590 09${toUnit} 7508 953f 9102`, // output report 0x90
    `8589 09${fromUnit} 7508 953f 8102`, // input report 0x89
    'c0',
  ];
  return Buffer.from(items.join('').replaceAll(' ', ''), 'hex');
}

describe('a HID report descriptor', () => {
  it('names the reports that carry the protocols', () => {
    expect(tunnelOf(descriptor('86ff', 'fc', 'fd'))).toEqual({
      toUnit: { id: 0x90, bytes: 63 },
      fromUnit: { id: 0x89, bytes: 63 },
    });
  });

  it('may name page and usage in one item', () => {
    const items = 'a101 8501 7508 953f 0b fc0086ff 9102 8502 0b fd0086ff 8102 c0';
    expect(tunnelOf(Buffer.from(items.replaceAll(' ', ''), 'hex'))).toMatchObject({
      toUnit: { id: 1 },
      fromUnit: { id: 2 },
    });
  });

  it.each([
    ['of another page', descriptor('85ff', 'fc', 'fd')],
    ['with one of the two alone', descriptor('86ff', 'fc', 'fe')],
    ['that is cut off', descriptor('86ff', 'fc', 'fd').subarray(0, 20)],
    ['that is empty', Buffer.alloc(0)],
  ])('%s has no tunnel', (_, bytes) => {
    expect(tunnelOf(bytes)).toBeNull();
  });

  it('never makes the parser throw or hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const tunnel = tunnelOf(bytes);
        if (tunnel !== null) expect(tunnel.toUnit.bytes).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

let bench: LocalUnit | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

async function open(...args: Parameters<typeof openLocalUnit>): Promise<LocalUnit> {
  bench = await openLocalUnit(...args);
  return bench;
}

describe('a USB unit', () => {
  it('whose strings contradict its answers has no ID', async () => {
    const { look, sysfsRoot } = await open('smx1500-usb');
    const product = join(sysfsRoot, 'bus', 'usb', 'devices', '1-2', 'product');
    await writeFile(product, 'Smart-UPS X 1500 FW:UPS 09.8 / ID=18\n');
    const { unit, seen, problem } = await look();
    expect(problem).toBeNull();
    expect(unit.firmware).toMatchObject({ version: '09.8', microLinkId: null });
    expect(seen?.notes).toEqual([expect.stringContaining('18 and 20')]);
  });

  it('that cannot be queried is identified by its strings, with the reason', async () => {
    const { look, sysfsRoot, device } = await open('smx1500-usb');
    await writeFile(
      join(sysfsRoot, 'class', 'hidraw', 'hidraw0', 'device', 'report_descriptor'),
      descriptor('85ff', 'fc', 'fd'),
    );
    const { unit, seen, problem } = await look();
    expect(problem).toBeNull();
    expect(unit).toMatchObject({ serial: device.serial, firmware: { version: '09.8', microLinkId: 20 } });
    expect(unit.condition).toEqual(UNKNOWN_CONDITION);
    expect(seen?.notes).toEqual([expect.stringContaining('no reports that carry')]);
    expect(device.bytesArrived).toBe(0);
  });

  it.skipIf(process.getuid?.() === 0)('whose node cannot be opened gets advice', async () => {
    const { look, port } = await open('smx1500-usb');
    await chmod(port, 0o000);
    expect((await look()).seen?.notes[0]).toContain('cannot be opened');
  });
});
