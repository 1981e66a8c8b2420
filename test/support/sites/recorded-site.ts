import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type FakeAgent, type FakeObject, openFakeAgent } from '../devices/fake-agent.ts';
import { readRecording } from '../values/recordings.ts';
import { type Ran, runHere, SNMP_TIMEOUTS } from './site.ts';

/** Agents on loopback with given objects, and an inventory of them. */
export interface RecordedSite {
  readonly folder: string;
  readonly inventory: string;
  /** Runs a command on that inventory in this process. */
  run(words: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

/** The objects of each agent, by the name of its unit. */
export type RecordedUnits = Readonly<Record<string, readonly FakeObject[]>>;

export async function openRecordedSite(units: RecordedUnits): Promise<RecordedSite> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-recorded-'));
  const agents: FakeAgent[] = [];
  const entries: unknown[] = [];
  for (const [name, objects] of Object.entries(units)) {
    const agent = await openFakeAgent(0, objects);
    agents.push(agent);
    entries.push({ name, host: '127.0.0.1', ports: { snmp: agent.port } });
  }
  const inventory = join(folder, 'inventory.yaml');
  const defaults = { snmp: { version: '2c', community: 'env:RECORDED' } };
  await writeFile(inventory, stringify({ version: 1, defaults, sites: [{ name: 'lab', units: entries }] }), {
    mode: 0o600,
  });
  return {
    folder,
    inventory,
    run: ([command = '', ...words]) =>
      runHere([command, '-i', inventory, ...words, '--state', join(folder, 'state')], {
        environment: { RECORDED: 'public' },
        snmpTimeouts: SNMP_TIMEOUTS,
      }),
    async close() {
      await Promise.all(agents.map((agent) => agent.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The objects of a recording of `../shared/recordings`. */
export function recordedObjects(file: string): readonly FakeObject[] {
  return [...readRecording(file)].flatMap(([oid, value]): readonly FakeObject[] => {
    if (value?.kind === 'text') return [[oid, 'text', value.text]];
    if (value?.kind === 'number') return [[oid, 'number', value.number]];
    return value?.kind === 'oid' ? [[oid, 'oid', value.oid]] : [];
  });
}

/** What the sysDescr of a described card says. */
export interface RecordedCard {
  readonly platform: string;
  readonly os: string;
  readonly app: string;
  readonly model: string;
  readonly uptimeSeconds?: number;
  /** Firmware string of the UPS. */
  readonly firmware?: string;
}

const P = '1.3.6.1.4.1.318.1.1.1';

/** The objects of a Smart-UPS with such a card, with the grammar of real ones and made-up values. */
export function cardObjects(card: RecordedCard, index: number): readonly FakeObject[] {
  const { platform, os, app, model, uptimeSeconds = 500_000, firmware = 'UPS 09.4 (ID18)' } = card;
  const plain = platform === 'hw21' ? os : os.replaceAll('.', '');
  const fields = [
    'MB:v4.1.0',
    `PF:v${os}`,
    `PN:apc_${platform}_aos_${plain}.bin`,
    `AF1:v${os}`,
    `AN1:apc_${platform}_${app}_${plain}.bin`,
    `MN:${model}`,
    'HR:05',
    `SN: ZA19010${String(index).padStart(5, '0')}`,
    'MD:01/02/2019',
  ].join(' ');
  return [
    ['1.3.6.1.2.1.1.1.0', 'text', `APC Web/SNMP Management Card (${fields})`],
    ['1.3.6.1.2.1.1.2.0', 'oid', '1.3.6.1.4.1.318.1.3.27'],
    ['1.3.6.1.2.1.1.3.0', 'number', uptimeSeconds * 100],
    ['1.3.6.1.2.1.1.5.0', 'text', `card-${index}`],
    [`${P}.1.1.1.0`, 'text', 'Smart-UPS 1500'],
    [`${P}.1.2.1.0`, 'text', firmware],
    [`${P}.1.2.3.0`, 'text', `AS19010${String(index).padStart(5, '0')}`],
    [`${P}.1.2.5.0`, 'text', 'SMT1500'],
    [`${P}.8.1.0`, 'number', 1],
  ];
}
