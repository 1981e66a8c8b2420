import {
  readFirmware,
  type StoredImage,
  type Unit,
  unknownUnit,
  type WorkOrder,
} from '../../../src/core/index.ts';
import { readImage } from '../../../src/images/index.ts';
import { judgeUps, type RuleBook, workOrder } from '../../../src/rules/index.ts';
import { buildImage, type ImageRecipe } from '../../../src/sim/index.ts';

/** A unit at a local port with a known identity and an unknown condition. */
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

/** The firmware string of a Micro-Link ID. */
export function firmwareOf(version: string, id: number): string {
  return `UPS ${version} (ID${id})`;
}

export function folderImage(recipe: Partial<ImageRecipe>, file = 'x.enc'): StoredImage {
  const bytes = buildImage({ microLinkId: 18, version: '15.0', payloadBytes: 500, ...recipe });
  return { ...readImage(bytes, file), path: `/images/${file}` };
}

/** The work order as `plan` makes it, after the evaluation over the transport of the inventory. */
export function orderFor(
  book: RuleBook,
  unit: Unit,
  transport: 'serial' | 'usb' | 'nmc' = 'serial',
  images: readonly StoredImage[] = [],
): WorkOrder | null {
  const verdict = judgeUps(book, { unit, images, transport });
  return workOrder(book, { key: 'berlin/closet-3', unit, verdict, transport, images });
}

/** The texts of work items, one per line. */
export function textOf(items: readonly { readonly text: string }[] | undefined): string {
  return (items ?? []).map(({ text }) => text).join('\n');
}
