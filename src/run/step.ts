import {
  asProblem,
  type Hop,
  isUpsHop,
  Problem,
  type ProblemJson,
  type Step,
  type StepContext,
  type StepName,
  type StepResult,
  type StepState,
  type StoredFile,
  type StoredImage,
  scaledClock,
  type Unit,
  unitKey,
} from '../core/index.ts';
import type { HopRecord } from '../state/index.ts';
import type { CommitMethod } from './start-gate.ts';
import type { UnitWork } from './unit-work.ts';

/** A step that does not keep its own limit is given up after this additional time. */
const GRACE_SECONDS = 60;

/** The steps of a hop. Throws the Problem of the driver if the hop is not possible. */
export function stepsOf(unit: Unit, hop: Hop, work: UnitWork): readonly Step[] {
  const answer = work.driver.steps(work.target, unit, hop);
  if (!answer.possible) throw answer.problem;
  return answer.steps;
}

/** The image of a hop without its file: `settle` and `verify` only read, so they do not need the bytes. */
export function imageMetadata(hop: Hop): StoredImage {
  return {
    ...hop.image,
    path: '',
    microLinkId: isUpsHop(hop) ? hop.from.microLinkId : null,
    microLinkIdAfter: isUpsHop(hop) ? hop.to.microLinkId : null,
    version: hop.to.version,
    signed: false,
    parts: [],
    problems: [],
  };
}

/**
 * What a step works with: the unit as it was, the image, the clock of the device, and facts from the
 * journal.
 */
export function contextFor(
  before: Unit,
  hop: Hop,
  image: StoredFile,
  memory: HopRecord | null,
  work: Pick<UnitWork, 'target' | 'clock' | 'simulationSpeed' | 'abort' | 'progress' | 'keep' | 'transcript'>,
  signal: AbortSignal = work.abort,
): StepContext {
  return {
    target: work.target,
    before,
    hop,
    image,
    clock: before.simulated ? scaledClock(work.clock, work.simulationSpeed) : work.clock,
    signal,
    remembered: {
      transferred: memory?.transferred ?? null,
      startedAt: memory?.startedAt ?? null,
      startedBy: memory?.startedBy ?? null,
      staged: memory?.staged ?? false,
      startMethods: memory?.startMethods ?? [],
      eventMark: memory?.eventMark ?? null,
      objectBefore: memory?.objectBefore ?? null,
      received: memory?.received ?? false,
      refusal: memory?.refusal ? problemFrom(memory.refusal) : null,
    },
    commit: () => Promise.reject(startNotAllowed()),
    received: async () => undefined,
    keep: work.keep,
    transcript: work.transcript,
    progress: (fraction, text) => work.progress(text, fraction),
  };
}

/** Only the start step may start an update. */
function startNotAllowed(): Problem {
  return new Problem('internal/unexpected', 'A step that may not start an update requested a start.', {
    hint: 'Report this.',
  });
}

/** A problem that was read back from a journal. */
export function problemFrom({ code, message, hint, details }: ProblemJson): Problem {
  return new Problem(code, message, { hint, details: details ?? [] });
}

/**
 * Executes a step, and ends even if the driver does not: a step that hangs has an unknown result. Its
 * signal is then aborted, so that it begins nothing while the device is asked for the result.
 */
export async function withTimeout(
  name: StepName,
  context: StepContext,
  steps: readonly Step[],
  work: Pick<UnitWork, 'driver' | 'clock'>,
): Promise<StepResult> {
  const step = steps.find((one) => one.step === name);
  if (step === undefined)
    throw new Problem('internal/unexpected', `The driver has no step "${name}".`, { hint: 'Report this.' });
  const done = new AbortController();
  // The real clock, not that of the device: this is for a driver that does not keep its own limit.
  const timeout = work.clock
    .sleep((step.limitSeconds + GRACE_SECONDS) * 1000, done.signal)
    .then((): StepResult => ({ state: 'unknown', method: null, problem: timedOut(step, context) }));
  const execution = work.driver
    .execute(name, { ...context, signal: AbortSignal.any([context.signal, done.signal]) })
    .catch((thrown): StepResult => ({ state: 'unknown', method: null, problem: asProblem(thrown) }));
  try {
    return await Promise.race([execution, timeout]);
  } finally {
    done.abort();
  }
}

function timedOut(step: Step, { target }: StepContext): Problem {
  return new Problem(
    'device/update-unknown',
    `${unitKey(target)}: the step "${step.step}" did not end within ${step.limitSeconds} seconds.`,
    { hint: 'Do not power the unit off. Check its panel, then run upsfw resume.' },
  );
}

/**
 * Records the state of a step; resolves when the line is on disk. `start`: for the state `committing` only.
 */
export async function recordStep(
  work: Pick<UnitWork, 'target' | 'journal'> & { readonly hop: Hop },
  hop: number,
  step: StepName,
  state: StepState,
  result: StepResult | null = null,
  start: { readonly method: CommitMethod; readonly object: string | null } | null = null,
): Promise<void> {
  await work.journal.append({
    event: 'step',
    unit: unitKey(work.target),
    hop,
    step,
    state,
    method: start?.method ?? result?.method ?? null,
    ...(start === null || start.method === 'xmodem' ? {} : { methods: [start.method] }),
    ...(start === null ? {} : { object: start.object }),
    ...(result?.uploads === undefined ? {} : { uploads: [...result.uploads] }),
    ...(result?.eventMark === undefined ? {} : { mark: result.eventMark }),
    ...(step === 'verify' && result?.unit !== undefined ? { seen: result.unit } : {}),
    problem: result?.problem?.toJSON() ?? null,
  });
}
