import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { asProblem, rethrowInternal, sanitize, UNKNOWN_CONDITION, usableSerial } from '../../core/index.ts';
import type { LineTime, OpenReports } from '../line/line.ts';
import { type Tunnel, tunnelOf } from '../line/report-descriptor.ts';
import { readPages } from '../microlink/pages.ts';
import { exchangePasswords } from '../microlink/password.ts';
import { fieldsOf } from '../microlink/reading.ts';
import { reportLink } from '../microlink/report-link.ts';
import { readRegisters } from '../modbus/client.ts';
import { reportModbus } from '../modbus/link.ts';
import { parseUsbProduct, type UsbProduct } from '../ports/usb-strings.ts';
import type { UsbUnit } from '../ports/usb-units.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import type { Identity } from './identity.ts';
import { microlinkSeen, modbusSeen, NOTHING_SEEN, type PortSeen } from './serial.ts';

export interface UsbLookOptions {
  readonly sysfsRoot: string;
  readonly open: OpenReports;
  readonly time: LineTime;
  readonly timeouts: LocalTimeouts;
  readonly authenticate: boolean;
  /** Why the unit is not spoken to, such as another program that has it; null where nothing keeps from it. */
  readonly keepOff: string | null;
}

/**
 * Tries to begin over USB, a second each: the first answer of a unit that was just plugged in is late.
 * Source: docs/sources/local.md#microlink-over-usb
 */
const TRIES = 10;
const LONGEST_DESCRIPTOR = 4096;

/**
 * Asks a USB unit who it is: first its strings, which need no right and no question, then Microlink or Modbus through its reports.
 * What keeps it from being spoken to is a note; the strings stand.
 */
export async function lookAtUsb(unit: UsbUnit, options: UsbLookOptions): Promise<PortSeen> {
  const product = parseUsbProduct(unit.product ?? '');
  const strings: PortSeen = {
    ...NOTHING_SEEN,
    protocol: 'usb-strings',
    identity: identityOf(unit, product),
    description: sanitize(unit.product ?? 'a device without a name', 120),
  };
  if (!product.isSmartUps) return strings;
  if (options.keepOff !== null) return withNote(strings, options.keepOff);
  if (unit.hidraw === null) return withNote(strings, 'the kernel has no hidraw node for it');
  try {
    const spoken = await speak(unit.hidraw, options);
    return typeof spoken === 'string' ? withNote(strings, spoken) : merged(strings, spoken);
  } catch (thrown) {
    rethrowInternal(thrown);
    return withNote(strings, asProblem(thrown).message);
  }
}

function withNote(strings: PortSeen, why: string): PortSeen {
  const sentence = why.replace(/\.$/, '');
  return {
    ...strings,
    notes: [`Its state was not read: ${sentence}. What is known stands in its USB strings.`],
  };
}

function identityOf({ serial }: UsbUnit, { model, firmware }: UsbProduct): Identity {
  const written = sanitize(serial ?? '', 100);
  return {
    serial: written === '' ? null : written,
    model,
    sku: null,
    manufactured: null,
    ratingVA: null,
    firmware,
    condition: UNKNOWN_CONDITION,
    simulated: false,
  };
}

/** What the unit says through its reports; a sentence where it says nothing. */
async function speak(hidraw: string, options: UsbLookOptions): Promise<PortSeen | string> {
  const { sysfsRoot, time, timeouts, authenticate } = options;
  const node = hidraw.slice(hidraw.lastIndexOf('/') + 1);
  const tunnel = await tunnelAt(join(sysfsRoot, 'class', 'hidraw', node, 'device', 'report_descriptor'));
  if (tunnel === null) return 'it offers no reports that carry Microlink or Modbus';
  const port = await options.open(hidraw, time);
  try {
    const link = reportLink(port, tunnel, time, timeouts);
    const pages = await readPages(link, time, timeouts, TRIES);
    if (pages !== null) {
      const fields = fieldsOf(pages);
      const exchange = authenticate ? await exchangePasswords(link, pages, fields) : null;
      return microlinkSeen(fields, pages.missing.length, exchange);
    }
    const registers = await readRegisters(reportModbus(port, tunnel, time, timeouts));
    if (registers === null) return 'it answers neither Microlink nor Modbus';
    return modbusSeen(registers);
  } finally {
    await port.close();
  }
}

async function tunnelAt(path: string): Promise<Tunnel | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_DESCRIPTOR), 0, LONGEST_DESCRIPTOR, 0);
    return tunnelOf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Strings and answers are of one unit. Where they contradict each other, what they contradict each other in is not known. */
function merged(strings: PortSeen, spoken: PortSeen): PortSeen {
  const said = strings.identity;
  const told = spoken.identity;
  if (said === null || told === null) return spoken;
  const ids = [said.firmware.microLinkId, told.firmware.microLinkId];
  const versions = [said.firmware.version, told.firmware.version];
  const serials = [usableSerial(said.serial), usableSerial(told.serial)];
  const notes = [
    ...contradiction('Micro-Link ids', ids),
    ...contradiction('firmware versions', versions),
    ...contradiction('serial numbers', serials),
  ];
  return {
    ...spoken,
    identity: {
      ...told,
      serial: agreed(serials) === undefined ? null : (told.serial ?? said.serial),
      model: told.model ?? said.model,
      firmware: {
        raw: said.firmware.raw ?? told.firmware.raw,
        version: agreed(versions) ?? null,
        microLinkId: agreed(ids) ?? null,
      },
    },
    description: strings.description,
    notes: [...spoken.notes, ...notes],
  };
}

/** The one value that is told; null where none is, undefined where two are. */
function agreed<T extends string | number>(values: readonly (T | null)[]): T | null | undefined {
  const known = new Set(values.filter((value) => value !== null));
  return known.size > 1 ? undefined : ([...known][0] ?? null);
}

function contradiction(what: string, values: readonly (string | number | null)[]): readonly string[] {
  if (agreed(values) !== undefined) return [];
  return [
    `Its USB strings and its own answers give two ${what} (${values.join(' and ')}), so neither is believed.`,
  ];
}
