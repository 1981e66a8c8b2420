import { type Clock, Problem, sanitize } from '../../core/index.ts';

/** Baud rates of a unit's port. Source: docs/sources/local.md#serial-line */
export type Rate = 9600 | 2400;

/** A serial line, 8N1 without flow control: images contain the flow control bytes. */
export interface ByteLine {
  /** Path of the port. */
  readonly name: string;
  /**
   * Resolves when the system has accepted the bytes. Rejects with Problem link/closed, link/timeout or
   * refused/stopped.
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Returns the bytes that arrived, without waiting if there are any. Null after that many milliseconds of
   * silence. Rejects with Problem link/closed.
   */
  read(milliseconds: number): Promise<Buffer | null>;
  /** Drops bytes that have not been read. */
  discard(): void;
  /** Rejects with Problem link/port. */
  setRate(rate: Rate): Promise<void>;
  /** May be called more than once. */
  close(): Promise<void>;
}

/** Clock and stop signal of a line. After an abort, reads end early with null and nothing more is sent. */
export interface LineTime {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Throws Problem refused/stopped after an abort, so that nothing more is sent. */
export function assertNotStopped(name: string, { signal }: LineTime): void {
  if (!signal.aborted) return;
  throw new Problem('refused/stopped', `The look at ${sanitize(name)} was stopped.`, {
    hint: 'Run it again: upsfw local inspect PORT',
  });
}

/** Opens a port for exclusive use. Rejects with Problem link/port if it cannot be used. */
export type OpenLine = (path: string, rate: Rate, time: LineTime) => Promise<ByteLine>;

/**
 * HID reports of a USB unit; the first byte is the report ID.
 * Source: docs/sources/local.md#microlink-over-usb
 */
export interface ReportPort {
  readonly name: string;
  /** Rejects with Problem link/closed or refused/stopped. */
  write(report: Uint8Array): Promise<void>;
  /** The next report; null after that many milliseconds without one. Rejects with Problem link/closed. */
  read(milliseconds: number): Promise<Buffer | null>;
  close(): Promise<void>;
}

export type OpenReports = (path: string, time: LineTime) => Promise<ReportPort>;
