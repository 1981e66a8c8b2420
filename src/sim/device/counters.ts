/** What reached a simulated device; tests hold the client to it. */
export interface Counters {
  /** Every request to start an update that reached the device, accepted or not. */
  starts: number;
  startsAccepted: number;
  snmpReads: number;
  snmpWrites: number;
  uploads: number;
  deletes: number;
  logins: number;
  /** Passwords that were refused, over all protocols. */
  refusedLogins: number;
  commands: number;
  /** Lines that were typed after a question, empty ones among them. */
  answers: number;
  /** Orders to switch the output that were accepted. */
  outputSwitches: number;
  /** Files for the card itself that it took. */
  cardFlashes: number;
  cardReboots: number;
  /** Files that somebody fetched whole. */
  downloads: number;
  /** Times that the event log was deleted. */
  logDeletes: number;
  /** Settings of the card that were changed, its password among them. */
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
