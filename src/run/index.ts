/**
 * Runs: the plan, looking at many units, and executing updates within windows and limits, partners never
 * together.
 *
 * Owns when something is done to which unit. Must not know protocols, rules or image formats: the caller
 * passes the drivers, the evaluation and the images. Imports core, files, inventory and state.
 */
export { createEarlierStarts } from './earlier-starts.ts';
export type { Control } from './execution.ts';
export { execute } from './executor.ts';
export { type Drivers, driverOf, type LookProgress, lookAll, withinSites } from './look-all.ts';
export { buildPlan, type EvaluatedUnit, plannedHops } from './plan.ts';
export { FLEET_POLICY } from './preflight.ts';
export { recover, watchRecovery } from './recovery.ts';
export { type RemainingUnit, type RemainingWork, remainingWork, wasNeverPlanned } from './remaining-work.ts';
export { contextFor, imageMetadata } from './step.ts';
export { describeWindow, isOpen } from './window.ts';
