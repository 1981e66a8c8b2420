import pLimit from 'p-limit';
import type { Look, LookContext, UnitTarget, UpgradePath } from '../core/index.ts';

/** The two ways to units. Built by the command line, which alone knows both. */
export interface Paths {
  readonly nmc: UpgradePath;
  readonly local: UpgradePath;
}

/** The way to a unit: through its card where it has an address, else over its own port. */
export function pathOf(paths: Paths, target: UnitTarget): UpgradePath {
  return target.network === null ? paths.local : paths.nmc;
}

/** Units read at the same time at one site. */
const READ_AT_ONCE = 64;

/** Looks at all units, within the limit of each site. One look never fails another: a look does not throw. */
export function lookAll(
  paths: Paths,
  targets: readonly UnitTarget[],
  context: LookContext,
): Promise<readonly Look[]> {
  return withinSites(targets, (target) => pathOf(paths, target).look(target, context));
}

/** Reads something of every unit, within the limit of each site; answers in the order of the units. */
export function withinSites<T>(
  targets: readonly UnitTarget[],
  read: (target: UnitTarget) => Promise<T>,
): Promise<readonly T[]> {
  const limits = new Map<string, ReturnType<typeof pLimit>>();
  const limitOf = (site: string): ReturnType<typeof pLimit> => {
    const present = limits.get(site);
    if (present !== undefined) return present;
    const made = pLimit(READ_AT_ONCE);
    limits.set(site, made);
    return made;
  };
  return Promise.all(targets.map((target) => limitOf(target.site)(() => read(target))));
}
