import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Look, LookContext, UnitTarget, UpgradeDriver } from '../core/index.ts';

/** The drivers of a process. The command line creates them, because only it knows both. */
export interface Drivers {
  readonly nmc: UpgradeDriver;
  readonly local: UpgradeDriver;
}

/** The driver of a unit: through its card if it has an address, otherwise over its own port. */
export function driverOf(drivers: Drivers, target: UnitTarget): UpgradeDriver {
  return target.network === null ? drivers.local : drivers.nmc;
}

/** Units read at the same time at one site. */
const MAX_READS_PER_SITE = 64;
/** A card that is silent for this long frees its slot, and is still waited for. */
const SILENT_AFTER_MS = 250;
/** Cards that are asked or waited for at the same time, at all sites together. */
const MAX_WAITING = 4096;

/** The progress of a look at many units. */
export interface LookProgress {
  readonly total: number;
  readonly looked: number;
  /** How many of `looked` could not be reached. */
  readonly unreachable: number;
  /** Asked, and no answer so far. */
  readonly silent: number;
}

type Limit = ReturnType<typeof pLimit>;

/**
 * Looks at all units, within the limit of each site. One look never fails another: a look does not throw.
 *
 * A silent card costs its site only a few packets, so it holds no slot while it is waited for. Its timeout
 * is the same as alone, but other cards do not wait for it. With a timeout of P seconds, a site of N silent
 * cards takes about N / {@link MAX_READS_PER_SITE} * 0.25 + P seconds.
 */
export async function lookAll(
  drivers: Drivers,
  targets: readonly UnitTarget[],
  context: LookContext,
  onProgress: (progress: LookProgress) => void = () => undefined,
): Promise<readonly Look[]> {
  // Each unit adds a listener.
  setMaxListeners(0, context.signal);
  const counts = { total: targets.length, looked: 0, unreachable: 0, silent: 0 };
  const count = (change: Partial<Record<'looked' | 'unreachable' | 'silent', number>>): void => {
    for (const key of ['looked', 'unreachable', 'silent'] as const) counts[key] += change[key] ?? 0;
    onProgress({ ...counts });
  };
  const waiting = pLimit(MAX_WAITING);
  const limitOf = siteLimits();
  return Promise.all(
    targets.map(async (target) => {
      const limit = limitOf(target.site);
      const driver = driverOf(drivers, target);
      const look =
        target.network === null
          ? await limit(() => driver.look(target, context))
          : await waiting(() => lookWithTurns(driver, target, context, limit, count));
      count({ looked: 1, unreachable: look.unit.reachable ? 0 : 1 });
      return look;
    }),
  );
}

/**
 * Looks at a unit, which holds a slot of its site while it is asked and while it answers, but not while it
 * is silent.
 */
async function lookWithTurns(
  driver: UpgradeDriver,
  target: UnitTarget,
  context: LookContext,
  limit: Limit,
  count: (change: { readonly silent: number }) => void,
): Promise<Look> {
  let leave = await enterLimit(limit);
  const unit: { state: 'asked' | 'silent' | 'answered' } = { state: 'asked' };
  const done = new AbortController();
  void context.clock.sleep(SILENT_AFTER_MS, done.signal).then(() => {
    if (unit.state !== 'asked' || done.signal.aborted) return;
    unit.state = 'silent';
    count({ silent: 1 });
    leave();
  });
  try {
    return await driver.look(target, {
      ...context,
      awaitTurn: async () => {
        const before = unit.state;
        unit.state = 'answered';
        if (before !== 'silent') return;
        count({ silent: -1 });
        leave = await enterLimit(limit);
      },
    });
  } finally {
    // An explicit reason saves creating an exception with a stack for every unit.
    done.abort('over');
    if (unit.state === 'silent') count({ silent: -1 });
    else leave();
  }
}

/** Waits for a slot within the limit; the returned function frees it. */
function enterLimit(limit: Limit): Promise<() => void> {
  return new Promise((taken) => {
    void limit(() => new Promise<void>((leave) => taken(leave)));
  });
}

/** Calls `read` for every unit, within the limit of each site. The results have the order of the units. */
export function withinSites<T>(
  targets: readonly UnitTarget[],
  read: (target: UnitTarget) => Promise<T>,
): Promise<readonly T[]> {
  const limitOf = siteLimits();
  return Promise.all(targets.map((target) => limitOf(target.site)(() => read(target))));
}

function siteLimits(): (site: string) => Limit {
  const limits = new Map<string, Limit>();
  return (site) => {
    const existing = limits.get(site);
    if (existing !== undefined) return existing;
    const created = pLimit(MAX_READS_PER_SITE);
    limits.set(site, created);
    return created;
  };
}
