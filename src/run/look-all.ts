import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Look, LookContext, UnitTarget, UpgradeDriver } from '../core/index.ts';

/** The two ways to units. Built by the command line, which alone knows both. */
export interface Drivers {
  readonly nmc: UpgradeDriver;
  readonly local: UpgradeDriver;
}

/** The way to a unit: through its card where it has an address, else over its own port. */
export function driverOf(paths: Drivers, target: UnitTarget): UpgradeDriver {
  return target.network === null ? paths.local : paths.nmc;
}

/** Units read at the same time at one site. */
const READ_AT_ONCE = 64;
/** A card that has said nothing for so long gives its place to the next one, and goes on waiting beside it. */
const SILENT_AFTER_MS = 250;
/** Silent cards that are waited for at the same time, all sites together. */
const MOST_WAITING = 4096;

/** How far a look at many units is. */
export interface LookProgress {
  readonly total: number;
  readonly looked: number;
  /** Those of the looked at that could not be reached. */
  readonly unreachable: number;
  /** Asked, without any answer so far. */
  readonly silent: number;
}

type Limit = ReturnType<typeof pLimit>;

/**
 * Looks at all units, within the limit of each site. One look never fails another: a look does not throw.
 *
 * A card that keeps silent costs its site nothing but a few packets, so that it holds no place while it is waited for. Each is
 * given the same patience as alone; only the others need not wait for it. With P seconds of patience a site of N dead cards takes
 * about N / {@link READ_AT_ONCE} * 0.25 + P seconds.
 */
export async function lookAll(
  paths: Drivers,
  targets: readonly UnitTarget[],
  context: LookContext,
  onProgress: (progress: LookProgress) => void = () => undefined,
): Promise<readonly Look[]> {
  // As many units listen as are looked at.
  setMaxListeners(0, context.signal);
  const counts = { total: targets.length, looked: 0, unreachable: 0, silent: 0 };
  const count = (change: Partial<Record<'looked' | 'unreachable' | 'silent', number>>): void => {
    for (const key of ['looked', 'unreachable', 'silent'] as const) counts[key] += change[key] ?? 0;
    onProgress({ ...counts });
  };
  const waiting = pLimit(MOST_WAITING);
  const limitOf = siteLimits();
  return Promise.all(
    targets.map(async (target) => {
      const limit = limitOf(target.site);
      const path = driverOf(paths, target);
      const look =
        target.network === null
          ? await limit(() => path.look(target, context))
          : await waiting(() => lookPatiently(path, target, context, limit, count));
      count({ looked: 1, unreachable: look.unit.reachable ? 0 : 1 });
      return look;
    }),
  );
}

/** Looks at a unit that holds a place of its site while it is asked and while it answers, and none while it is silent. */
async function lookPatiently(
  path: UpgradeDriver,
  target: UnitTarget,
  context: LookContext,
  limit: Limit,
  count: (change: { readonly silent: number }) => void,
): Promise<Look> {
  let leave = await takePlace(limit);
  const unit: { state: 'asked' | 'silent' | 'heard' } = { state: 'asked' };
  const over = new AbortController();
  void context.clock.sleep(SILENT_AFTER_MS, over.signal).then(() => {
    if (unit.state !== 'asked' || over.signal.aborted) return;
    unit.state = 'silent';
    count({ silent: 1 });
    leave();
  });
  try {
    return await path.look(target, {
      ...context,
      awaitTurn: async () => {
        const was = unit.state;
        unit.state = 'heard';
        if (was !== 'silent') return;
        count({ silent: -1 });
        leave = await takePlace(limit);
      },
    });
  } finally {
    // A reason of its own saves an exception with a stack for every unit.
    over.abort('over');
    if (unit.state === 'silent') count({ silent: -1 });
    else leave();
  }
}

/** Waits for a place within the limit; the returned function gives it back. */
function takePlace(limit: Limit): Promise<() => void> {
  return new Promise((taken) => {
    void limit(() => new Promise<void>((leave) => taken(leave)));
  });
}

/** Reads something of every unit, within the limit of each site; answers in the order of the units. */
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
    const present = limits.get(site);
    if (present !== undefined) return present;
    const made = pLimit(READ_AT_ONCE);
    limits.set(site, made);
    return made;
  };
}
