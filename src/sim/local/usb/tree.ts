import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulatedLocalDevice } from '../device.ts';
import { REPORT } from '../microlink/usb-endpoint.ts';

/** The vendor in sysfs, and its name as the units report it: with a trailing space. */
const VENDOR = '051d';
const MANUFACTURER = 'American Power Conversion ';

/** Where a machine shows its USB devices: `sys` and `dev` in a folder. */
export interface UsbRoots {
  readonly sysfsRoot: string;
  readonly devRoot: string;
}

/** A USB unit in these folders; `node` is its hidraw device. */
export interface UsbPlace {
  readonly node: string;
  /** Pulls the cable: the device disappears. */
  remove(): Promise<void>;
}

/**
 * Writes what Linux shows of a USB unit. `number` distinguishes the units; `path` is the device of its
 * tunnel.
 */
export async function showUsbUnit(
  device: SimulatedLocalDevice,
  { sysfsRoot, devRoot }: UsbRoots,
  number: number,
  path: string,
): Promise<UsbPlace> {
  const { productId = '', productName = '' } = device.persona.usb ?? {};
  const product = `${productName} FW:UPS ${device.version} / ID=${device.microLinkId}`;
  const hidName = `0003:${VENDOR.toUpperCase()}:${productId.toUpperCase()}.${hex(number + 1)}`;
  const usbName = `1-${number + 2}`;
  const usb = join(sysfsRoot, 'bus/usb/devices', usbName);
  const hid = join(usb, `${usbName}:1.0`, hidName);
  const hidraw = join(sysfsRoot, 'class/hidraw', `hidraw${number}`);
  const node = join(devRoot, `hidraw${number}`);
  for (const folder of [hid, hidraw, devRoot]) await mkdir(folder, { recursive: true });
  await writeAll(usb, {
    idVendor: VENDOR,
    idProduct: productId,
    manufacturer: MANUFACTURER,
    product,
    serial: device.serial,
    busnum: '1',
    devnum: String(number + 4),
  });
  const uevent = {
    DRIVER: 'hid-generic',
    HID_ID: `0003:0000${VENDOR.toUpperCase()}:0000${productId.toUpperCase()}`,
    HID_NAME: `${MANUFACTURER} ${product}`,
    HID_PHYS: `usb-0000:00:14.0-${number + 2}/input0`,
    HID_UNIQ: device.serial,
  };
  await writeAll(hid, {
    uevent: Object.entries(uevent)
      .map((pair) => pair.join('='))
      .join('\n'),
  });
  await writeFile(join(hid, 'report_descriptor'), REPORT_DESCRIPTOR);
  await writeAll(hidraw, { uevent: `DEVNAME=hidraw${number}` });
  await symlink(`../../../bus/usb/devices/${usbName}/${usbName}:1.0/${hidName}`, join(hidraw, 'device'));
  await symlink(path, node);
  return {
    node,
    async remove() {
      for (const gone of [node, hidraw, usb]) await rm(gone, { recursive: true, force: true });
    },
  };
}

/** The kernel ends each text with a line feed. */
async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), `${text}\n`);
}

function hex(number: number): string {
  return number.toString(16).toUpperCase().padStart(4, '0');
}

const PAYLOAD = REPORT.bytes - 1;

/**
 * A made-up report descriptor: one report of a power device, and the tunnel on the vendor's usage page FF86,
 * usage FC to the unit and FD from it. The comments name the items as in the HID specification.
 * Source: docs/sources/local.md#microlink-over-usb
 */
export const REPORT_DESCRIPTOR = Buffer.from([
  ...[0x05, 0x84, 0x09, 0x04, 0xa1, 0x01], // Usage Page (Power Device), Usage (UPS), Collection (Application)
  ...[0x85, REPORT.status, 0x05, 0x85, 0x09, 0x66], // Report ID, Usage Page (Battery System), Usage (Remaining Capacity)
  ...[0x15, 0x00, 0x25, 0x64, 0x75, 0x08, 0x95, 0x01, 0x81, 0x02], // 0 to 100, 1 byte, Input (Data, Variable)
  ...[0x95, PAYLOAD - 1, 0x81, 0x03], // Input (Constant)
  ...[0x06, 0x86, 0xff, 0x26, 0xff, 0x00], // Usage Page (FF86), Logical Maximum (255)
  ...[0x85, REPORT.fromUnit, 0x09, 0xfd, 0x95, PAYLOAD, 0x81, 0x02], // Report ID, Usage (FD), Input (Data, Variable)
  ...[0x85, REPORT.toUnit, 0x09, 0xfc, 0x91, 0x02], // Report ID, Usage (FC), Output (Data, Variable)
  0xc0, // End Collection
]);
