/**
 * The state folder: the journal of each run, the state that its events give, locks, known hosts and
 * artifacts.
 *
 * Owns what is on disk about runs, and the order in which it is written. Must not know inventories, rules,
 * protocols or what executes an update; imports core and files only.
 */
export { createArtifacts, type OpenArtifacts, type RunArtifacts } from './artifacts.ts';
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
export { JOURNAL_FORMAT, type JournalEvent, type NewEvent, type OtherFormatEvent } from './journal-events.ts';
export { parseJournal } from './journal-lines.ts';
export { createKnownHosts, createLenientKnownHosts } from './known-hosts.ts';
export { createLocks, type Holder, type Lock, type Locks } from './locks.ts';
export { isOlderAudit, isOlderPlan } from './other-format.ts';
export {
  endIsOpen,
  endIsUnknown,
  type HopBackup,
  type HopRecord,
  inDoubt,
  lastVerified,
  needsManualAction,
  outputNeedsRestore,
  type RunEnd,
  type RunRecord,
  startInDoubt,
  stoppedBetweenHops,
  stoppedMidRoute,
  type UnitRecord,
  wasPostponed,
  wasStoppedByDisk,
  wasStoppedByOperator,
} from './run-record.ts';
export { recordsExits, replay } from './run-state.ts';
export { AuditUnitSchema, LeftOutSchema, PlanSchema } from './schemas.ts';
