import pLimit from 'p-limit';
import {
  asProblem,
  isRefusal,
  isUnread,
  outcomeWithoutStart,
  Problem,
  type ProblemCode,
} from '../core/index.ts';
import {
  type Lock,
  lastVerified,
  outputNeedsRestore,
  type RunRecord,
  startInDoubt,
  stoppedBetweenHops,
  type UnitRecord,
} from '../state/index.ts';
import type { Execution } from './execution.ts';
import { driverOf } from './look-all.ts';
import { endBeforeOutput, withOutputRestored } from './output.ts';
import { assertPartnersHealthy, lockName, partnersOf } from './partner-check.ts';
import { PartnerGate } from './partner-gate.ts';
import { problemFrom } from './step.ts';
import { describePartialRoute, runUnit, watchUnit } from './unit.ts';
import type { UnitResult, UnitWork } from './unit-work.ts';

/**
 * Executes what is left of a run. Units with a start on record come first, because their result must be
 * known before anything else is started. The failure of one unit never stops or hides another. If the
 * journal cannot be written any more, no further start is made: what was started is watched to its end, and
 * the record has the problem.
 */
export async function execute(execution: Execution): Promise<RunRecord> {
  const { journal, inventory } = execution;
  const gate = new PartnerGate(partnersOf(execution));
  const limits = new Map(inventory.sites.map((site) => [site.name, pLimit(site.concurrency)]));
  for (const record of journal.state.units.filter(stoppedBetweenHops)) {
    await journal.append({ event: 'retry', unit: record.planned.key }).catch((thrown: unknown) => {
      // The unit keeps its state. Units with a start on record are still watched.
      if (journal.failed === null) throw thrown;
    });
  }

  // Units in doubt may all be updating now, so watching them needs no slot and waits for no partner. Each
  // resume asks a unit that ended as unknown again, because it may know the result now.
  const inDoubt = journal.state.units.flatMap((record) => {
    const index = startInDoubt(record);
    return index === null ? [] : [{ record, index }];
  });
  await Promise.all(inDoubt.map(({ record, index }) => resumeWatch(record, index, execution, gate)));
  const outputPending = journal.state.units.filter(
    (record) => outputNeedsRestore(record) && record.outcome === 'unknown' && startInDoubt(record) === null,
  );
  await Promise.all(outputPending.map((record) => restoreOutput(record, execution, gate)));
  // The next hop of a watched unit is a start like any other: it waits for its slot and its partners.
  const waiting = journal.state.units.filter(
    (record) => record.outcome === 'pending' && startInDoubt(record) === null,
  );
  // Units that the plan settles need neither slot nor lock, so they are reported first.
  for (const record of waiting) {
    const result = settledByPlan(record);
    if (result !== null) await finishUnit(record, result, execution);
  }
  const failures: unknown[] = [];
  await Promise.all(
    waiting
      .filter((record) => settledByPlan(record) === null)
      .map((record) => {
        const limit = limits.get(siteOf(record)) ?? pLimit(1);
        return limit(async () => {
          if (failures.length > 0) return;
          await gate.enter(record.planned.key);
          try {
            await startUnit(record, execution, gate);
          } catch (thrown) {
            failures.push(thrown);
          } finally {
            gate.leave(record.planned.key);
          }
        });
      }),
  );
  if (failures.length > 0) throw failures[0];
  const left = journal.state.units.some(({ outcome }) => outcome === 'pending' || outcome === 'stopped');
  const problem = execution.control.pausedBy?.toJSON() ?? null;
  await journal.append({
    event: 'closed',
    state: left ? 'stopped' : 'done',
    ...(problem === null ? {} : { problem }),
    ...(left && execution.control.byOperator === true ? { by: 'operator' as const } : {}),
  });
  return journal.state.record();
}

function siteOf(record: UnitRecord): string {
  return record.planned.key.split('/')[0] ?? '';
}

/** After a stop, a unit that was not begun stays pending; a unit with verified hops ends as stopped. */
async function startUnit(record: UnitRecord, execution: Execution, gate: PartnerGate): Promise<void> {
  const anyDone = lastVerified(record) !== null;
  const { policy } = execution;
  if (isStopping(execution) && !anyDone && !outputNeedsRestore(record)) {
    const result = policy.notBegun();
    if (result !== null) await finishUnit(record, result, execution);
    return;
  }
  const result = await underLock(record, execution, gate, (work) =>
    withOutputRestored(record, work, async () =>
      isStopping(execution) ? policy.stopped(anyDone, execution.journal.failed) : await runUnit(record, work),
    ),
  );
  if (result !== null) await finishUnit(record, result, execution);
}

/** True: make no further start, because of a stop or a journal that cannot be written. */
function isStopping({ control, journal }: Execution): boolean {
  return control.stopNew || journal.failed !== null;
}

/** Switches on the output of a unit that has ended with its output off. */
async function restoreOutput(record: UnitRecord, execution: Execution, gate: PartnerGate): Promise<void> {
  const result = await underLock(record, execution, gate, (work) =>
    withOutputRestored(record, work, async () => endBeforeOutput(record)),
  );
  if (result !== null) await finishUnit(record, result, execution);
}

