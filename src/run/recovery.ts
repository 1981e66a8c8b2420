import {
  type Clock,
  Problem,
  type StepCheck,
  type StepResult,
  type StoredFile,
  type UnitTarget,
  type UpgradeDriver,
} from '../core/index.ts';
import type { Inventory } from '../inventory/index.ts';
import type { Journal, Locks, RunArtifacts, RunRecord } from '../state/index.ts';
import type { Control } from './execution.ts';
import { execute } from './executor.ts';
import { imageMetadata } from './step.ts';
import type { RunPolicy, UnitResult } from './unit-work.ts';

/**
 * The recovery of a unit that waits in its boot loader: a run of one unit and one hop. Such a unit reports
 * neither a serial number nor a card, so nothing identifies it and no rule can be evaluated again. Journal
 * and order of the steps are those of any run.
 */
export interface Recovery {
  readonly journal: Journal;
  readonly target: UnitTarget;
  readonly driver: UpgradeDriver;
  readonly locks: Locks;
  readonly clock: Clock;
  readonly simulationSpeed: number;
  readonly artifacts: RunArtifacts;
  /** Aborted when the operator cancels the transfer. */
  readonly stop: AbortSignal;
  readonly progress: (note: string, fraction: number | null) => void;
}

const SEND_AGAIN = 'To send the image: upsfw local recover PORT IMAGE --expect-id ID';

/** A recovery has no inventory: the command line names the port. */
const NO_INVENTORY: Inventory = {
  file: '',
  sha256: '',
  images: null,
  trust: [],
  snmp: [],
  unknownImages: 'warn',
  sites: [],
  units: [],
};

/**
 * Sends the image and watches the unit. Nothing is sent if the journal cannot be written before the first
 * block. The record has the problem of a journal that cannot be written later.
 */
export function recover(recovery: Recovery, image: StoredFile): Promise<RunRecord> {
  return executeRecovery(recovery, image, { stopNew: false, abort: recovery.stop });
}

/**
 * Asks the port for the result of a recorded transfer, and watches a unit that may be installing. Sends
 * nothing.
 */
export function watchRecovery(recovery: Recovery): Promise<RunRecord> {
  return executeRecovery(recovery, null, { stopNew: true, abort: recovery.stop });
}

function executeRecovery(recovery: Recovery, image: StoredFile | null, control: Control): Promise<RunRecord> {
  const { journal, target, driver, locks, clock, simulationSpeed, artifacts, progress } = recovery;
  const [unit] = journal.state.units;
  if (unit === undefined) {
    throw new Problem('config/run', 'The journal of the recovery names no unit.', { hint: SEND_AGAIN });
  }
  return execute({
    policy: RECOVERY_POLICY,
    journal,
    inventory: NO_INVENTORY,
    targets: new Map([[unit.planned.key, target]]),
    drivers: { nmc: driver, local: driver },
    locks,
    earlier: { refuseOn: async () => undefined, readAll: async () => () => null },
    clock,
    simulationSpeed,
    evaluateRules: () => [],
    image: async (hop) => image ?? imageMetadata(hop),
    artifacts,
    control,
    progress: (_key, note, fraction) => progress(note, fraction),
    ended: () => undefined,
  });
}

/**
 * The policy of a recovery: a boot loader that asks for an image identifies the unit and permits the start.
 */
export const RECOVERY_POLICY: RunPolicy = {
  locate: async (record) => ({ unit: record.planned.unit, isPast: false }),
  preflight: async () => undefined,
  checksAgain: false,
  maxStarts: 1,
  // After a cancelled transfer, the boot loader asks for an image again.
  startSignal: ({ abort }) => abort,
  failedStart: 'failed',
  seen: () => null,
  stopped: (_anyDone, journal) =>
    stopped(
      journal ??
        new Problem('refused/stopped', 'Stopped by the operator before the first block was sent.', {
          hint: SEND_AGAIN,
        }),
    ),
  noEffect: ({ state }: StepCheck) =>
    state === 'todo'
      ? new Problem(
          'device/update-failed',
          'The unit waits in its boot loader: the image did not arrive completely.',
          { hint: SEND_AGAIN },
        )
      : null,
  review: reviewAfterTransfer,
  notReady: () =>
    new Problem('refused/stale-plan', 'The unit already runs the version of the image. Nothing was sent.', {
      hint: 'Check the unit: upsfw local inspect PORT.',
    }),
  notBegun: () =>
    stopped(new Problem('refused/stopped', 'Nothing was sent in this run.', { hint: SEND_AGAIN })),
};

function stopped(problem: Problem): UnitResult {
  return { outcome: 'stopped', after: null, problem, reasons: [] };
}

/** Corrects a result after a transfer that broke off: another unit may answer at the port now. */
function reviewAfterTransfer(result: StepResult, step: 'settle' | 'verify', journal: Journal): StepResult {
  const broken = transferProblem(journal);
  if (broken === null) return result;
  const { state, method } = result;
  if (step === 'verify') return { state: 'unknown', method, problem: identityUnknown(broken) };
  return state === 'done' || state === 'failed' ? result : { state, method, problem: broken };
}

/** Why the transfer broke off before its last block, from the journal; null if it did not. */
function transferProblem({ events }: Journal): Problem | null {
  const start = events.findLast((event) => event.event === 'step' && event.step === 'start');
  if (start?.event !== 'step' || start.state !== 'unknown' || start.problem === null) return null;
  return new Problem(start.problem.code, start.problem.message, { hint: start.problem.hint });
}

/** Without the whole image a unit cannot run it, so the unit that answers may be another one. */
function identityUnknown({ code, message }: Problem): Problem {
  return new Problem(
    code,
    `${message} A running unit answers at the port now. Whether it is the same unit is not known.`,
    { hint: 'Compare its serial number with the unit: upsfw local inspect PORT.' },
  );
}
