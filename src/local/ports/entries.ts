import { access, constants } from 'node:fs/promises';
import { type FirmwareReading, hasCode, type LocalAccess, sanitize, usableSerial } from '../../core/index.ts';
import type { Holder } from './holders.ts';
import type { KernelPort } from './serial-kernel.ts';
import type { ListedSerialPort } from './serial-package.ts';
import type { UsbFolder } from './sysfs.ts';
import { parseUsbProduct } from './usb-strings.ts';
import type { UsbUnit } from './usb-units.ts';

/** What a USB device says of itself, fit to be shown. */
export interface UsbStrings {
  readonly vendorId: string;
  readonly productId: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  readonly serial: string | null;
}

/** By the driver alone: an adapter or a port may have anything behind it. */
export type LooksLike = 'adapter' | 'port' | 'modem-or-board';

export interface SerialPortEntry {
  /** What is opened: `/dev/ttyUSB0`, `COM3`. */
  readonly path: string;
  /** Links that stay when the adapter gets another number; the best first. */
  readonly stableNames: readonly string[];
  readonly driver: string | null;
  /** Null where no driver is told. */
  readonly looksLike: LooksLike | null;
  readonly usb: UsbStrings | null;
  readonly access: PortAccess;
  /** What gives access; null where there is. */
  readonly hint: string | null;
  /** Null where this system does not tell who has a port open. */
  readonly holders: readonly Holder[] | null;
  /** What an inventory says of a unit behind it. */
  readonly inventory: LocalAccess;
}

export interface UsbUnitEntry extends UsbStrings {
  /** Name in sysfs, e.g. `1-2`. */
  readonly name: string;
  readonly model: string | null;
  readonly firmware: FirmwareReading;
  readonly isSmartUps: boolean;
  readonly hidraw: string | null;
  readonly usbNode: string | null;
  /** `usbhid`, or `usbfs` where a program has taken the unit from the kernel. */
  readonly driver: string | null;
  /** Of the hidraw node. */
  readonly access: PortAccess;
  readonly hint: string | null;
  readonly holders: readonly Holder[] | null;
  /** What an inventory says of it; null where its serial number does not tell it from another unit here. */
  readonly inventory: LocalAccess | null;
}

/** Drivers of things that are called by number or programmed: modems, and boards with a USB port of their own. */
const MODEM_DRIVERS: ReadonlySet<string> = new Set([
  'cdc_acm',
  'option',
  'option1',
  'qcserial',
  'sierra',
  'ipw',
  'hso',
]);

const LONGEST_USB_ENTRY = 64;
const LONGEST_SERIAL_ENTRY = 256;

export async function kernelEntry(
  port: KernelPort,
  holders: readonly Holder[] | null,
): Promise<SerialPortEntry> {
  const { path, stableNames, driver, usb } = port;
  const access = await accessTo(path);
  const best = stableNames.find((name) => name.length <= LONGEST_SERIAL_ENTRY) ?? path;
  return {
    path,
    stableNames,
    driver,
    looksLike:
      driver === null
        ? null
        : MODEM_DRIVERS.has(driver)
          ? 'modem-or-board'
          : usb === null
            ? 'port'
            : 'adapter',
    usb: usb === null ? null : stringsOf(usb),
    access,
    hint: { yes: null, no: SERIAL_HINT, missing: NO_NODE_HINT }[access],
    holders,
    inventory: { serialPort: best },
  };
}

/** A port that the package alone knows. */
export async function listedEntry(
  port: ListedSerialPort,
  holders: readonly Holder[] | null,
): Promise<SerialPortEntry> {
  const { path, vendorId, productId, manufacturer, friendlyName, serialNumber } = port;
  // Ports of Windows are no files: whoever is listed may open them.
  const access = path.startsWith('/') ? await accessTo(path) : 'yes';
  return {
    path,
    stableNames: [],
    driver: null,
    looksLike: null,
    usb:
      vendorId === null
        ? null
        : { vendorId, productId, manufacturer, product: friendlyName, serial: serialNumber },
    access,
    hint: { yes: null, no: SERIAL_HINT, missing: NO_NODE_HINT }[access],
    holders,
    inventory: { serialPort: path },
  };
}

const NO_NODE_HINT =
  'The kernel has the port, and there is no node for it: in a container or a virtual machine, hand the device through to it.';

export async function usbEntry(
  unit: UsbUnit,
  all: readonly UsbUnit[],
  holders: readonly Holder[] | null,
): Promise<UsbUnitEntry> {
  const parsed = parseUsbProduct(unit.product ?? '');
  const access = unit.hidraw === null ? 'missing' : await accessTo(unit.hidraw);
  return {
    name: sanitize(unit.name, 60),
    ...stringsOf(unit),
    model: unit.product === null ? null : parsed.model,
    firmware: parsed.firmware,
    isSmartUps: parsed.isSmartUps,
    hidraw: unit.hidraw,
    usbNode: unit.usbNode,
    driver: unit.driver === null ? null : sanitize(unit.driver, 60),
    access,
    hint: access === 'yes' ? null : access === 'no' ? HIDRAW_HINT : missingHint(unit),
    holders,
    inventory: inventoryOf(unit, all),
  };
}

function missingHint({ hidraw, driver }: UsbUnit): string {
  if (hidraw !== null) return NO_NODE_HINT;
  return driver === 'usbfs'
    ? 'A program such as NUT or apcupsd has taken the unit from the kernel. End it, and plug the unit in again.'
    : 'The kernel has no hidraw node for the unit: load its modules usbhid and hidraw, and plug the unit in again.';
}

function inventoryOf(unit: UsbUnit, all: readonly UsbUnit[]): LocalAccess | null {
  const serial = usableSerial(unit.serial);
  const trimmed = unit.serial?.trim() ?? '';
  const isPlain = sanitize(trimmed, LONGEST_USB_ENTRY) === trimmed;
  const isAlone = all.filter((other) => usableSerial(other.serial) === serial).length === 1;
  if (serial !== null && isPlain && isAlone) return { usb: trimmed };
  return all.length === 1 ? { usb: 'any' } : null;
}

function stringsOf({ vendorId, productId, manufacturer, product, serial }: UsbFolder): UsbStrings {
  const clean = (text: string | null): string | null => {
    const shown = sanitize(text ?? '');
    return shown === '' ? null : shown;
  };
  return {
    vendorId: sanitize(vendorId, 8),
    productId: clean(productId),
    manufacturer: clean(manufacturer),
    product: clean(product),
    serial: clean(serial),
  };
}

/** Whether this user may read and write a node; `missing` where there is no such node. */
export type PortAccess = 'yes' | 'no' | 'missing';

/** Asks for the rights alone; the node is not opened. */
export async function accessTo(path: string): Promise<PortAccess> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return 'yes';
  } catch (thrown) {
    return hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR') ? 'missing' : 'no';
  }
}

/** What gives a user the right to a USB unit. Source: docs/sources/local.md#access-rights */
export const HIDRAW_HINT =
  'Let udev give a group the right to it: write SUBSYSTEM=="hidraw", ATTRS{idVendor}=="051d", GROUP="plugdev", MODE="0660", TAG+="uaccess" into /etc/udev/rules.d/60-ups.rules, run udevadm control --reload, be a member of the group, and plug the unit in again.';

/** What gives a user the right to a serial port. Source: docs/sources/local.md#access-rights */
export const SERIAL_HINT =
  'Add the user to the group that owns the port (dialout on Debian, uucp on Arch) and log in again.';
