import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Io } from '../../../src/cli/io.ts';
import { createLog } from '../../../src/cli/log.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { systemClock } from '../../../src/files/index.ts';
import {
  type FleetOptions,
  type SimulatedFleet,
  type SimulatedUnit,
  startFleet,
} from '../../../src/sim/index.ts';

/** What a command printed, and its exit code. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly info: string;
}

/** A simulated fleet with its inventory, images and state in a folder of its own. */
export interface Site {
  readonly fleet: SimulatedFleet;
  readonly folder: string;
  readonly inventory: string;
  readonly state: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a command in this process. */
  run(words: readonly string[], overrides?: Partial<Io>): Promise<Ran>;
  close(): Promise<void>;
}

export const SPEED = 600;

/** For units that stop answering: shorter than for real networks, long enough for a busy machine. */
export const SNMP_TIMEOUTS = { timeoutMs: 1500 };

export async function openSite(
  units: readonly SimulatedUnit[],
  speed = SPEED,
  network: Pick<FleetOptions, 'snmpPort'> = {},
): Promise<Site> {
  const fleet = await startFleet({ units, speed, ...network });
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-test-'));
  await mkdir(join(folder, 'images'));
  await fleet.writeImages(join(folder, 'images'));
  const inventory = join(folder, 'inventory.yaml');
  const state = join(folder, 'state');
  await writeFile(inventory, fleet.inventory('./images'), { mode: 0o600 });
  const environment = { ...fleet.environment, UPSFW_SIM_SPEED: String(speed) };
  return {
    fleet,
    folder,
    inventory,
    state,
    environment,
    run: (words, overrides = {}) =>
      runHere([...words, '--state', state], { environment, snmpTimeouts: SNMP_TIMEOUTS, ...overrides }),
    async close() {
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Streams of a command that are kept. */
export function keptIo(overrides: Partial<Io> = {}): { readonly io: Io; out(): string; info(): string } {
  let out = '';
  let info = '';
  const io: Io = {
    environment: {},
    clock: systemClock,
    out: (text) => {
      out += text;
    },
    drained: () => Promise.resolve(),
    input: Readable.from([]),
    info: (text) => {
      info += text;
    },
    log: createLog('silent', () => undefined),
    ask: null,
    color: false,
    infoColor: false,
    terminal: null,
    progress: 'lines',
    onInterrupt: () => () => undefined,
    stop: new AbortController().signal,
    ...overrides,
  };
  return { io, out: () => out, info: () => info };
}

/** Runs a command in this process, with streams that are kept. */
export async function runHere(words: readonly string[], overrides: Partial<Io> = {}): Promise<Ran> {
  const { io, out, info } = keptIo(overrides);
  const exit = await runProgram(words, io);
  return { exit, out: out(), info: info() };
}

const ProblemShape = z.looseObject({ code: z.string(), message: z.string(), hint: z.string() });
const RunShape = z.looseObject({
  schema: z.literal('upsfw/run@1'),
  run: z.string(),
  state: z.string(),
  exitCode: z.number(),
  problem: ProblemShape.nullable(),
  units: z.array(
    z.looseObject({
      name: z.string(),
      outcome: z.string(),
      simulated: z.boolean(),
      before: z.looseObject({ version: z.string().nullable() }).nullable(),
      after: z.looseObject({ version: z.string().nullable() }).nullable(),
      problem: ProblemShape.nullable(),
      hops: z.array(z.looseObject({ transfer: z.string().nullable(), start: z.string().nullable() })),
    }),
  ),
});

/** The document of a run. If there is none, throws with everything that was printed. */
export function runOf(ran: Ran): z.infer<typeof RunShape> {
  const checked = RunShape.safeParse(JSON.parse(ran.out));
  if (checked.success) return checked.data;
  throw new Error(`exit ${ran.exit}, no document of a run: ${ran.out.slice(0, 1000)}${ran.info}`);
}

export const NMC2: SimulatedUnit = { name: 'a', site: 'berlin', persona: 'smt1500-nmc2' };
export const NMC3: SimulatedUnit = { name: 'b', site: 'oslo', persona: 'smx1500-nmc3' };
/** A card that shows updates by SNMP and takes commands; updates start by command. */
export const BOTH_METHODS: SimulatedUnit = {
  name: 'c',
  site: 'porto',
  persona: 'smx1500-current',
  installed: '09.8',
  start: ['cli'],
};
