import type { Hop } from '../core/index.ts';
import {
  type JournalEvent,
  outputNeedsRestore,
  replay,
  startInDoubt,
  stoppedBetweenHops,
  type UnitRecord,
} from '../state/index.ts';

/** A unit that a run goes on with, and the hops that are left of it. */
export interface Ahead {
  /** `site/name`. */
  readonly key: string;
  readonly hops: readonly Hop[];
  /** The image of the first of them lies on the card, where a person may have started it: that is asked first. */
  readonly staged: boolean;
}

/** What a run does when it is taken up. */
export interface Outlook {
  /** Units whose next hop is begun, by a start of the tool. */
  readonly starts: readonly Ahead[];
  /** Units with a start on record and no known end: they are watched, and never started again. */
  readonly watches: readonly Ahead[];
  /** Keys of units whose output this run switched off, and switches on again. */
  readonly outputs: readonly string[];
  /** Keys of units that failed and get no further attempt unless the operator allows one. */
  readonly failed: readonly string[];
  /** Keys of units that did not answer when the plan was made: this run holds no update for them. */
  readonly unplanned: readonly string[];
}

/**
 * What is left of a run, from its journal alone. `again`: keys of units that get a new attempt. Follows the order of the executor:
 * a watched unit with further hops is begun with the others afterwards, so it is named in both lists. Pure.
 */
export function outlookOf(events: readonly JournalEvent[], again: readonly string[]): Outlook {
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
      return index === null ? [] : [ahead(record, record.planned.hops.slice(index, index + 1), false)];
    }),
    outputs: keysOf(units.filter(outputNeedsRestore)),
    failed: keysOf(units.filter((record) => record.outcome === 'failed' && !wasNeverPlanned(record))),
    unplanned: keysOf(units.filter((record) => record.outcome === 'failed' && wasNeverPlanned(record))),
  };
}

/** The plan holds no update for the unit, so another attempt has nothing to send. */
export function wasNeverPlanned({ planned }: UnitRecord): boolean {
  return planned.hops.length === 0 || planned.verdict.status !== 'outdated';
}

function keysOf(units: readonly UnitRecord[]): readonly string[] {
  return units.map(({ planned }) => planned.key);
}

function startsOf(record: UnitRecord): readonly Ahead[] {
  const { verdict, hops } = record.planned;
  const watched = startInDoubt(record);
  if (watched !== null) {
    const later = hops.slice(watched + 1);
    return later.length === 0 ? [] : [ahead(record, later, false)];
  }
  // The plan itself ends a unit of any other verdict.
  if (record.outcome !== 'pending' || verdict.status !== 'outdated') return [];
  const first = record.hops.findIndex(({ verified }) => !verified);
  return first === -1 ? [] : [ahead(record, hops.slice(first), record.hops[first]?.staged === true)];
}

function ahead({ planned }: UnitRecord, hops: readonly Hop[], staged: boolean): Ahead {
  return { key: planned.key, hops, staged };
}
