import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type LocalPortsDocument, renderLocalPorts } from '../../src/report/index.ts';
import { ADAPTER, HOSTILE, type PortsTree, plantTree, RAW, UNIT } from '../support/devices/ports-tree.ts';
import { runHere } from '../support/sites/site.ts';

const Document = z.strictObject({
  schema: z.literal('upsfw/local-ports@1'),
  generatedAt: z.iso.datetime(),
  simulated: z.boolean(),
  serial: z.array(z.looseObject({ path: z.string(), inventory: z.unknown(), usb: z.unknown() })),
  usb: z.array(z.looseObject({ name: z.string(), inventory: z.unknown(), hidraw: z.string().nullable() })),
  notes: z.array(z.string()),
});

let tree: PortsTree;
beforeEach(async () => {
  tree = await plantTree();
});
afterEach(() => tree.close());

const run = (...more: readonly string[]) =>
  runHere(['local', 'ports', ...more], { environment: { UPSFW_SIM_SYSFS: tree.folder } });

describe('local ports', () => {
  it('shows each port with its inventory entry and how to inspect it', async () => {
    await tree.usb('1-2', { ...UNIT });
    await tree.hidraw('hidraw0', '1-2');
    await tree.usb('1-3', { ...ADAPTER });
    await tree.adapter('ttyUSB0', '1-3', 'ftdi_sio');
    await tree.link('by-id', 'usb-FTDI_A10KZP45-if00-port0', 'ttyUSB0');
    await tree.usb('1-4', { idVendor: '12d1', idProduct: '1001', product: 'HUAWEI Mobile' });
    await tree.acm('ttyACM0', '1-4');
    const ran = await run();
    expect(ran).toMatchObject({ exit: 0, info: '' });
    const byId = join(tree.devRoot, 'serial', 'by-id', 'usb-FTDI_A10KZP45-if00-port0');
    for (const part of [
      'SIMULATION: all units and ports are simulated',
      'No port was opened and nothing was sent',
      'Smart-UPS 1500  UPS 03.5 (ID1018)  AS1234567890',
      'inventory: usb: AS1234567890',
      'upsfw local inspect usb:AS1234567890\n',
      'FTDI, FT232R USB UART, A10KZP45, 0403:6001, ftdi_sio',
      `inventory: serialPort: ${byId}`,
      `upsfw local inspect ${byId}`,
      'HUAWEI Mobile, 12d1:1001, cdc_acm',
      'A listed serial port may have no UPS',
    ])
      expect(ran.out).toContain(part);
    expect(ran.out).toMatch(/ttyACM0 +accessible +often a modem or a development board\n/);
    expect(ran.out).toMatch(/ttyUSB0 +accessible +USB adapter\n/);
    expect(ran.out).not.toContain('has no serial port');
  });

  it('prints one document with --json, and null for what is missing', async () => {
    await tree.usb('1-2', { ...UNIT });
    await tree.board('ttyS0', 'serial', '4', 'new');
    const ran = await run('--json');
    const document = Document.parse(JSON.parse(ran.out));
    expect(ran.exit).toBe(0);
    expect(document.simulated).toBe(true);
    expect(document.usb).toMatchObject([
      { name: '1-2', hidraw: null, access: 'missing', driver: null, inventory: { usb: 'AS1234567890' } },
    ]);
    expect(document.serial).toMatchObject([{ usb: null, hint: null, stableNames: [], looksLike: 'port' }]);
  });

  it('reports a machine without ports, and what to check', async () => {
    const ran = await run();
    expect(ran.exit).toBe(0);
    expect(ran.out).toContain('This machine has no serial port and no USB unit of APC.');
    expect(ran.out).toContain('vendor ID 051d');
    expect(ran.out).not.toContain('A listed serial port');
  });

  it('lists the ports of this machine outside a simulation', async () => {
    const ran = await runHere(['local', 'ports', '--json']);
    expect(ran.exit).toBe(0);
    expect(Document.parse(JSON.parse(ran.out)).simulated).toBe(false);
    const text = await runHere(['local', 'ports'], { environment: { UPSFW_SIM_SYSFS: '' } });
    expect(text.out).not.toContain('SIMULATION');
  });

  it('takes no arguments and no options of other actions', async () => {
    for (const more of [['/dev/ttyS0'], ['--yes'], ['--expect-id', '18']])
      expect(await run(...more)).toMatchObject({ exit: 2, out: '' });
  });

  it('sanitizes the names of devices', async () => {
    await tree.usb('1-2', { ...UNIT, product: HOSTILE, serial: HOSTILE, manufacturer: HOSTILE });
    await tree.usb('1-3', { ...ADAPTER, product: HOSTILE, serial: HOSTILE });
    await tree.adapter('ttyUSB0', '1-3', 'ftdi_sio');
    await writeFile(join(tree.lockFolder, 'LCK..ttyUSB0'), HOSTILE);
    for (const more of [[], ['--json']]) {
      const { out, exit } = await run(...more);
      expect(exit).toBe(0);
      expect(out).not.toMatch(RAW);
      expect(out).not.toContain('owned');
      expect(out.length).toBeLessThan(8000);
    }
  });
});

