import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type ListPortsOptions, type LocalPorts, listPorts } from '../../../src/local/index.ts';

/** Folders like /sys, /dev, /proc and /run/lock, with the links that a Linux kernel makes. */
export interface PortsTree {
  readonly folder: string;
  readonly sysfsRoot: string;
  readonly devRoot: string;
  readonly procRoot: string;
  readonly lockFolder: string;
  /** A USB device; its entry on the bus is a link, as on a real system. */
  usb(name: string, attributes: Readonly<Record<string, string>>): Promise<void>;
  /** Its HID interface with a node; `driver` is that of the interface. */
  hidraw(node: string, usb: string, driver?: string): Promise<void>;
  /** A port of a USB adapter, in the folder of its device. */
  adapter(tty: string, usb: string, driver: string): Promise<void>;
  /** A modem or board with a USB port of its own: the interface itself is the device. */
  acm(tty: string, usb: string): Promise<void>;
  /**
   * A port of the board, as shown by Linux before 6.5 (`old`) or later. `type`: null if only root may read
   * it.
   */
  board(tty: string, driver: string, type: string | null, shape: 'old' | 'new'): Promise<void>;
  /** A terminal without a device. */
  virtual(tty: string): Promise<void>;
  /** A udev link to a node. */
  link(kind: 'by-id' | 'by-path', name: string, tty: string): Promise<void>;
  process(pid: number, comm: string, words: readonly string[], open?: readonly string[]): Promise<void>;
  /** Lists the ports of the tree. */
  list(options?: Partial<ListPortsOptions>): Promise<LocalPorts>;
  close(): Promise<void>;
}

export async function plantTree(): Promise<PortsTree> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-ports-'));
  const sysfsRoot = join(folder, 'sys');
  const devRoot = join(folder, 'dev');
  const procRoot = join(folder, 'proc');
  const lockFolder = join(folder, 'lock');
  const host = join(sysfsRoot, 'devices', 'pci0000:00', '0000:00:14.0', 'usb1');
  const platform = join(sysfsRoot, 'devices', 'platform');
  for (const part of ['class/tty', 'class/hidraw', 'bus/usb/devices'])
    await mkdir(join(sysfsRoot, part), { recursive: true });
  for (const one of [devRoot, procRoot, lockFolder]) await mkdir(one);

  const linkTo = async (target: string, path: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await symlink(relative(dirname(path), target), path);
  };
  const file = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  const drivenBy = async (device: string, bus: string, driver: string): Promise<void> => {
    const path = join(sysfsRoot, 'bus', bus, 'drivers', driver);
    await mkdir(path, { recursive: true });
    await mkdir(device, { recursive: true });
    await linkTo(path, join(device, 'driver'));
  };
  const classLink = async (kind: string, name: string, device: string): Promise<void> => {
    const path = join(device, kind, name);
    await mkdir(path, { recursive: true });
    await linkTo(device, join(path, 'device'));
    await linkTo(path, join(sysfsRoot, 'class', kind, name));
  };
  const node = (name: string): Promise<void> => writeFile(join(devRoot, name), '');

  return {
    folder,
    sysfsRoot,
    devRoot,
    procRoot,
    lockFolder,
    list: (options = {}) =>
      listPorts({ sysfsRoot, devRoot, procRoot, lockFolders: [lockFolder], ...options }),
    async usb(name, attributes) {
      for (const [attribute, text] of Object.entries(attributes))
        await file(join(host, name, attribute), `${text}\n`);
      await linkTo(join(host, name), join(sysfsRoot, 'bus', 'usb', 'devices', name));
    },
    async hidraw(name, usb, driver = 'usbhid') {
      const place = join(host, usb, `${usb}:1.0`);
      await drivenBy(place, 'usb', driver);
      await classLink('hidraw', name, join(place, '0003:051D:0003.0001'));
      await node(name);
    },
    async adapter(tty, usb, driver) {
      const port = join(host, usb, `${usb}:1.0`, tty);
      await drivenBy(dirname(port), 'usb', driver);
      await drivenBy(port, 'usb-serial', driver);
      await classLink('tty', tty, port);
      await node(tty);
    },
    async acm(tty, usb) {
      const port = join(host, usb, `${usb}:1.0`);
      await drivenBy(port, 'usb', 'cdc_acm');
      await classLink('tty', tty, port);
      await node(tty);
    },
    async board(tty, driver, type, shape) {
      const chip = join(platform, `${driver}-${tty}`);
      await drivenBy(chip, 'platform', driver);
      const port = shape === 'old' ? chip : join(chip, `${tty}:0`, `${tty}:0.0`);
      if (shape === 'new') {
        await drivenBy(dirname(port), 'serial-base', 'ctrl');
        await drivenBy(port, 'serial-base', 'port');
      }
      await classLink('tty', tty, port);
      if (type !== null) await file(join(port, 'tty', tty, 'type'), `${type}\n`);
      await node(tty);
    },
    async virtual(tty) {
      const path = join(sysfsRoot, 'devices', 'virtual', 'tty', tty);
      await mkdir(path, { recursive: true });
      await linkTo(path, join(sysfsRoot, 'class', 'tty', tty));
      await node(tty);
    },
    link: (kind, name, tty) => linkTo(join(devRoot, tty), join(devRoot, 'serial', kind, name)),
    async process(pid, comm, words, open = []) {
      const place = join(procRoot, String(pid));
      await file(join(place, 'comm'), `${comm}\n`);
      await file(join(place, 'cmdline'), words.map((word) => `${word}\0`).join(''));
      await mkdir(join(place, 'fd'));
      for (const [index, target] of open.entries()) await symlink(target, join(place, 'fd', String(index)));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

export const UNIT = {
  idVendor: '051d',
  idProduct: '0003',
  manufacturer: 'American Power Conversion ',
  product: 'Smart-UPS_1500 FW:UPS 03.5 / ID=1018',
  serial: 'AS1234567890  ',
  busnum: '1',
  devnum: '4',
} as const;

export const ADAPTER = {
  idVendor: '0403',
  idProduct: '6001',
  manufacturer: 'FTDI',
  product: 'FT232R USB UART',
  serial: 'A10KZP45',
} as const;

/** Text that must not reach a terminal, and far too long. */
export const HOSTILE = `\u001b]0;owned\u0007\u001b[2J\u202eevil\r\nFW:UPS 99.9 / ID=18 ${'x'.repeat(65_536)}`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
export const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
