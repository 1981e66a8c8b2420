/**
 * Recordings of cards: the persona and the report made from a card's answers.
 *
 * Owns the removal of names, addresses, serial numbers and secrets. Nothing of a recording leaves the process
 * before that. Must not know how a card is read. Imports core only.
 */
export { type RecordFiles, renderRecord } from './record.ts';
