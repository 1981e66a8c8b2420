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
import { confirm, requireTerminal } from '../../ask.ts';
import type { Exit } from '../../exit-codes.ts';
import { type OpenDrivers, openDrivers } from '../../fleet/drivers.ts';
import { closeArtifacts } from '../../fleet/execute.ts';
import { createRunName, withRecordedExit, withRunLock } from '../../fleet/run-lock.ts';
import { showRun } from '../../fleet/show-run.ts';
import type { Io } from '../../io.ts';
import { readOverride, refusalHint, stateFolder } from '../../options.ts';
import { simulationSpeed } from '../../simulation.ts';
import type { LocalAction, LocalArgs } from './action.ts';
import { isOnBattery, keepAwake } from './keep-awake.ts';
import { portLock, portTarget } from './port-target.ts';
import { createRecoveryControl } from './recovery-control.ts';

/** `local recover PORT IMAGE`: sends an image to a unit that waits in its boot loader. */
export const recoverAction: LocalAction = {
  values: ['PORT', 'IMAGE'],
  options: ['expect-id', 'yes', 'rules', 'override'],
  run: recoverUnit,
};

async function recoverUnit(args: LocalArgs, io: Io): Promise<Exit> {
  const [portName = '', file = ''] = args.values;
  const expectId = requireExpectedId(args);
  requireTerminal(io, args.yes);
  const book = await loadRules({ files: args.rules, override: readOverride(args.override) });
  const image = await readImage(file);
  const target = portTarget(portName);
  const port = target.local !== null && 'serialPort' in target.local ? target.local.serialPort : portName;
  const state = stateFolder(args, io);
  await openStateFolder(state);
  const locks = createLocks(state);
  // The file alone can decide, before any port is opened.
  assertAllowed(judgeRecovery(book, { image, expectId, banner: [], isNamed: false }), book);
  const open = openDrivers(state, io);
  const lock = await locks.take(await portLock(target), `local recover ${port}`);
  try {
    io.info(`Listening at ${port}.\n`);
    const seen = await findLoader(target, open, io.stop);
    const { loader } = seen;
    const reasons = judgeRecovery(book, {
      image,
      expectId,
      banner: loader?.lines ?? [],
      isNamed: loader?.isNamed === true,
    });
    for (const line of unusedOverrides(book, [{ key: port, reasons }])) io.info(`${line}\n`);
    assertAllowed(reasons, book);
    const text = renderRecovery(
      { port, image, expectId, loader: loader?.lines ?? [], reasons, onBattery: await isOnBattery() },
      { format: 'text', color: io.infoColor && args.color },
    );
    await confirm(io, args.yes, {
      text,
      question: 'Send this image?',
      declined: 'The recovery was not confirmed. Nothing was sent.',
    });
    const plan = planFor(target, image, expectId, book, loader?.simulated === true, reasons);
    const run = createRunName(io);
    return await withRunLock(state, run, () =>
      executeRecovery({ run, plan, target, image, open, port, book }, args, io),
    );
  } finally {
    await lock.release();
    await open.close();
  }
}

function requireExpectedId({ expectId }: LocalArgs): number {
  if (expectId !== undefined) return expectId;
  throw new Problem(
    'config/usage',
    '--expect-id is required: the boot loader does not report the Micro-Link ID.',
    {
      hint: 'Find the ID in an earlier audit, or in the name of the image that the unit had. A wrong ID means a wrong image.',
    },
  );
}

async function readImage(file: string): Promise<StoredImage> {
  const [image] = await openFiles([file]);
  if (image === undefined)
    throw new Problem('config/images', `${file} is not an image file.`, {
      hint: 'Name one file with the extension .enc.',
    });
  const [damage] = image.problems;
  if (damage !== undefined) {
    throw new Problem(damage.code, `${image.file}: ${damage.message}`, {
      hint: 'A damaged file is never sent. Download it again and compare its sha256 with that of the source.',
    });
  }
  await verifyStored(image);
  return image;
}

function assertAllowed(reasons: readonly Reason[], { overridable }: Pick<RuleBook, 'overridable'>): void {
  if (isAllowed(reasons)) return;
  const blocking = reasons.filter(isRefusal);
  const [first] = blocking;
  throw new Problem('refused/rule', `${blocking.map(({ because }) => because).join('; ')}.`, {
    hint: first === undefined ? 'See the reasons.' : refusalHint(first, overridable),
  });
}

/** The boot loader at the port. Throws where none asks for an image. */
async function findLoader(target: UnitTarget, open: OpenDrivers, stop: AbortSignal): Promise<PortSeen> {
  // A silent unit may be programming: it gets no request in the protocols of a running unit.
  const looked = await open.drivers.local.lookAt(target, stop, { passive: true });
  stop.throwIfAborted();
  if (looked.seen?.loader != null) return looked.seen;
  if (looked.problem !== null) throw looked.problem;
  throw new Problem(
    'refused/no-path',
    `The unit at ${target.name} runs ${looked.unit.firmware.raw ?? 'firmware'}; it does not wait for an image.`,
    {
      hint: 'The protocol to start an update of a running unit over its port is not public. Use the Firmware Upgrade Wizard, a card or a USB drive. For a work order: upsfw plan --format md.',
    },
  );
}

/** The single hop of a unit that runs no firmware, as the journal records it. */
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
    throw new Problem('image/no-ups-record', `${image.file} does not name its version.`, {
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

/** After a recovery the output of a unit stays off until somebody switches it on. */
function noteOutput({ units }: RunRecord, io: Io): void {
  const after = units[0]?.after ?? null;
  if (after?.reachable !== true || after.condition.outputOn === true) return;
  const state = after.condition.outputOn === false ? 'is off' : 'may be off';
  io.info(`The output of the unit ${state}. Switch it on at the panel.\n`);
}

interface Recovery {
  readonly run: string;
  readonly plan: Plan;
  readonly target: UnitTarget;
  readonly image: StoredImage;
  readonly open: OpenDrivers;
  readonly port: string;
  readonly book: RuleBook;
}

async function executeRecovery(recovery: Recovery, args: LocalArgs, io: Io): Promise<Exit> {
  const { run, plan, target, image, open, port, book } = recovery;
  const state = stateFolder(args, io);
  const journal = await createJournal(state, run, io.clock);
  const artifacts = createArtifacts(state, run);
  const awake = await keepAwake();
  if (!awake.kept)
    io.info('upsfw cannot prevent this machine from sleeping. Make sure that it stays awake.\n');
  const control = createRecoveryControl(journal, unitKey(target), args, io);
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
    return await withRecordedExit(journal, async () => {
      const record = await recover(
        {
          journal,
          target,
          driver: open.drivers.local,
          locks: createLocks(state),
          clock: io.clock,
          simulationSpeed: simulationSpeed(io),
          artifacts,
          stop: control.stop,
          progress: control.progress,
        },
        image,
      );
      await control.end();
      await closeArtifacts(artifacts, io);
      noteOutput(record, io);
      return await showRun({ state, args, io }, record, { stopped: control.interrupted(), isEnding: true });
    });
  } finally {
    await control.end();
    awake.release();
    await journal.close();
  }
}
