import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type UnitTarget, usableSerial } from '../../../core/index.ts';

/** Units that are named by a port alone belong to this site. */
const SITE = 'local';

/** `usb`, `usb:SERIAL`, or the path of a serial port. */
export function portTarget(word: string): UnitTarget {
  const usb = /^usb(?::(.+))?$/.exec(word);
  const wanted = usb === null ? null : (usb[1] ?? 'any');
  return {
    site: SITE,
    name: wanted === null ? nameOf(word) : wanted === 'any' ? 'usb' : (usableSerial(wanted) ?? wanted),
    serial: null,
    network: null,
    // A run that is taken up elsewhere must find the same port.
    local: wanted === null ? { serialPort: word.includes('/') ? resolve(word) : word } : { usb: wanted },
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

/** The name of the lock on a port: one for all names that lead to it. */
export async function portLock({ local, name }: UnitTarget): Promise<string> {
  if (local === null || !('serialPort' in local)) return `port-${name}`;
  try {
    return `port-${await realpath(local.serialPort)}`;
  } catch {
    // A port that is not there, or is no file, is told of when it is opened.
    return `port-${local.serialPort}`;
  }
}
