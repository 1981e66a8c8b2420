/**
 * Registers of a unit: address and count. Read in blocks, see `BLOCKS`.
 * Source: docs/sources/local.md#modbus
 */
export const REGISTER = {
  status: [0, 2],
  batteryTest: [23, 1],
  calibration: [24, 1],
  runtime: [128, 2],
  charge: [130, 1],
  realPower: [136, 1],
  apparentPower: [138, 1],
  firmware: [516, 8],
  model: [532, 16],
  sku: [548, 16],
  serial: [564, 8],
  ratingVA: [588, 1],
  manufactured: [591, 1],
  name: [596, 8],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

export type RegisterName = keyof typeof REGISTER;

/** Asked together; each fits into one report of a USB unit. */
export const BLOCKS: readonly (readonly [number, number])[] = [
  [516, 8],
  [532, 16],
  [548, 16],
  [564, 8],
  [588, 4],
  [596, 8],
  [0, 2],
  [23, 2],
  [128, 3],
  [136, 3],
];
