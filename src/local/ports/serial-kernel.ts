import { readlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { sanitize } from '../../core/index.ts';
import { foldersUpFrom, namesIn, readAttribute, realPathOf, type UsbFolder, usbAbove } from './sysfs.ts';

/** A serial port as the kernel describes it. */
export interface KernelPort {
  /** Its node, e.g. `/dev/ttyUSB0`. */
  readonly path: string;
  /** udev links to the node that keep their name when the adapter gets another number; the best first. */
  readonly stableNames: readonly string[];
  readonly driver: string | null;
  /** The USB device that it belongs to; null for a port of the board. */
  readonly usb: UsbFolder | null;
}

export interface KernelPorts {
  readonly ports: readonly KernelPort[];
  /** Nodes without hardware, according to the kernel. */
  readonly empty: readonly string[];
  /** Nodes for which this user cannot see whether there is hardware. */
  readonly unknown: readonly string[];
}

/** Since Linux 6.5, two devices without hardware are between a port and its driver. */
const BASE_BUS = 'serial-base';
/** The driver that creates a number of ports in advance, whether they exist or not. */
const PLACEHOLDER_DRIVER = 'serial8250';
/** Value of the attribute `type` if no chip was found. */
const NO_CHIP = '0';

/** Serial ports of `/sys/class/tty`; null if the system has no such tree. */
export async function listKernelPorts(sysfsRoot: string, devRoot: string): Promise<KernelPorts | null> {
  const folder = join(sysfsRoot, 'class', 'tty');
  const names = await namesIn(folder);
  if (names === null) return null;
  const links = await stableLinks(devRoot);
  const read = await Promise.all(
    names.filter(isName).map((name) => readPort(join(folder, name), join(devRoot, nodeName(name)), links)),
  );
  const found = read.filter((one) => one !== null);
  const pathsOf = (state: 'empty' | 'unknown'): readonly string[] =>
    found.filter((one) => one.state === state).map(({ port }) => port.path);
  return {
    ports: found.filter(({ state }) => state === 'present').map(({ port }) => port),
    empty: pathsOf('empty'),
    unknown: pathsOf('unknown'),
  };
}

interface PortReading {
  readonly state: 'present' | 'empty' | 'unknown';
  readonly port: KernelPort;
}

/** Null for a terminal without a device: consoles and pseudo terminals. */
async function readPort(
  folder: string,
  path: string,
  links: readonly StableLink[],
): Promise<PortReading | null> {
  const device = await realPathOf(join(folder, 'device'));
  if (device === null) return null;
  const driver = await driverOf(device);
  const state = stateOf(await readAttribute(join(folder, 'type')), driver);
  const real = await realPathOf(path);
  const stableNames = links
    .filter(({ next, end }) => next === path || (real !== null && end === real))
    .map(({ link }) => link);
  return { state, port: { path, stableNames, driver, usb: await usbAbove(device) } };
}

/** A placeholder port may have no hardware, and older kernels show the type only to root. */
function stateOf(type: string | null, driver: string | null): PortReading['state'] {
  if (type === NO_CHIP) return 'empty';
  return type === null && driver === PLACEHOLDER_DRIVER ? 'unknown' : 'present';
}

async function driverOf(device: string): Promise<string | null> {
  for (const folder of await foldersUpFrom(device)) {
    const driver = await realPathOf(join(folder, 'driver'));
    if (driver !== null && !driver.split('/').includes(BASE_BUS)) return sanitize(basename(driver), 60);
  }
  return null;
}

interface StableLink {
  readonly link: string;
  /** The direct target and the final target; null if the node is missing. */
  readonly next: string;
  readonly end: string | null;
}

/** Links named after the adapter come before those named after the USB port. */
async function stableLinks(devRoot: string): Promise<readonly StableLink[]> {
  const folders = ['by-id', 'by-path'].map((kind) => join(devRoot, 'serial', kind));
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = (await namesIn(folder)) ?? [];
      return Promise.all(names.filter(isName).map((name) => readLink(join(folder, name))));
    }),
  );
  return found.flat().filter((link) => link !== null);
}

async function readLink(link: string): Promise<StableLink | null> {
  try {
    return { link, next: resolve(dirname(link), await readlink(link)), end: await realPathOf(link) };
  } catch {
    // It disappeared meanwhile, or is not a link.
    return null;
  }
}

/** A name that can be printed and typed unchanged. */
function isName(name: string): boolean {
  return sanitize(name, 255) === name;
}

/** Sysfs writes `!` for a slash in a node name. */
function nodeName(name: string): string {
  return name.replaceAll('!', '/');
}
