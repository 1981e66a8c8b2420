import { FAULTS, type Fault } from '../../src/sim/index.ts';

/** Every fault of the simulator; nothing here has to be told of a new one. */
export const EVERY_FAULT: readonly Fault[] = Object.keys(FAULTS).filter((name): name is Fault =>
  Object.hasOwn(FAULTS, name),
);

/** What a fault concerns: the ways to a card, the start, the update, the output, or firmware for the card itself. */
export type Area = 'way' | 'start' | 'update' | 'output' | 'card';

/** By the first word of its name; `faults.test.ts` holds that every fault has an area. */
const AREAS: Readonly<Record<string, Area>> = {
  ssh: 'way',
  shell: 'way',
  scp: 'way',
  ftp: 'way',
  certificate: 'way',
  password: 'way',
  upload: 'way',
  listing: 'way',
  event: 'way',
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

/** Undefined for a fault whose first word is new. */
export function areaOf(fault: Fault): Area | undefined {
  const word = fault.slice(0, fault.indexOf('-'));
  return Object.hasOwn(AREAS, word) ? AREAS[word] : undefined;
}

export function faultsOf(...areas: readonly Area[]): readonly Fault[] {
  return EVERY_FAULT.filter((fault) => areas.some((area) => area === areaOf(fault)));
}

/** First words in the table that no fault has any more. */
export function wordsWithoutFault(): readonly string[] {
  return Object.keys(AREAS).filter((word) => !EVERY_FAULT.some((fault) => fault.startsWith(`${word}-`)));
}
