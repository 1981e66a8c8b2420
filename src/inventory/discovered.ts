import {
  type DiscoveredDevice,
  type DiscoveryFinding,
  joinList,
  type Unit,
  usableSerial,
} from '../core/index.ts';
import type { ListedUnit } from './merge/listed.ts';
import type { SnmpReference } from './schema.ts';

/** What a sweep found, sorted by what it is. */
export interface Sorted {
  readonly units: readonly Unit[];
  readonly others: readonly {
    readonly host: string;
    readonly kind: OtherKind;
    readonly description: string;
  }[];
}

export type OtherKind = 'ups' | 'pdu' | 'ats' | 'cooling' | 'card' | 'agent' | 'other';

/** Smart-UPS units, and everything else that answered with what it is. */
export function classifyFound(found: readonly DiscoveredDevice[]): Sorted {
  const units: Unit[] = [];
  const others: Sorted['others'][number][] = [];
  for (const { host, look } of found) {
    if (look.kind === 'smart-ups') units.push({ ...look.unit, name: nameOf(look.systemName ?? null) });
    else
      others.push({
        host,
        kind: look.kind ?? 'other',
        description:
          look.description ?? `answers, but cannot be read: ${look.problem?.message ?? 'it fell silent'}`,
      });
  }
  return { units, others };
}

/** Names that cards have before anybody gives them one. */
const NO_NAMES: ReadonlySet<string> = new Set(['unknown', 'ups_iden', 'localhost', 'none', 'apc']);

/** The system name, where it can be a unit's name as it is. */
function nameOf(systemName: string | null): string | null {
  const name = systemName ?? '';
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && !NO_NAMES.has(name.toLowerCase()) ? name : null;
}

/**
 * The units as they go into an inventory; `references` are those of the credentials that the sweep had, `names` the
 * host names by address that were asked for.
 */
export function listedUnits(
  found: readonly DiscoveredDevice[],
  references: readonly SnmpReference[],
  port: number,
  names: ReadonlyMap<string, string>,
): readonly ListedUnit[] {
  return found.flatMap(({ host, look, credential }) =>
    look.kind === 'smart-ups'
      ? [
          {
            site: null,
            name: nameOf(look.systemName ?? null),
            host: names.get(host) ?? host,
            serial: usableSerial(look.unit.serial),
            cardSerial: usableSerial(look.unit.card?.serial ?? null),
            snmpPort: port,
            snmp: credential === null ? null : (references[credential] ?? null),
          },
        ]
      : [],
  );
}

/** What its owner should know of single devices. */
export function findingsOf(found: readonly DiscoveredDevice[]): readonly DiscoveryFinding[] {
  return [...found.flatMap(findingOfOne), ...doubles(found)];
}

function findingOfOne({ host, look }: DiscoveredDevice): readonly DiscoveryFinding[] {
  const { kind, unit, problem } = look;
  const hosts = [host];
  if (kind === null) {
    const refused = problem?.code === 'link/snmp-auth';
    return [
      {
        code: refused ? 'CREDENTIAL_REFUSED' : 'NOT_READ',
        because: problem?.message ?? `${host} answered once and could not be read.`,
        remedy: problem?.hint ?? 'Sweep it once more.',
        hosts,
      },
    ];
  }
  if (kind === 'card' && problem !== null)
    return [{ code: 'NO_APPLICATION', because: problem.message, remedy: problem.hint, hosts }];
  if (kind !== 'smart-ups') return [];
  const findings: DiscoveryFinding[] = [];
  if (problem !== null)
    findings.push({ code: 'PARTLY_READ', because: problem.message, remedy: problem.hint, hosts });
  if (unit.card === null)
    findings.push({
      code: 'NO_CARD',
      because: `${host} shows a ${unit.model ?? 'Smart-UPS'} and no management card that can be recognised (${look.description ?? 'no description'}).`,
      remedy: 'Update this unit over its own serial or USB port, or through a card of its own.',
      hosts,
    });
  if (usableSerial(unit.serial) === null)
    findings.push({
      code: 'NO_SERIAL',
      because: `${host} gives the serial number "${unit.serial ?? ''}", which tells no unit from another.`,
      remedy: 'Read the label of the unit. It is audited all the same, and not upgraded.',
      hosts,
    });
  return findings;
}

/** One serial number at several addresses: one card with several, or two units of which one is not what it says. */
function doubles(found: readonly DiscoveredDevice[]): readonly DiscoveryFinding[] {
  const bySerial = new Map<string, DiscoveredDevice[]>();
  for (const one of found) {
    const serial = one.look.kind === 'smart-ups' ? usableSerial(one.look.unit.serial) : null;
    if (serial !== null) bySerial.set(serial, [...(bySerial.get(serial) ?? []), one]);
  }
  return [...bySerial].flatMap(([serial, all]): DiscoveryFinding[] => {
    if (all.length < 2) return [];
    const hosts = all.map(({ host }) => host);
    const cards = new Set(all.map(({ look }) => usableSerial(look.unit.card?.serial ?? null)));
    const oneCard = cards.size === 1 && !cards.has(null);
    return [
      oneCard
        ? {
            code: 'SECOND_ADDRESS',
            because: `The card of ${serial} answers at ${joinList(hosts)}.`,
            remedy: 'Keep one of the addresses in the inventory.',
            hosts,
          }
        : {
            code: 'SHARED_SERIAL',
            because: `${joinList(hosts)} all give the serial number ${serial}.`,
            remedy: 'Find out which unit is which, on site. Until then none of them is upgraded.',
            hosts,
          },
    ];
  });
}
