import { readlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { sanitize } from '../../core/index.ts';
import { foldersUpFrom, namesIn, readAttribute, realPathOf, type UsbFolder, usbAbove } from './sysfs.ts';

/** A serial port as the kernel describes it. */
export interface KernelPort {
  /** Its node, e.g. `/dev/ttyUSB0`. */
  readonly path: string;
  /** Links of udev that lead to the node and stay when the adapter gets another number; the best first. */
  readonly stableNames: readonly string[];
  readonly driver: string | null;
  /** The USB device that it is a part of; null for a port of the board. */
  readonly usb: UsbFolder | null;
}

export interface KernelPorts {
  readonly ports: readonly KernelPort[];
  /** Nodes of which the kernel says that there is no hardware behind. */
  readonly empty: readonly string[];
  /** Nodes of which this user is not told whether there is. */
  readonly unknown: readonly string[];
}

/** Since Linux 6.5 two devices without hardware of their own stand between a port and its driver. */
const BASE_BUS = 'serial-base';
/** The driver that makes a number of ports in advance, whether they exist or not. */
const PLACEHOLDER_DRIVER = 'serial8250';
/** What the attribute `type` is where no chip was found. */
const NO_CHIP = '0';

/** Serial ports of `/sys/class/tty`; null where the system has no such tree. */
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

/** Null for a terminal without a device: those of the screen, and the pairs of programs. */
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

/** A port of the driver that makes them in advance may be a name alone, and older kernels tell the type to root only. */
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
  /** Where it points, and where that ends; null where the node is missing. */
  readonly next: string;
  readonly end: string | null;
}

/** The links by what an adapter is come before those by where it is plugged in. */
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
    // It went away meanwhile, or is no link.
    return null;
  }
}

/** A name that can be shown and typed as it is. */
function isName(name: string): boolean {
  return sanitize(name, 255) === name;
}

/** Sysfs writes `!` for a slash in the name of a node. */
function nodeName(name: string): string {
  return name.replaceAll('!', '/');
}