describe('the report of ports', () => {
  const unit: LocalPortsDocument['usb'][number] = {
    name: '1-2',
    vendorId: '051d',
    productId: '0003',
    manufacturer: null,
    product: 'Smart-UPS 1500',
    serial: '123456789012',
    model: 'Smart-UPS 1500',
    firmware: { raw: null, version: null, microLinkId: null },
    isSmartUps: true,
    hidraw: '/dev/hidraw0',
    usbNode: '/dev/bus/usb/001/004',
    driver: 'usbhid',
    access: 'no',
    hint: 'Let udev give a right to it.',
    holders: [
      { pid: 812, program: 'NUT', known: true, how: 'open' },
      { pid: null, program: 'a program', known: false, how: 'lock-file' },
    ],
    inventory: { usb: '123456789012' },
  };
  const render = (one: Partial<typeof unit>) =>
    renderLocalPorts(
      {
        schema: 'upsfw/local-ports@1',
        generatedAt: '2026-01-01T00:00:00Z',
        simulated: false,
        serial: [],
        usb: [{ ...unit, ...one }],
        notes: ['Something could not be seen.'],
      },
      { format: 'text', color: false },
    );

  it('names the programs at a unit and how to get access, and quotes a number for YAML', () => {
    const text = render({});
    for (const part of [
      'held by NUT, process 812: end it before you use the port',
      'locked by a program: end it before',
      'Let udev give a right to it.',
      'inventory: usb: "123456789012"',
      'Something could not be seen.',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/123456789012 +held +USB 1-2\n/);
  });

  it('quotes special characters for YAML and for a shell', () => {
    const text = render({ inventory: { usb: "AS 12'34" } });
    expect(text).toContain(`inventory: usb: "AS 12'34"`);
    expect(text).toContain(`upsfw local inspect 'usb:AS 12'\\''34'`);
    expect(render({ inventory: { usb: 'any' } })).toContain('upsfw local inspect usb\n');
    expect(render({ inventory: null })).not.toMatch(/inventory:|local inspect/);
  });

  it.each([
    ['no access', { holders: [] }],
    ['no node', { holders: null, access: 'missing' }],
    ['accessible', { holders: [], access: 'yes', hint: null }],
  ] as const)('has a term for each obstacle: %s', (word, one) => {
    expect(render(one)).toMatch(new RegExp(`123456789012 +${word} +USB 1-2\n`));
  });

  it('offers no inspection of a device that is not a Smart-UPS', () => {
    const text = render({ model: 'Back-UPS ES 700', isSmartUps: false });
    expect(text).toContain('not a Smart-UPS');
    expect(text).not.toMatch(/inventory:|local inspect/);
  });
});
