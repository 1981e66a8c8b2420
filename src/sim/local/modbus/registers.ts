import { SIMULATED_MARK } from '../../../core/index.ts';
import type { SimulatedLocalDevice } from '../device.ts';
import { binaryPoint, calibrationBits, daysSince2000, outletBits, statusBits, testBits } from '../status.ts';

/** Readable registers, first and last: status, measurements, identity, and test values for the byte order. */
const BLOCKS: readonly (readonly [first: number, last: number])[] = [
  [0, 26],
  [128, 171],
  [516, 603],
  [2048, 2061],
];
/** Only some units have their Micro-Link ID in a register. */
const ID_BLOCK = [512, 513] as const;

/** Value of a reserved register, or of one that belongs to other units. */
const NOT_THERE = 0xffff;

/** A row of the table: the first register, and the words from there on. */
type Row = readonly [register: number, words: readonly number[]];

/**
 * The registers from `first` on; null if one of them does not exist. A read must stay in one block.
 * Source: docs/sources/local.md#modbus
 */
export function readRegisters(
  device: SimulatedLocalDevice,
  first: number,
  count: number,
): readonly number[] | null {
  const withId = device.persona.modbus?.idRegister === true;
  const blocks = withId ? [...BLOCKS, ID_BLOCK] : BLOCKS;
  if (!blocks.some(([from, to]) => first >= from && first + count - 1 <= to)) return null;
  const words = new Map(
    rows(device).flatMap(([register, values]) =>
      values.map((value, index): [number, number] => [register + index, value & 0xffff]),
    ),
  );
  return Array.from({ length: count }, (_, index) => words.get(first + index) ?? NOT_THERE);
}

function rows(device: SimulatedLocalDevice): readonly Row[] {
  return [...statusRows(device), ...measuredRows(device), ...inventoryRows(device), ...testRows(device)];
}

function statusRows(device: SimulatedLocalDevice): readonly Row[] {
  return [
    [0, long(statusBits(device))],
    // Cause of the last change, 8: acceptable input. Each outlet group is followed by a reserved register.
    [2, [8]],
    [3, [...long(outletBits(device)), 0]],
    [6, [...long(outletBits(device)), 0]],
    [9, [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    // Bit 0: power failure. A shutdown is never imminent.
    [18, [device.onLine ? 0 : 1]],
    [19, [device.alarm ? 1 : 0, 0, 0, 0]],
    [23, [testBits(device), calibrationBits(device), 1, 0]],
  ];
}

function measuredRows(device: SimulatedLocalDevice): readonly Row[] {
  const { runtimeSeconds, batteryPercent, batteryVolts, loadPercent, outputOn, onLine } = device;
  return [
    [128, long(runtimeSeconds)],
    [130, [binaryPoint(batteryPercent, 9), binaryPoint(batteryVolts, 5)]],
    [135, [binaryPoint(25.5, 7)]],
    [136, [binaryPoint(loadPercent, 8)]],
    [138, [binaryPoint(loadPercent, 8)]],
    [140, [binaryPoint(outputOn ? 5.5 : 0, 5)]],
    [142, [binaryPoint(outputOn ? 230 : 0, 6)]],
    [144, [binaryPoint(outputOn ? 50 : 0, 7)]],
    // Bit 0: the input is acceptable.
    [150, [onLine ? 1 : 0, binaryPoint(onLine ? 230 : 0, 6)]],
  ];
}

function inventoryRows({ persona, version, serial, microLinkId }: SimulatedLocalDevice): readonly Row[] {
  const { unit } = persona;
  return [
    [512, long(microLinkId ?? 0).toReversed()],
    // Texts are padded with spaces, with zeros, or with leading zeros.
    [516, words(`UPS ${version}`, 8, '\0')],
    [532, words(unit.model, 16, ' ')],
    [548, words(unit.sku, 16, '\0')],
    [564, words(serial.padStart(16, '\0'), 8, ' ')],
    [572, words('APCRBC140', 8, ' ')],
    [580, words('', 8, '\0')],
    // Bits of the outlet groups: the main group and one switched group.
    [588, [unit.ratingVA, unit.ratingW, 0b11, daysSince2000(unit.manufactured)]],
    // Bit 5: 230 V.
    [592, [0b10_0000]],
    [595, [daysSince2000(unit.manufactured)]],
    [596, words(SIMULATED_MARK.slice(0, 16), 8, ' ')],
  ];
}

/** The fixed values that a public reading of an SMT1500RM2UC shows. Source: docs/sources/local.md#modbus */
function testRows({ persona }: SimulatedLocalDevice): readonly Row[] {
  return [
    [2048, words(persona.modbus?.mapId ?? '', 2, ' ')],
    [2050, words('12345678', 4, ' ')],
    [2054, long(0x12345678)],
    [2056, long(-5)],
    [2058, [0x1234, -5, binaryPoint(128.5, 6), binaryPoint(-128.5, 6)]],
  ];
}

/** 32 bits, high word first. */
function long(value: number): readonly number[] {
  return [(value >>> 16) & 0xffff, value & 0xffff];
}

/** A text with two characters per register, the first one high. */
function words(text: string, count: number, filler: string): readonly number[] {
  const bytes = Buffer.from(text.padEnd(2 * count, filler).slice(0, 2 * count), 'latin1');
  return Array.from({ length: count }, (_, index) => bytes.readUInt16BE(2 * index));
}
