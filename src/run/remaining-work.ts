import type { Hop } from '../core/index.ts';
import {
  type JournalEvent,
  outputNeedsRestore,
  replay,
  startInDoubt,
  stoppedBetweenHops,
  type UnitRecord,
} from '../state/index.ts';

/** A unit that a resumed run continues, and its remaining hops. */
export interface RemainingUnit {
  /** `site/name`. */
  readonly key: string;
  readonly hops: readonly Hop[];
  /**
   * The image of the first hop is on the card. A person may have started it, so the device is asked first.
   */
  readonly staged: boolean;
}

/** What a run does when it is resumed. */
export interface RemainingWork {
  /** Units whose next hop the run starts. */
  readonly starts: readonly RemainingUnit[];
  /** Units with a start on record and no known result: they are watched, and never started again. */
  readonly watches: readonly RemainingUnit[];
  /** Keys of units whose output the run switched off, and switches on again. */
  readonly outputs: readonly string[];
  /** Keys of units that failed; only the operator can allow a retry. */
  readonly failed: readonly string[];
  /** Keys of units that did not answer when the plan was made: the run has no update for them. */
  readonly unplanned: readonly string[];
}

/**
 * What is left of a run, from its journal alone. `again`: keys of the units to retry. As in the executor, a
 * watched unit with further hops is begun with the others afterwards, so it is in both lists. Pure.
 */
export function remainingWork(events: readonly JournalEvent[], again: readonly string[]): RemainingWork {
  const left = replay(events).units.filter(stoppedBetweenHops);
  const keys = new Set([...again, ...left.map(({ planned }) => planned.key)]);
  // Only the order of the events counts here.
  const at = new Date(0).toISOString();
  const attempts = [...keys].map(
    (unit, index): JournalEvent => ({ event: 'retry', unit, at, seq: events.length + index + 1 }),
  );
  const { units } = replay([...events, ...attempts]);
  return {
    starts: units.flatMap(startsOf),
    watches: units.flatMap((record) => {
      const index = startInDoubt(record);
      return index === null ? [] : [remainingOf(record, record.planned.hops.slice(index, index + 1), false)];
    }),
    outputs: keysOf(units.filter(outputNeedsRestore)),
    failed: keysOf(units.filter((record) => record.outcome === 'failed' && !wasNeverPlanned(record))),
    unplanned: keysOf(units.filter((record) => record.outcome === 'failed' && wasNeverPlanned(record))),
  };
}

/** The plan has no update for the unit, so a retry would have nothing to send. */
export function wasNeverPlanned({ planned }: UnitRecord): boolean {
  return planned.hops.length === 0 || planned.verdict.status !== 'outdated';
}

function keysOf(units: readonly UnitRecord[]): readonly string[] {
  return units.map(({ planned }) => planned.key);
}

function startsOf(record: UnitRecord): readonly RemainingUnit[] {
  const { verdict, hops } = record.planned;
  const watched = startInDoubt(record);
  if (watched !== null) {
    const later = hops.slice(watched + 1);
    return later.length === 0 ? [] : [remainingOf(record, later, false)];
  }
  // The plan settles a unit with any other verdict.
  if (record.outcome !== 'pending' || verdict.status !== 'outdated') return [];
  const first = record.hops.findIndex(({ verified }) => !verified);
  return first === -1 ? [] : [remainingOf(record, hops.slice(first), record.hops[first]?.staged === true)];
}

function remainingOf({ planned }: UnitRecord, hops: readonly Hop[], staged: boolean): RemainingUnit {
  return { key: planned.key, hops, staged };
}
