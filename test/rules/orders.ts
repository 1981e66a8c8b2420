import {
  readFirmware,
  type StoredImage,
  type Unit,
  unknownUnit,
  type WorkOrder,
} from '../../src/core/index.ts';
import { readImage } from '../../src/images/index.ts';
import { judgeUps, type RuleBook, workOrder } from '../../src/rules/index.ts';
import { buildImage, type ImageRecipe } from '../../src/sim/index.ts';

/** A unit at a port of this machine, of which nothing is seen but what it is. */
export function localUnit(firmware: string, overrides: Partial<Unit> = {}): Unit {
  return {
    ...unknownUnit({ site: 'berlin', name: 'closet-3', host: null, port: '/dev/ttyUSB0' }),
    model: 'Smart-UPS 1500',
    serial: 'AS1234567890',
    firmware: readFirmware(firmware),
    reachable: true,
    seenBy: 'serial',
    ...overrides,
  };
}

/** The firmware string of an id. */
export function firmwareOf(version: string, id: number): string {
  return `UPS ${version} (ID${id})`;
}

export function folderImage(recipe: Partial<ImageRecipe>, file = 'x.enc'): StoredImage {
  const bytes = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 500, ...recipe });
  return { ...readImage(bytes, file), path: `/images/${file}` };
}

/** The order for a unit as `plan` makes it: judged over the way of the inventory first. */
export function orderFor(
  book: RuleBook,
  unit: Unit,
  transport: 'serial' | 'usb' | 'nmc' = 'serial',
  images: readonly StoredImage[] = [],
): WorkOrder | null {
  const verdict = judgeUps(book, { unit, images, transport });
  return workOrder(book, { key: 'berlin/closet-3', unit, verdict, transport, images });
}

/** The texts of some lines, one below the other. */
export function said(lines: readonly { readonly text: string }[] | undefined): string {
  return (lines ?? []).map(({ text }) => text).join('\n');
}
