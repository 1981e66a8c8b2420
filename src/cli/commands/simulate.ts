import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { Problem } from '../../core/index.ts';
import { openOutputFile } from '../../files/index.ts';
import {
  DEMO_IMAGES,
  DEMO_UNITS,
  FAULTS,
  type Fault,
  inventoryText,
  LOCAL_IMAGES,
  type LocalSimulation,
  loadPersonaFile,
  MANY_ADDRESSES,
  MOST_DEVICES,
  manyUnits,
  OTHER_DEVICES,
  PERSONA_IMAGES,
  PERSONAS,
  ROUTE_IMAGES,
  type SimulatedFleet,
  type SimulatedUnit,
  startFleet,
  startLocalSimulation,
} from '../../sim/index.ts';
import { defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { DONE, type Exit } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { CommonSchema } from '../options.ts';

const DURATION = /^(\d{1,5})(s|m|h)?$/;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is Fault => Object.hasOwn(FAULTS, name));

/** Leaves addresses for the other devices. */
const MAX_UNITS = MOST_DEVICES - OTHER_DEVICES.length;

/** A larger fleet has no SSH, FTP and web servers: they need too much memory. */
const MAX_WITH_ALL_SERVERS = 50;

const SimulateArgs = CommonSchema.extend({
  write: z.string().min(1).optional(),
  for: z.string().regex(DURATION, { error: 'must be a time such as 90s, 10m or 2h' }).optional(),
  speed: z.number().min(1).max(10_000),
  persona: z.array(z.string().min(1)).max(250).optional(),
  fault: z.array(z.enum(FAULT_NAMES)).optional(),
  units: z.int().min(1).max(MAX_UNITS).optional(),
  sites: z.int().min(1).max(1000).optional(),
  onlySnmp: z.boolean(),
  otherDevices: z.boolean(),
  local: z.boolean(),
  port: z
    .string()
    .regex(/^(?:free|\d{1,5})$/, { error: 'must be a port, or free' })
    .optional(),
});
type SimulateArgs = z.infer<typeof SimulateArgs>;

export const simulateCommand = defineCommand<SimulateArgs>({
  usage: 'simulate',
  describe: 'Start a simulated fleet on loopback and print its inventory; runs until stopped',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    write: { type: 'string', describe: 'Write the inventory to this file, and images to a folder beside it' },
    for: { type: 'string', describe: 'Stop after this time, such as 10m' },
    speed: {
      type: 'number',
      default: 60,
      describe: 'How much faster than real time the simulated devices run',
    },
    persona: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Simulate this persona instead of the fleet: a name or your own file (repeatable)',
    },
    fault: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Fault of every unit (repeatable)',
    },
    units: {
      type: 'number',
      describe: 'Simulate this many units of all personas in turn instead of the fleet',
    },
    sites: { type: 'number', describe: 'With --units: number of sites (default: 1)' },
    'only-snmp': {
      type: 'boolean',
      default: false,
      describe: `No SSH, FTP and web servers (always above ${MAX_WITH_ALL_SERVERS} units)`,
    },
    'other-devices': {
      type: 'boolean',
      default: false,
      describe: 'Also simulate other devices that answer over SNMP',
    },
    local: {
      type: 'boolean',
      default: false,
      describe: 'Also simulate units at serial and USB ports of this machine (Linux)',
    },
    port: {
      type: 'string',
      requiresArg: true,
      describe:
        'UDP port of all SNMP agents: a number, or free (default if the system has many loopback addresses)',
    },
  },
  schema: SimulateArgs,
  run: simulate,
});

const IMAGES = { ...DEMO_IMAGES, ...ROUTE_IMAGES, ...PERSONA_IMAGES };

/** The units of the demo, one for each given persona, or a number of units. Throws Problem config/usage. */
async function unitsOf({
  persona,
  fault,
  units: count,
  sites,
}: SimulateArgs): Promise<readonly SimulatedUnit[]> {
  const faults = fault ?? [];
  if (count === undefined && sites !== undefined)
    throw new Problem('config/usage', `--sites ${sites} needs --units.`, {
      hint: 'Add --units, the total number of units.',
    });
  if (count !== undefined) {
    if (persona !== undefined)
      throw new Problem('config/usage', '--units and --persona are mutually exclusive.', {
        hint: 'Leave one of them out.',
      });
    if (sites !== undefined && sites > count)
      throw new Problem('config/usage', `${sites} sites are more than ${count} units.`, {
        hint: 'Give as many --units as --sites, or more.',
      });
    return manyUnits(count, sites ?? 1).map((unit) => ({ ...unit, faults }));
  }
  if (persona === undefined) return DEMO_UNITS.map((unit) => ({ ...unit, faults }));
  const units: SimulatedUnit[] = [];
  for (const [index, one] of persona.entries()) {
    const known = PERSONAS.find((name) => name === one);
    units.push({
      name: `${basename(one, extname(one)).replace(/[^A-Za-z0-9-]/g, '-')}-${index + 1}`,
      site: 'rehearsal',
      persona: known ?? (await loadPersonaFile(one)),
      faults,
    });
  }
  return units;
}

