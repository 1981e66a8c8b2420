import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type UnitTarget, usableSerial } from '../../../core/index.ts';

/** The site of units that are named by a port alone. */
const SITE = 'local';

/** `usb`, `usb:SERIAL`, or the path of a serial port. */
export function portTarget(text: string): UnitTarget {
  const usb = /^usb(?::(.+))?$/.exec(text);
  const wanted = usb === null ? null : (usb[1] ?? 'any');
  return {
    site: SITE,
    name: wanted === null ? nameOf(text) : wanted === 'any' ? 'usb' : (usableSerial(wanted) ?? wanted),
    serial: null,
    network: null,
    // A run that is resumed from another folder must find the same port.
    local: wanted === null ? { serialPort: text.includes('/') ? resolve(text) : text } : { usb: wanted },
    window: null,
    switchOutput: null,
    feeds: [],
    redundantWith: [],
  };
}

/** `/dev/ttyUSB0` is `ttyUSB0`, `/dev/serial/by-id/usb-X` is `usb-X`, `/dev/pts/7` is `pts-7`. */
function nameOf(port: string): string {
  return port
    .replace(/^.*\/by-(?:id|path)\//, '')
    .replace(/^\/dev\//, '')
    .replaceAll(/[^A-Za-z0-9._-]/g, '-');
}

/** The name of the lock on a port: the same for all names of the port. */
export async function portLock({ local, name }: UnitTarget): Promise<string> {
  if (local === null || !('serialPort' in local)) return `port-${name}`;
  try {
    return `port-${await realpath(local.serialPort)}`;
  } catch {
    // A missing port is reported when it is opened.
    return `port-${local.serialPort}`;
  }
}
