import type { SimulatedLocalDevice } from './device.ts';

/**
 * Status bits that Microlink and Modbus share.
 * Source: docs/sources/local.md#microlink-fields, docs/sources/local.md#modbus
 */

function bits(set: Readonly<Record<number, boolean>>): number {
  return Object.entries(set).reduce((word, [bit, is]) => (is ? word + 2 ** Number(bit) : word), 0);
}

/** 32 bits: the status of the unit. */
export function statusBits({ onLine, outputOn, alarm, selfTest }: SimulatedLocalDevice): number {
  return bits({ 1: onLine, 2: !onLine, 4: !outputOn, 5: alarm, 6: !onLine, 7: selfTest });
}

/** 32 bits: the state of an outlet group. */
export function outletBits({ outputOn }: SimulatedLocalDevice): number {
  return bits({ 0: outputOn, 1: !outputOn });
}

/** 16 bits: the current battery test, or the last one, which passed. */
export function testBits({ selfTest }: SimulatedLocalDevice): number {
  return bits({ 1: selfTest, 2: !selfTest });
}

/** 16 bits: the runtime calibration. */
export function calibrationBits({ calibrating }: SimulatedLocalDevice): number {
  return bits({ 1: calibrating });
}

/** A number in units of 2 to the power of minus `places`. */
export function binaryPoint(value: number, places: number): number {
  return Math.round(value * 2 ** places);
}

/** Days since 2000-01-01, the unit's date format. */
export function daysSince2000(date: string): number {
  return Math.round((Date.parse(date) - Date.UTC(2000, 0, 1)) / 86_400_000);
}
