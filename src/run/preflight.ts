import {
  type Clock,
  describeEnd,
  describeInstalled,
  type Hop,
  isAt,
  isRefusal,
  isUpsHop,
  type Look,
  type OperatorSettings,
  Problem,
  type ProblemCode,
  type Reason,
  type StoredFile,
  sameUnit,
  type TranscriptEntry,
  type Unit,
  type UnitTarget,
  type UpgradeDriver,
  usableSerial,
} from '../core/index.ts';
import type { Journal, UnitOutcome, UnitRecord } from '../state/index.ts';
import { describeWindow, isOpen } from './window.ts';

/** How the work on a unit ended. */
export interface UnitResult {
  readonly outcome: UnitOutcome;
  readonly after: Unit | null;
  readonly problem: Problem | null;
  readonly reasons: readonly Reason[];
}

/**
 * The rules, asked about a unit as it is now. `planned`: the unit that the plan was made for, which is the only one to tell of a
 * card that runs without its application what it is made for.
 */
export type EvaluateRules = (
  unit: Unit,
  image: StoredFile,
  hop: Hop,
  operator: OperatorSettings,
  planned: Unit,
) => readonly Reason[];

/** What the work on one unit needs of its surroundings. */
export interface UnitWork {
  readonly target: UnitTarget;
  readonly path: UpgradeDriver;
  readonly journal: Journal;
  readonly clock: Clock;
  /** How much faster a simulated unit lives; 1 for every real one. */
  readonly simulationSpeed: number;
  /** Aborted when work before the commit shall end. */
  readonly abort: AbortSignal;
  /** True: no further start is to be made; what is under way goes on to its end. */
  readonly stopping: () => boolean;
  /** The rules, asked again right before a start. */
  readonly against: EvaluateRules;
  /** Checks that the file is still the one of the plan. Throws Problem image/changed. */
  readonly image: (hop: Hop) => Promise<StoredFile>;
  /** Throws Problem refused/second-attempt where another run made a start on the unit and does not know its end. */
  readonly noEarlierStart: (unit: Unit) => Promise<void>;
  /**
   * Throws Problem refused/partner where a unit with the same load is not healthy, not idle, or not known to be. `unit`: the unit
   * as it was just seen. `quick`: leaves out what needs a login, because it was asked moments ago.
   */
  readonly assertPartnersHealthy: (unit: Unit, options?: { readonly quick: boolean }) => Promise<void>;
  readonly progress: (note: string, fraction: number | null) => void;
  /** Keeps a file of the device in the folder of the run. */
  readonly keep: (name: string, bytes: Buffer) => Promise<void>;
  /** Told of what is said with the device. */
  readonly transcript: (said: TranscriptEntry) => void;
}

const NO_FAILURE: readonly ProblemCode[] = ['config/state', 'device/busy', 'device/not-installed'];

/**
 * How a unit ends of which nothing was started. What the tool did not do for a reason of its own, because a file of its state folder
 * could not be written, or because somebody else is at the unit, is no failure of it: a resume goes on with it unasked.
 */
export function outcomeBeforeStart(problem: Problem | null): 'refused' | 'failed' {
  if (problem === null) return 'failed';
  const isNoFailure = problem.code.startsWith('refused/') || NO_FAILURE.includes(problem.code);
  return isNoFailure ? 'refused' : 'failed';
}

/** Ends the work on a unit with an ending of its own. */
export class UnitStop extends Error {
  readonly ending: UnitResult;

  constructor(ending: UnitResult) {
    super('refused');
    this.ending = ending;
  }
}

/**
 * Looks at the unit right before a hop. Refuses where it is not the one of the plan, by its serial number, and where it
 * stands nowhere on what is left of its route. It may stand behind the hop: somebody else may have brought it further. A hop of
 * the card's own firmware goes by the serial number of the card: between two files it may not see its UPS.
 */
