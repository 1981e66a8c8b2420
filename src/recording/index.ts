/**
 * Recordings of cards: the persona and the report that are made of what a card answered.
 *
 * Owns the removal of names, addresses, serial numbers and secrets. Nothing of a recording leaves the process before that. Must not
 * know how a card is read; imports core only.
 */
export { type RecordFiles, renderRecord } from './record.ts';
