import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import pLimit from 'p-limit';
import { type DiscoveryFinding, joinList, usableSerial } from '../../../core/index.ts';
import type { Inventory, InventoryUnit, SnmpReference } from '../../../inventory/index.ts';
import {
  type AddressList,
  canonicalAddress,
  type DiscoverResult,
  type ForeignAnswer,
} from '../../../snmp/index.ts';

/** What was asked, for findings about silence. */
export interface Asked {
  readonly addresses: AddressList;
  readonly port: number;
  readonly references: readonly SnmpReference[];
  readonly inventories: readonly Inventory[];
  /** The sweep ended early: then nothing is known about silent addresses. */
  readonly stopped: boolean;
}

const NAMES_AT_ONCE = 16;

/** Findings about the sweep as a whole. */
export async function sweepFindings(
  result: DiscoverResult,
  asked: Asked,
): Promise<readonly DiscoveryFinding[]> {
  return [
    ...unsentFindings(result),
    ...foreignFindings(result, asked.port),
    ...lossFindings(result),
    ...unreadFindings(result),
    ...(asked.stopped ? [] : await silenceFindings(result, asked)),
  ];
}

function unsentFindings({ unsent }: DiscoverResult): readonly DiscoveryFinding[] {
  return [...unsent].map(([code, { count, example }]) => ({
    code: 'NOT_SENT',
    because: `Nothing can be sent to ${count === 1 ? example : `${count} addresses, such as ${example}`} (${code}).`,
    remedy: 'Check the route and the firewall of this machine, or exclude the addresses.',
    hosts: [example],
  }));
}

/** Answers from another address or port than the one asked: a finding for each device that is known. */
function foreignFindings({ foreign }: DiscoverResult, port: number): readonly DiscoveryFinding[] {
  if (foreign.count === 0) return [];
  const matched = foreign.answers.flatMap((answer) =>
    answer.asked === null ? [] : [matchedFinding({ ...answer, asked: answer.asked }, port)],
  );
  const others = foreign.answers.filter(({ asked }) => asked === null);
  if (others.length === 0) return matched;
  const from = joinList(others.map(({ address, ports }) => `${address} (${portsText(ports)})`));
  return [
    ...matched,
    {
      code: 'FOREIGN_ANSWER',
      because: `Datagrams came from ${from}, where no request was sent. They were discarded.`,
      remedy: 'A device with several addresses may answer from another one: sweep that address.',
      hosts: others.map(({ address }) => address),
    },
  ];
}

function matchedFinding(
  { address, ports, asked }: ForeignAnswer & { readonly asked: string },
  port: number,
): DiscoveryFinding {
  const [first = port] = ports;
  const was = `${asked} was asked at port ${port};`;
  if (address === asked) {
    return {
      code: 'OTHER_PORT',
      because: `${was} the answer came from ${portsText(ports)}. It was discarded.`,
      remedy: `If the agent listens there, sweep it with --port ${first}. Behind NAT, forward a port of its own to the agent, and give that port.`,
      hosts: [address],
    };
  }
  return {
    code: 'FOREIGN_ANSWER',
    because: `${was} the answer came from ${address}, ${portsText(ports)}. It was discarded.`,
    remedy:
      first === port
        ? `The device has several addresses: sweep ${address}.`
        : `The device has several addresses: sweep ${address}, with --port ${first} if the agent listens there.`,
    hosts: [asked, address],
  };
}

function portsText(ports: readonly number[]): string {
  return `port${ports.length === 1 ? '' : 's'} ${joinList(ports.map(String))}`;
}

function lossFindings({ lost }: DiscoverResult): readonly DiscoveryFinding[] {
  if (lost === null) return [];
  const { late, answered, rate } = lost;
  return [
    {
      code: 'ANSWERS_LOST',
      because: `${late} of ${answered} devices answered only in the last pass, so packets were lost. Devices may be missing.`,
      remedy: `Sweep again with a lower rate, such as --rate ${slower(rate)}, and with --retries 3.`,
      hosts: [],
    },
  ];
}

/** A rate to try next: half of the last one, in round figures. */
function slower(rate: number | null): number {
  if (rate === null) return 500;
  const half = Math.max(1, rate / 2);
  const unit = 10 ** Math.floor(Math.log10(half));
  return Math.floor(half / unit) * unit;
}

