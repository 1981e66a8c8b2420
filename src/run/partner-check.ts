import { asProblem, type Look, Problem, type Unit, type UnitTarget, usableSerial } from '../core/index.ts';
import { findPartners } from '../inventory/index.ts';
import { startInDoubt, type UnitRecord } from '../state/index.ts';
import type { Execution } from './execution.ts';
import { driverOf } from './look-all.ts';
import type { PartnerGate } from './partner-gate.ts';

/**
 * The units that carry the same load must be known to be healthy and idle at this moment: they run, no update is under way or
 * waits to be installed, nobody else works on them, and they did not fail in this run. Serial numbers decide who is who.
 * `quick`: leaves out the questions that need a login. Throws Problem refused/partner.
 */
export async function assertPartnersHealthy(
  key: string,
  unit: Unit,
  execution: Execution,
  flight: PartnerGate,
  { quick }: { readonly quick: boolean } = { quick: false },
): Promise<void> {
  const serial = usableSerial(unit.serial);
  const beside = serial === null ? null : flight.claim(key, serial);
  if (beside !== null) throw atWork(key, beside);
  const partners = partnersOf(execution).get(key) ?? [];
  for (const partner of partners) {
    const record = execution.journal.state.unit(partner);
    const inRun = record === undefined ? null : againstInRun(record);
    if (inRun !== null) throw notWell(partner, inRun);
    const target = execution.targets.get(partner);
    if (target === undefined) throw notWell(partner, 'cannot be looked at');
    const look = await driverOf(execution.paths, target).look(target, {
      clock: execution.clock,
      signal: execution.control.abort,
      update: quick ? 'object' : 'all',
    });
    if (look.problem !== null) throw notWell(partner, look.problem.message);
    const complaint = unwell(look.unit) ?? notIdle(look, target, record, quick);
    if (complaint !== null) throw notWell(partner, complaint);
    const partnerSerial = usableSerial(look.unit.serial);
    if (partnerSerial !== null && partnerSerial === serial) throw sameSerial(key, partner, partnerSerial);
    const under = partnerSerial === null ? null : flight.guard(key, partnerSerial);
    if (under !== null) throw notWell(partner, `is being updated in this run as ${under}`);
    if (await execution.locks.heldElsewhere(lockName(look.unit))) {
      throw notWell(partner, 'is being worked on by another process');
    }
    await execution.earlier.refuseOn(look.unit, 'partner').catch((thrown: unknown) => {
      throw notWell(partner, `is in doubt: ${asProblem(thrown).message}`);
    });
  }
}

/** What this run itself knows against a partner; null where there is nothing. */
function againstInRun(record: UnitRecord): string | null {
  if ((record.outcome === 'failed' || record.outcome === 'unknown') && wasTouched(record))
    return `ended as "${record.outcome}" in this run`;
  if (startInDoubt(record) !== null)
    return 'has received an image in this run and may install it at any time';
  if (record.hops.some(({ staged }) => staged))
    return 'has an image on its card from this run, and a person may start it at any time';
  return null;
}

/** Whether an update runs or waits at a partner. A unit without a card answers its port only while it runs. */
function notIdle(
  look: Look,
  target: UnitTarget,
  record: UnitRecord | undefined,
  quick: boolean,
): string | null {
  if (target.network === null) return null;
  const note = look.activityNote === undefined ? '' : ` (${look.activityNote})`;
  switch (look.activity) {
    case 'idle':
      return null;
    case 'updating':
      return `is being updated${note}`;
    case 'waiting':
      return `has received an image that is not installed yet${note}`;
    default:
      // Moments ago all sources were asked; its object alone cannot show more now.
      if (quick) return null;
      // Its update was verified in this run, so the result that its card shows is that one.
      return record?.outcome === 'upgraded' ? null : `does not show whether an update runs or waits${note}`;
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

function atWork(key: string, beside: string): Problem {
  return new Problem(
    'refused/partner',
    `${key} carries the same load as ${beside}, or is the same unit, and ${beside} is being updated in this run.`,
    {
      hint: `Wait until ${beside} has ended, then: upsfw resume. See that each unit has one entry in the inventory.`,
    },
  );
}

function sameSerial(key: string, partner: string, serial: string): Problem {
  return new Problem(
    'refused/identity',
    `${key} and its partner ${partner} answer with one serial number (${serial}): they are one unit.`,
    { hint: 'Remove one of the two entries from the inventory, and name the real partner.' },
  );
}

/** A unit is locked by what it is, not by its address: two inventories may name it differently. */
export function lockName(unit: Unit): string {
  return usableSerial(unit.serial) ?? `${unit.host ?? 'local'}-${unit.port ?? ''}`;
}

/**
 * The partners of the units of a run: those of the inventory as it is now, and those that it named when the run was begun. A line that
 * was removed since must not take the protection away.
 */
export function partnersOf({
  inventory,
  journal,
}: Pick<Execution, 'inventory' | 'journal'>): ReadonlyMap<string, readonly string[]> {
  const partners = new Map(findPartners(inventory));
  const [first] = journal.events;
  const atBegin = first?.event === 'run' ? (first.partners ?? {}) : {};
  for (const [key, others] of Object.entries(atBegin)) {
    for (const other of others) {
      partners.set(key, [...new Set([...(partners.get(key) ?? []), other])].sort());
      partners.set(other, [...new Set([...(partners.get(other) ?? []), key])].sort());
    }
  }
  return partners;
}
