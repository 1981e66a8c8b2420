import type {
  Plan,
  PlannedUnit,
  ProblemJson,
  Reason,
  StartMethod,
  StepName,
  TransferMethod,
  Unit,
} from '../core/index.ts';
import type { OutputState, StepState, UnitOutcome } from './journal-events.ts';

/** Where a run, its units and their hops stand, and what follows from that. `fold.ts` makes it of a journal. */

/** What the journal holds of one hop of the present attempt. */
export interface HopRecord {
  /** The unit as it was before this hop; null where the hop was not begun. */
  readonly before: Unit | null;
  /** The unit as it was seen when the hop was verified. */
  readonly after: Unit | null;
  /** The last step that has a line, and its state. */
  readonly step: StepName | null;
  readonly state: StepState | null;
  readonly transferred: { readonly method: string } | null;
  /** When the start was written down; null = no start was ever made in this attempt. */
  readonly startedAt: Date | null;
  readonly startedBy: string | null;
  /** The ways that any attempt may have made a start by. */
  readonly startMethods: readonly (StartMethod | TransferMethod)[];
  /** The image lies on the card, and a person may have started it: the tool had no way to. */
  readonly staged: boolean;
  /** The newest line of the card's event log before the hop. */
  readonly eventMark: string | null;
  /** Value of the card's update object right before the start; null where it is not known. */
  readonly objectBefore: string | null;
  /** The unit was seen to have received the image. Its card may forget that; only the new version or the operator ends it. */
  readonly received: boolean;
  /** The card's error answer to the start; null where it gave none. */
  readonly refusal: ProblemJson | null;
  readonly verified: boolean;
  readonly begunAt: Date | null;
  readonly endedAt: Date | null;
}

export interface UnitRecord {
  readonly planned: PlannedUnit;
  readonly attempt: number;
  /** The unit as it was before the first hop that was begun. */
  readonly before: Unit | null;
  /** The unit as it was seen last; null while it is at work, and where its state is not known. */
  readonly after: Unit | null;
  readonly outcome: UnitOutcome | 'pending';
  /** Begun, and without an end: a process that is gone was at it. */
  readonly open: boolean;
  readonly hops: readonly HopRecord[];
  /** What this run did to the output; null = it never touched it. */
  readonly output: OutputState | null;
  readonly problem: ProblemJson | null;
  readonly reasons: readonly Reason[];
}

export interface RunRecord {
  readonly run: string;
  readonly inventory: string;
  readonly images: string;
  readonly rules: readonly string[];
  /** What the operator overridden, with the reasons. */
  readonly override: readonly { readonly rule: string; readonly reason: string }[];
  /** The port of the unit that is recovered; null in a run over units of an inventory. */
  readonly recovery: { readonly port: string } | null;
  readonly plan: Plan;
  readonly state: 'planned' | 'running' | 'done' | 'stopped';
  /** Why the run paused itself when it was closed last; null where it did not, or goes on. */
  readonly paused: ProblemJson | null;
  /** The operator stopped the run before it was closed last, and it was not taken up since. */
  readonly byOperator: boolean;
  /** What is wrong with the journal itself: it is damaged, or a line of it could not be written. Null where nothing is. */
  readonly problem: ProblemJson | null;
  readonly units: readonly UnitRecord[];
}

/**
 * The hop whose start is on record while its end is not known; null where there is none. A start that ended as `failed`
 * is known, and so is one that was verified.
 */
export function startInDoubt(record: UnitRecord): number | null {
  // Stopped with a start on record: the unit has the image and may install it at any time.
  if (!['pending', 'unknown', 'stopped'].includes(record.outcome)) return null;
  const index = record.hops.findIndex(endIsOpen);
  return index === -1 ? null : index;
}

/** A start of the hop is on record, and no verified end. */
export function endIsOpen(hop: HopRecord): boolean {
  return hop.startedAt !== null && !hop.verified;
}

/** The last hop that was verified; null where none was. */
export function lastVerified(record: UnitRecord): number | null {
  const index = record.hops.findLastIndex((hop) => hop.verified);
  return index === -1 ? null : index;
}

/**
 * The unit was left between two hops, before a start of the next one: refused there or stopped by the operator. What stood
 * against it may have gone.
 */
export function stoppedBetweenHops(record: UnitRecord): boolean {
  const left = record.outcome === 'refused' || record.outcome === 'stopped';
  return left && lastVerified(record) !== null && !record.hops.some(endIsOpen);
}

/** Planned, and refused or stopped before any start: what stood against it may have gone. */
export function wasPostponed({ planned, hops, outcome }: UnitRecord): boolean {
  const isStarted = hops.some(({ startedAt }) => startedAt !== null);
  const isLeft = outcome === 'refused' || outcome === 'stopped';
  return !isStarted && planned.verdict.status === 'outdated' && isLeft;
}

/** Whether this run has switched the output of a unit and is not known to have brought it back. */
export function outputNeedsRestore(record: UnitRecord): boolean {
  return record.output !== null && record.output !== 'on' && record.output !== 'not-switched';
}

/** A start was made and no end is on record: somebody must go and look. */
export function inDoubt(record: UnitRecord): boolean {
  return record.outcome === 'unknown' || (record.open && record.hops.some(endIsOpen));
}

/**
 * Somebody should ask the unit before anything else: it is in doubt, this run may have left its output off, or a process that is gone
 * was at it.
 */
export function endIsUnknown(unit: UnitRecord): boolean {
  return inDoubt(unit) || startInDoubt(unit) !== null || outputNeedsRestore(unit) || isCutOff(unit);
}

function isCutOff({ outcome, open }: UnitRecord): boolean {
  return outcome === 'pending' && open;
}

/** Refused behind a hop that was done: the unit is not where the plan leads, and not as it was either. */
export function stoppedMidRoute(unit: UnitRecord): boolean {
  return unit.outcome === 'refused' && lastVerified(unit) !== null;
}

/** The operator stopped the run, or a unit of it before its start. */
export function wasStoppedByOperator({ byOperator, units }: RunRecord): boolean {
  return byOperator || units.some((unit) => isStoppedFor(unit, 'refused/stopped'));
}

/** Stopped before its start, because the journal could not be written. */
export function wasStoppedByDisk(unit: UnitRecord): boolean {
  return isStoppedFor(unit, 'config/state');
}

function isStoppedFor({ outcome, problem }: UnitRecord, code: ProblemJson['code']): boolean {
  return outcome === 'stopped' && problem?.code === code;
}

/** The image lies on the card or in the unit, and a person has to start or install it. */
export function needsManualAction({ outcome, hops }: UnitRecord): boolean {
  return outcome === 'stopped' && hops.some((hop) => hop.staged || endIsOpen(hop));
}
