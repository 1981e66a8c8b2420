import { isAt, type Look, type StepContext, sameUnit, type Unit } from '../../core/index.ts';
import type { UpdateObjectState } from '../../snmp/index.ts';
import { type NmcDeps, networkOf } from '../deps.ts';
import { type LoggedStatus, lastStatus, linesAfter } from '../look/event-log.ts';
import { readEventLog } from '../look/event-log-source.ts';
import { look } from '../look/look.ts';
import { readTransfer, readUpdateObject, type Transfer } from '../look/update-sources.ts';

/** One observation of a unit during an update. */
export interface UpdateObservation {
  readonly unit: Unit;
  /** The unit answers, and its card has a link to it. */
  readonly answers: boolean;
  /** Its card answers, and has lost it: normal for a while during an update. */
  readonly isLost: boolean;
  /** The unit that answers is the unit of the hop, by serial number: another one may have its address now. */
  readonly isSameUnit: boolean;
  /** It is the unit of the hop, with the version and ID that the hop leads to. */
  readonly arrived: boolean;
  /** It is the unit of the hop, still with the version and ID from before. */
  readonly unchanged: boolean;
  /** Value of the update object; null if it could not be read. */
  readonly object: UpdateObjectState | null;
  /** What the command line reports of a transfer to the UPS; null also if it was not asked this time. */
  readonly transfer: Transfer;
  /**
   * The value of the update object belongs to this start: it differs from the one before the start, or has
   * changed since. An unchanged value proves nothing about this start.
   */
  readonly objectIsNew: boolean;
  /** What the event log shows since the start; null if it could not be read, or was not read this time. */
  readonly log: LoggedStatus | null;
}

/** Observes the unit each time it is called, and limits how often it reads the event log. */
export type UpdateObserver = () => Promise<UpdateObservation>;

export function createObserver(deps: NmcDeps, context: StepContext): UpdateObserver {
  let logReadAt: number | null = null;
  let logStatus: LoggedStatus | null = null;
  let hasChanged = false;
  return async () => {
    const seen = await observeUpdate(deps, context);
    hasChanged ||= seen.objectIsNew;
    const observation = { ...seen, objectIsNew: hasChanged };
    // The log is a file to download with a login of its own, so it is read rarely and only if nothing else
    // decides.
    const decided = !observation.unchanged || isRunning(observation) || context.remembered.eventMark === null;
    const now = context.clock.monotonic();
    // A failure ends the watch, so its log lines are read now.
    const hasFailed = observation.object === 'failed' && observation.objectIsNew;
    const due = hasFailed || logReadAt === null || now - logReadAt >= deps.timeouts.eventLog * 1000;
    if (!decided && due) {
      logReadAt = now;
      logStatus = await readLogStatus(deps, context);
    }
    return { ...observation, log: decided ? null : logStatus };
  };
}

/** What the event log shows since the marker from before the start; null if that is not known. */
async function readLogStatus(deps: NmcDeps, context: StepContext): Promise<LoggedStatus | null> {
  const log = await readEventLog(deps, context);
  const newer = log === null ? null : linesAfter(log.lines, context.remembered.eventMark);
  return newer === null ? null : lastStatus(newer);
}

/**
 * Reads update object, version and command line once. Silence is a result: it never throws for what the
 * device does.
 */
export async function observeUpdate(deps: NmcDeps, context: StepContext): Promise<UpdateObservation> {
  const { target, hop, signal } = context;
  const { update: _update, ...plain } = context;
  const seen: Look = await look(deps, target, { ...plain, signal });
  const { unit } = seen;
  const answers = seen.problem === null && unit.condition.linkUp !== false;
  const isLost =
    seen.problem?.code === 'device/lost-ups' || (seen.problem === null && unit.condition.linkUp === false);
  const isSameUnit = answers && sameUnit(unit, context.before);
  const object = await readUpdateObject(deps, target, context);
  const objectDecides =
    object === 'in-process' || object === 'requested' || context.remembered.startedBy === 'snmp';
  return {
    unit,
    answers,
    isLost,
    isSameUnit: isSameUnit,
    arrived: isSameUnit && isAt(unit, hop, 'to'),
    unchanged: isSameUnit && isAt(unit, hop, 'from'),
    object,
    objectIsNew: differs(object, context),
    // A command line login takes minutes on an old card, so it is used only if it can add something.
    transfer:
      objectDecides || !answers || !mayQueryCli(context) ? null : await readTransfer(deps, target, context),
    log: null,
  };
}

/** Whether the object has changed since the start. A start over SNMP is made only from "none". */
function differs(object: UpdateObjectState | null, { remembered }: StepContext): boolean {
  const before = remembered.startedBy === 'snmp' ? 'none' : remembered.objectBefore;
  // An object that is missing for a moment proves nothing.
  if (object === null || object === 'not-offered' || object === 'garbage') return false;
  return before !== null && object !== before;
}

/** The command line is asked if a start may be, or may have been, made there. */
function mayQueryCli({ target, remembered }: StepContext): boolean {
  return networkOf(target).start.includes('cli') || remembered.startMethods.includes('cli');
}

/**
 * The start may have been made by the command line. It is not documented whether the update object follows
 * such an update, or still shows the result of an earlier one.
 */
export function mayHaveStartedByCli(context: StepContext): boolean {
  const { startedBy, startMethods } = context.remembered;
  return startedBy === null ? startMethods.includes('cli') : startedBy === 'cli';
}

/** For a unit that does not answer: its card may. */
export function describeAbsence({ isLost }: UpdateObservation): string {
  return isLost ? 'the card answers, but it has lost its UPS' : 'the unit does not answer';
}

/** A source reports an update in progress. */
export function isRunning(observation: UpdateObservation): boolean {
  return (
    observation.object === 'in-process' ||
    observation.object === 'requested' ||
    (typeof observation.transfer === 'number' && observation.transfer < 100) ||
    observation.log?.state === 'transferring'
  );
}

/**
 * All sources combined. `arrived`: the unit runs the target of the hop. In `failed`, `received` and `quiet`
 * it runs its old firmware. `failed`: a source reports that this update failed. `received`: a source reports
 * that the unit has the image. `quiet`: no source reports anything about this update. `away`: the unit does
 * not answer, another one answers, or it runs something else.
 */
export type UpdateState = 'arrived' | 'running' | 'failed' | 'received' | 'quiet' | 'away';

/**
 * Combines the sources. `received`: the unit was seen to have the image; only a source that contradicts ends
 * that.
 */
export function updateStateOf(observation: UpdateObservation, received: boolean): UpdateState {
  if (observation.arrived) return 'arrived';
  if (isRunning(observation)) return 'running';
  if (!observation.unchanged) return 'away';
  if (observation.log?.state === 'failed' || (observation.object === 'failed' && observation.objectIsNew))
    return 'failed';
  const isReceived =
    (observation.object === 'successful' && observation.objectIsNew) || observation.log?.state === 'finished';
  return isReceived || received ? 'received' : 'quiet';
}
