import { readFirmware, SIMULATED_MARK, sanitize, UNKNOWN_CONDITION, type Unit } from '../../core/index.ts';
import type { Fields } from '../microlink/reading.ts';
import type { Registers } from '../modbus/client.ts';
import { conditionOf } from './condition.ts';
import type { UpsLinkUnit } from './ups-link.ts';

/** What a unit at a port says of itself; its place is added by whoever asked. */
export type Identity = Pick<
  Unit,
  'serial' | 'model' | 'sku' | 'manufactured' | 'ratingVA' | 'firmware' | 'condition' | 'simulated'
>;

/** Paths of what is wanted. Source: docs/sources/local.md#microlink-fields */
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
 * Bit that says that a test or a calibration is going on; Modbus has the same.
 * Source: docs/sources/local.md#microlink-fields, docs/sources/local.md#modbus
 */
const IN_PROGRESS = 1;
const CHARGE_SCALE = 2 ** 9;
const POWER_SCALE = 2 ** 8;
/** More than this in percent is not a load. */
const HIGHEST_LOAD = 200;

/** What Microlink tells. The Micro-Link id is that of page 0, also where nothing else could be read. */
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
 * Versions of the parts beside the UPS firmware, found as text: their paths are not known.
 * Source: docs/sources/local.md#microlink-fields
 */
export function partVersions(fields: Fields): readonly string[] {
  return [/MCU \d\d\.\d/, /UBL \d\d\.\d/, /MBL \d\d\.\d/].flatMap((pattern) => fields.find(pattern) ?? []);
}

/** What Modbus tells. It has no register for the Micro-Link id. */
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

/** What a unit of the older protocol tells; its condition is not asked for, because nothing is to be done with it. */
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

/** Days since the year 2000 as a date. Zero is a field that nobody filled in. */
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
