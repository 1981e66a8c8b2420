import { ServerSerial } from 'modbus-serial';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/files/index.ts';
import { LOCAL_TIMEOUTS, openSerialLine, readRegisters, serialModbus } from '../../src/local/index.ts';
import { findProgram, skipped } from '../support/peers/daemon.ts';
import { openPair, type PtyPair } from '../support/peers/pty-pair.ts';

const socat = findProgram('socat');
if (socat === null) skipped('modbus-serial', 'socat is not installed');

/** Text as a unit stores it: high byte first, padded with spaces. */
function words(text: string, count: number): readonly number[] {
  const padded = Buffer.from(text.padEnd(count * 2, ' '), 'latin1');
  return Array.from({ length: count }, (_, index) => padded.readUInt16BE(index * 2));
}

const REGISTERS = new Map<number, number>(
  [
    [0, [0, 0b10]],
    [23, [0, 2]],
    [128, [0, 1800]],
    [130, [95 * 512]],
    [136, [20 * 256, 0, 25 * 256]],
    [516, words('UPS 12.4', 8)],
    [532, words('Smart-UPS SRT 5000', 16)],
    [548, words('SRT5KXLI', 16)],
    [564, words('AS1729123456', 8)],
    [588, [5000, 4500, 0, 6400]],
    [596, words('rack 7', 8)],
  ].flatMap(([start, list]) =>
    typeof start === 'number' && Array.isArray(list)
      ? list.map((word, index): [number, number] => [start + index, word])
      : [],
  ),
);

let pair: PtyPair;
let server: ServerSerial;

describe.skipIf(socat === null)('a Modbus server of others (modbus-serial)', () => {
  beforeEach(async () => {
    pair = await openPair(socat ?? '');
    await new Promise<void>((resolve, reject) => {
      server = new ServerSerial(
        {
          getHoldingRegister: async (address: number) => {
            const word = REGISTERS.get(address);
            if (word === undefined)
              throw Object.assign(new Error('no such register'), { modbusErrorCode: 2 });
            return word;
          },
        },
        {
          path: pair.there,
          baudRate: 9600,
          unitID: 1,
          openCallback: (error) => (error === null ? resolve() : reject(error)),
        },
      );
    });
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await pair.stop();
  });

  it('is read, and missing registers are not known', async () => {
    const time = { clock: systemClock, signal: new AbortController().signal };
    const line = await openSerialLine(pair.here, 9600, time);
    try {
      const registers = await readRegisters(serialModbus(line, time, LOCAL_TIMEOUTS));
      expect(registers?.text('firmware')).toBe('UPS 12.4');
      expect(registers?.text('model')).toBe('Smart-UPS SRT 5000');
      expect(registers?.text('serial')).toBe('AS1729123456');
      expect(registers?.unsigned('runtime')).toBe(1800);
      expect(registers?.unsigned('status')).toBe(2);
      expect(registers?.bit('calibration', 1)).toBe(true);
      REGISTERS.delete(588);
      const again = await readRegisters(serialModbus(line, time, LOCAL_TIMEOUTS));
      expect(again?.unsigned('ratingVA')).toBeNull();
      expect(again?.text('sku')).toBe('SRT5KXLI');
    } finally {
      await line.close();
    }
  });
});
