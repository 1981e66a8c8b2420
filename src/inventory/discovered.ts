import {
  type DiscoveredDevice,
  type DiscoveryFinding,
  joinList,
  type Unit,
  usableSerial,
} from '../core/index.ts';
import type { ListedUnit } from './merge/listed.ts';
import { isName } from './names.ts';
import type { SnmpReference } from './schema.ts';

/** The devices that a sweep found, by kind. */
export interface ClassifiedDevices {
  readonly units: readonly Unit[];
  readonly others: readonly {
    readonly host: string;
    readonly kind: OtherKind;
    readonly description: string;
  }[];
}

export type OtherKind = 'ups' | 'pdu' | 'ats' | 'cooling' | 'card' | 'agent' | 'other';

/** Separates Smart-UPS units from all other devices that answered. */
export function classifyFound(found: readonly DiscoveredDevice[]): ClassifiedDevices {
  const units: Unit[] = [];
  const others: ClassifiedDevices['others'][number][] = [];
  for (const { host, look } of found) {
    if (look.kind === 'smart-ups') units.push({ ...look.unit, name: nameOf(look.systemName ?? null) });
    else
      others.push({
        host,
        kind: look.kind ?? 'other',
        description:
          look.description ??
          `answers, but cannot be read: ${look.problem?.message ?? 'it stopped answering'}`,
      });
  }
  return { units, others };
}

/** Default names of cards. */
const DEFAULT_NAMES: ReadonlySet<string> = new Set(['unknown', 'ups_iden', 'localhost', 'none', 'apc']);

/** The system name, where it can be the name of a unit as it is. */
function nameOf(systemName: string | null): string | null {
  const name = systemName ?? '';
  return isName(name) && !DEFAULT_NAMES.has(name.toLowerCase()) ? name : null;
}

/**
 * The units as a merge takes them. `references`: the credentials of the sweep. `names`: the requested host
 * names, by address.
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

/** What the operator should know about single devices. */
export function findingsOf(found: readonly DiscoveredDevice[]): readonly DiscoveryFinding[] {
  return [...found.flatMap(findingOfOne), ...sharedSerials(found)];
}

function findingOfOne({ host, look }: DiscoveredDevice): readonly DiscoveryFinding[] {
  const { kind, unit, problem } = look;
  const hosts = [host];
  if (kind === null) {
    const refused = problem?.code === 'link/snmp-auth';
    return [
      {
        code: refused ? 'CREDENTIAL_REFUSED' : 'NOT_READ',
        because: problem?.message ?? `${host} answered once and could not be read afterwards.`,
        remedy: problem?.hint ?? 'Run discover for this address again.',
        hosts,
      },
    ];
  }
  if (kind === 'card' && problem !== null)
    return [{ code: 'NO_APPLICATION', because: problem.message, remedy: problem.hint, hosts }];
  const findings: DiscoveryFinding[] = [];
  if (look.doubt != null)
    findings.push({
      code: 'SIGNS_CONTRADICT',
      because: `The signs of ${host} contradict each other: ${look.doubt}.`,
      remedy: 'Check on site what the card is in, and whether its firmware and settings are right.',
      hosts,
    });
  if (kind !== 'smart-ups') return findings;
  // Nothing else is known about the unit, and it stays in the list.
  if (problem?.code === 'device/lost-ups')
    return [...findings, { code: 'LOST_UPS', because: problem.message, remedy: problem.hint, hosts }];
  if (problem !== null)
    findings.push({ code: 'PARTLY_READ', because: problem.message, remedy: problem.hint, hosts });
  if (unit.card === null)
    findings.push({
      code: 'NO_CARD',
      because: `${host} is a ${unit.model ?? 'Smart-UPS'} without a management card that upsfw recognizes (${look.description ?? 'no description'}).`,
      remedy: 'Update this unit through its serial or USB port, or through its own card.',
      hosts,
    });
  if (usableSerial(unit.serial) === null)
    findings.push({
      code: 'NO_SERIAL',
      because: unit.serial
        ? `${host} reports the serial number "${unit.serial}", which does not identify a unit.`
        : `${host} reports no serial number.`,
      remedy: 'Read the serial number from the label. The unit is audited but not upgraded.',
      hosts,
    });
  return findings;
}

/**
 * A serial number at several addresses: a card with several addresses, or a unit that reports a wrong number.
 */
function sharedSerials(found: readonly DiscoveredDevice[]): readonly DiscoveryFinding[] {
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
            remedy: 'Keep one of these addresses in the inventory.',
            hosts,
          }
        : {
            code: 'SHARED_SERIAL',
            because: `${joinList(hosts)} all report the serial number ${serial}.`,
            remedy: 'Identify the units on site. Until then none of them is upgraded.',
            hosts,
          },
    ];
  });
}
