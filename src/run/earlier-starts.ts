import { stat } from 'node:fs/promises';
import {
  cardPartVersion,
  type Hop,
  hasCode,
  isAt,
  isUpsHop,
  Problem,
  type Unit,
  usableSerial,
} from '../core/index.ts';
import { diskProblem } from '../files/index.ts';
import { journalFile, listRuns, readJournal, replay, startInDoubt } from '../state/index.ts';

/** A start that a run wrote down and of which no end is on record. */
interface OpenStart {
  readonly run: string;
  /** `site/name` in that run. */
  readonly key: string;
  /** How many units that run is about. */
  readonly units: number;
  readonly serial: string | null;
  /** Serial number of the card that it went to: between two of its files a card does not see its UPS. */
  readonly card: string | null;
  /** Null where it is not known which hop was started, nor when: the journal is damaged or has another format. */
  readonly hop: Hop | null;
  readonly at: Date | null;
  /** Nothing was started: the image was left on the card, and a person may start it at any time. */
  readonly staged: boolean;
  /** Another version of upsfw wrote the journal. */
  readonly otherFormat: boolean;
}

/** What the runs of a state folder left open. */
export interface EarlierStarts {
  /**
   * Throws Problem refused/second-attempt where another run made a start on this unit and does not know its end: the
   * unit may be at it now. A unit that no longer runs the firmware of that start has left it behind. In a damaged journal every unit
   * without a proven end counts as started, and in one of another format every unit that its plan updates. `partner`: an image that
   * was left on its card for a person counts too. Throws Problem config/run for a journal without a readable plan.
   */
  refuseOn(unit: Unit, as?: Role): Promise<void>;
  /**
   * Reads all runs once, for many units. The result gives the run of the start and the Problem refused/second-attempt; null where no
   * run left one. Throws Problem config/run, config/state.
   */
  readAll(): Promise<(unit: Unit) => FoundStart | null>;
}

type Role = 'itself' | 'partner';

/** A start of a run without a known end. */
export interface FoundStart {
  readonly run: string;
  readonly problem: Problem;
}

/** Journals only grow, so one of the same size was read already. */
interface Seen {
  readonly bytes: number;
  readonly starts: readonly OpenStart[];
}

export function createEarlierStarts(state: string, ownRun: string | null): EarlierStarts {
  const seen = new Map<string, Seen>();

  const startsOf = async (run: string): Promise<readonly OpenStart[]> => {
    const bytes = await sizeOf(journalFile(state, run));
    const before = seen.get(run);
    if (before?.bytes === bytes) return before.starts;
    const events = await readIfThere(state, run);
    // A run that ended before its first line was written did nothing.
    const starts = events.length === 0 ? [] : openStarts(run, events);
    seen.set(run, { bytes, starts });
    return starts;
  };

  const others = async (): Promise<readonly string[]> =>
    (await listRuns(state)).filter((run) => run !== ownRun);

  return {
    async refuseOn(unit, as = 'itself') {
      for (const run of await others()) {
        const open = openOn(await startsOf(run), unit, as);
        if (open !== null) throw open.problem;
      }
    },
    async readAll() {
      const starts: OpenStart[] = [];
      for (const run of await others()) starts.push(...(await startsOf(run)));
      return (unit) => openOn(starts, unit, 'itself');
    },
  };
}

function openOn(starts: readonly OpenStart[], unit: Unit, as: Role): FoundStart | null {
  const serial = usableSerial(unit.serial);
  const card = usableSerial(unit.card?.serial ?? null);
  const open = starts.find(
    (start) =>
      (as === 'partner' || !start.staged) && concerns(start, serial, card) && !leftBehind(unit, start.hop),
  );
  return open === undefined ? null : { run: open.run, problem: secondAttempt(open) };
}

/** Whether a start is about this unit. A card may have been moved to another UPS; a card hop goes with the card. */
function concerns(start: OpenStart, serial: string | null, card: string | null): boolean {
  const isSameCard = start.card !== null && start.card === card;
  const isUps = start.hop !== null && isUpsHop(start.hop);
  if (start.serial !== null && serial !== null) return start.serial === serial || (isSameCard && !isUps);
  return isSameCard || start.serial === serial;
}

