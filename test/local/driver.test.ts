import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalAccess } from '../../src/core/index.ts';
import { systemClock } from '../../src/files/index.ts';
import { readBytes } from '../../src/images/index.ts';
import { createLocalDriver, type LocalDriver, parseUsbProduct } from '../../src/local/index.ts';
import { localTarget } from '../support/devices/local-unit.ts';
import { anyText } from '../support/values/text.ts';
import { plannedUnit, unitAt } from '../support/values/units.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'upsfw-sysfs-'));
  await mkdir(join(root, 'bus', 'usb', 'devices'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function plug(name: string, strings: Record<string, string>): Promise<void> {
  const folder = join(root, 'bus', 'usb', 'devices', name);
  await mkdir(folder);
  for (const [file, text] of Object.entries(strings)) await writeFile(join(folder, file), `${text}\n`);
}

const UNIT = {
  idVendor: '051d',
  idProduct: '0003',
  product: 'Smart-UPS_1500 FW:UPS 03.5 / ID=1018',
  serial: 'AS1234567890  ',
};
const context = { clock: systemClock, signal: new AbortController().signal };

const pathAt = (sysfsRoot: string): LocalDriver =>
  createLocalDriver({ clock: systemClock, readBytes, sysfsRoot });

const look = (local: LocalAccess) => pathAt(root).look(localTarget(local), context);

describe('USB strings', () => {
  it.each([
    ['Smart-UPS 1500 FW:UPS 09.3 / ID=18', 'Smart-UPS 1500', '09.3', 18, true],
    ['Smart-UPS_1500 FW:UPS 03.5 / ID=1018', 'Smart-UPS 1500', '03.5', 1018, true],
    ['Smart-UPS X 750 FW:UPS 10.1 / ID=20', 'Smart-UPS X 750', '10.1', 20, true],
    ['Smart-UPS 2200 FW:UPS 06.3 / MCU 11.0', 'Smart-UPS 2200', '06.3', null, true],
    ['Back-UPS RS 900G FW:926.T2 .I USB FW:T2', 'Back-UPS RS 900G', null, null, false],
    ['Smart-UPS 1500', 'Smart-UPS 1500', null, null, true],
  ])('%s', (product, model, version, microLinkId, isSmartUps) => {
    expect(parseUsbProduct(product)).toMatchObject({ model, isSmartUps, firmware: { version, microLinkId } });
  });

  it('never make the parser throw', () => {
    fc.assert(fc.property(anyText({ maxLength: 600 }), (text) => void parseUsbProduct(text)));
  });
});

describe('a look at a USB unit', () => {
  it('reports model, firmware and serial number, but no condition', async () => {
    await plug('1-1', { idVendor: '1d6b', product: 'xHCI Host Controller' });
    await plug('1-2', UNIT);
    const { unit, problem, kind } = await look({ usb: 'AS1234567890' });
    expect(problem).toBeNull();
    expect(kind).toBe('smart-ups');
    expect(unit).toMatchObject({
      serial: 'AS1234567890',
      model: 'Smart-UPS 1500',
      seenBy: 'usb',
      reachable: true,
      card: null,
    });
    expect(unit.firmware).toMatchObject({ version: '03.5', microLinkId: 1018 });
    expect(Object.values(unit.condition).every((field) => field === null)).toBe(true);
    expect((await look({ usb: 'any' })).problem).toBeNull();
  });

  it('does not guess which unit is meant', async () => {
    await plug('1-2', UNIT);
    await plug('1-3', { ...UNIT, serial: 'AS0000000001' });
    expect((await look({ usb: 'any' })).problem).toMatchObject({
      code: 'refused/identity',
      message: expect.stringContaining('AS0000000001'),
    });
    expect((await look({ usb: 'AS0000000001' })).unit.serial).toBe('AS0000000001');
  });

  it('reports what is missing', async () => {
    expect((await look({ usb: 'any' })).problem?.code).toBe('link/silent');
    await plug('1-2', { ...UNIT, product: 'Back-UPS ES 700 FW:829.D2 .I USB FW:D2' });
    expect((await look({ usb: 'any' })).problem?.code).toBe('device/not-smart-ups');
    expect((await look({ serialPort: '/dev/no-such-port' })).problem?.code).toBe('link/port');
    const none = pathAt(join(root, 'none'));
    expect((await none.look(localTarget({ usb: 'any' }), context)).problem?.code).toBe('link/silent');
  });
});

describe('sending an image', () => {
  it('is refused with advice', () => {
    const path = pathAt(root);
    const [hop] = plannedUnit('s/closet').hops;
    if (hop === undefined) throw new Error('no hop');
    expect(path.steps(localTarget({ usb: 'any' }), unitAt('09.4'), hop)).toMatchObject({
      possible: false,
      problem: { code: 'refused/no-path', hint: expect.stringContaining('work order') },
    });
  });
});
