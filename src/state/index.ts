/**
 * The state folder: the journal of each run, the state that a journal adds up to, locks, known hosts and artifacts.
 *
 * Owns what is on disk about runs, and in which order it gets there. Must not know inventories, rules, protocols or who runs
 * an update; imports core and files only.
 */
export { createPapers, type OpenPapers, type Papers } from './artifacts.ts';
export { needsOf, openStateFolder, refuseForeign } from './folder.ts';
export {
  createJournal,
  isPlainlyDone,
  type Journal,
  journalFile,
  listRuns,
  readJournal,
  reopenJournal,
} from './journal.ts';
export type { Ended, JournalEvent, NewEvent, OutputState, StepState } from './journal-events.ts';
export { parseJournal } from './journal-lines.ts';
export { createPins, lenientPins } from './known-hosts.ts';
export { createLocks, type Holder, type Lock, type Locks } from './locks.ts';
export {
  endIsOpen,
  endIsUnknown,
  type HopRecord,
  inDoubt,
  lastVerified,
  leftBetweenHops,
  leftHalfWay,
  outputIsOwed,
  type RunRecord,
  startInDoubt,
  type UnitRecord,
  waitsForHands,
  wasPutOff,
  wasStoppedByDisk,
  wasStoppedByOperator,
} from './run-record.ts';
export { fold } from './run-state.ts';
export { AuditUnitSchema, PlanSchema } from './schemas.ts';
