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

/** A step that does not end by itself gets this much more than its own limit before it is given up. */
const GRACE_SECONDS = 60;

/** The steps of a hop. Throws the path's own Problem where it cannot be taken. */
export function stepsOf(unit: Unit, hop: Hop, work: UnitWork): readonly Step[] {
  const answer = work.driver.steps(work.target, unit, hop);
  if (!answer.possible) throw answer.problem;
  return answer.steps;
}

/** Settle and verify only read, so they need the facts of the image but not its file. */
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

/** What a step works with: the unit as it was, the image, the device's clock, and what the journal remembers. */
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
    commit: () => Promise.reject(notAllowed()),
    received: async () => undefined,
    keep: work.keep,
    transcript: work.transcript,
    progress: (fraction, text) => work.progress(text, fraction),
  };
}

/** Only the start step may start anything. */
function notAllowed(): Problem {
  return new Problem('internal/unexpected', 'A step that may not start anything asked for a start.', {
    hint: 'Report this.',
  });
}

/** A problem that was read back from a journal. */
export function problemFrom({ code, message, hint, details }: ProblemJson): Problem {
  return new Problem(code, message, { hint, details: details ?? [] });
}

/**
 * Takes a step and ends with it, also when the path does not: a step that hangs has an unknown end. Its signal is aborted
 * then, so that nothing is begun behind the back of whoever asks the device what became of it.
 */
export async function withTimeout(
  name: StepName,
  context: StepContext,
  steps: readonly Step[],
  work: Pick<UnitWork, 'driver' | 'clock'>,
): Promise<StepResult> {
  const step = steps.find((one) => one.step === name);
  if (step === undefined)
    throw new Problem('internal/unexpected', `The path has no step "${name}".`, { hint: 'Report this.' });
  const over = new AbortController();
  // The world's clock, not the device's: this is for a path that does not keep its own limit.
  const giveUp = work.clock
    .sleep((step.limitSeconds + GRACE_SECONDS) * 1000, over.signal)
    .then((): StepResult => ({ state: 'unknown', method: null, problem: timedOut(step, context) }));
  const taken = work.driver
    .execute(name, { ...context, signal: AbortSignal.any([context.signal, over.signal]) })
    .catch((thrown): StepResult => ({ state: 'unknown', method: null, problem: asProblem(thrown) }));
  try {
    return await Promise.race([taken, giveUp]);
  } finally {
    over.abort();
  }
}

function timedOut(step: Step, { target }: StepContext): Problem {
  return new Problem(
    'device/update-unknown',
    `${unitKey(target)}: the step "${step.step}" did not end within ${step.limitSeconds} seconds.`,
    { hint: 'Do not power the unit off. Look at its panel, then run upsfw resume.' },
  );
}

/** Writes down how a step stands; resolves when the line is on the disk. `start`: with `committing`, what the start goes by. */
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
    ...(result?.eventMark === undefined ? {} : { mark: result.eventMark }),
    ...(step === 'verify' && result?.unit !== undefined ? { seen: result.unit } : {}),
    problem: result?.problem?.toJSON() ?? null,
  });
}
