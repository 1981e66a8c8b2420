import { basename, join } from 'node:path';
import { foldersUpFrom, listUsbFolders, type NamedUsbFolder, namesIn, realPathOf } from './sysfs.ts';

/** An APC USB device and its nodes. The strings are raw. */
export type UsbUnit = NamedUsbFolder & {
  /** Node of the HID reports, e.g. `/dev/hidraw0`; null if the kernel has none for it. */
  readonly hidraw: string | null;
  /** Node for libusb, e.g. `/dev/bus/usb/001/004`. */
  readonly usbNode: string | null;
  /** Driver of its first interface: `usbhid`, or `usbfs` if a program has taken the unit from the kernel. */
  readonly driver: string | null;
};

/** APC USB devices; null if the system has no such tree. */
export async function listUsbUnits(sysfsRoot: string, devRoot: string): Promise<readonly UsbUnit[] | null> {
  const folders = await listUsbFolders(sysfsRoot);
  if (folders === null) return null;
  const nodes = await hidrawNodes(sysfsRoot);
  return Promise.all(
    folders.map(async (usb) => {
      const node = nodes.find(({ above }) => above.includes(usb.folder));
      return {
        ...usb,
        hidraw: node === undefined ? null : join(devRoot, node.name),
        usbNode: usb.bus === null || usb.device === null ? null : join(devRoot, usbPath(usb.bus, usb.device)),
        driver: await interfaceDriver(usb.folder),
      };
    }),
  );
}

interface HidrawNode {
  readonly name: string;
  /** The real folders above it, the nearest first. */
  readonly above: readonly string[];
}

async function hidrawNodes(sysfsRoot: string): Promise<readonly HidrawNode[]> {
  const folder = join(sysfsRoot, 'class', 'hidraw');
  const names = (await namesIn(folder)) ?? [];
  return Promise.all(
    names
      .filter((name) => /^hidraw\d+$/.test(name))
      .map(async (name) => ({ name, above: await foldersUpFrom(join(folder, name, 'device')) })),
  );
}

/** An interface folder is in that of its device and named after it: `1-2:1.0` in `1-2`. */
async function interfaceDriver(folder: string): Promise<string | null> {
  const interfaces = ((await namesIn(folder)) ?? []).filter((name) =>
    name.startsWith(`${basename(folder)}:`),
  );
  const drivers = await Promise.all(interfaces.map((name) => realPathOf(join(folder, name, 'driver'))));
  const first = drivers.find((driver) => driver !== null);
  return first === undefined ? null : basename(first);
}

function usbPath(bus: number, device: number): string {
  const three = (number: number): string => String(number).padStart(3, '0');
  return join('bus', 'usb', three(bus), three(device));
}
