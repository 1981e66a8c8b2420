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

/** A start in the journal of a run, without a recorded result. */
interface OpenStart {
  readonly run: string;
  /** `site/name` in that run. */
  readonly key: string;
  /** The number of units in that run. */
  readonly units: number;
  readonly serial: string | null;
  /** The serial number of the card: between two of its files, a card does not see its UPS. */
  readonly card: string | null;
  /** Null if hop and time are not known, because the journal is damaged or has another format. */
  readonly hop: Hop | null;
  readonly at: Date | null;
  /** Nothing was started: the image is on the card, and a person may start it at any time. */
  readonly staged: boolean;
  /** Another version of upsfw wrote the journal. */
  readonly otherFormat: boolean;
}

/** The starts without a known result in the runs of a state folder. */
export interface EarlierStarts {
  /**
   * Throws Problem refused/second-attempt if another run started this unit and does not know the result:
   * the unit may be updating now. A unit that runs other firmware by now is past that start.
   *
   * In a damaged journal, every unit without a proven result counts as started. In a journal of another
   * format, every unit that its plan updates does. `partner`: an image that was left on the card counts
   * too. Throws Problem config/run for a journal without a readable plan.
   */
  refuseOn(unit: Unit, role?: Role): Promise<void>;
  /**
   * Reads all runs once, for many units. The returned function gives the run of the start and the Problem
   * refused/second-attempt; null if there is none. Throws Problem config/run, config/state.
   */
  readAll(): Promise<(unit: Unit) => FoundStart | null>;
}

type Role = 'itself' | 'partner';

/** A start without a known result. */
export interface FoundStart {
  readonly run: string;
  readonly problem: Problem;
}

/** A journal only grows, so a journal of the same size need not be read again. */
interface ReadJournal {
  readonly bytes: number;
  readonly starts: readonly OpenStart[];
}

export function createEarlierStarts(state: string, ownRun: string | null): EarlierStarts {
  const seen = new Map<string, ReadJournal>();

  const startsOf = async (run: string): Promise<readonly OpenStart[]> => {
    const bytes = await sizeOf(journalFile(state, run));
    const before = seen.get(run);
    if (before?.bytes === bytes) return before.starts;
    const events = await readIfThere(state, run);
    // A run without a first line did nothing.
    const starts = events.length === 0 ? [] : openStarts(run, events);
    seen.set(run, { bytes, starts });
    return starts;
  };

  const otherRuns = async (): Promise<readonly string[]> =>
    (await listRuns(state)).filter((run) => run !== ownRun);

  return {
    async refuseOn(unit, role = 'itself') {
      for (const run of await otherRuns()) {
        const open = openOn(await startsOf(run), unit, role);
        if (open !== null) throw open.problem;
      }
    },
    async readAll() {
      const starts: OpenStart[] = [];
      for (const run of await otherRuns()) starts.push(...(await startsOf(run)));
      return (unit) => openOn(starts, unit, 'itself');
    },
  };
}

function openOn(starts: readonly OpenStart[], unit: Unit, role: Role): FoundStart | null {
  const serial = usableSerial(unit.serial);
  const card = usableSerial(unit.card?.serial ?? null);
  const open = starts.find(
    (start) =>
      (role === 'partner' || !start.staged) && isAbout(start, serial, card) && !hasMovedOn(unit, start.hop),
  );
  return open === undefined ? null : { run: open.run, problem: secondAttempt(open) };
}

/** Whether a start belongs to this unit. A card may be in another UPS now; a card hop belongs to the card. */
function isAbout(start: OpenStart, serial: string | null, card: string | null): boolean {
  const isSameCard = start.card !== null && start.card === card;
  const isUps = start.hop !== null && isUpsHop(start.hop);
  if (start.serial !== null && serial !== null) return start.serial === serial || (isSameCard && !isUps);
  return isSameCard || start.serial === serial;
}

/**
 * Whether a unit is known to run other firmware than before a start. False if it does not report its
 * firmware.
 */
function hasMovedOn(unit: Unit, hop: Hop | null): boolean {
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
      `Run ${open.run} left an image on the card of this unit, and a person may start it at any time.`,
      { hint: `Start it and run upsfw resume ${open.run}, or remove the image from the card.` },
    );
  }
  if (open.otherFormat) {
    return new Problem(
      'refused/second-attempt',
      `Run ${open.run} was written by an earlier development version of upsfw, and may have started this unit.`,
      { hint: `Check the unit (upsfw audit, and its front panel). ${lastResort(open)}` },
    );
  }
  if (open.at === null) {
    return new Problem(
      'refused/second-attempt',
      `The journal of run ${open.run} is damaged, and that run may have started this unit.`,
      {
        hint: `Check the unit: upsfw status --live ${open.run}. ${lastResort(open)}`,
      },
    );
  }
  return new Problem(
    'refused/second-attempt',
    `Run ${open.run} started this unit at ${open.at.toISOString()}, and the result is not known.`,
    {
      hint: `Look at the unit, and ask it for the result: upsfw resume ${open.run}. If the start failed, retry it: upsfw resume ${open.run} --retry ${open.key}. ${lastResort(open)}`,
    },
  );
}

/** The folder of a run protects all of its units from other runs. */
function lastResort({ units }: OpenStart): string {
  const all = units === 1 ? 'of this unit' : `of all ${units} units of that run`;
  const idle = units === 1 ? 'it is not updating' : 'none of them is updating';
  return `As a last resort, move the folder of that run out of the state folder. This removes the record ${all}, so first make sure that ${idle}.`;
}
