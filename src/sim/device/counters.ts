/** Events that reached a simulated device; tests compare them with what the client claims. */
export interface Counters {
  /** Every start request that reached the device, accepted or not. */
  starts: number;
  startsAccepted: number;
  snmpReads: number;
  snmpWrites: number;
  uploads: number;
  deletes: number;
  logins: number;
  /** Refused passwords, over all protocols. */
  refusedLogins: number;
  commands: number;
  /** Lines typed after a question, including empty ones. */
  answers: number;
  /** Accepted commands that switch the output. */
  outputSwitches: number;
  /** Card files that the card accepted for itself. */
  cardFlashes: number;
  cardReboots: number;
  /** Files that were downloaded completely. */
  downloads: number;
  /** Deletions of the event log. */
  logDeletes: number;
  /** Changed settings of the card, including its password. */
  settings: number;
}

export function freshCounters(): Counters {
  return {
    starts: 0,
    startsAccepted: 0,
    snmpReads: 0,
    snmpWrites: 0,
    uploads: 0,
    deletes: 0,
    logins: 0,
    refusedLogins: 0,
    commands: 0,
    answers: 0,
    outputSwitches: 0,
    cardFlashes: 0,
    cardReboots: 0,
    downloads: 0,
    logDeletes: 0,
    settings: 0,
  };
}
