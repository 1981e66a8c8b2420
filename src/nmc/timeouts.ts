/** Times of the network path in seconds. Those marked "card" are the device's own clock, the others are the world's. */
export interface Timeouts {
  /** Key exchange on an old card takes minutes: users run key scans with 250 s, one client waits 90 s. */
  readonly handshake: number;
  /** An answer of the command line; the client with the most field reports waits 20 s. */
  readonly command: number;
  /** Silence after which a bare return is sent: some firmware holds the end of its output back until the next input. */
  readonly flush: number;
  /** After the last byte of an upload: the card writes its flash before it answers. */
  readonly afterLastByte: number;
  /** Between two bytes of an upload. */
  readonly stalledUpload: number;
  /** Card: between two looks at a unit that is being updated. */
  readonly poll: number;
  /** Card: how long nothing must be seen of an update before a start counts as not made. */
  readonly startSeen: number;
  /** Card: from the start to the new version. 1.68 MB at 9600 baud take 30 minutes; stuck pages were seen for 50. */
  readonly settle: number;
  /** Card: until values are as before the update. */
  readonly verify: number;
  /** Card: how long a unit that installs in two steps may run its old firmware after it has the image. */
  readonly received: number;
  /** Card: between two readings of its event log. */
  readonly eventLog: number;
  /** Reading settings and event log of the card, by all ways. */
  readonly backup: number;
  /** Card: until an output that was switched shows it; a graceful one has its own delay before. */
  readonly output: number;
  /** The whole upload, by all ways. */
  readonly transfer: number;
  /** The whole start, by all ways. */
  readonly start: number;
  /** Card: from the upload of its own firmware until it is back; restarts of 30 to 120 s were seen, whole runs of 5 to 15 minutes. */
  readonly cardSettle: number;
  /** Card: how long it must go on as before after such an upload until that counts as not taken. */
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
