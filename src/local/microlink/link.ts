/** One answer of a unit. `bad`: not a complete record; null: nothing arrived. */
export type Answer = { readonly page: number; readonly bytes: Buffer } | 'bad' | null;

/** Carries Microlink records: over a serial line, or in USB reports. */
export interface RecordLink {
  /** Bytes per page, once page 0 is known. */
  width: number | null;
  /** Asks to start over; the answer is page 0. */
  start(milliseconds: number): Promise<Answer>;
  /** Asks for the next page. */
  next(): Promise<Answer>;
  /** Sends a write; the answer is the page that was written. */
  write(frame: Buffer): Promise<Answer>;
}
