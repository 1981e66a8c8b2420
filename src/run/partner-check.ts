import { asProblem, type Look, Problem, type Unit, usableSerial } from '../core/index.ts';
import { findPartners } from '../inventory/index.ts';
import { startInDoubt, type UnitRecord } from '../state/index.ts';
import type { Execution } from './execution.ts';
import { driverOf } from './look-all.ts';
import type { PartnerGate } from './partner-gate.ts';

/**
 * Checks that the partners of a unit are known to be healthy and idle now. They must run without an update
 * that is in progress or waits to be installed. No other process may work on them, and they must not have
 * failed in this run. Serial numbers identify them. `quick`: skips the questions that need a login. Throws
 * Problem refused/partner.
 */
export async function assertPartnersHealthy(
  key: string,
  unit: Unit,
  execution: Execution,
  gate: PartnerGate,
  { quick }: { readonly quick: boolean } = { quick: false },
): Promise<void> {
  const serial = usableSerial(unit.serial);
  const other = serial === null ? null : gate.claim(key, serial);
  if (other !== null) throw updatedElsewhere(key, other);
  const partners = partnersOf(execution).get(key) ?? [];
  for (const partner of partners) {
    const record = execution.journal.state.unit(partner);
    const runProblem = record === undefined ? null : problemInRun(record);
    if (runProblem !== null) throw unhealthyPartner(partner, runProblem);
    const target = execution.targets.get(partner);
    if (target === undefined)
      throw unhealthyPartner(partner, 'is not in the inventory, so it cannot be checked');
    if (target.network === null) throw partnerAtPort(partner);
    const look = await driverOf(execution.drivers, target).look(target, {
      clock: execution.clock,
      signal: execution.control.abort,
      update: quick ? 'object' : 'all',
    });
    if (look.problem !== null) throw unhealthyPartner(partner, `cannot be checked: ${causeOf(look.problem)}`);
    const reason = healthProblem(look.unit) ?? activityProblem(look, record, quick);
    if (reason !== null) throw unhealthyPartner(partner, reason);
    const partnerSerial = usableSerial(look.unit.serial);
    if (target.serial !== null && usableSerial(target.serial) !== partnerSerial)
      throw unhealthyPartner(partner, otherSerial(target.serial, look.unit));
    // Without a serial number it could be the unit itself, or one that is being updated.
    if (partnerSerial === null) throw unhealthyPartner(partner, 'reports no usable serial number');
    if (partnerSerial === serial) throw sameSerial(key, partner, partnerSerial);
    const updatedAs = gate.guard(key, partnerSerial);
    if (updatedAs !== null) throw unhealthyPartner(partner, `is being updated in this run as ${updatedAs}`);
    if (await execution.locks.heldElsewhere(lockName(look.unit))) {
      throw unhealthyPartner(partner, 'is in use by another process');
    }
    await execution.earlier.refuseOn(look.unit, 'partner').catch((thrown: unknown) => {
      throw unhealthyPartner(partner, `is in doubt: ${causeOf(asProblem(thrown))}`);
    });
  }
}

/** A problem of a partner in this run; null without one. */
function problemInRun(record: UnitRecord): string | null {
  if ((record.outcome === 'failed' || record.outcome === 'unknown') && wasTouched(record))
    return `ended as "${record.outcome}" in this run`;
  if (startInDoubt(record) !== null)
    return 'has received an image in this run and may install it at any time';
  if (record.hops.some(({ staged }) => staged))
    return 'has an image on its card from this run, and a person may start it at any time';
  return null;
}

/** The unit at the address of a partner is not the partner. */
function otherSerial(listed: string, { serial }: Unit): string {
  return `reports ${serial ?? 'no serial number'}, and the inventory has ${listed}`;
}

/** Why a partner is not known to be idle; null if it is. */
function activityProblem(look: Look, record: UnitRecord | undefined, quick: boolean): string | null {
  const note = look.activityNote === undefined ? '' : ` (${look.activityNote})`;
  switch (look.activity) {
    case 'idle':
      return null;
    case 'updating':
      return `is being updated${note}`;
    case 'waiting':
      return `has received an image that is not installed yet${note}`;
    default:
      // All sources were asked moments ago; the update object alone cannot show more.
      if (quick) return null;
      // This run verified its update, so its card shows the result of that update.
      return record?.outcome === 'upgraded'
        ? null
        : `does not show whether an update is in progress or waits${note}`;
  }
}

function wasTouched(record: UnitRecord): boolean {
  return record.hops.some((hop) => hop.startedAt !== null);
}

function healthProblem(unit: Unit): string | null {
  const { onLine, outputOn, linkUp, alarms, selfTest, calibrating } = unit.condition;
  if (linkUp !== true) return 'has no known link to its card';
  if (onLine !== true) return 'is not known to be on mains';
  if (outputOn !== true) return 'is not known to have its output on';
  // Both run the load on battery.
  if (selfTest !== false) return 'may be in a self-test';
  if (calibrating !== false) return 'may be calibrating its battery';
  if (alarms === null) return 'has alarm flags that cannot be read';
  return alarms.length === 0 ? null : `has alarms: ${alarms.join(', ')}`;
}

/** The message of a problem, as a part of a sentence. */
function causeOf({ message }: Problem): string {
  return message.replace(/\.$/, '');
}

function unhealthyPartner(partner: string, reason: string): Problem {
  return new Problem('refused/partner', `${partner}, which carries the same load, ${reason}.`, {
    hint: `Fix ${partner} first: it is the only supply of the load during this update. Then run upsfw resume.`,
  });
}

/** Nothing at a port shows whether an update runs, and a look there takes longer than a check stays valid. */
function partnerAtPort(partner: string): Problem {
  return new Problem(
    'refused/partner',
    `${partner}, which carries the same load, is at a serial or USB port, so it cannot be checked during an update.`,
    {
      hint: `Add the card of ${partner} to the inventory (host), or update this unit on site while somebody watches ${partner}.`,
    },
  );
}

function updatedElsewhere(key: string, other: string): Problem {
  return new Problem(
    'refused/partner',
    `${key} carries the same load as ${other}, or is the same unit, and ${other} is being updated in this run.`,
    {
      hint: `Wait until ${other} has ended, then run upsfw resume. Check that each unit has one inventory entry.`,
    },
  );
}

function sameSerial(key: string, partner: string, serial: string): Problem {
  return new Problem(
    'refused/identity',
    `${key} and its partner ${partner} answer with one serial number (${serial}): they are one unit.`,
    { hint: 'Remove one of the two entries from the inventory, and add the real partner.' },
  );
}

/** The serial number, where there is one: two inventories may use different names and addresses. */
export function lockName(unit: Unit): string {
  return usableSerial(unit.serial) ?? `${unit.host ?? 'local'}-${unit.port ?? ''}`;
}

/**
 * The partners of the units of a run: those in the inventory now, and those in the inventory when the run
 * began. A line that was removed since must not remove the protection.
 */
export function partnersOf({
  inventory,
  journal,
}: Pick<Execution, 'inventory' | 'journal'>): ReadonlyMap<string, readonly string[]> {
  const partners = new Map(findPartners(inventory));
  const [first] = journal.events;
  const recorded = first?.event === 'run' ? (first.partners ?? {}) : {};
  for (const [key, others] of Object.entries(recorded)) {
    for (const other of others) {
      partners.set(key, [...new Set([...(partners.get(key) ?? []), other])].sort());
      partners.set(other, [...new Set([...(partners.get(other) ?? []), key])].sort());
    }
  }
  return partners;
}
