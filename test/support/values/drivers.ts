import type { UpgradeDriver } from '../../../src/core/index.ts';

const never = (): never => {
  throw new Error('not asked for here');
};

/** A driver that can only do what the test gives it. */
export function driverWith(parts: Partial<UpgradeDriver>): UpgradeDriver {
  return { look: never, steps: never, query: never, execute: never, switchOutput: never, ...parts };
}
