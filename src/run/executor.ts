import pLimit from 'p-limit';
import { asProblem, isRefusal, Problem, type ProblemCode } from '../core/index.ts';
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
import type { UnitResult, UnitWork } from './preflight.ts';
import { problemFrom } from './step.ts';
import { describePartialRoute, runUnit, stopped, watchUnit } from './unit.ts';

/**
 * Carries out what is left of a run: units whose start is on record first, because their end must be known before
 * anything else is started. One unit's failure never stops or hides another's. Where the journal cannot be written any more,
 * no further start is made: what was started is watched to its end, and the record says what is wrong with the journal.
 */
export async function execute(execution: Execution): Promise<RunRecord> {
  const { journal, inventory } = execution;
  const flight = new PartnerGate(partnersOf(execution));
  const limits = new Map(inventory.sites.map((site) => [site.name, pLimit(site.concurrency)]));
  for (const record of journal.state.units.filter(stoppedBetweenHops)) {
    await journal.append({ event: 'retry', unit: record.planned.key }).catch((thrown: unknown) => {
      // The unit stays as it was left; those whose start is on record are watched all the same.
      if (journal.failed === null) throw thrown;
    });
  }

  // Those in doubt may all be under way at this moment, so watching them waits for no place and no partner. A unit that
  // ended as unknown is asked again each time a run is taken up: by now it may tell.
  const inDoubt = journal.state.units.filter((record) => startInDoubt(record) !== null);
  await Promise.all(inDoubt.map((record) => resumeWatch(record, execution, flight)));
  const outputPending = journal.state.units.filter(
    (record) => outputNeedsRestore(record) && record.outcome === 'unknown' && startInDoubt(record) === null,
  );
  await Promise.all(outputPending.map((record) => restoreOutput(record, execution, flight)));
  // The next hop of a unit that was watched is a start like any other, and waits for its place and its partners.
  const waiting = journal.state.units.filter(
    (record) => record.outcome === 'pending' && startInDoubt(record) === null,
  );
  // What the plan itself ends needs no place and no lock, and is told first.
  for (const record of waiting) {
    const ending = settledByPlan(record);
    if (ending !== null) await end(record, ending, execution);
  }
  const failures: unknown[] = [];
  await Promise.all(
    waiting
      .filter((record) => settledByPlan(record) === null)
      .map((record) => {
        const limit = limits.get(siteOf(record)) ?? pLimit(1);
        return limit(async () => {
          if (failures.length > 0) return;
          await flight.enter(record.planned.key);
          try {
            await startUnit(record, execution, flight);
          } catch (thrown) {
            failures.push(thrown);
          } finally {
            flight.leave(record.planned.key);
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

/** A unit that was not begun stays pending after a stop; one that has hops behind it says where it stands. */
async function startUnit(record: UnitRecord, execution: Execution, flight: PartnerGate): Promise<void> {
  const anyDone = lastVerified(record) !== null;
  if (isStopping(execution) && !anyDone && !outputNeedsRestore(record)) return;
  const ending = await underLock(record, execution, flight, (work) =>
    withOutputRestored(record, work, async () =>
      isStopping(execution) ? stopped(anyDone, execution.journal.failed) : await runUnit(record, work),
    ),
  );
  if (ending !== null) await end(record, ending, execution);
}

/** No further start is to be made: the operator says so, or the journal cannot be written. */
function isStopping({ control, journal }: Execution): boolean {
  return control.stopNew || journal.failed !== null;
}

/** A unit that has ended, and whose output this run did not get on again. */
async function restoreOutput(record: UnitRecord, execution: Execution, flight: PartnerGate): Promise<void> {
  const ending = await underLock(record, execution, flight, (work) =>
    withOutputRestored(record, work, async () => endBeforeOutput(record)),
  );
  if (ending !== null) await end(record, ending, execution);
}

/** Watches a start whose end is not known. A unit that has hops left gets no end: it is begun with the others. */
async function resumeWatch(record: UnitRecord, execution: Execution, flight: PartnerGate): Promise<void> {
  const index = startInDoubt(record);
  if (index === null) return;
  const ending = await underLock(record, execution, flight, (work) =>
    withOutputRestored(record, work, () => watchUnit(record, index, work)),
  );
  if (ending !== null) await end(record, ending, execution);
}

async function end(record: UnitRecord, ended: UnitResult, execution: Execution): Promise<void> {
  const { key } = record.planned;
  // The hops that were verified in the meantime stand in the journal, not in the record that the work began with.
  const now = execution.journal.state.unit(key);
  const ending = describePartialRoute(ended, now ?? record);
  await execution.journal.append({
    event: 'end',
    unit: key,
    outcome: ending.outcome,
    after: ending.after,
    problem: ending.problem?.toJSON() ?? null,
    reasons: [...ending.reasons],
  });
  execution.ended(key, ending.outcome);
}

/** Works on a unit while no other process can. */
async function underLock<T>(
  record: UnitRecord,
  execution: Execution,
  flight: PartnerGate,
  act: (work: UnitWork) => Promise<T>,
): Promise<T | UnitResult> {
  const { planned } = record;
  const target = execution.targets.get(planned.key);
  if (target === undefined) {
    return refusal(
      new Problem('config/plan', `The inventory has no unit ${planned.key} any more.`, {
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
      target,
      path: driverOf(execution.paths, target),
      journal: execution.journal,
      clock: execution.clock,
      simulationSpeed: execution.simulationSpeed,
      abort: execution.control.abort,
      stopping: () => isStopping(execution),
      against: execution.against,
      image: execution.image,
      noEarlierStart: (unit) => execution.earlier.refuseOn(unit),
      assertPartnersHealthy: (unit, options) =>
        assertPartnersHealthy(planned.key, unit, execution, flight, options),
      progress: (note, fraction) => execution.progress(planned.key, note, fraction),
      keep: (name, bytes) => execution.artifacts.keep(planned.key, name, bytes),
      transcript: (said) => execution.artifacts.transcript(planned.key, said),
    });
  } finally {
    await lock.release();
  }
}

function refusal(problem: Problem, startMade: boolean): UnitResult {
  return { outcome: startMade ? 'unknown' : 'refused', after: null, problem, reasons: [] };
}

/** What stands against a unit at planning, and has a code of its own in a run. */
const CODE_OF_REASON: Readonly<Record<string, ProblemCode | undefined>> = {
  START_OPEN: 'refused/second-attempt',
  RUN_AT_WORK: 'refused/locked',
  NO_SEND_PATH: 'refused/no-path',
};

/** Units that the plan itself ends: nothing to do, nothing allowed, or nothing there. */
function settledByPlan(record: UnitRecord): UnitResult | null {
  const { verdict, unit, hops, problem } = record.planned;
  if (verdict.status === 'outdated' && hops.length > 0) return null;
  if (verdict.status === 'current')
    return { outcome: 'current', after: unit, problem: null, reasons: verdict.reasons };
  const against = verdict.reasons.filter(isRefusal);
  const after = unit.reachable ? unit : null;
  if (verdict.status === 'unreachable') {
    const cause = problem === null ? silent() : problemFrom(problem);
    // Its only reason says that it did not answer; the problem says why.
    const told = `The unit was unreachable when the plan was made. ${cause.message}`;
    const { hint, details } = cause;
    return {
      outcome: 'failed',
      after,
      problem: new Problem(cause.code, told, { hint, details, cause }),
      reasons: [],
    };
  }
  const message = against.map((reason) => reason.because).join('; ') || `the verdict is "${verdict.status}"`;
  const code = against.map((reason) => CODE_OF_REASON[reason.code]).find((one) => one !== undefined);
  return {
    outcome: 'refused',
    after,
    problem: new Problem(code ?? 'refused/rule', `${message}.`, {
      hint: against[0]?.remedy ?? 'See the reasons.',
    }),
    reasons: verdict.reasons,
  };
}

function silent(): Problem {
  return new Problem('link/silent', 'It did not answer.', {
    hint: 'Check address, credential and access list, then make a new plan.',
  });
}
