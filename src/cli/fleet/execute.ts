import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  asProblem,
  type Hop,
  isCardFile,
  isUpsHop,
  joinList,
  Problem,
  type StoredFile,
  unitKey,
} from '../../core/index.ts';
import { verifyStored } from '../../images/index.ts';
import { judgeCardStart, judgeStart } from '../../rules/index.ts';
import { type Control, createEarlierStarts, execute, lookAll } from '../../run/index.ts';
import {
  createArtifacts,
  createLocks,
  inDoubt,
  type Journal,
  type OpenArtifacts,
  type RunRecord,
  stoppedBetweenHops,
} from '../../state/index.ts';
import { runNow } from '../documents/run.ts';
import { type Exit, exitOfRun } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { CommonArgs } from '../options.ts';
import { createProgress } from '../progress.ts';
import { simulationSpeed } from '../simulation.ts';
import { type OpenPaths, openPaths } from './drivers.ts';
import { type Fleet, openFleetOfRun } from './open.ts';
import { runLockName, showRun } from './show-run.ts';

/** Keeps other processes off a run while its journal is open: two at once would write one file. */
export async function withRunLock<T>(state: string, run: string, act: () => Promise<T>): Promise<T> {
  const lock = await createLocks(state).take(runLockName(run), `run ${run}`);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

/** Carries out what is left of a run, shows it, and gives the exit code. Called with the lock of the run. */
export async function executeRun(
  journal: Journal,
  fleet: Fleet,
  open: OpenPaths,
  args: CommonArgs & { readonly stateFolder: string },
  io: Io,
): Promise<Exit> {
  const locks = createLocks(args.stateFolder);
  const papers = createArtifacts(args.stateFolder, journal.run);
  const record = journal.state.record();
  const abort = new AbortController();
  // As many units listen as are at work; the system would take ten for a leak.
  setMaxListeners(0, abort.signal);
  const control: Control = { stopNew: false, abort: abort.signal, pausedBy: null };
  const progress = createProgress(
    io,
    args.quiet || args.json,
    record.units
      .filter(
        (unit) =>
          unit.hops.length > 0 &&
          (unit.outcome === 'pending' || unit.outcome === 'unknown' || stoppedBetweenHops(unit)),
      )
      .map((unit) => unit.planned.key),
  );
  open.onLoginLimit((problem) => {
    control.stopNew = true;
    control.pausedBy ??= problem;
    progress.say(`Paused: ${problem.message} No further unit is begun. Then: upsfw resume ${journal.run}`);
  });
  let interrupts = 0;
  const release = io.onInterrupt((kind) => {
    control.stopNew = true;
    control.byOperator = true;
    // A terminal that has gone comes more than once, and never means to leave what was started.
    interrupts = kind === 'hangup' ? Math.max(interrupts, 1) : interrupts + 1;
    if (kind === 'hangup') return;
    if (interrupts === 1) {
      progress.say(
        'Stopping: no further unit is begun; those at work go on to their end. Once more aborts before a start.',
      );
      return;
    }
    if (interrupts === 2) {
      progress.say(
        'Aborting what has not been started. A started update is watched to its end. Once more leaves.',
      );
      abort.abort();
      return;
    }
    void progress.end().finally(() => {
      const left = journal.state.record();
      const doubtful = left.units.filter(inDoubt).map(({ planned }) => planned.key);
      if (doubtful.length > 0)
        io.info(`${joinList(doubtful)} may be programming: do not power it off, and watch it.\n`);
      io.info(`Leaving. The journal is true; go on with: upsfw resume ${journal.run}\n`);
      // The exit code must show a unit that was left in the middle of its update.
      process.exit(exitOfRun(left, { stopped: true, alive: false }));
    });
  });
  try {
    const ended = await execute({
      journal,
      inventory: fleet.inventory,
      targets: fleet.targets,
      paths: open.paths,
      locks,
      earlier: createEarlierStarts(args.stateFolder, journal.run),
      clock: io.clock,
      simulationSpeed: simulationSpeed(io),
      against: (unit, image, hop, operator, planned) =>
        isCardFile(image)
          ? judgeCardStart(fleet.book, { unit, file: image, planned: planned.card })
          : judgeStart(fleet.book, { unit, image, transport: hop.transport, operator, folder: fleet.images }),
      image: (hop) => imageOf(fleet, hop),
      artifacts: papers,
      control,
      progress: (key, note, fraction) => {
        io.log.info({ unit: key, fraction }, note);
        progress.unit(key, note, fraction);
      },
      ended: (key, outcome) => {
        io.log.info({ unit: key, outcome }, 'ended');
        progress.ended(key, outcome, outcome !== 'failed' && outcome !== 'unknown');
      },
    });
    await progress.end();
    await closePapers(papers, io);
    return await showRun(ended, interrupts > 0, locks, args, io);
  } finally {
    await progress.end();
    release();
  }
}

/** What was done is in the journal: that the transcript is not complete is said, and ends no run. */
export async function closePapers(papers: OpenArtifacts, io: Io): Promise<void> {
  await papers.close().catch((thrown: unknown) => {
    const { message, hint } = asProblem(thrown);
    io.info(`The transcript of the run is not complete: ${message} ${hint}\n`);
  });
}

/** A new name for a run. */
export function runName(io: Io): string {
  const stamp = io.clock.now().toISOString().replace(/[-:.]/g, '');
  // Two runs may begin in the same millisecond.
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}

/** The file of a hop, found by its hash and read again: what was planned is what is sent. */
async function imageOf(fleet: Fleet, hop: Hop): Promise<StoredFile> {
  const files: readonly StoredFile[] = isUpsHop(hop) ? fleet.images : fleet.cardFiles;
  // Two names of the same bytes are two claims about a card file, whose name is all that tells what it is.
  const image = files.find(
    (one) => one.sha256 === hop.image.sha256 && (isUpsHop(hop) || one.file === hop.image.file),
  );
  if (image === undefined) {
    throw new Problem(
      'image/changed',
      `${hop.image.file} with sha256 ${hop.image.sha256.slice(0, 16)}… is not in the images folder any more.`,
      {
        hint: 'Put the file back, or make a new plan.',
      },
    );
  }
  await verifyStored(image);
  return image;
}

/** Asks the devices of a run how they are now, and shows that beside what its journal says. Only reads. */
export async function showLive(
  record: RunRecord,
  state: string,
  args: CommonArgs & { readonly details?: boolean },
  io: Io,
): Promise<Exit> {
  if (record.recovery !== null) {
    throw new Problem('config/usage', 'This run recovered a unit at a port, and has no inventory.', {
      hint: `Ask the port: upsfw local inspect ${record.recovery.port}`,
    });
  }
  const fleet = await openFleetOfRun(record, args, io, { purpose: 'read', update: true });
  const open = openPaths(state, io, 'read');
  try {
    const looks = await lookAll(open.paths, fleet.chosen, {
      clock: io.clock,
      signal: new AbortController().signal,
      update: 'all',
    });
    const planned = new Map(record.units.map((unit) => [unit.planned.key, unit.planned.unit]));
    const seen = new Map(
      fleet.chosen.flatMap((target, index) => {
        const [look, unit] = [looks[index], planned.get(unitKey(target))];
        return look === undefined || unit === undefined
          ? []
          : [[unitKey(target), runNow(look, unit)] as const];
      }),
    );
    return await showRun(record, false, createLocks(state), args, io, seen);
  } finally {
    await open.close();
  }
}
