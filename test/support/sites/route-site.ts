import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitOfRun } from '../../../src/cli/exit-codes.ts';
import {
  type Clock,
  HOP_STEPS,
  type Plan,
  Problem,
  type Reason,
  type Unit,
  type UpsHop,
  unitKey,
  type Verdict,
} from '../../../src/core/index.ts';
import { systemClock } from '../../../src/files/index.ts';
import { openFolder, readBytes, verifyStored } from '../../../src/images/index.ts';
import { createSecretResolver, loadInventory, resolveTarget } from '../../../src/inventory/index.ts';
import { createLocalDriver } from '../../../src/local/index.ts';
import { createNmcDriver } from '../../../src/nmc/index.ts';
import {
  buildPlan,
  type Control,
  createEarlierStarts,
  type Drivers,
  execute,
  FLEET_POLICY,
  lookAll,
} from '../../../src/run/index.ts';
import { ROUTE_IMAGES, type SimulatedDevice, type SimulatedUnit } from '../../../src/sim/index.ts';
import { createSnmpHub } from '../../../src/snmp/index.ts';
import {
  createJournal,
  createKnownHosts,
  createLocks,
  type Journal,
  type JournalEvent,
  type RunRecord,
  reopenJournal,
  type UnitRecord,
} from '../../../src/state/index.ts';
import { watchedJournal } from './journal.ts';
import { openSite, type Site, SPEED } from './site.ts';

/** Files of a route, in the order of its hops. */
export type Chain = readonly string[];

export const OLD_LOADER: SimulatedUnit = {
  name: 'a',
  site: 'berlin',
  persona: 'smt1500-nmc2',
  installed: '09.3',
};
export const OVER_09_6: Chain = ['SMT18UPS_09-6.enc', 'SMT18UPS_15-1.enc'];

/** The plan of one unit over that stepping stone, its key, and its firmware before each start. */
export const ROUTE = { a: OVER_09_6 };
export const KEY = 'berlin/a';
export const [AT_09_3, AT_09_6] = ['UPS 09.3 (ID18)', 'UPS 09.6 (ID18)'] as const;
export const TRANSIT: SimulatedUnit = { name: 't', site: 'oslo', persona: 'srt5000-transit' };
export const OVER_1013: Chain = ['SRT1001UPS_02-9.enc', 'SRT1013UPS_15-3.enc'];

export interface RunOptions {
  /** The reasons of the rules right before each start; none by default. */
  readonly reasonsFor?: (unit: Unit) => readonly Reason[];
  readonly control?: Control;
  readonly clock?: Clock;
  /** Called when a line is on disk, before the run continues. */
  readonly onLine?: (event: JournalEvent) => void | Promise<void>;
  /** Changes the driver of units with a card, or that of units at a port. */
  readonly drive?: (drivers: Drivers) => Partial<Drivers>;
}

/** A simulated fleet with plans made without rules; runs in this process. */
export interface RouteSite extends Site {
  /** A plan that sends each unit the images of its chain. */
  plan(chains: Readonly<Record<string, Chain>>): Promise<Plan>;
  /** Writes the first line of a run. `partners`: those of the inventory at that time, by key. */
  begin(run: string, plan: Plan, partners?: Record<string, string[]>): Promise<Journal>;
  executeRun(journal: Journal, options?: RunOptions): Promise<RunRecord>;
  /** Resumes a run, like `resume`; `again`: the keys of the units to retry. */
  resume(run: string, options?: RunOptions, again?: readonly string[]): Promise<RunRecord>;
}

