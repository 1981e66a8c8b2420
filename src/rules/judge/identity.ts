import { joinList, type Reason, type Unit, usableSerial, type Verdict } from '../../core/index.ts';

/** An inventory entry and the serial number that the unit at its address reports. */
export interface AnsweringEntry {
  readonly key: string;
  readonly serial: string | null;
}

/** What the inventory and the other units say about the identity of a unit. */
export interface IdentityInput {
  readonly unit: Unit;
  /** The serial number of the inventory entry. */
  readonly listed: string | null;
  /** From `entriesBySerial`. */
  readonly entries: ReadonlyMap<string, readonly string[]>;
}

/** The keys of the entries that answer with each usable serial number. */
export function entriesBySerial(
  answering: readonly AnsweringEntry[],
): ReadonlyMap<string, readonly string[]> {
  const entries = new Map<string, string[]>();
  for (const { key, serial: reported } of answering) {
    const serial = usableSerial(reported);
    if (serial !== null) entries.set(serial, [...(entries.get(serial) ?? []), key]);
  }
  return entries;
}

/**
 * The verdict on a unit whose serial number another entry reports too, or is not that of the inventory.
 * Nothing may be sent to it. These reasons come first.
 */
export function withIdentity(verdict: Verdict, { unit, listed, entries }: IdentityInput): Verdict {
  const serial = usableSerial(unit.serial);
  const owners = serial === null ? [] : (entries.get(serial) ?? []);
  const reasons: Reason[] = [];
  if (owners.length > 1) {
    reasons.push(
      identityReason(
        'DUPLICATE_SERIAL',
        `serial number ${serial} answers at ${joinList(owners)}`,
        'Find out which inventory entry is right, and remove the other.',
      ),
    );
  }
  if (listed !== null && unit.reachable && usableSerial(listed) !== serial) {
    reasons.push(
      identityReason(
        'OTHER_SERIAL',
        `the inventory has ${listed}, the unit reports ${unit.serial ?? 'no serial number'}`,
        'Check the address, or correct the serial number in the inventory if the unit was replaced.',
      ),
    );
  }
  if (reasons.length === 0) return verdict;
  const status = verdict.status === 'outdated' ? 'blocked' : verdict.status;
  return { ...verdict, status, reasons: [...reasons, ...verdict.reasons] };
}

function identityReason(code: 'DUPLICATE_SERIAL' | 'OTHER_SERIAL', because: string, remedy: string): Reason {
  return { code, rule: 'identity', outcome: 'block', because, remedy, source: 'inventory and look' };
}
