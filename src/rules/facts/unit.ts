import { type FirmwareReading, firmwareForm, printedId, type Unit, usableSerial } from '../../core/index.ts';
import type { Fact } from '../engine/evaluate.ts';

/** The part of a unit that selects rules and images; also the input of `rules decide`. */
export interface Described {
  readonly model: string | null;
  readonly sku: string | null;
  readonly serial: string | null;
  readonly ratingVA: number | null;
  readonly firmware: FirmwareReading;
}

/** Facts about a unit without the catalogue. docs/rules.md lists all facts. */
export function describedFacts(unit: Described): Map<string, Fact> {
  const sku = skuOf(unit);
  const modelVA = sku === null ? null : skuRating(sku);
  return new Map<string, Fact>([
    ['unit.model', normalized(unit.model)],
    [
      'unit.modelForm',
      sku !== null ? 'sku' : /^SMART-?UPS/.test(normalized(unit.model) ?? '') ? 'marketing' : 'other',
    ],
    ['unit.sku', sku],
    ['unit.name', sku ?? normalized(unit.model)],
    ['unit.family', sku === null ? null : familyOf(sku)],
    ['unit.firmwareForm', firmwareForm(unit.firmware)],
    ['unit.firmwareRaw', unit.firmware.raw],
    ['unit.version', unit.firmware.version],
    ['unit.microLinkId', unit.firmware.microLinkId === null ? null : String(unit.firmware.microLinkId)],
    ['unit.printedId', printedId(unit.firmware)],
    ['unit.serial', unit.serial],
    ['unit.serialUsable', usableSerial(unit.serial) !== null],
    ['unit.dateCode', dateCodeOf(unit.serial)],
    ['unit.ratedVA', unit.ratingVA],
    ['unit.modelVA', modelVA],
    ['unit.ratedOrModelVA', unit.ratingVA ?? modelVA],
  ]);
}

/** Facts about the condition of a unit. */
export function conditionFacts(unit: Unit): readonly (readonly [string, Fact])[] {
  const { condition } = unit;
  return [
    ['condition.onLine', condition.onLine],
    ['condition.outputOn', condition.outputOn],
    ['condition.batteryPercent', condition.batteryPercent],
    ['condition.calibrating', condition.calibrating],
    ['condition.selfTest', condition.selfTest],
    ['condition.alarmCount', condition.alarms?.length ?? null],
    ['condition.alarms', condition.alarms === null ? null : condition.alarms.join(', ') || 'none'],
    ['condition.linkUp', condition.linkUp],
  ];
}

function normalized(text: string | null): string | null {
  const trimmed = text?.trim().toUpperCase() ?? '';
  return trimmed === '' ? null : trimmed;
}

const SKU = /^[A-Z]{2,6}\d[A-Z0-9-]*$/;

/** The SKU, or the model if it looks like an SKU; never a marketing name. */
function skuOf(unit: Pick<Described, 'model' | 'sku'>): string | null {
  return (
    [normalized(unit.sku), normalized(unit.model)].find((text) => text !== null && SKU.test(text)) ?? null
  );
}

/** All letters before the first digit, because SC is not SCL and SU is not SURT. */
function familyOf(sku: string): string | null {
  return /^([A-Z]+)\d/.exec(sku)?.[1] ?? null;
}

/** The rating that an SKU contains as digits: SMT750, SMX3000RMLV2U; null for SMT1XK and SRT5KXLI. */
function skuRating(sku: string): number | null {
  const found = /^[A-Z]+(\d{3,5})(?![\dK])/.exec(sku);
  return found === null ? null : Number(found[1]);
}

/** Year and week of manufacture, after two characters for the plant (vendor FAQ of 2 April 2020, line 41). */
export function dateCodeOf(serial: string | null): number | null {
  const found = /^[A-Z0-9]{2}(\d{4})/.exec(normalized(serial) ?? '');
  return found === null ? null : Number(found[1]);
}
