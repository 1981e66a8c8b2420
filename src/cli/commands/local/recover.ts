import {
  HOP_STEPS,
  isAllowed,
  isRefusal,
  type Plan,
  Problem,
  planId,
  type Reason,
  type StoredImage,
  type UnitTarget,
  unitKey,
  unknownUnit,
} from '../../../core/index.ts';
import { openFiles, verifyStored } from '../../../images/index.ts';
import type { PortSeen } from '../../../local/index.ts';
import { renderRecovery } from '../../../report/index.ts';
import { judgeRecovery, loadRules, type RuleBook, unusedOverrides } from '../../../rules/index.ts';
import { recover } from '../../../run/index.ts';
import {
  createArtifacts,
  createJournal,
  createLocks,
  openStateFolder,
  type RunRecord,
} from '../../../state/index.ts';
import { confirm } from '../../ask.ts';
import type { Exit } from '../../exit-codes.ts';
import { type OpenPaths, openPaths } from '../../fleet/drivers.ts';
import { closePapers, runName, withRunLock } from '../../fleet/execute.ts';
import { showRun } from '../../fleet/show-run.ts';
import type { Io } from '../../io.ts';
import { readOverride, refusalHint, stateFolder } from '../../options.ts';
import { simulationSpeed } from '../../simulation.ts';
import type { LocalAction, LocalArgs } from './action.ts';
import { isOnBattery, keepAwake } from './keep-awake.ts';
import { portLock, portTarget } from './port-target.ts';
import { recoveryControl } from './recovery-control.ts';

/** `local recover PORT IMAGE`: an image for a unit that waits in its boot loader. */
export const recoverAction: LocalAction = {
  words: ['PORT', 'IMAGE'],
  takes: ['expect-id', 'yes', 'rules', 'override'],
  run: recoverUnit,
};

async function recoverUnit(args: LocalArgs, io: Io): Promise<Exit> {
  const [word = '', file = ''] = args.words;
  const expectId = neededId(args);
  if (!args.yes && io.ask === null) {
    throw new Problem('refused/confirmation', 'There is no terminal to ask on.', {
      hint: 'Add --yes to go on without being asked.',
    });
  }
  const book = await loadRules({ files: args.rules, override: readOverride(args.override) });
  const image = await readOne(file);
  const target = portTarget(word);
  const port = target.local !== null && 'serialPort' in target.local ? target.local.serialPort : word;
  const state = stateFolder(args, io);
  await openStateFolder(state);
  const locks = createLocks(state);
  // The file alone decides much already, before any port is opened.
  refuse(judgeRecovery(book, { image, expectId, banner: [], isNamed: false }), book);
  const open = openPaths(state, io);
  const lock = await locks.take(await portLock(target), `local recover ${port}`);
  try {
    io.info(`Listening at ${port}.\n`);
    const seen = await waitingAt(target, open);
    const { loader } = seen;
    const reasons = judgeRecovery(book, {
      image,
      expectId,
      banner: loader?.lines ?? [],
      isNamed: loader?.isNamed === true,
    });
    for (const line of unusedOverrides(book, [{ key: port, reasons }])) io.info(`${line}\n`);
    refuse(reasons, book);
    const shown = renderRecovery(
      { port, image, expectId, loader: loader?.lines ?? [], reasons, onBattery: await isOnBattery() },
      { format: 'text', color: io.infoColor && args.color },
    );
    if (!(await confirmed(shown, args, io))) {
      throw new Problem('refused/confirmation', 'The recovery was not confirmed. Nothing was sent.', {
        hint: 'Answer y or yes, or use --yes.',
      });
    }
    const plan = planFor(target, image, expectId, book, loader?.simulated === true, reasons);
    const run = runName(io);
    return await withRunLock(state, run, () =>
      carryOut({ run, plan, target, image, open, port, book }, args, io),
    );
  } finally {
    await lock.release();
    await open.close();
  }
}

function neededId({ expectId }: LocalArgs): number {
  if (expectId !== undefined) return expectId;
  throw new Problem(
    'config/usage',
    'Which Micro-Link id the unit has is not said, and its boot loader does not tell.',
    {
      hint: 'Give --expect-id ID: it stands in an earlier audit, or in the name of the image that the unit had. A wrong image is lost time at best.',
    },
  );
}

async function readOne(file: string): Promise<StoredImage> {
  const [image] = await openFiles([file]);
  if (image === undefined)
    throw new Problem('config/images', `${file} is no image file.`, {
      hint: 'Name one file with the ending .enc.',
    });
  const [damage] = image.problems;
  if (damage !== undefined) {
    throw new Problem(damage.code, `${image.file}: ${damage.message}`, {
      hint: 'A damaged file is never sent. Get it again, and compare its sha256 with that of its source.',
    });
  }
  await verifyStored(image);
  return image;
}

