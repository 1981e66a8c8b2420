import pLimit from 'p-limit';
import {
  asProblem,
  type Clock,
  type Hop,
  Problem,
  type Reason,
  type StoredImage,
  type Unit,
  type UnitTarget,
  usableSerial,
} from '../core/index.ts';
import type { EarlierStarts } from './earlier-starts.ts';
import { fold, type RunRecord, startInDoubt, type UnitRecord } from './fold.ts';
import type { Inventory } from './inventory.ts';
import type { Ended, Journal } from './journal.ts';
import type { Lock, Locks } from './locks.ts';
import { type Paths, pathOf } from './look-all.ts';
import { Flight, findPartners } from './partners.ts';
import type { Ending } from './preflight.ts';
import { workOn } from './unit-run.ts';

/** What the operator wants of a run that is under way. */
export interface Control {
  /** True: begin no further unit. */
  stopNew: boolean;
  /** Aborted: units before their commit end now. */
  readonly abort: AbortSignal;
}

export interface Execution {
  readonly journal: Journal;
  readonly inventory: Inventory;
  /** Resolved targets by key; the partners of the chosen units are among them. */
  readonly targets: ReadonlyMap<string, UnitTarget>;
  readonly paths: Paths;
  readonly locks: Locks;
  readonly earlier: EarlierStarts;
  readonly clock: Clock;
  readonly rehearsalSpeed: number;
  readonly against: (unit: Unit, image: StoredImage, hop: Hop) => readonly Reason[];
  readonly image: (hop: Hop) => Promise<StoredImage>;
  readonly control: Control;
  /** Called as units move on; for showing only. */
  readonly progress: (key: string, note: string, fraction: number | null) => void;
  /** Called when a unit has ended; for showing only. */
  readonly ended: (key: string, outcome: Ended) => void;
}

/**
 * Carries out what is left of a run: units whose start is on record first, because their end must be known before
 * anything else is started. One unit's failure never stops or hides another's. Rejects only where the journal cannot be
 * written any more.
 */
export async function execute(execution: Execution): Promise<RunRecord> {
  const { journal, inventory, control } = execution;
  const flight = new Flight(findPartners(inventory));
  const limits = new Map(inventory.sites.map((site) => [site.name, pLimit(site.concurrency)]));
  const begun = fold(journal.events);
  // A unit that ended as unknown is asked again each time a run is taken up: by now it may tell.
  const inDoubt = begun.units.filter((record) => startInDoubt(record) !== null);
  const waiting = begun.units.filter((record) => record.outcome === 'pending' && !inDoubt.includes(record));

  // Those in doubt may all be under way at this moment, so watching them waits for no place and no partner.
  await Promise.all(inDoubt.map((record) => runOne(record, execution)));
  // What the plan itself ends needs no place and no lock, and is told first.
  for (const record of waiting) {
    const ending = withoutWork(record);
    if (ending !== null) await end(record, ending, execution);
  }
  const failures: unknown[] = [];
  await Promise.all(
    waiting
      .filter((record) => withoutWork(record) === null)
      .map((record) => {
        const limit = limits.get(siteOf(record)) ?? pLimit(1);
        return limit(async () => {
          if (control.stopNew || failures.length > 0) return;
          await flight.enter(record.planned.key);
          try {
            if (!control.stopNew) await runOne(record, execution);
          } catch (thrown) {
            failures.push(thrown);
          } finally {
            flight.leave(record.planned.key);
          }
        });
      }),
  );
  if (failures.length > 0) throw failures[0];
  const left = fold(journal.events).units.some(
    ({ outcome }) => outcome === 'pending' || outcome === 'stopped',
  );
  await journal.append({ event: 'closed', state: left ? 'stopped' : 'done' });
  return fold(journal.events);
}

function siteOf(record: UnitRecord): string {
  return record.planned.key.split('/')[0] ?? '';
}

async function runOne(record: UnitRecord, execution: Execution): Promise<void> {
  await end(record, await endingOf(record, execution), execution);
}

