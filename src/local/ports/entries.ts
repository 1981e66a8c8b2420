import { access, constants } from 'node:fs/promises';
import { type FirmwareReading, hasCode, type LocalAccess, sanitize, usableSerial } from '../../core/index.ts';
import type { Holder } from './holders.ts';
import type { KernelPort } from './serial-kernel.ts';
import type { ListedSerialPort } from './serial-package.ts';
import type { UsbFolder } from './sysfs.ts';
import { parseUsbProduct } from './usb-strings.ts';
import type { UsbUnit } from './usb-units.ts';

/** The strings of a USB device, sanitized. */
export interface UsbStrings {
  readonly vendorId: string;
  readonly productId: string | null;
  readonly manufacturer: string | null;
  readonly product: string | null;
  readonly serial: string | null;
}

/** From the driver alone: any device may be connected to an adapter or port. */
export type LooksLike = 'adapter' | 'port' | 'modem-or-board';

export interface SerialPortEntry {
  /** What a program opens: `/dev/ttyUSB0`, `COM3`. */
  readonly path: string;
  /** Links that keep their name when the adapter gets another number; the best first. */
  readonly stableNames: readonly string[];
  readonly driver: string | null;
  /** Null if the driver is not known. */
  readonly looksLike: LooksLike | null;
  readonly usb: UsbStrings | null;
  readonly access: PortAccess;
  /** How to get access; null if there is access. */
  readonly hint: string | null;
  /** Null if this system does not show which programs have a port open. */
  readonly holders: readonly Holder[] | null;
  /** The inventory entry for a unit at this port. */
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
  /** Access to the hidraw node. */
  readonly access: PortAccess;
  readonly hint: string | null;
  readonly holders: readonly Holder[] | null;
  /** The inventory entry for this unit; null if its serial number does not identify it. */
  readonly inventory: LocalAccess | null;
}

/** Drivers of modems, and of boards with a USB port of their own. */
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

/** A port that only the package lists. */
export async function listedEntry(
  port: ListedSerialPort,
  holders: readonly Holder[] | null,
): Promise<SerialPortEntry> {
  const { path, vendorId, productId, manufacturer, friendlyName, serialNumber } = port;
  // Windows ports are not files; a listed port can be opened.
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
  'The kernel has the port, but the device node is missing. In a container or virtual machine, pass the device through.';

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
    ? 'A program such as NUT or apcupsd has taken the unit from the kernel. Stop it, and plug the unit in again.'
    : 'The kernel has no hidraw node for the unit: load the modules usbhid and hidraw, and plug the unit in again.';
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

/** Whether this user may read and write a node. `missing`: the node does not exist. */
export type PortAccess = 'yes' | 'no' | 'missing';

/** Checks the permissions only; the node is not opened. */
export async function accessTo(path: string): Promise<PortAccess> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return 'yes';
  } catch (thrown) {
    return hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR') ? 'missing' : 'no';
  }
}

/** How to give a user access to a USB unit. Source: docs/sources/local.md#access-rights */
export const HIDRAW_HINT =
  'Give a group access with udev: write SUBSYSTEM=="hidraw", ATTRS{idVendor}=="051d", GROUP="plugdev", MODE="0660", TAG+="uaccess" to /etc/udev/rules.d/60-ups.rules, run udevadm control --reload, add the user to the group, and plug the unit in again.';

/** How to give a user access to a serial port. Source: docs/sources/local.md#access-rights */
export const SERIAL_HINT =
  'Add the user to the group that owns the port (dialout on Debian, uucp on Arch) and log in again.';