export async function freshLook(record: UnitRecord, index: number, work: UnitWork): Promise<Unit> {
  const hop = record.planned.hops[index];
  const aboutCard = hop !== undefined && !isUpsHop(hop);
  const look = await work.path.look(work.target, {
    clock: work.clock,
    signal: work.abort,
    transcript: work.transcript,
    card: aboutCard,
  });
  work.abort.throwIfAborted();
  if (aboutCard) return cardOf(look, hop, record);
  if (look.problem !== null) throw look.problem;
  const { unit } = look;
  const expected = usableSerial(record.planned.unit.serial);
  const serial = usableSerial(unit.serial);
  if (serial === null) {
    throw new Problem(
      'refused/identity',
      `The unit gives no usable serial number ("${unit.serial ?? 'none'}").`,
      {
        hint: 'Without one the tool cannot be sure to speak with the same unit before and after. Use the local way.',
      },
    );
  }
  if (serial !== expected) throw stale(`serial number ${expected ?? 'none'}`, serial);
  const left = record.planned.hops.slice(index);
  if (left.some((hop) => isAt(unit, hop, 'from') || isAt(unit, hop, 'to'))) return unit;
  const [next] = left;
  const problem =
    next === undefined
      ? stale('another route', 'nothing of it')
      : stale(describeEnd(next, 'from'), describeInstalled(unit, next));
  throw new UnitStop({ outcome: 'refused', after: unit, problem, reasons: [] });
}

/** The unit behind the card of the plan, as far as that card sees it. Throws where another card or another UPS answers. */
function cardOf({ unit, problem }: Look, hop: Hop, record: UnitRecord): Unit {
  if (problem !== null && (problem.code !== 'device/no-application' || unit.card === null)) throw problem;
  const { planned } = record;
  const expected = usableSerial(planned.unit.card?.serial ?? null);
  const found = usableSerial(unit.card?.serial ?? null);
  if (expected === null || found !== expected) {
    throw stale(
      `a card with serial number ${expected ?? 'none'}`,
      `a card with ${found ?? 'none that can be used'}`,
    );
  }
  if (usableSerial(unit.serial) !== null && !sameUnit(unit, planned.unit)) {
    throw stale(`serial number ${planned.unit.serial ?? 'none'}`, unit.serial ?? 'none');
  }
  if (isAt(unit, hop, 'from') || isAt(unit, hop, 'to')) return unit;
  const moved = stale(describeEnd(hop, 'from'), describeInstalled(unit, hop));
  throw new UnitStop({ outcome: 'refused', after: unit, problem: moved, reasons: [] });
}

/**
 * The unit as it was before a hop of its card. Of a card that does not see its UPS between two files, what is compared
 * afterwards is the UPS as it was seen last in this run.
 */
export function withKnownUps(unit: Unit, record: UnitRecord): Unit {
  if (usableSerial(unit.serial) !== null) return unit;
  const { card, seenBy } = unit;
  const known =
    record.hops.findLast(({ before }) => before !== null)?.before ?? record.before ?? record.planned.unit;
  return { ...known, card, seenBy };
}

function stale(planned: string, found: string): Problem {
  return new Problem('refused/stale-plan', `The plan was made for ${planned}; the unit now says ${found}.`, {
    hint: 'Make a new plan: upsfw plan.',
  });
}

/** Throws Problem refused/window outside of the window of the unit. */
export function refuseOutsideWindow({ target, clock }: Pick<UnitWork, 'target' | 'clock'>): void {
  const now = clock.now();
  if (target.window === null || isOpen(target.window, now)) return;
  throw new Problem('refused/window', `The window is closed: ${describeWindow(target.window, now)}.`, {
    hint: 'Run upsfw resume inside the window, or change it in the inventory and make a new plan.',
  });
}

/** Refuses outside of the window, and where a rule stands against the update. */
export function assertAllowed(
  unit: Unit,
  hop: Hop,
  image: StoredFile,
  record: UnitRecord,
  work: UnitWork,
): void {
  refuseOutsideWindow(work);
  const operator: OperatorSettings = {
    switchOutput: record.planned.switchOutput,
    feeds: work.target.feeds,
    network: work.target.network,
  };
  const reasons = work.against(unit, image, hop, operator, record.planned.unit);
  const standing = reasons.filter(isRefusal);
  const [first] = standing;
  if (first === undefined) return;
  throw new UnitStop({
    outcome: 'refused',
    after: unit,
    problem: new Problem(
      'refused/rule',
      `${record.planned.key}: ${standing.map((one) => one.because).join('; ')}.`,
      {
        hint: first.remedy ?? 'See the reasons.',
      },
    ),
    reasons,
  });
}
