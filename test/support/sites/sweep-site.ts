import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Io } from '../../../src/cli/io.ts';
import { type FleetOptions, type SimulatedFleet, startFleet } from '../../../src/sim/index.ts';
import { type Ran, runHere } from './site.ts';

/** A simulated network with one SNMP port, and a folder for what is written. */
export interface Network {
  readonly fleet: SimulatedFleet;
  readonly folder: string;
  /** The range of the network and its port, as `discover` takes them. */
  readonly where: readonly string[];
  readonly port: number;
  /** Runs a command in this process, with a state folder of its own. */
  run(words: readonly string[], overrides?: Partial<Io>): Promise<Ran>;
  close(): Promise<void>;
}

export async function openNetwork(options: Partial<FleetOptions>): Promise<Network> {
  const fleet = await startFleet({ speed: 600, onlySnmp: true, snmpPort: 'free', ...options });
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-sweep-'));
  const port = fleet.network.port ?? 0;
  return {
    fleet,
    folder,
    where: [fleet.network.range, '--port', String(port)],
    port,
    run: (words, overrides = {}) =>
      runHere([...words, '--state', join(folder, 'state')], { environment: fleet.environment, ...overrides }),
    async close() {
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const text = z.string().nullable();
const Finding = z.strictObject({
  code: z.string(),
  because: z.string(),
  remedy: z.string(),
  hosts: z.array(z.string()),
});

const DiscoverShape = z.strictObject({
  schema: z.literal('upsfw/discover@1'),
  generatedAt: z.string(),
  scanned: z.number(),
  answered: z.number(),
  units: z.array(
    z.looseObject({
      host: text,
      name: text,
      model: text,
      serial: text,
      manufactured: text,
      firmware: z.looseObject({ raw: text, version: text, microLinkId: z.number().nullable() }),
      card: z
        .looseObject({ model: text, serial: text, app: z.looseObject({ version: text }).nullable() })
        .nullable(),
      simulated: z.boolean(),
    }),
  ),
  others: z.array(z.strictObject({ host: z.string(), kind: z.string(), description: z.string() })),
  findings: z.array(Finding),
  inventory: z
    .strictObject({
      file: z.string(),
      changes: z.array(
        z.looseObject({ kind: z.string(), site: z.string(), name: z.string(), message: z.string() }),
      ),
    })
    .nullable(),
  stopped: z.boolean(),
  seconds: z.number(),
});
export type DiscoverJson = z.infer<typeof DiscoverShape>;

export function sweepOf(ran: Ran): DiscoverJson {
  return DiscoverShape.parse(JSON.parse(ran.out));
}

/** Codes of the findings, and the addresses that they are about. */
export function findingsOf(sweep: DiscoverJson): Readonly<Record<string, readonly string[]>> {
  const hostsOf = (code: string): readonly string[] =>
    sweep.findings.filter((finding) => finding.code === code).flatMap(({ hosts }) => hosts);
  return Object.fromEntries(sweep.findings.map(({ code }) => [code, hostsOf(code)]));
}
