import { type Card, hasAnswered, type Look, sameUnit, type Unit, usableSerial } from '../../core/index.ts';
import type {
  RunCounts,
  RunDocument,
  RunEnded,
  RunFirmware,
  RunHop,
  RunNow,
  RunOutcome,
  RunState,
  RunUnit,
} from '../../report/index.ts';
import { advisoriesOf, type RuleBook } from '../../rules/index.ts';
import { type HopRecord, inDoubt, type RunEnd, type RunRecord, type UnitRecord } from '../../state/index.ts';

/** The number of units with each outcome. */
export function countOutcomes(units: readonly Pick<RunUnit, 'outcome'>[]): RunCounts {
  const counts: Record<RunOutcome, number> = {
    upgraded: 0,
    current: 0,
    refused: 0,
    failed: 0,
    unknown: 0,
    stopped: 0,
    pending: 0,
  };
  for (const { outcome } of units) counts[outcome] += 1;
  return counts;
}

/** `alive`: another process executes the run, so an open update is in progress and not in doubt. */
export function outcomeOf(record: UnitRecord, alive: boolean): RunOutcome {
  return !alive && inDoubt(record) ? 'unknown' : record.outcome;
}

/** The state of a run, for every listing and report. `alive`: as for {@link outcomeOf}. */
export function stateOf({ state }: RunRecord, alive: boolean): RunState {
  if (alive) return 'running';
  return state === 'done' || state === 'stopped' ? state : 'interrupted';
}

/** The current answer of a planned unit. Only a unit that was asked about an update can be idle. */
export function runNow(look: Look, planned: Unit): RunNow {
  const { unit, problem } = look;
  const identity = { serial: unit.serial, problem: problem?.toJSON() ?? null };
  const nothing = { ...identity, firmware: null, activity: 'unknown', note: null } as const;
  // The sources of a card can show an update, although it has lost the UPS itself.
  if (problem?.code === 'device/lost-ups')
    return {
      ...nothing,
      answers: 'unidentified',
      activity: look.activity ?? 'unknown',
      note: look.activityNote ?? null,
    };
  const isSilent = problem?.code.startsWith('link/') === true && !hasAnswered(problem);
  if (!unit.reachable || isSilent) return { ...nothing, answers: 'silent' };
  if (usableSerial(unit.serial) === null) return { ...nothing, answers: 'unidentified' };
  if (!sameUnit(unit, planned)) {
    return { ...nothing, answers: usableSerial(planned.serial) === null ? 'unidentified' : 'other' };
  }
  const same = { ...identity, answers: 'same', firmware: firmwareOf(unit) } as const;
  const activity = look.activity ?? 'unknown';
  // The card answers with the last values that it read.
  if (unit.condition.linkUp === false && activity !== 'updating') {
    return {
      ...same,
      activity: 'unknown',
      note: 'its card has lost the link to it and shows old values',
    };
  }
  return { ...same, activity, note: activity === 'unknown' ? (look.activityNote ?? null) : null };
}

/**
 * `alive`: as for {@link outcomeOf}. `isEnding`: this process executed the run and ends now. `seen`: the
 * current answers of the devices, by key; empty where not asked.
 */
export function runDocument(
  record: RunRecord,
  book: RuleBook,
  exitCode: number,
  { alive, isEnding = false }: { readonly alive: boolean; readonly isEnding?: boolean },
  now: Date,
  seen: ReadonlyMap<string, RunNow> = new Map(),
): RunDocument {
  const units = record.units.map((unit) => runUnit(unit, book, alive, seen.get(unit.planned.key) ?? null));
  return {
    schema: 'upsfw/run@1',
    generatedAt: now.toISOString(),
    run: record.run,
    state: stateOf(record, alive),
    paused: record.paused,
    units,
    counts: countOutcomes(units),
    problem: record.problem,
    ended: isEnding ? recordedEnd(exitCode, now.toISOString()) : alive ? null : endOf(record.ended),
    exitCode,
  };
}

function recordedEnd(exitCode: number, at: string): RunEnded {
  return { how: 'recorded', exitCode, at };
}

function endOf(end: RunEnd): RunEnded {
  return end.how === 'recorded'
    ? recordedEnd(end.exitCode, end.at)
    : { how: end.how, exitCode: null, at: null };
}

function runUnit(record: UnitRecord, book: RuleBook, alive: boolean, now: RunNow | null): RunUnit {
  const { planned, before, after, problem, reasons } = record;
  const outcome = outcomeOf(record, alive);
  const [site = '', name = ''] = planned.key.split('/');
  return {
    site,
    name,
    host: planned.unit.host,
    serial: planned.unit.serial,
    simulated: planned.unit.simulated,
    before: firmwareOf(before ?? (planned.unit.reachable ? planned.unit : null)),
    after: firmwareOf(after),
    outcome,
    hops: planned.hops.map((hop, index) => runHop(hop.image.file, hop.transport, record.hops[index])),
    output: record.output,
    now,
    // The firmware of a unit in doubt is not known, and neither are its advisories.
    advisories: advisoriesOf(
      book,
      after?.firmware ?? (outcome === 'unknown' ? UNREAD : (before ?? planned.unit).firmware),
      cardOf(after ?? before ?? planned.unit, after === null && outcome === 'unknown'),
    ),
    problem,
    reasons,
  };
}

/** The card of a unit. The firmware of a card in doubt is not known. */
function cardOf({ card }: Unit, inDoubt: boolean): Card | null {
  return card === null || !inDoubt ? card : { ...card, os: null };
}

const UNREAD = { raw: null, version: null, microLinkId: null } as const;

function runHop(image: string, transport: RunHop['transport'], record: HopRecord | undefined): RunHop {
  const { begunAt = null, endedAt = null } = record ?? {};
  return {
    image,
    transport,
    backup:
      record?.backup == null ? null : { complete: record.backup.isComplete, problem: record.backup.problem },
    transfer: record?.transferred?.method ?? null,
    uploads: record?.uploads ?? [],
    start: record?.startedBy ?? null,
    startRefused: record != null && record.refusal !== null,
    step: record?.step ?? null,
    state: record?.state ?? null,
    seconds:
      begunAt === null || endedAt === null
        ? null
        : Math.round((endedAt.getTime() - begunAt.getTime()) / 100) / 10,
  };
}

function firmwareOf(unit: Unit | null): RunFirmware | null {
  return unit === null ? null : { ...unit.firmware };
}
