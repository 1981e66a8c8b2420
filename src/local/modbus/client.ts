import { EXCEPTION_BYTES, type ModbusLink } from './link.ts';

/** Default address of a unit. Source: docs/sources/local.md#modbus */
const SLAVE = 1;
const READ_HOLDING = 3;
const TRIES = 3;

/** The registers of a unit; null if they could not be read. */
export interface Registers {
  words(name: RegisterName): readonly number[] | null;
  /** One register, or two with the high word first. */
  unsigned(name: RegisterName): number | null;
  bit(name: RegisterName, bit: number): boolean | null;
  text(name: RegisterName): string | null;
}

/** Reads the registers that matter. Null if no unit answers by Modbus. Reads only. */
export async function readRegisters(link: ModbusLink): Promise<Registers | null> {
  const words = new Map<number, number>();
  let answered = false;
  for (const [start, count] of BLOCKS) {
    const block = await readBlock(link, start, count);
    // A unit that does not answer the first request speaks another protocol.
    if (block === 'silence' && !answered) return null;
    answered = true;
    if (typeof block === 'string') continue;
    for (const [index, word] of block.entries()) words.set(start + index, word);
  }
  return registersOf(words);
}

/** `refused`: the unit answers and does not have these registers. */
async function readBlock(
  link: ModbusLink,
  start: number,
  count: number,
): Promise<readonly number[] | 'refused' | 'silence'> {
  const question = Buffer.alloc(6);
  question[0] = SLAVE;
  question[1] = READ_HOLDING;
  question.writeUInt16BE(start, 2);
  question.writeUInt16BE(count, 4);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const answer = await link.ask(question, EXCEPTION_BYTES + count * 2);
    if (answer === null || answer[0] !== SLAVE) continue;
    if (answer[1] === (READ_HOLDING | 0x80)) return 'refused';
    if (answer[1] !== READ_HOLDING || answer[2] !== count * 2) continue;
    return Array.from({ length: count }, (_, index) => answer.readUInt16BE(EXCEPTION_BYTES + index * 2));
  }
  return 'silence';
}

function registersOf(all: ReadonlyMap<number, number>): Registers {
  const words = (name: RegisterName): readonly number[] | null => {
    const [start, count] = REGISTER[name];
    const found = Array.from({ length: count }, (_, index) => all.get(start + index));
    const known = found.filter((word) => word !== undefined);
    return known.length === count ? known : null;
  };
  const unsigned = (name: RegisterName): number | null =>
    words(name)?.reduce((sum, word) => sum * 0x10000 + word, 0) ?? null;
  return {
    words,
    unsigned,
    bit(name, bit) {
      const value = unsigned(name);
      return value === null ? null : Math.floor(value / 2 ** bit) % 2 === 1;
    },
    text(name) {
      const bytes = words(name)?.flatMap((word) => [word >> 8, word & 0xff]) ?? null;
      if (bytes === null) return null;
      const text = Buffer.from(bytes)
        .toString('latin1')
        .replace(/^\0+/, '')
        .replace(/[\0\s]+$/, '');
      return text === '' ? null : text;
    },
  };
}

/**
 * Registers of a unit: address and count. They are read in blocks, see `BLOCKS`.
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

/** Read together; each fits into one USB report. */
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
