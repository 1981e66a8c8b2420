import { type Clock, Problem, sanitize } from '../../core/index.ts';

/** Speeds of the ports of a unit. Source: docs/sources/local.md#serial-line */
export type Rate = 9600 | 2400;

/** A serial line, 8N1 and without flow control: images hold the bytes that flow control would swallow. */
export interface ByteLine {
  /** Path of the port. */
  readonly name: string;
  /** Resolves when the system has taken the bytes. Rejects with Problem link/closed, link/timeout or refused/stopped. */
  write(bytes: Uint8Array): Promise<void>;
  /** What has come, at once where something is there; null after that many milliseconds of silence. Rejects with Problem link/closed. */
  read(milliseconds: number): Promise<Buffer | null>;
  /** Forgets what has come and was not read. */
  discard(): void;
  /** Rejects with Problem link/port. */
  setRate(rate: Rate): Promise<void>;
  /** May be called more than once. */
  close(): Promise<void>;
}

/** Time as a line needs it. When the signal is aborted, waits end early and without an answer, and nothing is sent any more. */
export interface LineTime {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Whoever stops a look wants nothing more to be sent. Throws Problem refused/stopped. */
export function assertNotStopped(name: string, { signal }: LineTime): void {
  if (!signal.aborted) return;
  throw new Problem('refused/stopped', `The look at ${sanitize(name)} was stopped.`, {
    hint: 'Look again: upsfw local inspect PORT.',
  });
}

/** Opens a port for one owner. Rejects with Problem link/port where it cannot be used. */
export type OpenLine = (path: string, rate: Rate, time: LineTime) => Promise<ByteLine>;

/** HID reports of a USB unit, the report id first. Source: docs/sources/local.md#microlink-over-usb */
export interface ReportPort {
  readonly name: string;
  /** Rejects with Problem link/closed or refused/stopped. */
  write(report: Uint8Array): Promise<void>;
  /** The next report; null after that many milliseconds without one. Rejects with Problem link/closed. */
  read(milliseconds: number): Promise<Buffer | null>;
  close(): Promise<void>;
}

export type OpenReports = (path: string, time: LineTime) => Promise<ReportPort>;
