import { readFirmware, SIMULATED_MARK, sanitize, UNKNOWN_CONDITION, type Unit } from '../../core/index.ts';
import type { Fields } from '../microlink/reading.ts';
import type { Registers } from '../modbus/client.ts';
import { conditionOf } from './condition.ts';
import type { UpsLinkUnit } from './ups-link.ts';

/** What a unit at a port reports about itself, without its place. */
export type Identity = Pick<
  Unit,
  'serial' | 'model' | 'sku' | 'manufactured' | 'ratingVA' | 'firmware' | 'condition' | 'simulated'
>;

/** Paths of the fields that are read. Source: docs/sources/local.md#microlink-fields */
const PATH = {
  serial: '2:4.9.40',
  sku: '2:4.9.42',
  model: '2:4.9.44',
  manufactured: '2:4.9.19',
  firmware: '3:4A',
  status: '2:4.A',
  charge: '2:4.5.20',
  runtime: '2:4.5.9F',
  calibration: '2:4.5.13',
  batteryTest: '2:4.5.11',
  realPower: '2:4.7.28',
  apparentPower: '2:4.7.49',
  ratingVA: '2:4.7.2B',
} as const;

/**
 * The bit for a test or calibration in progress; Modbus has the same.
 * Source: docs/sources/local.md#microlink-fields, docs/sources/local.md#modbus
 */
const IN_PROGRESS = 1;
const CHARGE_SCALE = 2 ** 9;
const POWER_SCALE = 2 ** 8;
/** Percent; a higher value is not a load. */
const HIGHEST_LOAD = 200;

/** Identity from Microlink. Page 0 holds the Micro-Link ID, even if nothing else can be read. */
export function fromMicrolink(fields: Fields): Identity {
  const battery = fields.unsigned(PATH.charge);
  const raw = clean(fields.text(PATH.firmware));
  return {
    serial: clean(fields.text(PATH.serial)),
    model: clean(fields.text(PATH.model)),
    sku: clean(fields.text(PATH.sku)),
    manufactured: dayOf(fields.unsigned(PATH.manufactured)),
    ratingVA: fields.unsigned(PATH.ratingVA),
    firmware: { ...readFirmware(raw), microLinkId: fields.seriesId === 0 ? null : fields.seriesId },
    condition: conditionOf({
      status: fields.unsigned(PATH.status),
      calibrating: fields.bit(PATH.calibration, IN_PROGRESS),
      batteryTest: fields.bit(PATH.batteryTest, IN_PROGRESS),
      batteryPercent: battery === null ? null : Math.round(battery / CHARGE_SCALE),
      runtimeSeconds: fields.unsigned(PATH.runtime),
      loadPercent: loadOf(fields.unsigned(PATH.realPower), fields.unsigned(PATH.apparentPower)),
    }),
    simulated: fields.find(MARK) !== null,
  };
}

const MARK = new RegExp(SIMULATED_MARK);

/**
 * Versions of the other parts, found as text because their paths are not known.
 * Source: docs/sources/local.md#microlink-fields
 */
export function partVersions(fields: Fields): readonly string[] {
  return [/MCU \d\d\.\d/, /UBL \d\d\.\d/, /MBL \d\d\.\d/].flatMap((pattern) => fields.find(pattern) ?? []);
}

/**
 * Identity from Modbus, without the Micro-Link ID.
 * One SRT held it in register 512, but no driver reads that register and other units lack it, so it is not
 * read.
 */
export function fromModbus(registers: Registers): Identity {
  const charge = registers.unsigned('charge');
  return {
    serial: clean(registers.text('serial')),
    model: clean(registers.text('model')),
    sku: clean(registers.text('sku')),
    manufactured: dayOf(registers.unsigned('manufactured')),
    ratingVA: registers.unsigned('ratingVA'),
    firmware: readFirmware(clean(registers.text('firmware'))),
    condition: conditionOf({
      status: registers.unsigned('status'),
      calibrating: registers.bit('calibration', IN_PROGRESS),
      batteryTest: registers.bit('batteryTest', IN_PROGRESS),
      batteryPercent: charge === null ? null : Math.round(charge / CHARGE_SCALE),
      runtimeSeconds: registers.unsigned('runtime'),
      loadPercent: loadOf(registers.unsigned('realPower'), registers.unsigned('apparentPower')),
    }),
    simulated: isMark(registers.text('name')),
  };
}

/** Identity of a UPS-Link unit. Its condition is not read, because such a unit takes no update. */
export function fromUpsLink({ firmware, model, serial }: UpsLinkUnit): Identity {
  return {
    serial,
    model,
    sku: null,
    manufactured: null,
    ratingVA: null,
    firmware: readFirmware(firmware),
    condition: UNKNOWN_CONDITION,
    simulated: false,
  };
}

/** A field that is too short for the mark holds its beginning. */
function isMark(text: string | null): boolean {
  return text !== null && text.length >= 12 && SIMULATED_MARK.startsWith(text);
}

function clean(text: string | null): string | null {
  const shown = text === null ? '' : sanitize(text, 100);
  return shown === '' ? null : shown;
}

const DAY = 86_400_000;
const EPOCH = Date.UTC(2000, 0, 1);

/** Days since the year 2000 as a date. Zero means that the field was never set. */
function dayOf(days: number | null): string | null {
  if (days === null || days === 0 || days > 0xffff) return null;
  return new Date(EPOCH + days * DAY).toISOString().slice(0, 10);
}

function loadOf(real: number | null, apparent: number | null): number | null {
  const known = [real, apparent].filter((value) => value !== null).map((value) => value / POWER_SCALE);
  if (known.length === 0) return null;
  const load = Math.max(...known);
  return load > HIGHEST_LOAD ? null : Math.round(load);
}
