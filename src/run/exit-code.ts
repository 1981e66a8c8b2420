import { endIsOpen, lastVerified, type RunRecord, type UnitRecord } from './fold.ts';

export type ExitCode = 0 | 3 | 4 | 5 | 130;

/** A start was made and no end is on record: whoever asks must go and look. */
export function inDoubt(record: UnitRecord): boolean {
  return record.outcome === 'unknown' || (record.open && record.hops.some(endIsOpen));
}

/** Refused behind a hop that was done: the unit is not where the plan leads, and not as it was either. */
function leftHalfWay(unit: UnitRecord): boolean {
  return unit.outcome === 'refused' && lastVerified(unit) !== null;
}

/** The image lies on the card or in the unit, and a person has to start or install it. */
export function waitsForHands({ outcome, hops }: UnitRecord): boolean {
  return outcome === 'stopped' && hops.some((hop) => hop.staged || endIsOpen(hop));
}

/** Who is at the run: `alive`, another process is; `stopped`, the operator ended it. */
export interface RunStanding {
  readonly stopped: boolean;
  readonly alive: boolean;
}

/** The exit code of a run: the worst wins, and what is not known is worse than what failed. */
export function exitCodeOf(record: RunRecord, { stopped, alive }: RunStanding): ExitCode {
  const { units } = record;
  // What a living process is at is under way, not in doubt.
  if (units.some((unit) => (alive ? unit.outcome === 'unknown' : inDoubt(unit)))) return 5;
  if (units.some((unit) => unit.outcome === 'failed' || leftHalfWay(unit) || waitsForHands(unit))) return 4;
  // What the journal does not hold, the next one who asks does not hear.
  if (record.problem !== null) return 4;
  if (stopped) return 130;
  const refused = units.filter((unit) => unit.outcome === 'refused').length;
  return refused > 0 && refused === units.length ? 3 : 0;
}
