/** What reached a simulated device; tests hold the client to it. */
export interface Counters {
  /** Every request to start an update that reached the device, accepted or not. */
  starts: number;
  startsAccepted: number;
  snmpReads: number;
  snmpWrites: number;
  uploads: number;
  logins: number;
  commands: number;
  /** Lines that were typed after a question, empty ones among them. */
  answers: number;
}

export function freshCounters(): Counters {
  return {
    starts: 0,
    startsAccepted: 0,
    snmpReads: 0,
    snmpWrites: 0,
    uploads: 0,
    logins: 0,
    commands: 0,
    answers: 0,
  };
}
