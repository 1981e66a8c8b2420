import { FAULTS, type Fault } from '../../../src/sim/index.ts';

/** Every fault of the simulator; new faults are included automatically. */
export const EVERY_FAULT: readonly Fault[] = Object.keys(FAULTS).filter((name): name is Fault =>
  Object.hasOwn(FAULTS, name),
);

/**
 * What a fault affects: the connection to a card, the start, the update, the output, or firmware for the card
 * itself.
 */
export type Area = 'connection' | 'start' | 'update' | 'output' | 'card';

/** By the first word of the fault name; `faults.test.ts` checks that every fault has an area. */
const AREAS: Readonly<Record<string, Area>> = {
  ssh: 'connection',
  shell: 'connection',
  scp: 'connection',
  ftp: 'connection',
  certificate: 'connection',
  password: 'connection',
  upload: 'connection',
  listing: 'connection',
  event: 'connection',
  set: 'start',
  cli: 'start',
  stale: 'start',
  update: 'update',
  returns: 'update',
  never: 'update',
  on: 'update',
  mains: 'update',
  snmp: 'update',
  alarm: 'update',
  output: 'output',
  card: 'card',
};

/** Undefined for a fault with a new first word. */
export function areaOf(fault: Fault): Area | undefined {
  const word = fault.slice(0, fault.indexOf('-'));
  return Object.hasOwn(AREAS, word) ? AREAS[word] : undefined;
}

export function faultsOf(...areas: readonly Area[]): readonly Fault[] {
  return EVERY_FAULT.filter((fault) => areas.some((area) => area === areaOf(fault)));
}

/** First words in the table that no fault has. */
export function unusedWords(): readonly string[] {
  return Object.keys(AREAS).filter((word) => !EVERY_FAULT.some((fault) => fault.startsWith(`${word}-`)));
}