function refuse(reasons: readonly Reason[], { overridable }: Pick<RuleBook, 'overridable'>): void {
  if (isAllowed(reasons)) return;
  const standing = reasons.filter(isRefusal);
  const [first] = standing;
  throw new Problem('refused/rule', `${standing.map(({ because }) => because).join('; ')}.`, {
    hint: first === undefined ? 'See the reasons.' : refusalHint(first, overridable),
  });
}

/** What waits at the port. Throws where it is no boot loader that asks for an image. */
async function waitingAt(target: UnitTarget, open: OpenPaths): Promise<PortSeen> {
  // One that is silent may be programming: it is asked in its own protocol only.
  const looked = await open.paths.local.lookAt(target, new AbortController().signal, { passive: true });
  if (looked.seen?.loader != null) return looked.seen;
  if (looked.problem !== null) throw looked.problem;
  throw new Problem(
    'device/start-refused',
    `The unit at ${target.name} runs ${looked.unit.firmware.raw ?? 'firmware'}; it waits for no image.`,
    {
      hint: 'How a running unit is made to take one over its port is not public: use the Firmware Upgrade Wizard, a card or a USB stick. upsfw plan --format md prints a work order.',
    },
  );
}

async function confirmed(shown: string, args: LocalArgs, io: Io): Promise<boolean> {
  if (args.yes) {
    io.info(shown);
    return true;
  }
  return confirm(io, `${shown}\nSend this image?`);
}

/** The one hop of a unit that runs nothing: what the journal holds of it. */
function planFor(
  target: UnitTarget,
  image: StoredImage,
  expectId: number,
  book: RuleBook,
  simulated: boolean,
  reasons: readonly Reason[],
): Plan {
  const { version } = image;
  if (version === null)
    throw new Problem('image/no-ups-record', `${image.file} does not tell its version.`, {
      hint: 'Use another file.',
    });
  const microLinkIdAfter = image.microLinkIdAfter ?? expectId;
  const port = target.local !== null && 'serialPort' in target.local ? target.local.serialPort : null;
  const unit = { ...unknownUnit({ site: target.site, name: target.name, host: null, port }), simulated };
  const units: Plan['units'] = [
    {
      key: unitKey(target),
      unit,
      verdict: {
        status: 'outdated',
        target: { version, microLinkId: microLinkIdAfter, image: image.file },
        transport: 'serial',
        wizard: null,
        reasons,
      },
      hops: [
        {
          component: 'ups',
          twoStep: false,
          from: { version: null, microLinkId: expectId },
          to: { version, microLinkId: microLinkIdAfter },
          image: { file: image.file, sha256: image.sha256, sizeBytes: image.sizeBytes },
          transport: 'serial',
          steps: HOP_STEPS.loader,
        },
      ],
      switchOutput: null,
      problem: null,
    },
  ];
  return { id: planId(book.hash, units), component: 'ups', rules: book.hash, units };
}

/** A unit that has just taken an image runs with its output off until somebody switches it on. */
function sayOutput({ units }: RunRecord, io: Io): void {
  const after = units[0]?.after ?? null;
  if (after?.reachable !== true || after.condition.outputOn === true) return;
  const is = after.condition.outputOn === false ? 'is off' : 'may be off';
  io.info(`The output of the unit ${is}: switch it on at its panel.\n`);
}

interface Work {
  readonly run: string;
  readonly plan: Plan;
  readonly target: UnitTarget;
  readonly image: StoredImage;
  readonly open: OpenPaths;
  readonly port: string;
  readonly book: RuleBook;
}

async function carryOut(work: Work, args: LocalArgs, io: Io): Promise<Exit> {
  const { run, plan, target, image, open, port, book } = work;
  const state = stateFolder(args, io);
  const journal = await createJournal(state, run, io.clock);
  const papers = createArtifacts(state, run);
  const awake = await keepAwake();
  if (!awake.kept)
    io.info('This machine cannot be kept awake from here: see that it does not go to sleep.\n');
  const control = recoveryControl(run, unitKey(target), args, io);
  try {
    await journal.append({
      event: 'run',
      run,
      inventory: '',
      images: '',
      rules: [...args.rules],
      override: [...book.overridden].map(([rule, reason]) => ({ rule, reason })),
      recovery: { port },
      plan,
    });
    io.info(`Run ${run}\n`);
    const record = await recover(
      {
        journal,
        target,
        driver: open.paths.local,
        locks: createLocks(state),
        clock: io.clock,
        simulationSpeed: simulationSpeed(io),
        artifacts: papers,
        stop: control.stop,
        progress: control.progress,
      },
      image,
    );
    await control.end();
    await closePapers(papers, io);
    sayOutput(record, io);
    return await showRun(record, control.interrupted(), createLocks(state), args, io);
  } finally {
    await control.end();
    awake.release();
    await journal.close();
  }
}
