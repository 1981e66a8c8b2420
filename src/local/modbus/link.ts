import modbusCrc from 'crc/crc16modbus';
import { Problem } from '../../core/index.ts';
import type { ByteLine, LineTime, ReportPort } from '../line/line.ts';
import type { Tunnel } from '../line/report-descriptor.ts';
import { sendReport } from '../microlink/report-link.ts';
import type { LocalTimeouts } from '../timeouts.ts';

/** Carries Modbus requests. */
export interface ModbusLink {
  /** Registers that fit into one answer. */
  readonly mostRegisters: number;
  /**
   * Sends address and request, and returns the answer without its checksum. Null if none arrives or it is
   * damaged.
   */
  ask(question: Buffer, answerBytes: number): Promise<Buffer | null>;
}

const CRC_BYTES = 2;
/** An exception has the address, the function with its highest bit set, and the reason. */
export const EXCEPTION_BYTES = 3;
const EXCEPTION = 0x80;

/** Modbus RTU over a serial line (Modbus over serial line V1.02, section 2.5). */
export function serialModbus(
  line: ByteLine,
  { clock, signal }: LineTime,
  timeouts: LocalTimeouts,
): ModbusLink {
  return {
    mostRegisters: 100,
    async ask(question, answerBytes) {
      // Frames are separated by silence.
      await clock.sleep(timeouts.modbusGap * 1000, signal);
      line.discard();
      await line.write(withCrc(question));
      let received = Buffer.alloc(0);
      for (;;) {
        const more = await line.read(timeouts.modbus * 1000);
        if (more === null) return null;
        received = Buffer.concat([received, more]);
        const isException = ((received[1] ?? 0) & EXCEPTION) !== 0;
        const length = (isException ? EXCEPTION_BYTES : answerBytes) + CRC_BYTES;
        if (received.length < length) continue;
        const answer = received.subarray(0, length - CRC_BYTES);
        return withCrc(answer).equals(received.subarray(0, length)) ? Buffer.from(answer) : null;
      }
    },
  };
}

function withCrc(frame: Buffer): Buffer {
  const sum = modbusCrc(frame);
  return Buffer.concat([frame, Buffer.from([sum & 0xff, sum >> 8])]);
}

/** Modbus in USB reports: address and request, without a checksum. Source: docs/sources/local.md#modbus */
export function reportModbus(
  port: ReportPort,
  tunnel: Tunnel,
  { clock }: LineTime,
  timeouts: LocalTimeouts,
): ModbusLink {
  return {
    // Address, function, count and two bytes per register must fit into one report.
    mostRegisters: Math.floor((tunnel.fromUnit.bytes - EXCEPTION_BYTES) / 2),
    async ask(question, answerBytes) {
      if (question.length > tunnel.toUnit.bytes)
        throw new Problem('internal/unexpected', 'A Modbus request does not fit into a report.', {
          hint: 'Report this.',
        });
      await sendReport(port, tunnel, question);
      const until = clock.monotonic() + timeouts.modbus * 1000;
      for (;;) {
        const report = await port.read(Math.max(0, until - clock.monotonic()));
        if (report === null) return null;
        if (report[0] !== tunnel.fromUnit.id) continue;
        const isException = ((report[2] ?? 0) & EXCEPTION) !== 0;
        return Buffer.from(report.subarray(1, 1 + (isException ? EXCEPTION_BYTES : answerBytes)));
      }
    },
  };
}
