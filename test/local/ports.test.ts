import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/index.ts';
import {
  ListedSerialPort,
  type ListPortsOptions,
  type LocalPorts,
  listPorts,
} from '../../src/local/index.ts';
import { ADAPTER, HOSTILE, type PortsTree, plantTree, RAW, UNIT } from '../support/devices/ports-tree.ts';

const isRoot = process.getuid?.() === 0;

let tree: PortsTree;
beforeEach(async () => {
  tree = await plantTree();
  await tree.process(1, 'systemd', ['/sbin/init']);
});
afterEach(() => tree.close());

const list = (options: Partial<ListPortsOptions> = {}): Promise<LocalPorts> => tree.list(options);

const dev = (...parts: readonly string[]): string => join(tree.devRoot, ...parts);

describe('USB units', () => {
  it('are listed with their strings and nodes', async () => {
    await tree.usb('1-1', { ...ADAPTER });
    await tree.hidraw('hidraw0', '1-1');
    await tree.usb('1-2', { ...UNIT });
    await tree.hidraw('hidraw3', '1-2');
    await tree.usb('1-10', {
      ...UNIT,
      serial: 'AS0000000002',
      product: 'Back-UPS ES 700 FW:829.D2 .I USB FW:D2',
    });
    const { usb, serial, notes } = await list();
    expect(usb).toMatchObject([
      {
        name: '1-2',
        vendorId: '051d',
        productId: '0003',
        manufacturer: 'American Power Conversion',
        serial: 'AS1234567890',
        model: 'Smart-UPS 1500',
        firmware: { version: '03.5', microLinkId: 1018 },
        isSmartUps: true,
        hidraw: dev('hidraw3'),
        usbNode: dev('bus', 'usb', '001', '004'),
        driver: 'usbhid',
        access: 'yes',
        hint: null,
        holders: [],
        inventory: { usb: 'AS1234567890' },
      },
      { name: '1-10', isSmartUps: false, hidraw: null, driver: null, access: 'missing' },
    ]);
    expect(serial).toEqual([]);
    expect(notes).toEqual([]);
  });

  it('are found if their entry on the bus is a folder instead of a link', async () => {
    const place = join(tree.sysfsRoot, 'bus', 'usb', 'devices', '2-1');
    const hid = join(place, '2-1:1.0', '0003:051D:0003.0002');
    await mkdir(hid, { recursive: true });
    for (const [name, text] of Object.entries(UNIT)) await writeFile(join(place, name), text);
    await mkdir(join(tree.sysfsRoot, 'class', 'hidraw', 'hidraw7'));
    await symlink(hid, join(tree.sysfsRoot, 'class', 'hidraw', 'hidraw7', 'device'));
    expect((await list()).usb).toMatchObject([
      { name: '2-1', hidraw: dev('hidraw7'), access: 'missing', hint: expect.stringContaining('container') },
    ]);
  });

  it('that a program took from the kernel are marked', async () => {
    await tree.usb('1-2', { ...UNIT });
    await tree.hidraw('hidraw0', '1-2', 'usbfs');
    await rm(join(tree.sysfsRoot, 'class', 'hidraw', 'hidraw0'));
    await tree.process(
      812,
      'usbhid-ups',
      ['/lib/nut/usbhid-ups', '-a', 'closet'],
      [dev('bus', 'usb', '001', '004')],
    );
    expect((await list()).usb).toMatchObject([
      {
        driver: 'usbfs',
        hidraw: null,
        hint: expect.stringContaining('NUT or apcupsd'),
        holders: [{ pid: 812, program: 'NUT', known: true, how: 'open' }],
      },
    ]);
  });

  it('without a product string are listed, but not as a Smart-UPS', async () => {
    const { product: _product, ...rest } = UNIT;
    await tree.usb('1-2', rest);
    expect((await list()).usb).toMatchObject([
      { model: null, product: null, isSmartUps: false, firmware: { version: null, raw: null } },
    ]);
  });

  it.each([
    ['FFFFFFFFFFFF', { usb: 'any' }],
    ['x'.repeat(65_536), { usb: 'any' }],
    ['AS12\u001b[31m3456', { usb: 'any' }],
    ['123456789012', { usb: '123456789012' }],
  ])('get an inventory entry with a serial number that identifies them: %.20s', async (serial, inventory) => {
    await tree.usb('1-2', { ...UNIT, serial });
    expect((await list()).usb[0]?.inventory).toEqual(inventory);
  });

  it('that share a serial number get a note instead of an inventory entry', async () => {
    await tree.usb('1-2', { ...UNIT });
    await tree.usb('1-3', { ...UNIT });
    const { usb, notes } = await list();
    expect(usb.map(({ inventory }) => inventory)).toEqual([null, null]);
    expect(notes).toEqual([expect.stringContaining('1-2, 1-3')]);
  });
});

