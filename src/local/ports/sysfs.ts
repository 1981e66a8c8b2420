import { open, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A USB device as the kernel describes it, with raw strings. */
export interface UsbFolder {
  /** Its real folder, without links. */
  readonly folder: string;
  /** Four hexadecimal digits in lower case. */
  readonly vendorId: string;
  readonly productId: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  readonly serial: string | null;
  /** Bus number and device number, as in `/dev/bus/usb/001/004`. */
  readonly bus: number | null;
  readonly device: number | null;
}

export type NamedUsbFolder = UsbFolder & { readonly name: string };

const APC_VENDOR = '051d';
/** A string descriptor holds at most 126 UTF-16 units of at most three UTF-8 bytes each. */
const LONGEST_STRING = 378;
/** No real device tree is deeper. */
const MOST_LEVELS = 32;

/** All APC devices below a sysfs root, sorted by name; null if the system has no such tree. */
export async function listUsbFolders(root: string): Promise<readonly NamedUsbFolder[] | null> {
  const bus = join(root, 'bus', 'usb', 'devices');
  const names = await namesIn(bus);
  if (names === null) return null;
  const found = await Promise.all(
    names.map(async (name): Promise<NamedUsbFolder | null> => {
      const usb = await readUsbFolder(join(bus, name));
      return usb?.vendorId === APC_VENDOR ? { name, ...usb } : null;
    }),
  );
  return found.filter((device) => device !== null);
}

/** The USB device of a sysfs folder: the folder itself or the nearest above it. Null if there is none. */
export async function usbAbove(folder: string): Promise<UsbFolder | null> {
  for (const above of await foldersUpFrom(folder)) {
    const usb = await readUsbFolder(above);
    if (usb !== null) return usb;
  }
  return null;
}

/** The real path of a folder and its parents, the nearest first; empty if it does not exist. */
export async function foldersUpFrom(folder: string): Promise<readonly string[]> {
  const first = await realPathOf(folder);
  const up = first === null ? [] : [first];
  while (up.length < MOST_LEVELS) {
    const last = up.at(-1) ?? '/';
    if (dirname(last) === last) break;
    up.push(dirname(last));
  }
  return up;
}

/** The path without links; null if it leads nowhere. */
export async function realPathOf(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    // Devices come and go, and most sysfs folders lack some links.
    return null;
  }
}

/** The names in a folder, sorted with numbers by value; null if it does not exist or cannot be read. */
export async function namesIn(folder: string): Promise<readonly string[] | null> {
  try {
    const names = await readdir(folder);
    return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    // Not Linux, or no such device class. The caller reports it.
    return null;
  }
}

/** The first bytes of a small file; null if it is missing, which is normal for hubs and interfaces. */
export async function readAttribute(path: string, limit = LONGEST_STRING): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(limit), 0, limit, 0);
      const text = buffer.toString('utf8', 0, bytesRead).trim();
      return text === '' ? null : text;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

async function readUsbFolder(path: string): Promise<UsbFolder | null> {
  const vendorId = await readAttribute(join(path, 'idVendor'));
  const folder = vendorId === null ? null : await realPathOf(path);
  if (vendorId === null || folder === null) return null;
  const string = (name: string): Promise<string | null> => readAttribute(join(folder, name));
  return {
    folder,
    vendorId: vendorId.toLowerCase(),
    productId: (await string('idProduct'))?.toLowerCase() ?? null,
    manufacturer: await string('manufacturer'),
    product: await string('product'),
    serial: await string('serial'),
    bus: count(await string('busnum')),
    device: count(await string('devnum')),
  };
}

function count(text: string | null): number | null {
  return text !== null && /^\d{1,3}$/.test(text) ? Number(text) : null;
}