async function end(record: UnitRecord, ending: Ending, execution: Execution): Promise<void> {
  const { key } = record.planned;
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

async function endingOf(record: UnitRecord, execution: Execution): Promise<Ending> {
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
    return await workOn(record, {
      target,
      path: pathOf(execution.paths, target),
      journal: execution.journal,
      clock: execution.clock,
      rehearsalSpeed: execution.rehearsalSpeed,
      abort: execution.control.abort,
      against: execution.against,
      image: execution.image,
      noEarlierStart: (unit) => execution.earlier.refuseOn(unit),
      partnersAreWell: () => partnersAreWell(planned.key, execution),
      progress: (note, fraction) => execution.progress(planned.key, note, fraction),
    });
  } finally {
    await lock.release();
  }
}

function refusal(problem: Problem, startMade: boolean): Ending {
  return { outcome: startMade ? 'unknown' : 'refused', after: null, problem, reasons: [] };
}

/** Units that the plan itself ends: nothing to do, nothing allowed, or nothing there. */
function withoutWork(record: UnitRecord): Ending | null {
  const { verdict, unit, hops, problem } = record.planned;
  if (verdict.status === 'outdated' && hops.length > 0) return null;
  if (verdict.status === 'current')
    return { outcome: 'current', after: unit, problem: null, reasons: verdict.reasons };
  const against = verdict.reasons.filter(({ outcome }) => outcome === 'block' || outcome === 'unknown');
  const after = unit.reachable ? unit : null;
  if (verdict.status === 'unreachable') {
    const cause =
      problem === null ? silent() : new Problem(problem.code, problem.message, { hint: problem.hint });
    return { outcome: 'failed', after, problem: cause, reasons: verdict.reasons };
  }
  const message = against.map((reason) => reason.because).join('; ') || `the verdict is "${verdict.status}"`;
  return {
    outcome: 'refused',
    after,
    problem: new Problem('refused/rule', `${message}.`, { hint: against[0]?.remedy ?? 'See the reasons.' }),
    reasons: verdict.reasons,
  };
}

function silent(): Problem {
  return new Problem('link/silent', 'The unit did not answer when the plan was made.', {
    hint: 'Check address, credential and access list, then make a new plan.',
  });
}

/** A unit is locked by what it is, not by its address: two inventories may name it differently. */
function lockName(unit: Unit): string {
  return usableSerial(unit.serial) ?? `${unit.host ?? 'local'}-${unit.port ?? ''}`;
}

/**
 * The units that carry the same load must be known to be well at this moment: nobody else is at them, they did not fail
 * in this run, and they say so themselves.
 */
async function partnersAreWell(key: string, execution: Execution): Promise<void> {
  const partners = findPartners(execution.inventory).get(key) ?? [];
  const records = new Map(fold(execution.journal.events).units.map((record) => [record.planned.key, record]));
  for (const partner of partners) {
    const record = records.get(partner);
    if (
      record !== undefined &&
      (record.outcome === 'failed' || record.outcome === 'unknown') &&
      wasTouched(record)
    ) {
      throw notWell(partner, `ended as "${record.outcome}" in this run`);
    }
    const target = execution.targets.get(partner);
    if (target === undefined) throw notWell(partner, 'cannot be looked at');
    const look = await pathOf(execution.paths, target).look(target, {
      clock: execution.clock,
      signal: execution.control.abort,
    });
    if (look.problem !== null) throw notWell(partner, look.problem.message);
    const complaint = unwell(look.unit);
    if (complaint !== null) throw notWell(partner, complaint);
    if (await execution.locks.heldElsewhere(lockName(look.unit))) {
      throw notWell(partner, 'is being worked on by another process');
    }
    await execution.earlier.refuseOn(look.unit).catch((thrown: unknown) => {
      throw notWell(partner, `is in doubt: ${asProblem(thrown).message}`);
    });
  }
}

function wasTouched(record: UnitRecord): boolean {
  return record.hops.some((hop) => hop.startedAt !== null);
}

function unwell(unit: Unit): string | null {
  const { onLine, outputOn, linkUp, alarms } = unit.condition;
  if (linkUp !== true) return 'has no known link to its card';
  if (onLine !== true) return 'is not known to be on mains';
  if (outputOn !== true) return 'is not known to have its output on';
  if (alarms === null) return 'has alarm flags that cannot be read';
  return alarms.length === 0 ? null : `has alarms: ${alarms.join(', ')}`;
}

function notWell(partner: string, complaint: string): Problem {
  return new Problem('refused/partner', `${partner}, which carries the same load, ${complaint}.`, {
    hint: `Bring ${partner} in order first: while this unit is updated, the load hangs on it alone.`,
  });
}
