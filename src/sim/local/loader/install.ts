import { checkFile } from '../../device/image-check.ts';
import type { SimulatedLocalDevice } from '../device.ts';

/** An image that the boot loader would install. */
export interface Installable {
  readonly version: string;
  readonly idAfter: number;
  readonly loader: string | null;
}

/** What the boot loader makes of the bytes that arrived: null for an image that is broken, or of other units. */
export function judge(device: SimulatedLocalDevice, bytes: Buffer): Installable | null {
  const found = checkFile(bytes);
  return found.known && found.id === device.microLinkId ? found : null;
}

/**
 * Whether the unit runs with the image; with an older boot loader some releases never start.
 * Source: docs/sources/field-reports.md#boot-loader-of-id-18
 */
export function runs(device: SimulatedLocalDevice, image: Installable): boolean {
  const { loaderNeeded } = device.persona;
  if (device.has('loader-never-returns')) return false;
  if (loaderNeeded?.microLinkId !== image.idAfter || image.version < loaderNeeded.from) return true;
  // Releases are two digits, a point and a digit, so that they order as texts.
  return (image.loader ?? device.loader) >= loaderNeeded.loader;
}

/** The unit is back with what was installed. */
export function comeBack(device: SimulatedLocalDevice, image: Installable): void {
  if (!device.has('loader-returns-old')) {
    device.version = image.version;
    device.microLinkId = image.idAfter;
    device.loader = image.loader ?? device.loader;
  }
  if (device.has('loader-returns-other-serial')) device.serial = `${device.serial.slice(0, -1)}X`;
  // Somebody must switch it on.
  // Source: docs/sources/local.md#boot-loader
  device.outputOn = false;
  device.become('application');
}