export async function openRouteSite(
  units: readonly SimulatedUnit[],
  speed = SPEED,
  edit: (inventory: string) => string = (text) => text,
): Promise<RouteSite> {
  const site = await openSite(units, speed);
  await writeFile(site.inventory, edit(await readFile(site.inventory, 'utf8')));
  const folder = join(site.folder, 'images');
  await site.fleet.writeImages(folder, ROUTE_IMAGES);
  const { images } = await openFolder(folder);
  const inventory = await loadInventory(site.inventory);
  const secrets = createSecretResolver({ environment: site.environment, folder: site.folder, ask: null });
  const targets = await Promise.all(inventory.units.map((unit) => resolveTarget(unit, secrets, 'write')));
  const hub = createSnmpHub({ clock: systemClock });
  const drivers: Drivers = {
    nmc: createNmcDriver({ hub, hostKeys: createKnownHosts(site.state), readBytes }),
    local: createLocalDriver({ clock: systemClock, readBytes }),
  };
  const journals: Journal[] = [];
  const keep = (journal: Journal): Journal => {
    journals.push(journal);
    return journal;
  };
  const byName = (file: string) => {
    const found = images.find((image) => image.file === file);
    if (found === undefined) throw new Error(`the folder has no ${file}`);
    return found;
  };

  const executeRun: RouteSite['executeRun'] = (journal, options = {}) =>
    execute({
      policy: FLEET_POLICY,
      journal: watchedJournal(journal, options),
      inventory,
      targets: new Map(targets.map((target) => [unitKey(target), target])),
      drivers: { ...drivers, ...options.drive?.(drivers) },
      locks: createLocks(site.state),
      earlier: createEarlierStarts(site.state, journal.run),
      clock: options.clock ?? systemClock,
      simulationSpeed: speed,
      evaluateRules: options.reasonsFor ?? (() => []),
      image: async (hop) => {
        const image = byName(hop.image.file);
        await verifyStored(image);
        return image;
      },
      control: options.control ?? { stopNew: false, abort: new AbortController().signal },
      artifacts: { keep: async () => undefined, transcript: () => undefined },
      progress: () => undefined,
      ended: () => undefined,
    });

  return {
    ...site,
    async plan(chains) {
      const chosen = targets.filter((target) => chains[target.name] !== undefined);
      const looks = await lookAll(drivers, chosen, {
        clock: systemClock,
        signal: new AbortController().signal,
      });
      return buildPlan(
        'by hand',
        chosen.flatMap((target, index) => {
          const look = looks[index];
          if (look === undefined) return [];
          const route = (chains[target.name] ?? []).map(byName);
          return [{ target, look, verdict: verdictOf(look.unit, route) }];
        }),
      );
    },
    async begin(run, plan, partners = {}) {
      const journal = keep(await createJournal(site.state, run, systemClock));
      const inputs = { inventory: site.inventory, images: folder, rules: [], partners };
      await journal.append({ event: 'run', run, ...inputs, plan });
      return journal;
    },
    executeRun,
    async resume(run, options, again = []) {
      // The earlier process has ended.
      for (const journal of journals.splice(0)) await journal.close();
      const journal = keep(await reopenJournal(site.state, run, systemClock));
      await journal.append({ event: 'resumed' });
      for (const unit of again) await journal.append({ event: 'retry', unit });
      return executeRun(journal, options);
    },
    async close() {
      for (const journal of journals.splice(0)) await journal.close();
      await hub.close();
      await site.close();
    },
  };
}

/** A verdict with the given images in order, without rules. */
function verdictOf(unit: Unit, route: Awaited<ReturnType<typeof openFolder>>['images']): Verdict {
  let at: { readonly version: string | null } = { version: unit.firmware.version };
  const hops = route.map(({ file, sha256, sizeBytes, version, microLinkId, microLinkIdAfter }): UpsHop => {
    const from = { version: at.version, microLinkId: microLinkId ?? 0 };
    const to = { version: version ?? '', microLinkId: microLinkIdAfter ?? 0 };
    at = to;
    const image = { file, sha256, sizeBytes };
    return { component: 'ups', twoStep: false, from, to, image, transport: 'nmc', steps: HOP_STEPS.ups };
  });
  return { status: 'outdated', target: null, hops, transport: 'nmc', wizard: null, reasons: [] };
}

/** Calls `act` when the first hop of a unit has its verified line. */
export function afterFirstHop(unit: string, act: () => void): (event: JournalEvent) => void {
  return (event) => {
    if (event.event !== 'step' || event.unit !== unit || event.hop !== 0) return;
    if (event.step === 'verify' && event.state === 'done') act();
  };
}

/** The firmware of a device at each start that it accepted, recorded at the device. */
export function startsOf(device: SimulatedDevice): readonly string[] {
  const from: string[] = [];
  device.on('change', () => {
    if (device.counters.startsAccepted > from.length) from.push(device.firmware);
  });
  return from;
}

/** The record of the only unit of a run, and the exit code. */
export function only(record: RunRecord): UnitRecord & { readonly exit: number } {
  const [unit] = record.units;
  if (unit === undefined) throw new Problem('internal/unexpected', 'no unit', { hint: '' });
  return { ...unit, exit: exitOfRun(record, { stopped: false, alive: false }) };
}

export function blockedBecause(because: string): Reason {
  return { code: 'TEST', rule: 'test', outcome: 'block', because, remedy: 'none', source: 'test' };
}
