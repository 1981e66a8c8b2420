import type {
  OutputState,
  Plan,
  PlannedUnit,
  ProblemJson,
  Reason,
  StartMethod,
  StepName,
  StepState,
  TransferMethod,
  Unit,
  UnitOutcome,
  Upload,
} from '../core/index.ts';

/**
 * The state of a run, its units and hops, and what follows from it. `run-state.ts` makes it from a journal.
 */

/** How the backup before a hop ended. */
export interface HopBackup {
  /** Settings and event log of the card were saved. */
  readonly isComplete: boolean;
  /** What could not be saved, and why; null where everything was. */
  readonly problem: ProblemJson | null;
}

/** What the journal holds of one hop, in the current attempt. */
export interface HopRecord {
  /** The unit before this hop; null where the hop has not begun. */
  readonly before: Unit | null;
  /** The unit as it was read when the hop was verified. */
  readonly after: Unit | null;
  /** The last step that has a line, and its state. */
  readonly step: StepName | null;
  readonly state: StepState | null;
  /** The copy of settings and event log; null where none was tried. */
  readonly backup: HopBackup | null;
  readonly transferred: { readonly method: string } | null;
  /** Every upload of the image in this attempt of which bytes were sent. */
  readonly uploads: readonly Upload[];
  /** When the journal recorded the start; null = no start in this attempt. */
  readonly startedAt: Date | null;
  readonly startedBy: string | null;
  /** The methods that any attempt may have used for a start. */
  readonly startMethods: readonly (StartMethod | TransferMethod)[];
  /** The image is on the card, upsfw had no method to start it, and a person may have done so. */
  readonly staged: boolean;
  /** The newest line of the card's event log before the hop. */
  readonly eventMark: string | null;
  /** Value of the card's update object just before the start; null where it is not known. */
  readonly objectBefore: string | null;
  /**
   * The unit reported that it received the image. Its card may forget that; only the new version or the
   * operator ends it.
   */
  readonly received: boolean;
  /** The card's error reply to the start; null where it sent none. */
  readonly refusal: ProblemJson | null;
  readonly verified: boolean;
  readonly begunAt: Date | null;
  readonly endedAt: Date | null;
}

export interface UnitRecord {
  readonly planned: PlannedUnit;
  readonly attempt: number;
  /** The unit before the first hop that began. */
  readonly before: Unit | null;
  /** The unit as it was read last; null while its hops run, and where its state is unknown. */
  readonly after: Unit | null;
  readonly outcome: UnitOutcome | 'pending';
  /** Begun without an end: the process that worked on it is gone. */
  readonly open: boolean;
  readonly hops: readonly HopRecord[];
  /** What this run did to the output; null = it never switched it. */
  readonly output: OutputState | null;
  readonly problem: ProblemJson | null;
  readonly reasons: readonly Reason[];
}

export interface RunRecord {
  readonly run: string;
  readonly inventory: string;
  readonly images: string;
  readonly rules: readonly string[];
  /** Rules that the operator overrode, with the reasons. */
  readonly override: readonly { readonly rule: string; readonly reason: string }[];
  /** The port of the unit in recovery; null in a run over units of an inventory. */
  readonly recovery: { readonly port: string } | null;
  readonly plan: Plan;
  readonly state: 'planned' | 'running' | 'done' | 'stopped';
  /** Why the run paused itself when it was last closed; null where it did not, or has continued. */
  readonly paused: ProblemJson | null;
  /** The operator stopped the run before it was last closed, and it was not resumed since. */
  readonly byOperator: boolean;
  /**
   * The fault of the journal itself: it is damaged, or a line could not be written. Null where there is none.
   */
  readonly problem: ProblemJson | null;
  /** How the last process that executed the run ended. It may still be running. */
  readonly ended: RunEnd;
  readonly units: readonly UnitRecord[];
}

/**
 * The end of a process that executed a run. `no-record`: the journal has none, so the process was killed or
 * lost its machine, or it still runs. `not-known`: the journal is of a format without it, or damaged.
 */
export type RunEnd =
  | { readonly how: 'recorded'; readonly exitCode: number; readonly at: string }
  | { readonly how: 'no-record' | 'not-known' };

/**
 * The hop with a recorded start whose end is not known; null where there is none. The end of a `failed` start
 * is known, and so is that of a verified one.
 */
export function startInDoubt(record: UnitRecord): number | null {
  // Stopped with a recorded start: the unit has the image and may install it at any time.
  if (!['pending', 'unknown', 'stopped'].includes(record.outcome)) return null;
  const index = record.hops.findIndex(endIsOpen);
  return index === -1 ? null : index;
}

/** The hop has a recorded start and no verified end. */
export function endIsOpen(hop: HopRecord): boolean {
  return hop.startedAt !== null && !hop.verified;
}

/** The last hop that was verified; null where none was. */
export function lastVerified(record: UnitRecord): number | null {
  const index = record.hops.findLastIndex((hop) => hop.verified);
  return index === -1 ? null : index;
}

/**
 * The unit was left between two hops, before the start of the next one: refused there or stopped by the
 * operator. The reason may be gone now.
 */
export function stoppedBetweenHops(record: UnitRecord): boolean {
  const left = record.outcome === 'refused' || record.outcome === 'stopped';
  return left && lastVerified(record) !== null && !record.hops.some(endIsOpen);
}

/** Planned, and refused or stopped before any start. The reason may be gone now. */
export function wasPostponed({ planned, hops, outcome }: UnitRecord): boolean {
  const isStarted = hops.some(({ startedAt }) => startedAt !== null);
  const isLeft = outcome === 'refused' || outcome === 'stopped';
  return !isStarted && planned.verdict.status === 'outdated' && isLeft;
}

/** Whether this run switched the output of a unit and is not known to have switched it on again. */
export function outputNeedsRestore(record: UnitRecord): boolean {
  return record.output !== null && record.output !== 'on' && record.output !== 'not-switched';
}

/** A start was made and its end is not recorded: a person must look at the unit. */
export function inDoubt(record: UnitRecord): boolean {
  return record.outcome === 'unknown' || (record.open && record.hops.some(endIsOpen));
}

/**
 * The unit must be asked before anything else: it is in doubt, this run may have left its output off, or the
 * process that worked on it is gone.
 */
export function endIsUnknown(unit: UnitRecord): boolean {
  return inDoubt(unit) || startInDoubt(unit) !== null || outputNeedsRestore(unit) || isCutOff(unit);
}

function isCutOff({ outcome, open }: UnitRecord): boolean {
  return outcome === 'pending' && open;
}

/** Refused after a finished hop: the unit runs neither its old firmware nor the target. */
export function stoppedMidRoute(unit: UnitRecord): boolean {
  return unit.outcome === 'refused' && lastVerified(unit) !== null;
}

/** The operator stopped the run, or a unit of it before its start. */
export function wasStoppedByOperator({
  byOperator,
  units,
}: Pick<RunRecord, 'byOperator' | 'units'>): boolean {
  return byOperator || units.some((unit) => isStoppedFor(unit, 'refused/stopped'));
}

/** Stopped before its start, because the journal could not be written. */
export function wasStoppedByDisk(unit: UnitRecord): boolean {
  return isStoppedFor(unit, 'config/state');
}

function isStoppedFor({ outcome, problem }: UnitRecord, code: ProblemJson['code']): boolean {
  return outcome === 'stopped' && problem?.code === code;
}

/** The image is on the card or in the unit, and a person has to start or install it. */
export function needsManualAction({ outcome, hops }: UnitRecord): boolean {
  return outcome === 'stopped' && hops.some((hop) => hop.staged || endIsOpen(hop));
}
