import { constants, type FileHandle, open } from 'node:fs/promises';
import { hasCode, Problem, sanitize } from '../../core/index.ts';
import { assertNotStopped, type LineTime, type ReportPort } from './line.ts';

/** The longest report of a full-speed USB device. */
const LONGEST_REPORT = 64;
/** Milliseconds between two reads; the kernel queues the reports in between. */
const PACE = 8;

/**
 * Opens a node such as `/dev/hidraw0`. One read returns one report. A write uses the interrupt endpoint if
 * the device has one (inferred). Needs no package. Rejects with Problem link/port.
 * Source: docs/sources/local.md#microlink-over-usb
 */
export async function openHidraw(path: string, time: LineTime): Promise<ReportPort> {
  const { clock, signal } = time;
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    throw new Problem('link/port', `The USB node ${sanitize(path)} cannot be opened.`, {
      hint: hasCode(cause, 'EACCES')
        ? 'Give this user access: add a udev rule for SUBSYSTEM "hidraw" and vendor 051d, as docs/local.md shows.'
        : 'Plug the unit in again. List the ports with: upsfw local ports',
      cause,
    });
  }
  const gone = (cause: unknown): Problem =>
    new Problem('link/closed', `The USB node ${sanitize(path)} disappeared: the cable was pulled.`, {
      hint: 'Plug the unit in again, then run: upsfw local inspect PORT',
      cause,
    });
  let closing: Promise<void> | null = null;
  return {
    name: path,
    async write(report) {
      assertNotStopped(path, time);
      try {
        await file.write(report);
      } catch (cause) {
        throw gone(cause);
      }
    },
    async read(milliseconds) {
      const until = clock.monotonic() + milliseconds;
      for (;;) {
        const report = await tryRead(file, gone);
        if (report !== null) return report;
        if (signal.aborted || clock.monotonic() >= until) return null;
        await clock.sleep(PACE, signal);
      }
    },
    close() {
      closing ??= file.close();
      return closing;
    },
  };
}

async function tryRead(file: FileHandle, gone: (cause: unknown) => Problem): Promise<Buffer | null> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_REPORT), 0, LONGEST_REPORT, null);
    if (bytesRead === 0) throw gone(undefined);
    return buffer.subarray(0, bytesRead);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    if (hasCode(thrown, 'EAGAIN')) return null;
    throw gone(thrown);
  }
}
