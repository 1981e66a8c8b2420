import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** An APC device on the USB bus, by its strings alone: nothing is opened. */
export interface UsbDevice {
  /** Name of the device in sysfs, e.g. `1-2`. */
  readonly name: string;
  readonly product: string;
  readonly serial: string | null;
}

const APC_VENDOR = '051d';
const LONGEST_STRING = 256;

/** APC devices below a sysfs root; null where the system has no such tree. */
export async function listUsbDevices(root: string): Promise<readonly UsbDevice[] | null> {
  const bus = join(root, 'bus', 'usb', 'devices');
  let names: string[];
  try {
    names = (await readdir(bus)).sort();
  } catch {
    // No tree: another system than Linux, or no USB at all. The caller says so.
    return null;
  }
  const found = await Promise.all(
    names.map(async (name): Promise<UsbDevice | null> => {
      const vendor = await readString(join(bus, name, 'idVendor'));
      const product = await readString(join(bus, name, 'product'));
      if (vendor?.toLowerCase() !== APC_VENDOR || product === null) return null;
      return { name, product, serial: await readString(join(bus, name, 'serial')) };
    }),
  );
  return found.filter((device) => device !== null);
}

/** The first bytes of a small file; null where it is missing, which for hubs and interfaces is normal. */
async function readString(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_STRING), 0, LONGEST_STRING, 0);
      const text = buffer.toString('latin1', 0, bytesRead).trim();
      return text === '' ? null : text;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
