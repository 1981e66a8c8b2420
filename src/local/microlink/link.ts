/** One answer of a unit. `bad`: something came that is no whole record; `null`: nothing came. */
export type Answer = { readonly page: number; readonly bytes: Buffer } | 'bad' | null;

/** The way that Microlink records travel: a serial line, or reports over USB. */
export interface RecordLink {
  /** Bytes of a page, once page 0 has told. */
  width: number | null;
  /** Asks to begin anew; the answer to that is page 0. */
  start(milliseconds: number): Promise<Answer>;
  /** Asks for the next page. */
  next(): Promise<Answer>;
  /** Sends a write; the answer to it is the page that was written. */
  write(frame: Buffer): Promise<Answer>;
}