/**
 * Watches a start without a known result. A unit with further hops does not end here: it is begun with the
 * others.
 */
async function resumeWatch(
  record: UnitRecord,
  index: number,
  execution: Execution,
  gate: PartnerGate,
): Promise<void> {
  const result = await underLock(record, execution, gate, (work) =>
    withOutputRestored(record, work, () => watchUnit(record, index, work)),
  );
  if (result !== null) await finishUnit(record, result, execution);
}

async function finishUnit(record: UnitRecord, ended: UnitResult, execution: Execution): Promise<void> {
  const { key } = record.planned;
  // The journal has the hops that were verified meanwhile; the record of the beginning does not.
  const now = execution.journal.state.unit(key);
  const result = describePartialRoute(ended, now ?? record);
  await execution.journal.append({
    event: 'end',
    unit: key,
    outcome: result.outcome,
    after: result.after,
    problem: result.problem?.toJSON() ?? null,
    reasons: [...result.reasons],
  });
  execution.ended(key, result.outcome);
}

/** Works on a unit while it holds the lock of the unit. */
async function underLock<T>(
  record: UnitRecord,
  execution: Execution,
  gate: PartnerGate,
  act: (work: UnitWork) => Promise<T>,
): Promise<T | UnitResult> {
  const { planned } = record;
  const target = execution.targets.get(planned.key);
  if (target === undefined) {
    return refusal(
      new Problem('config/plan', `The inventory has no unit ${planned.key}, which is in the plan.`, {
        hint: 'Make a new plan: upsfw plan.',
      }),
      startInDoubt(record) !== null,
    );
  }
  let lock: Lock;
  try {
    lock = await execution.locks.take(lockName(planned.unit), `upgrade of ${planned.key}`);
  } catch (thrown) {
    return refusal(asProblem(thrown), startInDoubt(record) !== null);
  }
  try {
    return await act({
      policy: execution.policy,
      target,
      driver: driverOf(execution.drivers, target),
      journal: execution.journal,
      clock: execution.clock,
      simulationSpeed: execution.simulationSpeed,
      abort: execution.control.abort,
      stopping: () => isStopping(execution),
      evaluateRules: execution.evaluateRules,
      image: execution.image,
      assertNoEarlierStart: (unit) => execution.earlier.refuseOn(unit),
      assertPartnersHealthy: (unit, options) =>
        assertPartnersHealthy(planned.key, unit, execution, gate, options),
      progress: (note, fraction) => execution.progress(planned.key, note, fraction),
      keep: (name, bytes) => execution.artifacts.keep(planned.key, name, bytes),
      transcript: (entry) => execution.artifacts.transcript(planned.key, entry),
    });
  } finally {
    await lock.release();
  }
}

function refusal(problem: Problem, startMade: boolean): UnitResult {
  return { outcome: startMade ? 'unknown' : 'refused', after: null, problem, reasons: [] };
}

/** Reasons of a plan that have their own problem code in a run. */
const CODE_OF_REASON: Readonly<Record<string, ProblemCode | undefined>> = {
  START_OPEN: 'refused/second-attempt',
  RUN_AT_WORK: 'refused/locked',
  NO_SEND_PATH: 'refused/no-path',
};

/** The result of a unit that the plan settles: nothing to do, blocked, or unreachable; otherwise null. */
function settledByPlan(record: UnitRecord): UnitResult | null {
  const { verdict, unit, hops, problem } = record.planned;
  if (verdict.status === 'outdated' && hops.length > 0) return null;
  if (verdict.status === 'current')
    return { outcome: 'current', after: unit, problem: null, reasons: verdict.reasons };
  const refusals = verdict.reasons.filter(isRefusal);
  const after = unit.reachable ? unit : null;
  if (verdict.status === 'unreachable') {
    const cause = problem === null ? noAnswer() : problemFrom(problem);
    // Its only reason is that it did not answer; the problem has the cause.
    const message = `The unit was unreachable when the plan was made. ${cause.message}`;
    const { hint, details } = cause;
    return {
      outcome: 'failed',
      after,
      problem: new Problem(cause.code, message, { hint, details, cause }),
      reasons: [],
    };
  }
  const message = refusals.map((reason) => reason.because).join('; ') || `the verdict is "${verdict.status}"`;
  // A start of another run says more than the problem of the look.
  const code =
    refusals.map((reason) => CODE_OF_REASON[reason.code]).find((one) => one !== undefined) ??
    (refusals.some(isUnread) ? problem?.code : undefined);
  return {
    outcome: outcomeWithoutStart(code ?? 'refused/rule'),
    after,
    problem: new Problem(code ?? 'refused/rule', `${message}.`, {
      hint: refusals[0]?.remedy ?? 'See the reasons.',
    }),
    reasons: verdict.reasons,
  };
}

function noAnswer(): Problem {
  return new Problem('link/silent', 'It did not answer.', {
    hint: 'Check address, credential and access list. Then make a new plan: upsfw plan.',
  });
}