async function simulate(args: SimulateArgs, io: Io): Promise<Exit> {
  const local = args.local ? await startLocalSimulation(args.speed) : null;
  try {
    const fleet = await start(args);
    try {
      await show(fleet, local, args, io);
      printInstructions(fleet, local, args, io);
      await waitForStop(args, io);
    } finally {
      await fleet.close();
    }
  } finally {
    await local?.close();
  }
  return DONE;
}

/** Prints the inventory, or writes it with images beside it. */
async function show(
  fleet: SimulatedFleet,
  local: LocalSimulation | null,
  args: SimulateArgs,
  io: Io,
): Promise<void> {
  const inventory = inventoryText(fleet.units, './images', local?.units);
  if (args.write === undefined) {
    io.out(inventory);
    return;
  }
  const file = resolve(args.write);
  await mkdir(dirname(file), { recursive: true });
  const out = await openOutputFile(file, '--write');
  const isDemo = args.persona === undefined && args.units === undefined;
  const images = isDemo ? DEMO_IMAGES : IMAGES;
  await fleet.writeImages(
    join(dirname(file), 'images'),
    local === null ? images : { ...images, ...LOCAL_IMAGES },
  );
  await out.write(inventory, 0o600);
}

async function start(args: SimulateArgs): Promise<SimulatedFleet> {
  const units = await unitsOf(args);
  const snmpPort = portOf(args);
  try {
    return await startFleet({
      speed: args.speed,
      units,
      otherDevices: args.otherDevices ? OTHER_DEVICES : [],
      onlySnmp: args.onlySnmp || units.length > MAX_WITH_ALL_SERVERS,
      ...(snmpPort === undefined ? {} : { snmpPort }),
    });
  } catch (cause) {
    if (!(cause instanceof Error) || args.port === undefined) throw cause;
    throw new Problem('config/usage', `The agents cannot listen at port ${args.port}: ${cause.message}.`, {
      hint: MANY_ADDRESSES
        ? 'Give another --port, or --port free.'
        : 'This system has one loopback address: leave --port out, or simulate one unit.',
      cause,
    });
  }
}

function portOf({ port }: SimulateArgs): number | 'free' | undefined {
  if (port === undefined) return MANY_ADDRESSES ? 'free' : undefined;
  if (port === 'free') return 'free';
  const number = Number(port);
  if (number >= 1 && number <= 65_535) return number;
  throw new Problem('config/usage', `The port ${port} is not between 1 and 65535.`, {
    hint: 'Give another --port, or --port free.',
  });
}

/** Prints the variables to set, and how to find the fleet. */
function printInstructions(
  { environment, network, units, otherDevices }: SimulatedFleet,
  local: LocalSimulation | null,
  args: SimulateArgs,
  io: Io,
): void {
  const others = otherDevices.length === 0 ? '' : ` and ${otherDevices.length} other devices`;
  io.info(`The simulated fleet of ${units.length} units${others} is running. In another terminal, set:\n`);
  for (const [name, value] of Object.entries({
    ...environment,
    UPSFW_SIM_SPEED: String(args.speed),
    ...(local === null ? {} : { UPSFW_SIM_SYSFS: local.folder }),
  })) {
    io.info(`  export ${name}=${value}\n`);
  }
  io.info(`Then use the inventory ${args.write ?? 'above'}`);
  if (network.port !== null) {
    io.info(', or find the fleet with:\n');
    io.info(`  upsfw discover ${network.range} --port ${network.port} --community env:UPSFW_SIM_READ\n`);
    io.info('Ctrl-C stops the simulation.\n');
  } else io.info('. Ctrl-C stops the simulation.\n');
  if (local === null) return;
  io.info('Units at ports of this machine:\n');
  for (const { unit, device, port } of local.units)
    io.info(`  ${unit.name}  ${port}  ${device.persona.unit.model}\n`);
}

async function waitForStop(args: SimulateArgs, io: Io): Promise<void> {
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  const found = DURATION.exec(args.for ?? '');
  const seconds = found === null ? null : Number(found[1]) * (SECONDS[found[2] ?? 's'] ?? 1);
  while (!stop.signal.aborted) {
    await io.clock.sleep((seconds ?? 3600) * 1000, stop.signal);
    if (seconds !== null) break;
  }
  release();
}
