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
  /** Why the unit is not queried, such as another program that has it open; null if it is. */
  readonly skipReason: string | null;
}

/**
 * Attempts to start over USB, a second each: after plugging in, the first answer of a unit is late.
 * Source: docs/sources/local.md#microlink-over-usb
 */
const TRIES = 10;
const LONGEST_DESCRIPTOR = 4096;

/**
 * Identifies a USB unit by its strings, which need no access rights and no request. Then queries Microlink or
 * Modbus through its reports. If that is not possible, the strings remain and a note gives the reason.
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
  if (options.skipReason !== null) return withNote(strings, options.skipReason);
  if (unit.hidraw === null) return withNote(strings, 'the kernel has no hidraw node for it');
  try {
    const answers = await queryReports(unit.hidraw, options);
    return typeof answers === 'string' ? withNote(strings, answers) : merged(strings, answers);
  } catch (thrown) {
    rethrowInternal(thrown);
    return withNote(strings, asProblem(thrown).message);
  }
}

function withNote(strings: PortSeen, why: string): PortSeen {
  const sentence = why.replace(/\.$/, '');
  return {
    ...strings,
    notes: [`Its condition was not read: ${sentence}. The values come from its USB strings.`],
  };
}

function identityOf({ serial }: UsbUnit, { model, firmware }: UsbProduct): Identity {
  const serialText = sanitize(serial ?? '', 100);
  return {
    serial: serialText === '' ? null : serialText,
    model,
    sku: null,
    manufactured: null,
    ratingVA: null,
    firmware,
    condition: UNKNOWN_CONDITION,
    simulated: false,
  };
}

/** Queries the unit through its reports; returns the reason as text if there is no answer. */
async function queryReports(hidraw: string, options: UsbLookOptions): Promise<PortSeen | string> {
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

/** Strings and answers belong to one unit. A value on which they differ is unknown. */
function merged(strings: PortSeen, answers: PortSeen): PortSeen {
  const fromStrings = strings.identity;
  const fromAnswers = answers.identity;
  if (fromStrings === null || fromAnswers === null) return answers;
  const ids = [fromStrings.firmware.microLinkId, fromAnswers.firmware.microLinkId];
  const versions = [fromStrings.firmware.version, fromAnswers.firmware.version];
  const serials = [usableSerial(fromStrings.serial), usableSerial(fromAnswers.serial)];
  const notes = [
    ...contradiction('Micro-Link ids', ids),
    ...contradiction('firmware versions', versions),
    ...contradiction('serial numbers', serials),
  ];
  return {
    ...answers,
    identity: {
      ...fromAnswers,
      serial: commonValue(serials) === undefined ? null : (fromAnswers.serial ?? fromStrings.serial),
      model: fromAnswers.model ?? fromStrings.model,
      firmware: {
        raw: fromStrings.firmware.raw ?? fromAnswers.firmware.raw,
        version: commonValue(versions) ?? null,
        microLinkId: commonValue(ids) ?? null,
      },
    },
    description: strings.description,
    notes: [...answers.notes, ...notes],
  };
}

/** The only known value; null if there is none, undefined if there are two. */
function commonValue<T extends string | number>(values: readonly (T | null)[]): T | null | undefined {
  const known = new Set(values.filter((value) => value !== null));
  return known.size > 1 ? undefined : ([...known][0] ?? null);
}

function contradiction(what: string, values: readonly (string | number | null)[]): readonly string[] {
  if (commonValue(values) !== undefined) return [];
  return [
    `Its USB strings and its own answers give two ${what} (${values.join(' and ')}), so neither is used.`,
  ];
}