/** Whether a unit is known to run something else than at the beginning of a start. What it does not show is not left behind. */
function leftBehind(unit: Unit, hop: Hop | null): boolean {
  if (hop === null) return false;
  const { version, microLinkId } = unit.firmware;
  if (isUpsHop(hop) && (version === null || microLinkId === null)) return false;
  if (!isUpsHop(hop) && cardPartVersion(unit.card, hop.component) === null) return false;
  return !isAt(unit, hop, 'from');
}

async function readIfThere(state: string, run: string): ReturnType<typeof readJournal> {
  try {
    return await readJournal(state, run);
  } catch (thrown) {
    if (thrown instanceof Problem && hasCode(thrown.cause, 'ENOENT')) return [];
    throw thrown;
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return 0;
    throw diskProblem(thrown, `The journal ${file} cannot be read`);
  }
}

function openStarts(run: string, events: Parameters<typeof replay>[0]): readonly OpenStart[] {
  const [first] = events;
  if (first?.event === 'other-format' && first.units !== null) {
    const { units } = first;
    return units.map(({ key, serial, card }) => ({
      run,
      key,
      units: units.length,
      serial: usableSerial(serial),
      card: usableSerial(card),
      hop: null,
      at: null,
      staged: false,
      otherFormat: true,
    }));
  }
  const isDamaged = events.at(-1)?.event === 'damaged';
  const { units } = replay(events);
  return units.flatMap((record): readonly OpenStart[] => {
    const { key, unit } = record.planned;
    const { serial, card } = unit;
    const known = {
      run,
      key,
      units: units.length,
      serial: usableSerial(serial),
      card: usableSerial(card?.serial ?? null),
      otherFormat: false,
    };
    if (isDamaged && record.outcome === 'unknown') return [{ ...known, hop: null, at: null, staged: false }];
    const staged = record.hops.findIndex((hop) => hop.staged);
    const index = startInDoubt(record) ?? staged;
    const hop = record.planned.hops[index];
    if (hop === undefined) return [];
    return [{ ...known, hop, at: record.hops[index]?.startedAt ?? null, staged: index === staged }];
  });
}

function secondAttempt(open: OpenStart): Problem {
  if (open.staged) {
    return new Problem(
      'refused/second-attempt',
      `Run ${open.run} left an image on its card, and a person may start it at any time.`,
      { hint: `Let it be started and run upsfw resume ${open.run}, or remove the image from the card.` },
    );
  }
  if (open.otherFormat) {
    return new Problem(
      'refused/second-attempt',
      `Run ${open.run} was written by an earlier development version of upsfw, and may hold a start on this unit.`,
      { hint: `Look at the unit (upsfw audit, and its front panel). ${lastResort(open)}` },
    );
  }
  if (open.at === null) {
    return new Problem(
      'refused/second-attempt',
      `The journal of run ${open.run} is damaged, and may have held a start on this unit.`,
      {
        hint: `Look at the unit: upsfw status --live ${open.run}. ${lastResort(open)}`,
      },
    );
  }
  return new Problem(
    'refused/second-attempt',
    `Run ${open.run} wrote down a start on this unit at ${open.at.toISOString()}, and its end is not known.`,
    {
      hint: `Look at the unit, and ask it what became of the start: upsfw resume ${open.run}. Where that says that it failed, allow a second attempt: upsfw resume ${open.run} --retry ${open.key}. ${lastResort(open)}`,
    },
  );
}

/** The folder of a run is what keeps other runs off all of its units. */
function lastResort({ units }: OpenStart): string {
  const all = units === 1 ? 'of this unit' : `of all ${units} units of that run`;
  const known = units === 1 ? 'it is' : 'each of them is';
  return `The last resort is to move the folder of that run out of the state folder: it removes the record ${all}. Do so only once you know that ${known} at no update.`;
}
