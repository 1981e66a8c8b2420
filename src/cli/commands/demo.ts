import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANY_ADDRESSES, type OtherDeviceName, type SimulatedFleet, startFleet } from '../../sim/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { COMMON_OPTIONS } from '../common-options.ts';
import { DONE, type Exit, exitOfDemo, STOPPED } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { type CommonArgs, CommonSchema } from '../options.ts';
import { auditCommand } from './audit.ts';
import { discoverCommand } from './discover.ts';
import { planCommand } from './plan.ts';
import { reportCommand } from './report.ts';
import { upgradeCommand } from './upgrade.ts';

const SPEED = 60;

/** What else answers in the network of the demo. */
const OTHER_DEVICES: readonly OtherDeviceName[] = ['rack-pdu-nmc2', 'transfer-switch', 'symmetra', 'printer'];

export const demoCommand = defineCommand<CommonArgs>({
  usage: 'demo',
  describe: 'Run all commands on a simulated fleet on loopback: discover, audit, plan, upgrade, report',
  positionals: {},
  options: COMMON_OPTIONS,
  schema: CommonSchema,
  run: demo,
});

async function demo(args: CommonArgs, io: Io): Promise<Exit> {
  const folder = await mkdtemp(join(tmpdir(), 'upsfw-demo-'));
  // A sweep needs many addresses with one port, which only some systems have on loopback.
  const network = MANY_ADDRESSES ? ({ snmpPort: 'free', otherDevices: OTHER_DEVICES } as const) : {};
  const fleet = await startFleet({ speed: SPEED, ...network });
  try {
    await mkdir(join(folder, 'images'));
    await fleet.writeImages(join(folder, 'images'));
    const inventory = join(folder, 'inventory.yaml');
    await writeFile(inventory, fleet.inventory('./images'), { mode: 0o600 });
    const inside: Io = {
      ...io,
      environment: { ...io.environment, ...fleet.environment, UPSFW_SIM_SPEED: String(SPEED) },
    };
    const common = { ...args, state: join(folder, 'state') };
    const chosen = { ...common, inventory, site: [], unit: [], rules: [] };
    heading(
      io,
      `A simulated fleet of ${fleet.units.length} units at three sites, running ${SPEED} times faster than real units`,
      'upsfw simulate',
    );
    if ((await discoverFleet(fleet, { ...common, inventory }, inside)) === STOPPED) return STOPPED;
    heading(io, 'Which firmware do these units run?', 'upsfw audit');
    const defaults = { summary: false, details: false };
    await step(
      auditCommand,
      { ...chosen, ...defaults, services: false, advisory: [], failOn: [], format: 'text' },
      inside,
    );
    heading(io, 'What would be sent to which unit, and what blocks the rest?', 'upsfw plan');
    await step(planCommand, { ...chosen, override: [], format: 'text' }, inside);
    heading(io, 'Send, start, watch and verify', 'upsfw upgrade --apply --yes');
    const exit = await step(
      upgradeCommand,
      { ...chosen, override: [], quiet: false, apply: true, yes: true },
      quietPlan(inside),
    );
    if (exit === STOPPED) return STOPPED;
    heading(io, 'The same as Markdown, for a ticket', 'upsfw report --format md');
    await step(reportCommand, { ...common, ...defaults, audit: false, format: 'md' }, inside);
    const upgraded = fleet.units.filter(({ device }) => device.version !== device.persona.ups.version);
    const starts = fleet.units.reduce((sum, { device }) => sum + device.counters.starts, 0);
    heading(
      io,
      `Check on the simulated devices: ${upgraded.length} run new firmware, after ${starts} starts`,
      null,
    );
    return exitOfDemo(exit);
  } finally {
    await fleet.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sweeps the network of the fleet with the credentials of its inventory. */
async function discoverFleet(
  { network }: SimulatedFleet,
  args: CommonArgs & { readonly inventory: string },
  io: Io,
): Promise<Exit> {
  if (network.port === null) return DONE;
  const { range, port } = network;
  heading(
    io,
    'Which devices are on the network?',
    `upsfw discover ${range} --port ${port} --timeout 0.3 --rate max -i inventory.yaml`,
  );
  return step(
    discoverCommand,
    {
      ...args,
      range: [range],
      file: [],
      exclude: [],
      community: [],
      snmpVersion: [],
      port,
      rate: 'max',
      timeout: 0.3,
      retries: 1,
      site: 'discovered',
    },
    io,
  );
}

function heading(io: Io, text: string, command: string | null): void {
  io.out(`\n=== ${text}${command === null ? '' : `   (${command})`}\n\n`);
}

function step<T>(command: Command<T>, args: T, io: Io): Promise<Exit> {
  return command.run(args, io);
}

/** The plan was shown a moment ago: of the upgrade only the progress is shown. */
function quietPlan(io: Io): Io {
  return { ...io, info: (text) => (text.includes('\n\n') ? undefined : io.info(text)) };
}
