import { setMaxListeners } from 'node:events';
import {
  asProblem,
  type Hop,
  isCardFile,
  isUpsHop,
  joinList,
  Problem,
  type StoredFile,
  type UnitOutcome,
} from '../../core/index.ts';
import { judgeCardStart, judgeStart } from '../../rules/index.ts';
import { type Control, createEarlierStarts, execute, FLEET_POLICY } from '../../run/index.ts';
import {
  createArtifacts,
  createLocks,
  inDoubt,
  type Journal,
  type OpenArtifacts,
  type RunRecord,
  stoppedBetweenHops,
} from '../../state/index.ts';
import { type Exit, exitOfRun } from '../exit-codes.ts';
import { handleInterrupts } from '../interrupts.ts';
import type { Io } from '../io.ts';
import { createProgress, type Mark, type Progress } from '../progress.ts';
import { simulationSpeed } from '../simulation.ts';
import type { OpenDrivers } from './drivers.ts';
import type { Fleet } from './open.ts';
import { recordExit } from './run-lock.ts';
import { type RunContext, showRun } from './show-run.ts';

/** What a command works with that plans or executes a run. */
export interface Session extends RunContext {
  readonly fleet: Fleet;
  readonly open: OpenDrivers;
}

/**
 * Executes the rest of a run, shows the result, and gives the exit code. The caller holds the lock of the
 * run.
 */
export async function executeRun(session: Session, journal: Journal): Promise<Exit> {
  const { state, fleet, open, io } = session;
  const artifacts = createArtifacts(state, journal.run);
  const abort = new AbortController();
  // Every unit in progress listens; Node.js would report a leak at ten.
  setMaxListeners(0, abort.signal);
  const control: Control = { stopNew: false, abort: abort.signal, pausedBy: null };
  const progress = createProgress(io, isSilent(session), keysToDo(journal.state.record()));
  open.onLoginLimit((problem) => {
    control.stopNew = true;
    control.pausedBy ??= problem;
    progress.message(
      `Paused: ${problem.message} No further unit is started. Then: upsfw resume ${journal.run}`,
    );
  });
  const interrupts = handleInterrupts(io, progress, {
    first:
      'Stopping: no further unit is started, and units in progress continue. Ctrl-C again aborts units before their start.',
    second: 'Aborting units before their start. Started updates are watched to the end. Ctrl-C again exits.',
    stop: () => {
      control.stopNew = true;
      control.byOperator = true;
    },
    abort: () => abort.abort(),
    leave: () => leaveRun(journal, io),
  });
  try {
    const record = await execute({
      policy: FLEET_POLICY,
      journal,
      inventory: fleet.inventory,
      targets: fleet.targets,
      drivers: open.drivers,
      locks: createLocks(state),
      earlier: createEarlierStarts(state, journal.run),
      clock: io.clock,
      simulationSpeed: simulationSpeed(io),
      evaluateRules: (unit, image, hop, operator, planned) =>
        isCardFile(image)
          ? judgeCardStart(fleet.book, { unit, file: image, planned: planned.card })
          : judgeStart(fleet.book, { unit, image, transport: hop.transport, operator, folder: fleet.images }),
      image: (hop) => imageOf(fleet, hop),
      artifacts,
      control,
      ...reporters(progress, journal, io),
    });
    await progress.end();
    await closeArtifacts(artifacts, io);
    return await showRun(session, record, { stopped: interrupts.happened(), isEnding: true });
  } finally {
    await progress.end();
    interrupts.release();
  }
}

function isSilent({ args }: RunContext): boolean {
  return args.quiet || args.json;
}

/** The units that may change in this run, in the order of the plan. */
function keysToDo({ units }: RunRecord): readonly string[] {
  return units
    .filter(
      (unit) =>
        unit.hops.length > 0 &&
        (unit.outcome === 'pending' || unit.outcome === 'unknown' || stoppedBetweenHops(unit)),
    )
    .map(({ planned }) => planned.key);
}

const MARKS: Readonly<Record<UnitOutcome, Mark>> = {
  upgraded: 'done',
  current: 'done',
  refused: 'left',
  stopped: 'left',
  failed: 'bad',
  unknown: 'bad',
};

/** Sends the progress of units to the log and to the screen. */
function reporters(
  progress: Progress,
  journal: Journal,
  io: Io,
): Pick<Parameters<typeof execute>[0], 'progress' | 'ended'> {
  return {
    progress: (key, note, fraction) => {
      io.log.info({ unit: key, fraction }, note);
      progress.unit(key, note, fraction);
    },
    ended: (key, outcome) => {
      const hops = journal.state.unit(key)?.hops ?? [];
      const backup = hops.map((hop) => hop.backup).find((one) => one !== null && !one.isComplete);
      const note = backup == null ? '' : '; no complete backup';
      io.log.info({ unit: key, outcome, ...(backup == null ? {} : { backup: backup.problem }) }, 'ended');
      progress.ended(key, `${outcome}${note}`, MARKS[outcome]);
    },
  };
}

/**
 * Says how to resume, and gives the exit code: it must show a unit that was left in the middle of its update.
 */
async function leaveRun(journal: Journal, io: Io): Promise<Exit> {
  const { run } = journal;
  const record = journal.state.record();
  const keys = record.units.filter(inDoubt).map(({ planned }) => planned.key);
  if (keys.length > 0) io.info(`${joinList(keys)}: may be programming. Do not power off. Watch the unit.\n`);
  io.info(`Exiting. The journal is complete. To resume: upsfw resume ${run}\n`);
  const exit = exitOfRun(record, { stopped: true, alive: false });
  await recordExitSoon(journal, exit, io);
  return exit;
}

/** A disk that hangs must not keep a process that the operator ends. */
const RECORD_WITHIN_MS = 2000;

export async function recordExitSoon(journal: Journal, exit: Exit, io: Io): Promise<void> {
  const record = recordExit(journal, exit).catch(() => undefined);
  await Promise.race([record, io.clock.sleep(RECORD_WITHIN_MS)]);
}

/** An incomplete transcript is reported and ends no run: the journal has what was done. */
export async function closeArtifacts(artifacts: OpenArtifacts, io: Io): Promise<void> {
  await artifacts.close().catch((thrown: unknown) => {
    const { message, hint } = asProblem(thrown);
    io.info(`The transcript of the run is not complete: ${message} ${hint}\n`);
  });
}

/** The file of a hop, found by its hash. It is read and compared right before it is sent. */
async function imageOf(fleet: Fleet, hop: Hop): Promise<StoredFile> {
  const files: readonly StoredFile[] = isUpsHop(hop) ? fleet.images : fleet.cardFiles;
  // A card file is described by its name alone: the same bytes under another name are another file.
  const image = files.find(
    (one) => one.sha256 === hop.image.sha256 && (isUpsHop(hop) || one.file === hop.image.file),
  );
  if (image === undefined) {
    throw new Problem(
      'image/changed',
      `${hop.image.file} with sha256 ${hop.image.sha256.slice(0, 16)}… is no longer in the images folder.`,
      { hint: 'Put the file back, or make a new plan.' },
    );
  }
  return image;
}
