import { open, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A device on the USB bus as the kernel describes it. The strings are those of the device, raw. */
export interface UsbFolder {
  /** Its real folder, without links. */
  readonly folder: string;
  /** Four hexadecimal digits in lower case. */
  readonly vendorId: string;
  readonly productId: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  readonly serial: string | null;
  /** Number of the bus and of the device on it, as in `/dev/bus/usb/001/004`. */
  readonly bus: number | null;
  readonly device: number | null;
}

export type NamedUsbFolder = UsbFolder & { readonly name: string };

const APC_VENDOR = '051d';
/** A string descriptor holds at most 126 UTF-16 units, which are at most three bytes each in UTF-8. */
const LONGEST_STRING = 378;
/** No device of a real tree lies deeper. */
const MOST_LEVELS = 32;

/** All APC devices below a sysfs root, in the order of their names; null where the system has no such tree. */
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

/** The USB device that a folder of sysfs belongs to: the folder itself, or the next one above it; null where there is none. */
export async function usbAbove(folder: string): Promise<UsbFolder | null> {
  for (const above of await foldersUpFrom(folder)) {
    const usb = await readUsbFolder(above);
    if (usb !== null) return usb;
  }
  return null;
}

/** The real path of a folder and those above it, the nearest first; empty where it does not exist. */
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

/** Without links; null where that leads nowhere. */
export async function realPathOf(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    // Devices come and go, and most folders of sysfs have not every link.
    return null;
  }
}

/** What a folder holds, sorted with numbers by their value; null where it does not exist or may not be read. */
export async function namesIn(folder: string): Promise<readonly string[] | null> {
  try {
    const names = await readdir(folder);
    return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    // No tree: another system than Linux, or nothing of the kind. The caller says so.
    return null;
  }
}

/** The first bytes of a small file; null where it is missing, which for hubs and interfaces is normal. */
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
