import type { FirmwareLine, Port } from '../catalogue/schema.ts';
import type { Fact } from '../engine/evaluate.ts';
import { compareVersions } from '../engine/versions.ts';

/** Whether units of a line accept an update over a serial or USB port; no facts for another transport. */
export function portFacts(
  line: FirmwareLine | undefined,
  transport: string | null,
  version: string | null,
): readonly (readonly [string, Fact])[] {
  if (transport !== 'serial' && transport !== 'usb') return [];
  const port = line?.ports[transport];
  return [
    ['port.open', port === undefined ? null : portOpen(port, version)],
    ['port.detail', port === undefined ? null : portDetail(port)],
    ['port.note', port?.note ?? null],
  ];
}

/** Whether units of a line read an image from a USB drive; not known if no source names the first release. */
export function usbDriveFacts(
  line: FirmwareLine | undefined,
  version: string | null,
): readonly (readonly [string, Fact])[] {
  const port = line?.ports.flash;
  const from = port?.update === 'yes' ? (port.from ?? null) : null;
  return [
    ['usbDrive.from', from],
    ['usbDrive.open', port === undefined || from === null ? null : portOpen(port, version)],
    ['usbDrive.detail', port === undefined ? null : portDetail(port)],
  ];
}

function portDetail({ update, from, note }: Port): string {
  const since = from === undefined ? '' : ` from ${from} on`;
  return `${update === 'unknown' ? 'not known' : update}${since}${note === undefined ? '' : ` (${note})`}`;
}

function portOpen(port: Port, version: string | null): boolean | null {
  if (port.update === 'unknown') return null;
  if (port.update === 'no') return false;
  if (port.from === undefined) return true;
  const order = version === null ? null : compareVersions(version, port.from);
  return order === null ? null : order >= 0;
}
