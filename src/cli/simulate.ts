import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  DEMO_IMAGES,
  DEMO_UNITS,
  FAULTS,
  type Fault,
  loadPersonaFile,
  PERSONA_IMAGES,
  PERSONAS,
  ROUTE_IMAGES,
  type SimulatedUnit,
  startFleet,
} from '../sim/index.ts';
import { defineCommand, type Exit } from './command.ts';
import type { Io } from './io.ts';
import { COMMON_OPTIONS, CommonSchema } from './options.ts';

const DURATION = /^(\d{1,5})(s|m|h)?$/;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is Fault => Object.hasOwn(FAULTS, name));

const SimulateArgs = CommonSchema.extend({
  write: z.string().min(1).optional(),
  for: z.string().regex(DURATION, { error: 'must be a time like 90s, 10m or 2h' }).optional(),
  speed: z.number().min(1).max(10_000),
  persona: z.array(z.string().min(1)).max(250).optional(),
  fault: z.array(z.enum(FAULT_NAMES)).optional(),
});
type SimulateArgs = z.infer<typeof SimulateArgs>;

export const simulateCommand = defineCommand<SimulateArgs>({
  usage: 'simulate',
  describe: 'Start a simulated fleet on loopback and print an inventory for it; runs until stopped',
  positionals: {},
  options: {
    ...COMMON_OPTIONS,
    write: { type: 'string', describe: 'Write the inventory to this file, and images beside it' },
    for: { type: 'string', describe: 'End after this time, e.g. 10m' },
    speed: { type: 'number', default: 60, describe: 'How much faster the simulated devices live' },
    persona: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Instead of the fleet, a unit like this: a name, or a file of your own; may be repeated',
    },
    fault: {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Every unit misbehaves in this way; may be repeated',
    },
  },
  schema: SimulateArgs,
  run: simulate,
});

const IMAGES = { ...DEMO_IMAGES, ...ROUTE_IMAGES, ...PERSONA_IMAGES };

/** The units of the demonstration, or one for each persona that was asked for. */
async function unitsOf({ persona, fault }: SimulateArgs): Promise<readonly SimulatedUnit[]> {
  const faults = fault ?? [];
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
  const fleet = await startFleet({ speed: args.speed, units: await unitsOf(args) });
  try {
    if (args.write === undefined) io.out(fleet.inventory('./images'));
    else {
      const file = resolve(args.write);
      await mkdir(dirname(file), { recursive: true });
      await fleet.writeImages(
        join(dirname(file), 'images'),
        args.persona === undefined ? DEMO_IMAGES : IMAGES,
      );
      await writeFile(file, fleet.inventory('./images'), { mode: 0o600 });
    }
    io.talk('The simulated fleet is up. In another terminal set:\n');
    for (const [name, value] of Object.entries({
      ...fleet.environment,
      UPSFW_REHEARSAL_SPEED: String(args.speed),
    })) {
      io.talk(`  export ${name}=${value}\n`);
    }
    io.talk(
      `and use the inventory${args.write === undefined ? ' above' : ` ${args.write}`}. Ctrl-C ends it.\n`,
    );
    await untilStopped(args, io);
    return 0;
  } finally {
    await fleet.close();
  }
}

async function untilStopped(args: SimulateArgs, io: Io): Promise<void> {
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
