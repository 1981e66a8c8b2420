import type { SimulatedLocalDevice } from '../device.ts';
import type { Line } from '../port/line.ts';
import { readRegisters } from './registers.ts';

const SLAVE = 1;
const READ = 3;
/** Functions that only read, by the protocol. */
const HARMLESS: ReadonlySet<number> = new Set([1, 2, READ, 4, 7, 11, 12, 17, 20, 24, 43]);
/** A read request: slave, function, two words, CRC. */
const READ_BYTES = 8;
const MOST_REGISTERS = 125;
const LONGEST_FRAME = 256;
const REFUSAL = { function: 1, address: 2, value: 3 } as const;

/** A longer idle time of the line ends a frame; real time. */
const IDLE_MS = 20;

/** Modbus RTU on a serial line: 9600 8N1, slave 1. It reads registers and refuses everything else. */
export class ModbusEndpoint {
  readonly rate = 9600;
  readonly #device: SimulatedLocalDevice;
  readonly #line: Line;
  #received: Buffer = Buffer.alloc(0);
  #cancelTimer: () => void = () => undefined;

  constructor(device: SimulatedLocalDevice, line: Line) {
    this.#device = device;
    this.#line = line;
  }

  receive(bytes: Buffer): void {
    this.#cancelTimer();
    this.#received = Buffer.concat([this.#received, bytes]).subarray(0, LONGEST_FRAME);
    const isRead =
      this.#received.length === READ_BYTES && this.#received[1] === READ && isWhole(this.#received);
    if (isRead) this.#end();
    else this.#cancelTimer = this.#device.after(0, () => this.#end(), IDLE_MS);
  }

  #end(): void {
    const frame = this.#received;
    this.#received = Buffer.alloc(0);
    if (!isWhole(frame) || frame[0] !== SLAVE) return;
    const [, asked = 0] = frame;
    // A real unit executes some of the others.
    if (!HARMLESS.has(asked)) this.#device.dangerous += 1;
    this.#line.send(withCrc(asked === READ ? this.#read(frame) : refusal(asked, REFUSAL.function)));
  }

  #read(frame: Buffer): Buffer {
    if (frame.length !== READ_BYTES) return refusal(READ, REFUSAL.value);
    const count = frame.readUInt16BE(4);
    if (count < 1 || count > MOST_REGISTERS) return refusal(READ, REFUSAL.value);
    const found = readRegisters(this.#device, frame.readUInt16BE(2), count);
    if (found === null) return refusal(READ, REFUSAL.address);
    const answer = Buffer.alloc(3 + 2 * count);
    answer.set([SLAVE, READ, 2 * count]);
    found.forEach((word, index) => {
      answer.writeUInt16BE(word, 3 + 2 * index);
    });
    return answer;
  }
}

function refusal(asked: number, why: number): Buffer {
  return Buffer.from([SLAVE, asked | 0x80, why]);
}

function isWhole(frame: Buffer): boolean {
  return frame.length >= 4 && frame.readUInt16LE(frame.length - 2) === modbusCrc(frame.subarray(0, -2));
}

/** CRC-16 of Modbus RTU: polynomial A001 (mirrored), start FFFF. In a frame its low byte comes first. */
export function modbusCrc(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xa001;
  }
  return crc;
}

/** The bytes followed by their CRC. */
export function withCrc(bytes: Uint8Array): Buffer {
  const crc = modbusCrc(bytes);
  return Buffer.from([...bytes, crc & 0xff, crc >>> 8]);
}
