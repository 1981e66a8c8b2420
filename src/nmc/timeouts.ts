/**
 * Timeouts of the card driver, in seconds. Those marked "device" run on the device's clock, which is faster
 * for a simulated unit. The others run on real time.
 */
export interface Timeouts {
  /** SSH key exchange. Old cards need minutes: users run key scans with 250 s, one client waits 90 s. */
  readonly handshake: number;
  /** An answer of the command line. The client with the most field reports waits 20 s. */
  readonly command: number;
  /**
   * Silence after which a bare return is sent: some firmware holds the end of its output back until the next
   * input.
   */
  readonly flush: number;
  /** After the last byte of an upload: the card writes its flash before it answers. */
  readonly afterLastByte: number;
  /** Between two bytes of an upload. */
  readonly stalledUpload: number;
  /** Device: between two observations of a unit that is being updated. */
  readonly poll: number;
  /** Device: without any trace of an update for this long, a start counts as having had no effect. */
  readonly startSeen: number;
  /**
   * Device: from the start to the new version. 1.68 MB at 9600 baud take 30 minutes; stuck pages lasted 50.
   * An SRTL below 05.0 takes longer than 25 minutes; how long is not published. When this time is over, the
   * result is unknown, never failed.
   */
  readonly settle: number;
  /** Device: until the values are as before the update. */
  readonly verify: number;
  /** Device: how long a unit that installs in two steps may run its old firmware after it has the image. */
  readonly received: number;
  /** Device: between two reads of the event log. */
  readonly eventLog: number;
  /** Reading settings and event log of the card, by all methods together. */
  readonly backup: number;
  /** Device: until a switched output shows its new state. A graceful switch has its own delay first. */
  readonly output: number;
  /** The whole upload, by all methods together. */
  readonly transfer: number;
  /** The whole start, by all methods together. */
  readonly start: number;
  /**
   * Device: from the upload of a card file until the card is back. Restarts took 30 to 120 s, all of it 5 to
   * 15 min.
   */
  readonly cardSettle: number;
  /** Device: a card that runs on unchanged for this long after the upload did not accept the file. */
  readonly cardQuiet: number;
}

export const TIMEOUTS: Timeouts = {
  handshake: 90,
  command: 20,
  flush: 3,
  afterLastByte: 180,
  stalledUpload: 60,
  poll: 10,
  startSeen: 120,
  settle: 5400,
  verify: 300,
  received: 900,
  eventLog: 60,
  backup: 600,
  output: 120,
  transfer: 1800,
  start: 300,
  cardSettle: 1800,
  cardQuiet: 300,
};
