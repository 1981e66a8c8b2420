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
 * The recovery of a unit that waits in its boot loader: a run of one unit and one hop. Such a unit has no serial number and no
 * card, so nothing can identify it and no rule can be asked again. The order of the steps and the journal are those of any run.
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

/** The inventory of a run that has none: the port is named on the command line. */
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
 * Sends the image and watches the unit. Nothing is sent if the journal cannot be written before the first block; if it cannot
 * be written later, the record says so.
 */
export function recover(recovery: Recovery, image: StoredFile): Promise<RunRecord> {
  return carryOut(recovery, image, { stopNew: false, abort: recovery.stop });
}

/** Asks the port what became of a transfer that the journal has, and watches the unit if it may be installing. Sends nothing. */
export function takeUpRecovery(recovery: Recovery): Promise<RunRecord> {
  return carryOut(recovery, null, { stopNew: true, abort: recovery.stop });
}

function carryOut(recovery: Recovery, image: StoredFile | null, control: Control): Promise<RunRecord> {
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

/** A boot loader that asks for an image is all that identifies the unit, and all that permits a start. */
export const RECOVERY_POLICY: RunPolicy = {
  locate: async (record) => ({ unit: record.planned.unit, isPast: false }),
  preflight: async () => undefined,
  checksAgain: false,
  maxStarts: 1,
  // The boot loader goes back to asking for an image when a transfer is cancelled.
  startSignal: ({ abort }) => abort,
  failedStart: 'failed',
  // Until the transfer begins, the unit waits as before, whatever the cause.
  outcomeBeforeStart: (_problem, during) => (during === 'check' ? 'refused' : 'failed'),
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
    new Problem('device/start-refused', 'The unit already runs the version of the image. Nothing was sent.', {
      hint: 'To see its state: upsfw local inspect PORT.',
    }),
  notBegun: () =>
    stopped(new Problem('refused/stopped', 'Nothing was sent in this run.', { hint: SEND_AGAIN })),
};

function stopped(problem: Problem): UnitResult {
  return { outcome: 'stopped', after: null, problem, reasons: [] };
}

/** A transfer that broke off leaves the unit in doubt: another unit may answer at the port later. */
function reviewAfterTransfer(result: StepResult, step: 'settle' | 'verify', journal: Journal): StepResult {
  const broken = whyBroken(journal);
  if (broken === null) return result;
  const { state, method } = result;
  if (step === 'verify') return { state: 'unknown', method, problem: maybeAnother(broken) };
  return state === 'done' || state === 'failed' ? result : { state, method, problem: broken };
}

/** Why the transfer broke off before its last block, as the journal has it; null if it did not. */
function whyBroken({ events }: Journal): Problem | null {
  const sent = events.findLast((event) => event.event === 'step' && event.step === 'start');
  if (sent?.event !== 'step' || sent.state !== 'unknown' || sent.problem === null) return null;
  return new Problem(sent.problem.code, sent.problem.message, { hint: sent.problem.hint });
}

/** A unit that did not get the whole image cannot run it, so the unit that answers is not known to be the same one. */
function maybeAnother({ code, message }: Problem): Problem {
  return new Problem(
    code,
    `${message} A running unit answers at the port now. Whether it is the same unit is not known.`,
    { hint: 'Compare its serial number with the unit: upsfw local inspect PORT.' },
  );
}
