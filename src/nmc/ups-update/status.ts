import { isAt, type Look, type StepContext, sameUnit, type Unit } from '../../core/index.ts';
import type { UpdateObjectState } from '../../snmp/index.ts';
import { type NmcDeps, networkOf } from '../deps.ts';
import { type LoggedStatus, lastStatus, linesAfter } from '../look/event-log.ts';
import { readEventLog } from '../look/event-log-source.ts';
import { look } from '../look/look.ts';
import { readObject, readTransfer, type Transfer } from '../look/update-sources.ts';

/** What one round of questions says about an update. */
export interface UpdateObservation {
  readonly unit: Unit;
  /** The unit answers and its card has word from it. */
  readonly answers: boolean;
  /** What answers is the unit of the hop, by its serial number: another one may have the address by now. */
  readonly itself: boolean;
  /** It is the unit of the hop, and has version and id that the hop leads to. */
  readonly arrived: boolean;
  /** It is the unit of the hop, and still has the version and id from before. */
  readonly unchanged: boolean;
  /** What the update object says; null where it could not be asked. */
  readonly object: UpdateObjectState | null;
  /** What the command line says of a transfer to the UPS; null also where it was not asked this time. */
  readonly transfer: Transfer;
  /**
   * The value of the update object is about this start: it differs from the one before the start, or was seen to change since. One
   * that stood there before says nothing of this start.
   */
  readonly objectIsNew: boolean;
  /** What the event log says since the start; null where it could not be asked, or was not this time. */
  readonly log: LoggedStatus | null;
}

/** Asks round after round, and remembers when it asked the event log. */
export type LoaderOutputParser = () => Promise<UpdateObservation>;

export function createObserver(tools: NmcDeps, context: StepContext): LoaderOutputParser {
  let logAskedAt: number | null = null;
  let logSaid: LoggedStatus | null = null;
  let hasChanged = false;
  return async () => {
    const seen = await readSigns(tools, context);
    hasChanged ||= seen.objectIsNew;
    const signs = { ...seen, objectIsNew: hasChanged };
    // A log is a file to fetch, over a login of its own: only where nothing else decides, and not in every round.
    const decided = !signs.unchanged || isRunning(signs) || context.remembered.eventMark === null;
    const now = context.clock.monotonic();
    // A failure ends the watch, so its lines are read now.
    const hasFailed = signs.object === 'failed' && signs.objectIsNew;
    const due = hasFailed || logAskedAt === null || now - logAskedAt >= tools.timeouts.eventLog * 1000;
    if (!decided && due) {
      logAskedAt = now;
      logSaid = await readLogWord(tools, context);
    }
    return { ...signs, log: decided ? null : logSaid };
  };
}

/** What the event log says since the mark that was read before the start; null where it cannot be told. */
async function readLogWord(tools: NmcDeps, context: StepContext): Promise<LoggedStatus | null> {
  const log = await readEventLog(tools, context);
  const newer = log === null ? null : linesAfter(log.lines, context.remembered.eventMark);
  return newer === null ? null : lastStatus(newer);
}

/** Asks object, version and command line once. Silence is an answer too: it never throws for what the device does. */
export async function readSigns(tools: NmcDeps, context: StepContext): Promise<UpdateObservation> {
  const { target, hop, signal } = context;
  const { update: _update, ...plain } = context;
  const seen: Look = await look(tools, target, { ...plain, signal });
  const { unit } = seen;
  const answers = seen.problem === null && unit.condition.linkUp !== false;
  const itself = answers && sameUnit(unit, context.before);
  const object = await readObject(tools, target, context);
  const objectDecides =
    object === 'in-process' || object === 'requested' || context.remembered.startedBy === 'snmp';
  return {
    unit,
    answers,
    itself,
    arrived: itself && isAt(unit, hop, 'to'),
    unchanged: itself && isAt(unit, hop, 'from'),
    object,
    objectIsNew: differs(object, context),
    // Each question on the command line is a login that takes an old card minutes: only where it can tell more.
    transfer:
      objectDecides || !answers || !mayAskShell(context) ? null : await readTransfer(tools, target, context),
    log: null,
  };
}

/** Whether the object has another value than before the start. A start over SNMP is made from "none" only. */
function differs(object: UpdateObjectState | null, { remembered }: StepContext): boolean {
  const before = remembered.startedBy === 'snmp' ? 'none' : remembered.objectBefore;
  // An object that is missing for a moment says nothing.
  if (object === null || object === 'not-offered' || object === 'garbage') return false;
  return before !== null && object !== before;
}

/** The command line is asked where a start may go or may have gone by it. */
function mayAskShell({ target, remembered }: StepContext): boolean {
  return networkOf(target).start.includes('cli') || remembered.startMethods.includes('cli');
}

/**
 * The start may have been made by the command line. Whether the update object follows such an update, and whether what it
 * shows is not the result of an earlier one, is not documented.
 */
export function mayHaveStartedByCli(context: StepContext): boolean {
  const { startedBy, startMethods } = context.remembered;
  return startedBy === null ? startMethods.includes('cli') : startedBy === 'cli';
}

/** Something says that an update is under way at this moment. */
export function isRunning(signs: UpdateObservation): boolean {
  return (
    signs.object === 'in-process' ||
    signs.object === 'requested' ||
    (typeof signs.transfer === 'number' && signs.transfer < 100) ||
    signs.log?.state === 'transferring'
  );
}

/**
 * All sources as one statement about the update. `arrived`: the unit runs what the hop leads to. `failed`: a source says so of
 * this update, and the unit runs what it ran before. `received`: a source says that the unit has the image, and it runs what it
 * ran before. `quiet`: it runs what it ran before, and no source says anything of this update. `away`: it does not answer, or
 * another one does, or it runs something else.
 */
export type UpdateState = 'arrived' | 'running' | 'failed' | 'received' | 'quiet' | 'away';

/** Merges the sources. `received`: the unit was seen to have the image before; only a source that says otherwise ends that. */
export function updateStateOf(signs: UpdateObservation, received: boolean): UpdateState {
  if (signs.arrived) return 'arrived';
  if (isRunning(signs)) return 'running';
  if (!signs.unchanged) return 'away';
  if (signs.log?.state === 'failed' || (signs.object === 'failed' && signs.objectIsNew)) return 'failed';
  const isReceived = (signs.object === 'successful' && signs.objectIsNew) || signs.log?.state === 'finished';
  return isReceived || received ? 'received' : 'quiet';
}
