import { type RunRecord, startInDoubt, type UnitRecord } from './fold.ts';

export type ExitCode = 0 | 3 | 4 | 5 | 130;

/** A start was made and no end is on record: whoever asks must go and look. */
export function inDoubt(record: UnitRecord): boolean {
  return record.outcome === 'unknown' || startInDoubt(record) !== null;
}

/** The exit code of a run: the worst wins, and what is not known is worse than what failed. */
export function exitCodeOf(record: RunRecord, stoppedByOperator: boolean): ExitCode {
  const { units } = record;
  if (units.some(inDoubt)) return 5;
  if (units.some((unit) => unit.outcome === 'failed')) return 4;
  if (stoppedByOperator) return 130;
  const refused = units.filter((unit) => unit.outcome === 'refused').length;
  return refused > 0 && refused === units.length ? 3 : 0;
}