function unreadFindings({ unread }: DiscoverResult): readonly DiscoveryFinding[] {
  if (unread.length === 0) return [];
  return [
    {
      code: 'NOT_READ',
      because: `The sweep was stopped before it read ${joinList(unread)}.`,
      remedy: 'Run discover again, for these addresses or for the whole range.',
      hosts: unread.slice(0, MAX_HOSTS),
    },
  ];
}

const MAX_HOSTS = 100;

async function silenceFindings(result: DiscoverResult, asked: Asked): Promise<readonly DiscoveryFinding[]> {
  const remedy = causesOfSilence(asked.references);
  const findings: DiscoveryFinding[] = [];
  const unsent = [...result.unsent.values()].reduce((sum, { count }) => sum + count, 0);
  const sent = result.scanned - unsent;
  if (result.answered === 0 && result.foreign.count === 0 && sent > 0)
    findings.push({
      code: 'NO_ANSWER',
      because: `${sent === 1 ? 'The address' : `None of the ${sent} addresses`} answered ${sent === 1 ? 'nothing to ' : ''}${protocols(asked.references)}.`,
      remedy,
      hosts: [],
    });
  const silent = await silentUnits(result, asked);
  if (silent.length > 0)
    findings.push({
      code: 'UNIT_SILENT',
      because: `${silent.length === 1 ? 'A unit' : `${silent.length} units`} of the inventory did not answer: ${joinList(silent.map(({ unit, address }) => `${unit.site}/${unit.name} (${address})`))}.`,
      remedy,
      hosts: silent.slice(0, MAX_HOSTS).map(({ address }) => address),
    });
  return findings;
}

/** Units of the inventories that were asked at their own port, and neither answered nor moved. */
async function silentUnits(
  { found, foreign, unsent }: DiscoverResult,
  { addresses, port, inventories }: Asked,
): Promise<readonly { readonly unit: InventoryUnit; readonly address: string }[]> {
  const answered = new Set(found.map(({ host }) => host));
  for (const { asked } of foreign.answers) if (asked !== null) answered.add(asked);
  for (const { example } of unsent.values()) answered.add(example);
  const serials = new Set(found.map(({ look }) => usableSerial(look.unit.serial)));
  const units = inventories
    .flatMap(({ units }) => units)
    .filter(
      ({ serial, settings }) =>
        settings.snmp !== undefined &&
        settings.snmp !== null &&
        (settings.ports?.snmp ?? 161) === port &&
        (serial === null || !serials.has(usableSerial(serial))),
    );
  const limit = pLimit(NAMES_AT_ONCE);
  const resolved = await Promise.all(
    units.map((unit) => limit(async () => ({ unit, address: await addressOf(unit.host) }))),
  );
  const silent = new Map<string, { readonly unit: InventoryUnit; readonly address: string }>();
  for (const { unit, address } of resolved) {
    if (address === null || addresses.indexOf(address) === -1 || answered.has(address)) continue;
    silent.set(`${unit.site}/${unit.name}`, { unit, address });
  }
  return [...silent.values()];
}

async function addressOf(host: string | null): Promise<string | null> {
  if (host === null) return null;
  if (isIP(host) !== 0) return canonicalAddress(host);
  const found = await lookup(host).catch(() => null);
  return found === null ? null : canonicalAddress(found.address);
}

function protocols(references: readonly SnmpReference[]): string {
  const used = new Set(references.map(({ version }) => `SNMPv${version}`));
  return joinList([...used].sort());
}

/**
 * An agent discards what it does not accept, so silence has many causes. Named are those that this sweep
 * leaves open.
 *
 * Source: docs/sources/snmp.md#agent-behaviour
 */
function causesOfSilence(references: readonly SnmpReference[]): string {
  const versions = new Set(references.map(({ version }) => version));
  const hasCommunity = versions.has('1') || versions.has('2c');
  const untried = [
    ...(versions.has('1') ? [] : ['1 (--snmp-version 2c,1)']),
    ...(versions.has('2c') ? [] : ['2c (--snmp-version 2c)']),
    ...(versions.has('3') ? [] : ['3 (--credentials)']),
  ];
  return [
    'An agent does not answer what it does not accept.',
    'Check that SNMP is on: it is off by default on newer cards (NMC2 from 6.8, and NMC3).',
    untried.length === 0 ? '' : `It may answer another SNMP version only: ${joinList(untried)}.`,
    hasCommunity ? 'It may have another community.' : '',
    'Its access list may not have this machine, or a firewall may be between them.',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
