import type { Line, Port } from './catalogue-schema.ts';
import type { Fact } from './matcher.ts';
import { compareVersions } from './versions.ts';

/** Whether units of a line take an update over a serial or USB port at a version; nothing for another path. */
export function portFacts(
  line: Line | undefined,
  path: string | null,
  version: string | null,
): readonly (readonly [string, Fact])[] {
  if (path !== 'serial' && path !== 'usb') return [];
  const port = line?.ports[path];
  return [
    ['port.open', port === undefined ? null : portOpen(port, version)],
    ['port.says', port === undefined ? null : portSays(port)],
    ['port.note', port?.note ?? null],
  ];
}

function portSays({ update, from, note }: Port): string {
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
