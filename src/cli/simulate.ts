import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { startFleet } from '../sim/index.ts';
import { defineCommand, type Exit } from './command.ts';
import type { Io } from './io.ts';
import { COMMON_OPTIONS, CommonSchema } from './options.ts';

const DURATION = /^(\d{1,5})(s|m|h)?$/;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

const SimulateArgs = CommonSchema.extend({
  write: z.string().min(1).optional(),
  for: z.string().regex(DURATION, { error: 'must be a time like 90s, 10m or 2h' }).optional(),
  speed: z.number().min(1).max(10_000),
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
  },
  schema: SimulateArgs,
  run: simulate,
});

async function simulate(args: SimulateArgs, io: Io): Promise<Exit> {
  const fleet = await startFleet({ speed: args.speed });
  try {
    if (args.write === undefined) io.out(fleet.inventory('./images'));
    else {
      const file = resolve(args.write);
      await mkdir(dirname(file), { recursive: true });
      await fleet.writeImages(join(dirname(file), 'images'));
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
