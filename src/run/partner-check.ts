import { asProblem, Problem, type Unit, usableSerial } from '../core/index.ts';
import type { Execution } from './execution.ts';
import { fold, type UnitRecord } from './fold.ts';
import { pathOf } from './look-all.ts';
import { findPartners } from './partners.ts';

/**
 * The units that carry the same load must be known to be well at this moment: nobody else is at them, they did not fail
 * in this run, and they say so themselves.
 */
export async function partnersAreWell(key: string, execution: Execution): Promise<void> {
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

/** A unit is locked by what it is, not by its address: two inventories may name it differently. */
export function lockName(unit: Unit): string {
  return usableSerial(unit.serial) ?? `${unit.host ?? 'local'}-${unit.port ?? ''}`;
}