describe('serial ports', () => {
  it('are distinguished by their drivers, with stable names and adapter strings', async () => {
    await tree.usb('1-3', { ...ADAPTER });
    await tree.adapter('ttyUSB0', '1-3', 'ftdi_sio');
    await tree.link('by-id', 'usb-FTDI_FT232R_USB_UART_A10KZP45-if00-port0', 'ttyUSB0');
    await tree.link('by-path', 'pci-0000:00:14.0-usb-0:3:1.0-port0', 'ttyUSB0');
    await tree.usb('1-4', { idVendor: '1a86', idProduct: '7523', product: 'USB Serial' });
    await tree.adapter('ttyUSB10', '1-4', 'ch341-uart');
    await tree.link('by-path', 'pci-0000:00:14.0-usb-0:4:1.0-port0', 'ttyUSB10');
    await tree.usb('1-5', { idVendor: '12d1', idProduct: '1001', product: 'HUAWEI Mobile' });
    await tree.acm('ttyACM0', '1-5');
    await tree.board('ttyS0', 'serial', '4', 'new');
    await tree.board('ttyAMA0', 'uart-pl011', '32', 'old');
    await tree.virtual('tty1');
    const byId = dev('serial', 'by-id', 'usb-FTDI_FT232R_USB_UART_A10KZP45-if00-port0');
    const byPath = (port: number) => dev('serial', 'by-path', `pci-0000:00:14.0-usb-0:${port}:1.0-port0`);
    expect((await list()).serial).toMatchObject([
      {
        path: dev('ttyACM0'),
        driver: 'cdc_acm',
        looksLike: 'modem-or-board',
        usb: { product: 'HUAWEI Mobile' },
      },
      { path: dev('ttyAMA0'), driver: 'uart-pl011', looksLike: 'port', usb: null },
      { path: dev('ttyS0'), driver: 'serial', looksLike: 'port', inventory: { serialPort: dev('ttyS0') } },
      {
        path: dev('ttyUSB0'),
        driver: 'ftdi_sio',
        looksLike: 'adapter',
        usb: { vendorId: '0403', productId: '6001', manufacturer: 'FTDI', serial: 'A10KZP45' },
        stableNames: [byId, byPath(3)],
        inventory: { serialPort: byId },
        access: 'yes',
        holders: [],
      },
      { path: dev('ttyUSB10'), driver: 'ch341-uart', inventory: { serialPort: byPath(4) } },
    ]);
  });

  it('without hardware are left out', async () => {
    await tree.board('ttyS0', 'serial8250', '4', 'old');
    await tree.board('ttyS1', 'serial8250', '0', 'old');
    await tree.board('ttyS2', 'serial8250', '0', 'new');
    await tree.board('ttyS3', 'serial8250', null, 'old');
    const { serial, notes } = await list();
    expect(serial.map(({ path }) => path)).toEqual([dev('ttyS0')]);
    expect(notes).toEqual([expect.stringContaining(`there is hardware: ${dev('ttyS3')}.`)]);
  });

  it('that are pseudo terminals, as in a simulation, keep their stable name', async () => {
    await tree.board('ttyS0', 'serial', '4', 'old');
    await rm(dev('ttyS0'));
    await writeFile(join(tree.folder, 'pts'), '');
    await symlink(join(tree.folder, 'pts'), dev('ttyS0'));
    await mkdir(dev('serial', 'by-id'), { recursive: true });
    await symlink(join(tree.folder, 'pts'), dev('serial', 'by-id', 'simulated'));
    expect((await list()).serial).toMatchObject([
      { path: dev('ttyS0'), access: 'yes', inventory: { serialPort: dev('serial', 'by-id', 'simulated') } },
    ]);
  });

  it('keep their stable name if the node is missing', async () => {
    await tree.board('ttyS0', 'serial', '4', 'old');
    await tree.link('by-path', 'platform-serial', 'ttyS0');
    await rm(dev('ttyS0'));
    expect((await list()).serial).toMatchObject([
      { access: 'missing', stableNames: [dev('serial', 'by-path', 'platform-serial')] },
    ]);
  });

  it('come from the package if the kernel has none', async () => {
    const listed = ListedSerialPort.parse({
      path: 'COM3',
      manufacturer: 'FTDI',
      vendorId: '0403',
      productId: '6001',
      serialNumber: undefined,
      friendlyName: 'USB Serial Port (COM3)',
      pnpId: 'x',
    });
    const bad = ListedSerialPort.parse({ path: 'COM4\u001b[2J' });
    const { serial, usb, notes } = await list({
      sysfsRoot: join(tree.folder, 'none'),
      procRoot: join(tree.folder, 'none'),
      listSerial: async () => [listed, bad],
    });
    expect(usb).toEqual([]);
    expect(serial).toMatchObject([
      {
        path: 'COM3',
        looksLike: null,
        usb: { vendorId: '0403', product: 'USB Serial Port (COM3)', serial: null },
        access: 'yes',
        holders: null,
        inventory: { serialPort: 'COM3' },
      },
    ]);
    expect(notes).toEqual([
      expect.stringContaining('no device below'),
      expect.stringContaining('only on Linux'),
    ]);
  });

  it('of the package complete those of the kernel, without missing ports', async () => {
    await tree.board('ttyS0', 'serial', '4', 'new');
    await tree.board('ttyS1', 'serial8250', '0', 'new');
    const paths = ['ttyS0', 'ttyS1', 'rfcomm0'].map((name) => dev(name));
    const { serial } = await list({
      listSerial: async () => paths.map((path) => ListedSerialPort.parse({ path })),
    });
    expect(serial).toMatchObject([
      { path: dev('ttyS0'), looksLike: 'port' },
      { path: dev('rfcomm0'), looksLike: null, access: 'missing' },
    ]);
  });

  it('are listed without the package too, with a note', async () => {
    await tree.board('ttyS0', 'serial', '4', 'new');
    const { serial, notes } = await list({
      listSerial: async () =>
        new Problem('link/port', 'It is not installed.', { hint: 'npm install serialport' }),
    });
    expect(serial).toHaveLength(1);
    expect(notes).toEqual(['It is not installed. npm install serialport']);
  });

  it('of this machine are listed', async () => {
    const { serial, notes } = await listPorts();
    expect(new Set(serial.map(({ path }) => path)).size).toBe(serial.length);
    for (const note of notes) expect(note).not.toMatch(/undefined|\[object/);
  });
});

describe('access rights', () => {
  it('are explained if they are missing', async () => {
    await tree.usb('1-2', { ...UNIT });
    await tree.hidraw('hidraw0', '1-2');
    await tree.board('ttyS0', 'serial', '4', 'new');
    for (const node of [dev('hidraw0'), dev('ttyS0')]) {
      await rm(node);
      // A link to itself is refused even for root.
      await symlink(node, node);
    }
    const { usb, serial } = await list();
    expect(usb).toMatchObject([{ access: 'no', hint: expect.stringContaining('SUBSYSTEM=="hidraw"') }]);
    expect(serial).toMatchObject([{ access: 'no', hint: expect.stringContaining('dialout') }]);
  });

  it.skipIf(isRoot)('are those of this user', async () => {
    await tree.board('ttyS0', 'serial', '4', 'new');
    await chmod(dev('ttyS0'), 0o400);
    expect((await list()).serial).toMatchObject([{ access: 'no' }]);
  });
});

describe('nodes', () => {
  it('are not opened', async () => {
    await tree.usb('1-2', { ...UNIT });
    await tree.hidraw('hidraw0', '1-2');
    await tree.board('ttyS0', 'serial', '4', 'new');
    for (const node of [dev('hidraw0'), dev('ttyS0')]) {
      await rm(node);
      // Opening a pipe without a writer blocks forever.
      await promisify(execFile)('mkfifo', [node]);
    }
    const { usb, serial } = await list();
    expect([...usb, ...serial].map(({ access }) => access)).toEqual(['yes', 'yes']);
  });
});

describe('foreign text', () => {
  it('is sanitized and cut, wherever it comes from', async () => {
    await tree.usb('1-2', {
      ...UNIT,
      product: HOSTILE,
      serial: HOSTILE,
      manufacturer: HOSTILE,
      idProduct: HOSTILE,
    });
    await tree.hidraw('hidraw0', '1-2');
    await tree.usb('1-3', { ...ADAPTER, product: HOSTILE, serial: HOSTILE, busnum: HOSTILE });
    await tree.adapter('ttyUSB0', '1-3', 'ftdi_sio');
    await tree.process(5, HOSTILE, [HOSTILE], [dev('ttyUSB0'), dev('hidraw0')]);
    await writeFile(join(tree.lockFolder, 'LCK..ttyUSB0'), HOSTILE);
    const ports = await list();
    expect(ports.usb[0]?.holders).toHaveLength(1);
    expect(ports.serial[0]?.holders).toHaveLength(2);
    const all: string[] = [];
    JSON.stringify(ports, (_key, value: unknown) => {
      if (typeof value === 'string') all.push(value);
      return value;
    });
    expect(all.length).toBeGreaterThan(20);
    for (const text of all) {
      expect(text).not.toMatch(RAW);
      expect(text.length).toBeLessThan(700);
    }
  });
});
