import { EXCEPTION_BYTES, type ModbusLink } from './link.ts';
import { BLOCKS, REGISTER, type RegisterName } from './registers.ts';

/** Address of a unit that nobody changed at its panel. Source: docs/sources/local.md#modbus */
const SLAVE = 1;
const READ_HOLDING = 3;
const TRIES = 3;

/** What the registers of a unit hold; null where they could not be read. */
export interface Registers {
  words(name: RegisterName): readonly number[] | null;
  /** One register, or two with the high word first. */
  unsigned(name: RegisterName): number | null;
  bit(name: RegisterName, bit: number): boolean | null;
  text(name: RegisterName): string | null;
}

/** Reads the registers that matter. Null where no unit answers by Modbus. Only asks. */
export async function readRegisters(link: ModbusLink): Promise<Registers | null> {
  const words = new Map<number, number>();
  let answered = false;
  for (const [start, count] of BLOCKS) {
    const block = await readBlock(link, start, count);
    // Who does not answer the first question speaks something else.
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
