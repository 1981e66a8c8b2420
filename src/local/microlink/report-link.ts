import type { LineTime, ReportPort } from '../line/line.ts';
import type { Tunnel } from '../line/report-descriptor.ts';
import type { LocalTimeouts } from '../timeouts.ts';
import { CONTROL, isWhole, RECORD_OVERHEAD } from './frame.ts';
import { isWidth } from './header.ts';
import type { Answer, RecordLink } from './link.ts';

/** Records over USB: one control byte or one write per report to the unit, one record per report from it. */
export function reportLink(
  port: ReportPort,
  tunnel: Tunnel,
  { clock }: LineTime,
  timeouts: LocalTimeouts,
): RecordLink {
  const link: RecordLink = {
    width: null,
    start: (milliseconds) => ask([CONTROL.start], milliseconds, true),
    next: () => ask([CONTROL.next], timeouts.usbRecord * 1000, false),
    write: (frame) => ask(frame, timeouts.usbRecord * 1000, false),
  };

  async function ask(bytes: Iterable<number>, milliseconds: number, first: boolean): Promise<Answer> {
    await sendReport(port, tunnel, Buffer.from([...bytes]));
    const until = clock.monotonic() + milliseconds;
    for (;;) {
      const report = await port.read(Math.max(0, until - clock.monotonic()));
      if (report === null) return null;
      // The unit also sends reports of its own.
      if (report[0] !== tunnel.fromUnit.id) continue;
      const width = first ? report[3] : (link.width ?? undefined);
      if (width === undefined || !isWidth(width)) return 'bad';
      // Bytes after the record are padding and not part of it.
      const record = report.subarray(1, 1 + width + RECORD_OVERHEAD);
      if (record.length < width + RECORD_OVERHEAD || !isWhole(record)) return 'bad';
      if (first && record[0] !== 0) continue;
      if (first) link.width = width;
      return { page: record[0] ?? 0, bytes: Buffer.from(record.subarray(1, -2)) };
    }
  }
  return link;
}

/** Sends bytes as one report, padded with zeros. */
export async function sendReport(port: ReportPort, { toUnit }: Tunnel, bytes: Buffer): Promise<void> {
  const report = Buffer.alloc(1 + toUnit.bytes);
  report[0] = toUnit.id;
  bytes.copy(report, 1);
  await port.write(report);
}
